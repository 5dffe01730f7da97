// For the laws of a run: the same bytes in the same order however it is run, exact counts, bounded memory, clean endings.
#include "engine/run.h"

#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/fakes.h"

using namespace headwater;
using fakes::Landing;
using fakes::plan_of;

namespace {

Result<RunSummary> execute(const Plan& plan, Landing& landing, RunOptions options = {}, StopToken* stop = nullptr) {
    fakes::FakeComponents components(landing);
    SystemTime time;
    StopToken own;
    auto run = Run::make(plan, std::move(options), components, time, stop != nullptr ? *stop : own);
    if (!run) return std::unexpected(run.error());
    return (*run)->execute();
}

std::string lines(const std::string& stream, int64_t from, int64_t to) {
    std::string text;
    for (int64_t row = from; row < to; ++row) text += "pack." + stream + " " + std::to_string(row) + "\n";
    return text;
}

/// Keeps the lines of one stream.
std::string only(const std::string& text, const std::string& stream) {
    std::string kept;
    for (size_t begin = 0; begin < text.size();) {
        size_t end = text.find('\n', begin) + 1;
        if (text.compare(begin, stream.size() + 6, "pack." + stream + " ") == 0) kept.append(text, begin, end - begin);
        begin = end;
    }
    return kept;
}

/// The objects of a landing without the manifest, one after the other.
std::string objects_text(const Landing& landing) {
    std::string text;
    for (auto& [name, bytes] : landing.objects)
        if (name.find("manifest") == std::string::npos) text += name + "\n" + bytes;
    return text;
}

}  // namespace

