// For the laws of entities that live: the same records for any windows, shards, order of tasks, parts and restarts.
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "base/time.h"
#include "pack/embedded.h"
#include "pack/living_test.h"

using namespace headwater;

namespace {

constexpr int64_t start = LivingPack::start;
constexpr int64_t second = micros_per_second, hour = micros_per_hour;

/// The sensors of the program, fewer, and with more that goes wrong.
std::string sensors() {
    for (const EmbeddedFile& file : embedded_files()) {
        if (file.path != "sensors/sensors.yaml") continue;
        std::string text(file.text);
        const auto replace = [&](const std::string& from, const std::string& to) {
            const size_t at = text.find(from);
            REQUIRE(at != std::string::npos);
            text.replace(at, from.size(), to);
        };
        replace("default: 1k", "default: 90");
        replace("default: 5d", "default: 20min");
        replace("chance: 0.001%", "chance: 0.3%");
        replace("1min..2h", "1min..10min");
        replace("=1/d * daytime", "=20/h");
        replace("{to: end, rate: 1/y}", "{to: end, rate: 1/h}");
        return text;
    }
    FAIL("there is no pack called sensors");
    return "";
}

const LivingPack& sensor_pack() {
    static const LivingPack pack(sensors());
    return pack;
}

std::vector<LivingRecord> read(const LivingOptions& options, int64_t window, bool exact, bool backwards = false) {
    const auto plan = sensor_pack().source(options);
    LivingReader reader(*plan, {.start = start, .until = start + hour});
    reader.fills_backwards = backwards;
    return reader.read_until(start, start + hour, window, exact).records;
}

const std::vector<LivingRecord>& reference() {
    static const std::vector<LivingRecord> records =
        read({.cells_of_shard = 16, .slice_us = 300 * second, .one_by_one = true}, hour, false);
    return records;
}

}  // namespace

