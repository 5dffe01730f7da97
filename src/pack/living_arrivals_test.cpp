// For roots that arrive: when they are born, who they are, and that those who have gone leave nothing behind.
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "base/time.h"
#include "pack/living_test.h"

using namespace headwater;

namespace {

constexpr int64_t start = LivingPack::start;
constexpr int64_t second = micros_per_second, minute = micros_per_minute, hour = micros_per_hour;

const std::string visits = R"(
pack: visits
curves: {open: {hour: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]}}
entities:
  visit:
    rate: =20/min * open
    attributes: {guest: guest-$(number)}
    journey:
      - {emit: steps, with: {step: came}}
      - {after: 10s..2min, emit: steps, with: {step: went}}
streams: {steps: {from: visit, types: {step: text}, fields: {guest: =guest, born: =born, at: =time}}}
)";

std::vector<LivingRecord> read(const SourcePlan& plan, int64_t until, int64_t window, int part = 0, int parts = 1) {
    LivingReader reader(plan, {.start = start, .until = start + until, .part = part, .parts = parts});
    return reader.read_until(start, start + until, window).records;
}

}  // namespace

TEST_SUITE("entities that live: arrivals") {
    TEST_CASE("roots arrive by the rate of the hour and are numbered as they come") {
        const LivingPack pack(visits);
        const auto records = in_order(read(*pack.source(), 24 * hour, hour));
        int64_t last = start, visitors = 0;
        for (const LivingRecord& record : records) {
            const int64_t hour_of_day = (record.time - start) / hour;
            if (record.ordinal != 0) continue;
            CHECK(hour_of_day >= 8);
            CHECK(hour_of_day < 18);
            CHECK(record.cell == ++visitors);
            CHECK(record.time >= last);
            last = record.time;
        }
        CHECK(visitors > 12'000 - 600);  // five deviations of a Poisson count
        CHECK(visitors < 12'000 + 600);
        CHECK(records.size() == static_cast<size_t>(2 * visitors));
    }

    TEST_CASE("groups come together, know their number, and their rate is that of groups") {
        std::string text = visits;
        text.replace(text.find("    attributes"), 0, "    group: 2..4\n");
        text.replace(text.find("born: =born"), 11, "group: =group");
        const LivingPack pack(text);
        std::map<std::string, std::pair<int64_t, int64_t>> groups;  // instant, size
        const auto records = in_order(read(*pack.source(), 24 * hour, hour));
        for (const LivingRecord& record : records) {
            if (record.ordinal != 0) continue;
            const size_t first = record.text.find(' ') + 1;
            auto& [time, size] = groups[record.text.substr(first, record.text.find(' ', first) - first)];
            if (size > 0) CHECK(time == record.time);
            time = record.time;
            ++size;
        }
        CHECK(groups.size() > 12'000 - 600);  // five deviations of a Poisson count
        CHECK(groups.size() < 12'000 + 600);
        std::map<int64_t, int64_t> sizes;
        for (const auto& [number, group] : groups) ++sizes[group.second];
        CHECK(sizes.size() == 3);
        for (const auto& [size, count] : sizes) CHECK(std::abs(count - static_cast<int64_t>(groups.size()) / 3) <= 21);
        CHECK(in_order(read(*pack.source({.cells_of_shard = 7, .few_cells = 0}), 24 * hour, 50 * minute)) == records);
        std::vector<LivingRecord> parts = read(*pack.source(), 24 * hour, hour, 0, 2);
        const auto second_part = read(*pack.source(), 24 * hour, hour, 1, 2);
        parts.insert(parts.end(), second_part.begin(), second_part.end());
        CHECK(in_order(parts) == records);
    }

    TEST_CASE("windows, shards, parts and single events give the same arrivals") {
        const LivingPack pack(visits);
        const auto reference = in_order(read(*pack.source({.one_by_one = true}), 10 * hour, hour));
        REQUIRE(reference.size() > 4000);
        CHECK(in_order(read(*pack.source({.cells_of_shard = 7, .few_cells = 0}), 10 * hour, 3 * minute)) == reference);
        CHECK(read(*pack.source(), 10 * hour, 17 * minute) == read(*pack.source(), 10 * hour, 10 * hour));
        std::vector<LivingRecord> together;
        for (int part = 0; part < 3; ++part) {
            const auto some = read(*pack.source({.cells_of_shard = 50}), 10 * hour, hour, part, 3);
            CHECK(some.size() > 500);
            together.insert(together.end(), some.begin(), some.end());
        }
        CHECK(in_order(together) == reference);
    }

    TEST_CASE("state does not grow with those who have gone") {
        const LivingPack pack(visits);
        LivingReader reader(*pack.source({.cells_of_shard = 64}), {.start = start});
        reader.read_until(start, start + 10 * hour, hour);
        const size_t size = reader.source->snapshot().size();
        CHECK(!reader.source->exhausted(0, start + 10 * hour));
        reader.read_until(start + 10 * hour, start + 17 * hour, hour);
        CHECK(reader.source->snapshot().size() < 4 * size);  // one or two shards and the one that is open
        CHECK(reader.records.size() > 20'000);
    }

    TEST_CASE("who arrives can be drawn by other streams, by the attributes of its number") {
        const LivingPack pack(R"(
pack: town
entities:
  visitor:
    rate: 1/s
    attributes: {name: =letters(8)}
    lifecycle: {there: {enter: [{emit: came}], leave: [{to: end, after: 1h}]}}
streams: {came: {from: visitor, fields: {name: =name, again: =visitor(number).name}}}
)");
        const auto records = records_of(pack, minute);
        REQUIRE(records.size() > 30);
        for (const LivingRecord& record : records) {
            const std::string name = record.text.substr(0, record.text.find(' '));
            CHECK(record.text == name + " " + name + " ");
        }
    }

    TEST_CASE("children do not arrive by a rate") {
        const LivingPack pack(R"(
pack: wrong
entities:
  shop: {count: 1, lifecycle: {open: {every: 1s, do: [{emit: seen}]}}}
  guest: {parent: shop, rate: 1/s, journey: [{after: 1s}]}
streams: {seen: {from: shop, fields: {n: =number}}}
)");
        REQUIRE(!pack.plan);
        CHECK(pack.diagnostics.sorted().at(0).message == "Children do not arrive by a rate: guest");
    }
}
