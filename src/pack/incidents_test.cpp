// For incidents: what they change and what they leave alone, exactly at their boundaries, and which records they label.
#include <doctest/doctest.h>
#include <cmath>
#include <map>
#include <tuple>

#include "base/time.h"
#include "pack/living_test.h"

using namespace headwater;

namespace {

constexpr int64_t start = LivingPack::start;
constexpr int64_t second = micros_per_second, minute = micros_per_minute, hour = micros_per_hour;

/// Machines whose ticks come at random, in two halls.
const std::string machines = R"(
pack: machines
parameters:
  pace: {type: rate, default: 1/min}
  broken: {type: share, default: 0%}
entities:
  machine:
    count: 200
    attributes: {hall: '=if number <= 50 then "north" else "south"'}
    state: {ticks: 0}
    lifecycle: {on: {rate: =pace, do: [{set: {ticks: =ticks + 1}, emit: ticks}]}}
streams:
  ticks: {from: machine, fields: {machine: =number, hall: =hall, at: =time, broken: =chance(broken)}}
incidents:
  rush: {set: {pace: =pace * 10}, where: hall == "north", for: 1h}
  fire: {set: {broken: 100%}, for: 90s}
)";

std::vector<LivingRecord> read(const std::string& runs, const LivingOptions& options = {}, int64_t window = hour) {
    const LivingPack pack(machines, 42, runs);
    const auto plan = pack.source(options);
    LivingReader reader(*plan, {.start = start, .until = start + 3 * hour});
    return in_order(reader.read_until(start, start + 3 * hour, window).records);
}

bool has_label(const LivingRecord& record, const std::string& label) {
    return std::ranges::find(record.labels, label) != record.labels.end();
}

bool is_near(int64_t made, double expected) {
    return std::abs(static_cast<double>(made) - expected) <= 4 * std::sqrt(expected);
}

}  // namespace