TEST_CASE("any number of threads and any window delivers the same bytes in the same order") {
    for (const char* to : {"records:", "rows:"}) {
        Plan plan = plan_of({{"a", 1000}, {"b", 3000}}, to);
        plan.counts = {{0, 40'000}, {1, 9'999}};
        std::set<std::string> texts;
        for (int threads : {1, 2, 3, 8}) {
            for (int64_t window : {1000, 20'000, 1 << 18}) {
                Landing landing;
                RunOptions options{.threads = threads, .window_records = window};
                REQUIRE(execute(plan, landing, options));
                CHECK(only(landing.text, "a") == lines("a", 0, 40'000));
                CHECK(only(landing.text, "b") == lines("b", 0, 9'999));
                if (window == 20'000) texts.insert(landing.text);
            }
        }
        CHECK(texts.size() == 1);
    }
}

TEST_CASE("objects and manifests are equal for any threads and windows") {
    for (const char* format : {"lines", "columns"}) {
        Plan plan = plan_of({{"a", 1000, INT64_MAX, 7}, {"b", 3000}}, "objects:root", format);
        plan.counts = {{0, 30'000}, {1, 2'000}};
        plan.answer_key = plan.outputs[0];
        plan.answer_key->to = "objects:key";
        std::set<std::map<std::string, std::string>> landings;
        for (int threads : {1, 2, 8}) {
            for (int64_t window : {5000, 1 << 18}) {
                Landing landing;
                RunOptions options{.threads = threads, .window_records = window};
                REQUIRE(execute(plan, landing, options));
                landings.insert(landing.objects);
            }
        }
        CHECK(landings.size() == 1);
        // A format with a schema has an object for the answer key, though it has no entries.
        CHECK(landings.begin()->size() == (std::string(format) == "columns" ? 6 : 5));
    }
}

TEST_CASE("counts are exact even when a source makes more than it is asked for") {
    for (int threads : {1, 4}) {
        Landing landing;
        Plan plan = plan_of({{.name = "a", .label_every = 10, .ignores_counts = true}}, "records:");
        plan.counts = {{0, 12'345}};
        plan.answer_key = plan.outputs[0];
        plan.answer_key->to = "objects:key";
        auto summary = execute(plan, landing, {.threads = threads, .window_records = 5000});
        REQUIRE(summary);
        CHECK(landing.text == lines("a", 0, 12'345));
        CHECK(summary->streams[0].tally.rows == 12'345);
        CHECK(summary->streams[0].tally.last_row == 12'344);
        CHECK(summary->streams[0].ended == "count reached");
        REQUIRE(summary->answer_key.size() == 1);
        CHECK(summary->answer_key[0].rows == 1235);
    }
}

TEST_CASE("a stream that has no more records ends exhausted, and the run with the last of them") {
    Landing landing;
    Plan plan = plan_of({{"a", 1000, 100}, {"b", 1000}}, "records:");
    plan.counts = {{0, 5000}, {1, 300}};
    auto summary = execute(plan, landing);
    REQUIRE(summary);
    CHECK(summary->streams[0].ended == "exhausted");
    CHECK(summary->streams[0].tally.rows == 100);
    CHECK(summary->streams[1].ended == "count reached");
    CHECK(summary->state == RunState::completed);
}

TEST_CASE("a run ends right before its last instant") {
    Landing landing;
    Plan plan = plan_of({{"a", 1000}}, "records:");
    plan.clock.until = 10'000'500;
    auto summary = execute(plan, landing, {.window_records = 777});
    REQUIRE(summary);
    CHECK(landing.text == lines("a", 0, 10'001));
    CHECK(summary->streams[0].ended == "until reached");
    CHECK(summary->streams[0].tally.max_time == 10'000'000);
}

TEST_CASE("parts make disjoint shares that add up to the whole") {
    std::string text;
    for (int part = 0; part < 3; ++part) {
        Landing landing;
        Plan plan = plan_of({{"a", 1000}}, "records:");
        plan.counts = {{0, 10'000}};
        auto summary = execute(plan, landing, {.part = part, .parts = 3});
        REQUIRE(summary);
        CHECK(summary->streams[0].ended == "count reached");
        text += landing.text;
    }
    CHECK(text == lines("a", 0, 10'000));
    Landing landing;
    CHECK(!execute(plan_of({{"a"}}, "records:"), landing, {.part = 3, .parts = 3}));
}

TEST_CASE("only the streams that an output names are made") {
    Landing landing;
    Plan plan = plan_of({{"a", 1000, 50}, {"b"}}, "records:");
    plan.outputs[0].streams = {0};
    auto summary = execute(plan, landing);
    REQUIRE(summary);
    CHECK(summary->streams.size() == 1);
    CHECK(landing.text == lines("a", 0, 50));
}

TEST_CASE("a slow target holds back the making") {
    Landing landing;
    Plan plan = plan_of({{"a", 1000}}, "records:");
    plan.counts = {{0, 200'000}};
    landing.on_write = [] {
        std::this_thread::sleep_for(std::chrono::milliseconds(8));
        return Result<void>{};
    };
    constexpr size_t bound = 300'000, task_bytes = Source::grain * 14;
    auto summary = execute(plan, landing, {.threads = 4, .in_flight_bytes = bound});
    REQUIRE(summary);
    CHECK(summary->work.most_bytes <= bound + 4 * task_bytes);
    CHECK(summary->work.bytes > 3 * summary->work.most_bytes);
    CHECK(summary->limited_by == "sink records");
}

TEST_CASE("a stop finishes the window in flight and leaves a prefix that the summary names") {
    Landing landing;
    StopToken stop;
    Plan plan = plan_of({{"a", 1000}}, "records:");
    int writes = 0;
    landing.on_write = [&] {
        if (++writes == 5) stop.request();
        return Result<void>{};
    };
    RunOptions options{.threads = 2, .window_records = 100'000};
    options.command = [](std::optional<int64_t> reached) {
        return reached ? "until " + std::to_string(*reached) : "whole";
    };
    auto summary = execute(plan, landing, options, &stop);
    REQUIRE(summary);
    CHECK(summary->state == RunState::stopped);
    CHECK(summary->streams[0].ended == "stopped");
    int64_t rows = summary->streams[0].tally.rows;
    CHECK(rows > 0);
    CHECK(landing.text == lines("a", 0, rows));
    CHECK(summary->command == "until " + std::to_string(rows * 1000));
}

TEST_CASE("an unavailable target is tried until it is back, and nothing is lost") {
    for (const char* to : {"records:", "rows:"}) {
        Landing landing;
        Plan plan = plan_of({{"a", 1000, 20'000}}, to);
        int attempts = 0;
        landing.on_write = [&]() -> Result<void> {
            if (++attempts == 2) return fail(ErrorKind::unavailable, "Target is away: fake");
            return {};
        };
        REQUIRE(execute(plan, landing, {.threads = 2}));
        CHECK(landing.text == lines("a", 0, 20'000));
    }
}

TEST_CASE("an invalid answer of a target ends the run with its message") {
    for (int threads : {1, 4}) {
        Landing landing;
        Plan plan = plan_of({{"a", 1000}}, "records:");
        int writes = 0;
        landing.on_write = [&]() -> Result<void> {
            if (++writes == 3) return fail(ErrorKind::invalid, "Topic does not exist: orders");
            return {};
        };
        auto summary = execute(plan, landing, {.threads = threads});
        REQUIRE(!summary);
        CHECK(summary.error().message == "Topic does not exist: orders");
        CHECK(landing.text == lines("a", 0, 2 * Source::grain));
    }
}

TEST_CASE("a target that cannot be reached at the start is unavailable") {
    Landing landing;
    landing.refuses_open = true;
    landing.open_error = ErrorKind::unavailable;
    auto summary = execute(plan_of({{"a"}}, "records:"), landing);
    REQUIRE(!summary);
    CHECK(summary.error().kind == ErrorKind::unavailable);
}

TEST_CASE("what the output asks for and cannot have is refused before anything is opened") {
    Landing landing;
    CHECK(execute(plan_of({{"a"}}, "records:", "columns"), landing)
              .error()
              .message.starts_with("Format needs a target of objects"));
    for (const char* to : {"records:", "rows:"}) {
        Plan packed = plan_of({{"a"}}, to);
        packed.outputs[0].compression = "zstd";
        CHECK(execute(packed, landing).error().message.starts_with("Compression needs a target of objects"));
    }
    Plan laid_out = plan_of({{"a"}}, "objects:root");
    laid_out.outputs[0].layout = "heap";
    CHECK(execute(laid_out, landing).error().message == "Layout is none of grouped, chunked, single, hive: heap");
    CHECK(landing.opened == 0);
}

TEST_CASE("a live run follows the clock and ends with its real time") {
    Landing landing;
    Plan plan = plan_of({{"a", 100}}, "records:");
    fakes::SteppedTime time(0);
    plan.clock.live = true;
    fakes::FakeComponents components(landing);
    StopToken stop;
    auto run = Run::make(plan, {.threads = 2, .real_limit_us = 500'000}, components, time, stop);
    auto summary = (*run)->execute();
    REQUIRE(summary);
    CHECK(summary->streams[0].tally.rows == 4950);  // the tick that ends the time is not made
    CHECK(summary->streams[0].ended == "time is up");
    CHECK(summary->state == RunState::completed);
    CHECK(summary->limited_by == "rate");
}

TEST_CASE("the manifest names every object, and a replay gives the same bytes") {
    Plan plan = plan_of({{"a", 1000, INT64_MAX, 100}}, "objects:root");
    plan.counts = {{0, 250}};
    plan.packs = {{"pack", "1.0", "pack.yaml", "abc", {{"rate", "3"}}}};
    plan.answer_key = plan.outputs[0];
    plan.answer_key->to = "objects:key";
    RunOptions options{.version = "0.1.0"};
    options.command = [](std::optional<int64_t>) { return std::string("headwater run pack"); };
    Landing first, second;
    auto summary = execute(plan, first, options);
    REQUIRE(summary);
    REQUIRE(execute(plan, second, options));
    CHECK(first.objects == second.objects);
    CHECK(summary->manifests == std::vector<std::string>{"root/manifest.json"});
    auto manifest = nlohmann::json::parse(first.objects.at("root/manifest.json"));
    CHECK(manifest["run"] == run_id_of(plan));
    CHECK(manifest["state"] == "completed");
    auto object = manifest["streams"][0]["objects"][0];
    CHECK(object["rows"] == 250);
    CHECK(first.objects.contains("root/" + object["name"].get<std::string>()));
    CHECK(manifest["answer_key"]["objects"][0]["rows"] == 3);
    CHECK(objects_text(first).find("pack.a #200") != std::string::npos);
}
