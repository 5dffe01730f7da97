// For the claim that a run cut off anywhere, and gone on with, leaves what an undisturbed run leaves.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "base/random.h"
#include "base/temporary_folder.h"
#include "engine/fakes.h"
#include "engine/journal.h"
#include "engine/run.h"

using namespace headwater;
using fakes::Landing;
using fakes::plan_of;

namespace {

/// What a run dies of at a named point.
struct Death {};

/// Executes a plan with a journal; goes on where it was cut off, if it was.
Result<RunSummary> execute(const Plan& plan, Landing& landing, const std::string& folder, int64_t window_records,
                           std::function<void(std::string_view)> pass = {}) {
    fakes::FakeComponents components(landing);
    SystemTime time;
    StopToken stop;
    Journal journal(folder);
    RunOptions options{.threads = 3, .window_records = window_records, .checkpoint_us = 0};
    options.dead_letters = folder + "/dead-letters";
    options.pass = std::move(pass);
    auto before = journal.read();
    REQUIRE(before);
    options.resume = std::move(*before);
    auto run = Run::make(plan, std::move(options), components, time, stop);
    REQUIRE(run);
    try {
        return (*run)->execute(&journal);
    } catch (const Death&) {
        return fail(ErrorKind::invalid, "Cut off: at a named point");
    }
}

/// Runs a plan to its end, cut off before every `every`th delivery, and gives how often that was.
int cut_off_and_go_on(const Plan& plan, Landing& landing, int every) {
    TemporaryFolder folder;
    int cuts = 0;
    for (;; ++cuts) {
        int left = every + cuts % 3;
        landing.on_write = [&]() -> Result<void> {
            return --left < 0 ? fail(ErrorKind::invalid, "Cut off: by the test") : Result<void>{};
        };
        // Another window size must not matter: after a crash the machine may be another one.
        auto summary = execute(plan, landing, folder.path(), cuts % 2 == 0 ? 4000 : 5000);
        if (summary) return cuts;
        REQUIRE(cuts < 1000);
    }
}

Plan plan_with(const std::string& to, const std::string& format, const std::string& layout) {
    Plan plan = plan_of({{"a", 1000, INT64_MAX, 7}, {"b", 3000}}, to, format);
    plan.counts = {{0, 40'000}, {1, 12'000}};
    plan.answer_key = plan.outputs[0];
    plan.answer_key->to = "objects:key";
    for (OutputPlan* output : {&plan.outputs[0], &*plan.answer_key}) {
        output->layout = layout;
        output->max_chunk_size_bytes = 30'000;
        output->target_size_bytes = 30'000;
    }
    return plan;
}

std::string without_order(const std::string& text) {
    std::istringstream in(text);
    std::multiset<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.insert(line);
    std::string sorted;
    for (const std::string& line : lines) sorted += line + "\n";
    return sorted;
}

}  // namespace

TEST_CASE("objects, entries and manifest of a run cut off many times are those of an undisturbed one") {
    for (const char* format : {"lines", "columns"}) {
        for (const char* layout : {"grouped", "chunked", "hive"}) {
            CAPTURE(format);
            CAPTURE(layout);
            Plan plan = plan_with("objects:root", format, layout);
            Landing whole;
            TemporaryFolder folder;
            REQUIRE(execute(plan, whole, folder.path(), 1 << 18));
            Landing landing;
            int cuts = cut_off_and_go_on(plan, landing, 4);
            if (std::string(layout) == "chunked") CHECK(cuts > 3);
            CHECK(landing.objects == whole.objects);
        }
    }
}