TEST_SUITE("entities that live: laws") {
    TEST_CASE("the test covers every stream, births and ends") {
        std::map<int, int> by_stream;
        for (const LivingRecord& record : reference()) ++by_stream[record.stream];
        REQUIRE(sensor_pack().streams == std::vector<std::string>{"telemetry", "alerts", "repairs"});
        CHECK(by_stream[0] > 15'000);
        CHECK(by_stream[1] > 20);
        CHECK(by_stream[2] > 20);
    }

    TEST_CASE("waves give the same records as one event after the other") {
        for (const uint32_t few : {0U, 3U, 1000U}) {
            CAPTURE(few);
            CHECK(read({.cells_of_shard = 16, .slice_us = 300 * second, .few_cells = few}, hour, false) == reference());
        }
        CHECK(in_order(read({.cells_of_shard = 1000, .few_cells = 0}, hour, false)) == in_order(reference()));
    }

    TEST_CASE("windows of any size give the same records in the same order") {
        const LivingOptions options{.cells_of_shard = 16, .slice_us = 300 * second};
        for (const int64_t window : {second, 7 * second, 301 * second, 17 * 60 * second}) {
            CAPTURE(window);
            CHECK(read(options, window, false) == reference());
        }
    }

    TEST_CASE("exact windows give the same records, in order within a shard") {
        const auto ordered = in_order(reference());
        for (const int64_t window : {3 * second, 777 * second})
            CHECK(in_order(read({.cells_of_shard = 16, .slice_us = 300 * second}, window, true)) == ordered);
    }

    TEST_CASE("shards and slices change no record") {
        const auto ordered = in_order(reference());
        for (const int64_t cells : {1, 7, 1000})
            CHECK(in_order(read({.cells_of_shard = cells, .slice_us = 40 * second}, hour, false)) == ordered);
        CHECK(in_order(read({}, hour, false)) == ordered);
    }

    TEST_CASE("tasks may be filled in any order") {
        CHECK(read({.cells_of_shard = 16, .slice_us = 300 * second}, hour, false, true) == reference());
    }

    TEST_CASE("records of a task are in order of time, then cell, then ordinal") {
        const auto all = read({.cells_of_shard = 1000, .slice_us = hour}, hour, false);
        CHECK(std::is_sorted(all.begin(), all.end(), [](const LivingRecord& a, const LivingRecord& b) {
            return std::tuple(a.stream, a.time, a.cell, a.ordinal) < std::tuple(b.stream, b.time, b.cell, b.ordinal);
        }));
    }

    TEST_CASE("parts together are the whole") {
        const auto plan = sensor_pack().source();
        for (const int parts : {2, 3}) {
            std::vector<LivingRecord> together;
            for (int part = 0; part < parts; ++part) {
                LivingReader reader(*plan, {.start = start, .until = start + hour, .part = part, .parts = parts});
                reader.read_until(start, start + hour, 100 * second);
                together.insert(together.end(), reader.records.begin(), reader.records.end());
            }
            CHECK(in_order(together) == in_order(reference()));
        }
    }

    TEST_CASE("parts without an end are refused") {
        const auto opened = sensor_pack().source()->open({.start = start, .part = 0, .parts = 2});
        REQUIRE(!opened);
        CHECK(opened.error().message == "Parts of entities that live need an end in time: give --until or --for");
    }

    TEST_CASE("a run goes on from a snapshot as if it had never stopped") {
        const auto plan = sensor_pack().source({.cells_of_shard = 16, .slice_us = 300 * second});
        const SourceLimits limits{.start = start, .until = start + hour};
        for (const int64_t cut : {1 * second, 1234 * second, 3000 * second}) {
            LivingReader before(*plan, limits), after(*plan, limits);
            before.read_until(start, start + cut, 50 * second, true);
            const std::string state = before.source->snapshot();
            REQUIRE(after.source->restore(state));
            CHECK(after.source->snapshot() == state);
            before.read_until(start + cut, start + hour, 50 * second);
            const size_t made = before.records.size();
            after.read_until(start + cut, start + hour, 90 * second);
            const std::vector<LivingRecord> tail(before.records.end() - static_cast<ptrdiff_t>(after.records.size()),
                                                 before.records.end());
            CHECK(after.records.size() < made);
            CHECK(tail == after.records);
        }
    }

    TEST_CASE("a state that is damaged, or of other entities, is refused") {
        const auto plan = sensor_pack().source();
        LivingReader reader(*plan, {.start = start, .until = start + hour});
        reader.read_until(start, start + 60 * second, 60 * second, true);
        std::string state = reader.source->snapshot();
        LivingReader other(*plan, {.start = start, .until = start + hour, .part = 1, .parts = 2});
        CHECK(!other.source->restore(state));
        state[state.size() / 2] = static_cast<char>(state[state.size() / 2] + 1);
        CHECK(!reader.source->restore(state));
        CHECK(!reader.source->restore("short"));
    }

    TEST_CASE("no record of a child comes before its parent, none of the dead comes at all") {
        const LivingPack pack(R"(
pack: lives
entities:
  parent:
    count: 200
    state: {ticks: 0}
    lifecycle:
      young: {enter: [{emit: parents}], every: 1s..3s, do: [{set: {ticks: =ticks + 1}, emit: parents}, {spawn: child, chance: 20%}], leave: [{to: end, rate: 1/20s}]}
  child:
    parent: parent
    lifecycle:
      there: {enter: [{emit: children}], every: 2s, do: [{emit: children}], leave: [{to: end, after: 30s}]}
streams:
  parents: {from: parent, fields: {number: =number, ticks: =ticks}}
  children: {from: child, fields: {of: =parent.number, number: =number, ticks: =parent.ticks}}
)");
        const auto records = records_of(pack, 300 * second);
        std::map<int64_t, int64_t> last_of_parent, first_of_parent;
        for (const LivingRecord& record : records) {
            if (record.stream != 0) continue;
            first_of_parent.try_emplace(record.cell, record.ordinal);
            last_of_parent[record.cell] = record.time;
        }
        size_t children = 0;
        for (const LivingRecord& record : records) {
            if (record.stream != 1) continue;
            ++children;
            CHECK(first_of_parent.at(record.cell) < record.ordinal);
            CHECK(record.time < last_of_parent.at(record.cell) + 3 * second);  // a parent that lives is heard every 3 s
        }
        CHECK(children > 500);
        CHECK(records.back().time < start + 250 * second);
    }

    TEST_CASE("a source whose entities have all ended is exhausted") {
        const LivingPack pack(R"(
pack: short
entities: {visit: {count: 5, journey: [{emit: seen}, {after: 1s..2s, emit: seen}]}}
streams: {seen: {from: visit, fields: {number: =number}}}
)");
        const auto plan = pack.source();
        LivingReader reader(*plan, {.start = start});
        CHECK(!reader.source->exhausted(0, start));
        reader.read_until(start, start + 10 * second, second, true);
        CHECK(reader.records.size() == 10);
        CHECK(reader.source->exhausted(0, start + 10 * second));
    }
}
