// For the claims about what is done to a run while it goes on: no byte hangs on it, and the journal remembers it.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/temporary_folder.h"
#include "engine/fakes.h"
#include "engine/run.h"

using namespace headwater;
using fakes::Landing;
using fakes::plan_of;

namespace {

/// A paced run with its journal, whose time passes only while it waits.
struct Steered {
    Plan plan = plan_of({{"a", 1000}}, "records:");
    Landing landing;
    TemporaryFolder folder;
    fakes::SteppedTime time;
    StopToken stop;
    RunControl control;

    Steered() {
        plan.clock.rate = 1000;
        plan.counts = {{0, 5000}};
    }

    Result<RunSummary> execute() {
        fakes::FakeComponents components(landing);
        Journal journal(folder.path());
        RunOptions options{.threads = 2, .checkpoint_us = 100'000};
        options.dead_letters = folder.path() / "dead-letters";
        options.control = &control;
        options.observe = [&](const Progress& progress) {
            if (on_progress) on_progress(progress);
        };
        auto before = journal.read();
        REQUIRE(before);
        options.resume = std::move(*before);
        auto run = Run::make(plan, std::move(options), components, time, stop);
        REQUIRE(run);
        return (*run)->execute(&journal);
    }

    std::function<void(const Progress&)> on_progress;
};

std::string all_lines() {
    std::string text;
    for (int row = 0; row < 5000; ++row) text += "pack.a " + std::to_string(row) + "\n";
    return text;
}

}  // namespace

TEST_CASE("a paused run has delivered what it made, waits, and goes on with the same bytes") {
    Steered steered;
    int64_t paused_until = 0;
    int pauses = 0;
    steered.on_progress = [&](const Progress& progress) {
        if (progress.records >= 2000 && pauses == 0) {
            ++pauses;
            steered.control.pause();
        }
        if (!progress.is_paused) return;
        if (paused_until == 0) paused_until = steered.time.elapsed() + 30 * micros_per_second;
        CHECK(progress.sinks.at(0).records == progress.records);
        CHECK(progress.sinks.at(0).acknowledged == progress.records);
        CHECK(progress.limited_by == "pause");
        if (steered.time.elapsed() >= paused_until) steered.control.go_on();
    };
    auto summary = steered.execute();
    REQUIRE(summary);
    CHECK(steered.landing.text == all_lines());
    CHECK(paused_until > 0);
    CHECK(steered.time.elapsed() == 34'980'000);
    REQUIRE(summary->changes.size() == 2);
    CHECK(summary->changes[0].kind == RunChange::Kind::pause);
    CHECK(summary->changes[0].instant == summary->changes[1].instant);
    CHECK(summary->changes[1].at - summary->changes[0].at == 30 * micros_per_second);
}

TEST_CASE("a changed rate is a change of pace and of no record") {
    Steered steered;
    steered.on_progress = [&](const Progress& progress) {
        if (progress.records >= 1000) steered.control.set_rate(progress.records >= 2000 ? 0 : 100);
    };
    auto summary = steered.execute();
    REQUIRE(summary);
    CHECK(steered.landing.text == all_lines());
    CHECK(steered.time.elapsed() > 10 * micros_per_second);
    CHECK(steered.time.elapsed() < 12 * micros_per_second);
    REQUIRE(summary->changes.size() == 2);
    CHECK(summary->changes[0].rate == 100);
    CHECK(summary->changes[0].instant == 1'000'000);
    CHECK(summary->changes[1].rate == 0);
}

TEST_CASE("a run that was cut off goes on at the rate it had, and remembers what was done to it") {
    Steered steered;
    steered.on_progress = [&](const Progress& progress) {
        if (progress.records >= 1000) steered.control.set_rate(100);
    };
    steered.landing.on_write = [&]() -> Result<void> {
        const bool is_enough = steered.landing.text.size() > std::string("pack.a 1000\n").size() * 1500;
        return is_enough ? fail(ErrorKind::invalid, "Cut off: by the test") : Result<void>{};
    };
    REQUIRE(!steered.execute());
    steered.on_progress = nullptr;
    steered.landing.on_write = nullptr;
    const int64_t began = steered.time.elapsed();
    double rate = -1;
    steered.control.set_rate(-1);
    steered.on_progress = [&](const Progress& progress) { rate = progress.rate; };
    auto summary = steered.execute();
    REQUIRE(summary);
    CHECK(rate == 100);
    CHECK(steered.time.elapsed() - began > 30 * micros_per_second);
    CHECK(steered.landing.text == all_lines());
    CHECK(summary->changes.size() == 1);
}

TEST_CASE("a run that is handed over goes on where it was, as often as that is asked, paused or not") {
    Steered steered;
    int legs = 1;
    int64_t wanted = 500;
    steered.on_progress = [&](const Progress& progress) {
        if (progress.records < wanted) return;
        wanted += 700;
        steered.control.hand_over();
        if (legs == 2) steered.control.pause();
    };
    auto summary = steered.execute();
    for (; summary && summary->is_handed_over; ++legs) {
        REQUIRE(summary->reached);
        CHECK(*summary->reached < 5 * micros_per_second);
        CHECK(steered.landing.text.size() < all_lines().size());
        steered.control.take_over();
        steered.control.go_on();
        summary = steered.execute();
    }
    REQUIRE(summary);
    CHECK(legs > 5);
    CHECK(summary->state == RunState::completed);
    CHECK(steered.landing.text == all_lines());
    int64_t paused = 0;
    for (const RunChange& change : summary->changes) paused += change.kind == RunChange::Kind::pause ? 1 : -1;
    CHECK(paused == 0);
}

TEST_CASE("a stop ends a pause") {
    Steered steered;
    steered.control.pause();
    steered.on_progress = [&](const Progress& progress) {
        if (progress.is_paused) steered.stop.request();
    };
    auto summary = steered.execute();
    REQUIRE(summary);
    CHECK(summary->state == RunState::stopped);
    CHECK(steered.landing.text.empty());
}

TEST_CASE("a plan changes its rate at instants of simulated time, as a run that was steered so did") {
    Steered steered;
    steered.plan.clock.changes = {{1'000'000, 100}, {2'000'000, 0}};
    auto summary = steered.execute();
    REQUIRE(summary);
    CHECK(steered.landing.text == all_lines());
    CHECK(steered.time.elapsed() == 10'960'000);
    REQUIRE(summary->changes.size() == 2);
    CHECK(summary->changes[0].instant == 1'000'000);
    CHECK(summary->changes[1].instant == 2'000'000);
    const auto manifest = nlohmann::json::parse(manifest_text(steered.plan, {.changes = summary->changes}));
    CHECK(manifest.at("changes") == nlohmann::json::parse(R"([{"at": "1970-01-01T00:00:01Z", "rate": "100/s"},
                                                              {"at": "1970-01-01T00:00:02Z", "rate": "0/s"}])"));
}

TEST_CASE("a run is limited by what it waited for most, and waiting until a target is durable counts") {
    Steered steered;
    steered.plan.clock.rate = 0;
    const StopToken never;
    steered.landing.on_flush = [&] { steered.time.wait(steered.time.elapsed() + 400'000, never); };
    auto summary = steered.execute();
    REQUIRE(summary);
    CHECK(summary->limited_by == "sink records");
}

TEST_CASE("a stop lets a slow target take what was made") {
    Steered steered;
    int refused = 0;
    steered.landing.on_write = [&]() -> Result<void> {
        steered.stop.request();
        return ++refused <= 20 ? fail(ErrorKind::unavailable, "Target is slow: fake") : Result<void>{};
    };
    auto summary = steered.execute();
    REQUIRE(summary);
    CHECK(summary->state == RunState::stopped);
    CHECK(summary->streams[0].tally.rows > 0);
    CHECK(steered.landing.text == all_lines().substr(0, steered.landing.text.size()));
    CHECK(std::ranges::count(steered.landing.text, '\n') == summary->streams[0].tally.rows);
}

TEST_CASE("a stop is given up when a target takes nothing in its time, and the run can go on later") {
    Steered steered;
    int64_t stopped = 0;
    steered.landing.on_write = [&]() -> Result<void> {
        if (!steered.stop.requested()) stopped = steered.time.elapsed();
        steered.stop.request();
        return fail(ErrorKind::unavailable, "Target is away: fake");
    };
    auto summary = steered.execute();
    REQUIRE(!summary);
    CHECK(summary.error().kind == ErrorKind::unavailable);
    CHECK(steered.time.elapsed() - stopped >= 10 * micros_per_second);
    CHECK(steered.time.elapsed() - stopped < 11 * micros_per_second);
    CHECK(steered.landing.text.empty());

    Steered again;
    again.plan = steered.plan;
    std::filesystem::copy(steered.folder.path(), again.folder.path(), std::filesystem::copy_options::recursive);
    REQUIRE(again.execute());
    CHECK(again.landing.text == all_lines());
}

namespace {

/// Stops a run once it has made so many records.
void stop_at(Steered& steered, int64_t records) {
    steered.on_progress = [&steered, records](const Progress& progress) {
        if (progress.records >= records) steered.stop.request();
    };
}

/// Begins a run in the folder of another one, to the same target.
void go_on(Steered& steered, Steered& before) {
    steered.plan = before.plan;
    std::swap(steered.landing.text, before.landing.text);
    std::swap(steered.landing.objects, before.landing.objects);
    std::filesystem::copy(before.folder.path(), steered.folder.path(), std::filesystem::copy_options::recursive);
}

/// Gives the lines of all objects, and counts objects.
std::pair<std::multiset<std::string>, int> lines_in(const Landing& landing) {
    std::string all;
    int objects = 0;
    for (const auto& [name, text] : landing.objects) {
        if (name.find("aggregated_") == std::string::npos) continue;
        all += text;
        ++objects;
    }
    return {fakes::lines_of(all), objects};
}

}  // namespace

TEST_CASE("a run that was stopped goes on with what follows, as often as that is asked") {
    std::vector<std::unique_ptr<Steered>> legs;
    legs.push_back(std::make_unique<Steered>());
    for (int64_t records = 700;; records += 700) {
        Steered& leg = *legs.back();
        if (legs.size() > 1) go_on(leg, *legs[legs.size() - 2]);
        stop_at(leg, records);
        auto summary = leg.execute();
        REQUIRE(summary);
        if (summary->state == RunState::completed) break;
        CHECK(std::ranges::count(leg.landing.text, '\n') == summary->streams[0].tally.rows);
        CHECK(summary->streams[0].tally.rows >= records);
        legs.push_back(std::make_unique<Steered>());
    }
    CHECK(legs.size() > 5);
    CHECK(legs.back()->landing.text == all_lines());
}

TEST_CASE("objects of a run that was stopped and went on hold each record once") {
    for (const char* layout : {"grouped", "chunked"}) {
        CAPTURE(layout);
        Steered first, second;
        first.plan.outputs[0].to = "objects:root";
        first.plan.outputs[0].layout = layout;
        first.plan.outputs[0].max_chunk_size_bytes = 10'000;
        stop_at(first, 2000);
        auto stopped = first.execute();
        REQUIRE(stopped);
        CHECK(stopped->state == RunState::stopped);
        const int before = lines_in(first.landing).second;
        go_on(second, first);
        auto summary = second.execute();
        REQUIRE(summary);
        CHECK(summary->streams[0].tally.rows == 5000);
        const auto [lines, objects] = lines_in(second.landing);
        CHECK((lines == fakes::lines_of(all_lines())));
        CHECK(objects > before);
        CHECK(summary->streams[0].objects.size() == static_cast<size_t>(objects));
    }
}

TEST_CASE("an object that was cut by a stop that was given up does not stay beside the whole one") {
    Steered first, second;
    first.plan = plan_of({{"a", 1000}, {"b", 1000}}, "objects:root");
    first.plan.outputs[0].layout = "grouped";
    first.plan.clock.rate = 2000;
    first.plan.counts = {{0, 5000}, {1, 5000}};
    stop_at(first, 4000);
    int finished = 0;
    first.landing.on_write = [&]() -> Result<void> {
        return ++finished > 1 ? fail(ErrorKind::unavailable, "Target is away: fake") : Result<void>{};
    };
    REQUIRE(!first.execute());
    CHECK(lines_in(first.landing).second == 1);
    go_on(second, first);
    REQUIRE(second.execute());
    const auto [lines, objects] = lines_in(second.landing);
    CHECK(objects == 2);
    CHECK(lines.size() == 10'000);
    CHECK(lines.count("pack.a 0") == 1);
}

TEST_CASE("a run that is handed over and stopped is not over") {
    Steered first, second;
    first.on_progress = [&](const Progress& progress) {
        if (progress.records < 2000) return;
        first.control.hand_over();
        first.stop.request();
    };
    auto summary = first.execute();
    REQUIRE(summary);
    CHECK(summary->is_handed_over);
    go_on(second, first);
    summary = second.execute();
    REQUIRE(summary);
    CHECK(summary->state == RunState::completed);
    CHECK(second.landing.text == all_lines());
}