TEST_SUITE("incidents") {
    TEST_CASE("a rate is as expected before, during and after an incident, for those whom it strikes and for others") {
        std::map<std::pair<bool, int64_t>, int64_t> ticks;  // is in the north, hour
        for (const LivingRecord& record : read("[{run: rush, at: 1h}]")) {
            const bool is_north = record.cell <= 50;
            ++ticks[{is_north, (record.time - start) / hour}];
            const bool is_during = record.time >= start + hour && record.time < start + 2 * hour;
            CHECK(has_label(record, "rush") == (is_north && is_during));
        }
        for (const int64_t quiet : {0, 2}) CHECK(is_near(ticks[{true, quiet}], 50 * 60));
        CHECK(is_near(ticks[{true, 1}], 50 * 600));
        for (const int64_t one : {0, 1, 2}) CHECK(is_near(ticks[{false, one}], 150 * 60));
    }

    TEST_CASE("records before an incident, and those of others, are what they are without it") {
        const auto with = read("[{run: rush, at: 1h}]"), without = read("");
        std::vector<LivingRecord> before, others;
        for (const LivingRecord& record : without) {
            if (record.time < start + hour || record.cell > 50) before.push_back(record);
        }
        for (const LivingRecord& record : with) {
            if (record.time < start + hour || record.cell > 50) others.push_back(record);
        }
        REQUIRE(before.size() > 20'000);
        CHECK(others == before);
        CHECK(with != without);
    }

    TEST_CASE("what a record holds follows an incident from its first microsecond to its last") {
        int64_t struck = 0, spared = 0;
        for (const LivingRecord& record : read("[{run: fire, at: 30min}, {run: machines.fire, at: 31min, for: 1h}]")) {
            const bool is_on = record.time >= start + 30 * minute && record.time < start + 91 * minute;
            (is_on ? struck : spared) += 1;
            CHECK(record.text.ends_with(is_on ? "true " : "false "));
            CHECK(has_label(record, "fire") == is_on);
        }
        CHECK(struck > 1000);
        CHECK(spared > 1000);
    }

    TEST_CASE("single events, waves, shards and windows give the same records under incidents") {
        const std::string runs =
            "[{run: rush, at: 10min..2h, times: 4, for: 5min..20min}, {run: fire, at: 1h, every: 7min, times: 5}]";
        const auto reference = read(runs, {.one_by_one = true});
        CHECK(read(runs, {.cells_of_shard = 7, .slice_us = 100 * second, .few_cells = 0}, 11 * minute) == reference);
        CHECK(read(runs, {.cells_of_shard = 1000, .few_cells = 3}, 100 * second) == reference);
    }

    TEST_CASE("a state goes on under a plan that differs only in incidents that come later, on and off") {
        const std::string shop = R"(
pack: shop
parameters: {visits: {type: rate, default: 30/min}, pace: {type: float, default: 1}, word: {type: text, default: calm}}
entities:
  visit:
    rate: =visits
    state: {made: 0, kept: none}
    lifecycle:
      here:
        rate: =pace * 2/min
        do: [{let: {mood: =word}, set: {made: =made + 1}}, {set: {kept: =mood}, emit: seen}]
        leave: [{to: end, rate: =pace / 20min}]
streams: {seen: {from: visit, fields: {number: =number, made: =made, kept: =kept}}}
incidents: {sale: {set: {visits: =visits * 3, pace: 0.3, word: wild}, for: 20min}}
)";
        const std::vector<std::string> runs = {"", "[{run: sale, at: 1h}]", "[{run: sale, at: 1h, for: 5min}]"};
        std::vector<std::shared_ptr<const SourcePlan>> plans;
        std::vector<std::vector<LivingRecord>> whole;
        const SourceLimits limits{.start = start, .until = start + 2 * hour};
        for (const std::string& one : runs) {
            plans.push_back(LivingPack(shop, 42, one).source());
            whole.push_back(LivingReader(*plans.back(), limits).read_until(start, limits.until, hour, true).records);
        }
        CHECK(whole[0] != whole[1]);
        CHECK(whole[1] != whole[2]);
        for (const auto& [before, after, cut] :
             {std::tuple(0, 1, 30 * minute), std::tuple(0, 1, hour), std::tuple(1, 2, 65 * minute)}) {
            LivingReader first(*plans[static_cast<size_t>(before)], limits),
                then(*plans[static_cast<size_t>(after)], limits);
            first.read_until(start, start + cut, 7 * minute, true);
            REQUIRE(then.source->restore(first.source->snapshot()));
            then.read_until(start + cut, limits.until, 11 * minute, true);
            first.records.insert(first.records.end(), then.records.begin(), then.records.end());
            CHECK(in_order(first.records) == in_order(whole[static_cast<size_t>(after)]));
        }
    }

    TEST_CASE("arrivals follow an incident, and whoever comes meanwhile is labelled while it is on") {
        const LivingPack pack(R"(
pack: shop
parameters: {visits: {type: rate, default: 30/min}}
entities: {visit: {rate: =visits, journey: [{emit: seen}]}}
streams: {seen: {from: visit, fields: {number: =number}}}
incidents: {sale: {set: {visits: =visits * 8}, for: 20min}}
)",
                              42, "[{run: sale, at: 1h}]");
        std::map<bool, int64_t> seen;
        int64_t last = start;
        for (const LivingRecord& record : records_of(pack, 3 * hour)) {
            const bool is_on = record.time >= start + hour && record.time < start + hour + 20 * minute;
            ++seen[is_on];
            CHECK(has_label(record, "sale") == is_on);
            CHECK(record.time >= last);
            last = record.time;
        }
        CHECK(is_near(seen[true], 240 * 20));
        CHECK(is_near(seen[false], 30 * 160));
    }

    TEST_CASE("a child that lacks the name in where is asked about its parent") {
        const LivingPack pack(R"(
pack: sites
parameters: {wait: {type: duration, default: 10min}}
entities:
  site:
    count: 2
    attributes: {name: '=if number == 1 then "oslo" else "porto"'}
    state: {made: 0}
    lifecycle: {open: {every: 1min, do: [{spawn: job}]}}
  job: {parent: site, journey: [{after: =wait, emit: done}]}
streams: {done: {from: job, fields: {site: =site.name, took: =time - born}}}
incidents: {jam: {set: {wait: 1h}, where: name == "oslo", for: 2h}}
)",
                              42, "[{run: jam, at: 1h}]");
        std::map<std::string, int64_t> slow;
        for (const LivingRecord& record : records_of(pack, 5 * hour)) {
            const std::string site = record.text.substr(0, record.text.find(' '));
            if (record.text.find("3600") != std::string::npos || record.text.find("PT1H") != std::string::npos)
                ++slow[site];
        }
        CHECK(slow["\"oslo\""] == 120);
        CHECK(slow.size() == 1);
    }
}
