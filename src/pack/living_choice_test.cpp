// For children that steps choose by their state: who is chosen, what is set through it, and that all ways of acting agree.
#include <doctest/doctest.h>
#include <map>
#include <set>

#include "base/time.h"
#include "pack/living_test.h"

using namespace headwater;

namespace {

constexpr int64_t start = LivingPack::start;
constexpr int64_t second = micros_per_second, minute = micros_per_minute, hour = micros_per_hour;

/// Calls that look for a free agent; agents who go home and do not come back.
const std::string centre = R"yaml(
pack: centre
entities:
  centre:
    count: 40
    state: {lost: 0}
    lifecycle: {open: {rate: 1/min, do: [{spawn: call}, {spawn: agent, chance: 5%}]}}
  agent:
    parent: centre
    count: 3
    attributes: {name: agent-$(centre.number)-$(number), skill: '=pick("red", "blue")'}
    state: {busy: false, taken: 0, last: none}
    lifecycle: {here: {leave: [{to: end, rate: 1/40min}]}}
  call:
    parent: centre
    attributes: {id: call-$(centre.number)-$(number)}
    journey:
      - let: {who: '=any(centre.agent, where=not busy and phase == "here")'}
      - {when: who == null, set: {centre.lost: =centre.lost + 1}, emit: calls, with: {step: lost, agent: null}}
      - continue: =who != null
        set: {who.busy: true, who.taken: =who.taken + 1, who.last: =id}
        emit: calls
        with: {step: begins, agent: '$(who.name)/$(who.skill)/$(who.taken)'}
      - after: 1min..5min
        set: {who.busy: false}
        emit: calls
        with: {step: ends, agent: '=if who == null then "gone" else "$(who.name)/$(who.last)"'}
streams:
  calls:
    from: call
    types: {step: begins | ends | lost, agent: text or null}
    fields: {call: =id, at: =time, lost: =centre.lost}
)yaml";

std::vector<LivingRecord> read(const LivingOptions& options = {}, int64_t window = hour) {
    const LivingPack pack(centre);
    const auto plan = pack.source(options);
    LivingReader reader(*plan, {.start = start, .until = start + 4 * hour});
    return in_order(reader.read_until(start, start + 4 * hour, window).records);
}

}  // namespace

TEST_SUITE("children that are chosen") {
    TEST_CASE("single events, waves, shards, windows and a restart give the same choices") {
        const auto reference = read({.one_by_one = true});
        CHECK(reference.size() > 8000);
        CHECK(read({.cells_of_shard = 7, .slice_us = 100 * second, .few_cells = 0}, 11 * minute) == reference);
        CHECK(read({.cells_of_shard = 1000, .few_cells = 3}, 100 * second) == reference);
        const LivingPack pack(centre);
        const auto plan = pack.source({.cells_of_shard = 16, .few_cells = 1});
        const SourceLimits limits{.start = start, .until = start + 4 * hour};
        LivingReader before(*plan, limits), after(*plan, limits);
        before.read_until(start, start + 2 * hour, 7 * minute, true);
        REQUIRE(after.source->restore(before.source->snapshot()));
        after.read_until(start + 2 * hour, limits.until, 13 * minute);
        before.records.insert(before.records.end(), after.records.begin(), after.records.end());
        CHECK(in_order(before.records) == reference);
    }

    TEST_CASE("nobody is chosen twice at a time, and what was set through a choice is read through it") {
        std::map<int64_t, std::set<std::string>> busy;
        std::map<std::string, int64_t> taken;
        std::set<std::string> outcomes;
        for (const LivingRecord& record : read()) {
            const auto field = [&](int n) {
                size_t from = 0;
                for (; n > 0; --n) from = record.text.find(' ', from) + 1;
                return record.text.substr(from, record.text.find(' ', from) - from);
            };
            const std::string step = field(3), agent = field(4), name = agent.substr(0, agent.find('/'));
            outcomes.insert(step);
            if (step == "\"begins\"") {
                CHECK(busy[record.cell].insert(name).second);
                CHECK(agent.ends_with("/" + std::to_string(++taken[name]) + "\""));
            } else if (step == "\"ends\"" && agent != "\"gone\"") {
                CHECK(busy[record.cell].erase(name) == 1);
                CHECK(agent.ends_with("/" + field(0).substr(1)));
            } else {
                outcomes.insert(agent);
            }
        }
        CHECK(outcomes == std::set<std::string>{"\"begins\"", "\"ends\"", "\"lost\"", "null", "\"gone\""});
    }

    TEST_CASE("all who may be chosen are chosen equally often") {
        const LivingPack pack(R"(
pack: dice
entities:
  cup:
    count: 20
    lifecycle:
      shaken:
        every: 1s
        do: [{let: {one: '=any(die, where=number > 2)'}, emit: throws, with: {face: '=coalesce(one.number, 0)'}}]
  die: {parent: cup, count: 6, state: {seen: 0}}
streams: {throws: {from: cup, types: {face: int}, fields: {cup: =number}}}
)");
        std::map<std::string, int64_t> faces;
        int64_t throws = 0;
        for (const LivingRecord& record : records_of(pack, 10 * minute)) {
            ++faces[record.text.substr(record.text.find(' ') + 1)];
            ++throws;
        }
        CHECK(throws > 11'900);
        CHECK(faces.size() == 4);
        for (const auto& [face, count] : faces) CHECK(std::abs(count - throws / 4) < 4 * 48);  // four deviations
    }
}