TEST_CASE("a target of records or rows gets each record once, in order, however often the run is cut off") {
    for (int every : {5, 7, 11, -5, -7, -11}) {
        CAPTURE(every);
        // A database undoes the transaction in which it was cut off, and takes rows batch by batch.
        Plan plan = plan_with(every > 0 ? "records:" : "rows:", "lines", "");
        every = every > 0 ? every : -2 * every;
        Landing whole, landing;
        TemporaryFolder folder;
        REQUIRE(execute(plan, whole, folder.path(), 1 << 18));
        CHECK(cut_off_and_go_on(plan, landing, every) > 3);
        CHECK((without_order(landing.text) == without_order(whole.text)));
        CHECK(landing.objects == whole.objects);
        for (const char* stream : {"pack.a ", "pack.b "}) {
            std::istringstream in(landing.text);
            int64_t next = 0;
            for (std::string line; std::getline(in, line);) {
                if (!line.starts_with(stream)) continue;
                REQUIRE(line == stream + std::to_string(next));
                ++next;
            }
        }
    }
}

TEST_CASE(
    "a run to a target of rows that dies at any named point, or at random, leaves what an undisturbed one leaves") {
    Plan plan = plan_of({{"a", 1000, INT64_MAX, 7}, {"b", 3000}}, "rows:");
    plan.counts = {{0, 20'000}, {1, 6'000}};
    plan.answer_key = plan.outputs[0];
    Landing whole;
    TemporaryFolder undisturbed;
    auto summary = execute(plan, whole, undisturbed.path(), 1 << 18);
    REQUIRE(summary);
    CHECK(summary->streams[0].tally.rows == 20'000);
    CHECK(summary->streams[0].tally.last_row == 19'999);
    CHECK(summary->progress.sinks.at(0).acknowledged == 26'000);
    for (uint64_t seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        Landing landing;
        TemporaryFolder folder;
        int deaths = 0;
        for (bool is_over = false; !is_over; ++deaths) {
            REQUIRE(deaths < 100);
            const uint64_t word = mix(seed * 1000 + static_cast<uint64_t>(deaths));
            auto left = static_cast<int64_t>(word % 60);
            landing.on_write = [&]() -> Result<void> {
                return --left < 0 ? fail(ErrorKind::invalid, "Cut off: by the test") : Result<void>{};
            };
            int points_left = word >> 32 & 1 ? static_cast<int>(word >> 40 & 15) : INT32_MAX;
            is_over = execute(plan, landing, folder.path(), 2000 + 500 * (deaths % 3), [&](std::string_view point) {
                          if (--points_left < 0 && point != "journal.ended") throw Death();
                      }).has_value();
        }
        CHECK(deaths > 2);
        CHECK((without_order(landing.text) == without_order(whole.text)));
    }
}

TEST_CASE("a run that has nothing left to do but to finish does that") {
    Plan plan = plan_with("objects:root", "lines", "grouped");
    Landing whole, landing;
    TemporaryFolder folder, other;
    REQUIRE(execute(plan, whole, folder.path(), 4000));
    int left = 1;  // the last objects
    landing.on_write = [&]() -> Result<void> {
        return --left < 0 ? fail(ErrorKind::invalid, "Cut off: by the test") : Result<void>{};
    };
    CHECK(!execute(plan, landing, other.path(), 4000));
    landing.on_write = nullptr;
    auto summary = execute(plan, landing, other.path(), 4000);
    REQUIRE(summary);
    CHECK(landing.objects == whole.objects);
    CHECK(summary->streams[0].tally.rows == 40'000);
    CHECK(summary->streams[0].ended == "count reached");
}

TEST_CASE("a journal of another plan is refused") {
    Plan plan = plan_with("objects:root", "lines", "grouped");
    Landing landing;
    TemporaryFolder folder;
    REQUIRE(execute(plan, landing, folder.path(), 4000));
    fakes::FakeComponents components(landing);
    SystemTime time;
    StopToken stop;
    Journal journal(folder.path());
    RunOptions options;
    options.resume = **journal.read();
    plan.answer_key.reset();
    auto run = Run::make(plan, std::move(options), components, time, stop);
    REQUIRE(!run);
    CHECK(run.error().kind == ErrorKind::invalid);
}
