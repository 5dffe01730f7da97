// For what the behaviour of entities means: order inside an instant, ways out of phases, steps, journeys, children, draws.
#include "pack/living_test.h"

#include <doctest/doctest.h>
#include <cmath>
#include <map>

#include "base/time.h"

using namespace headwater;

namespace {

constexpr int64_t start = LivingPack::start;
constexpr int64_t second = micros_per_second, minute = micros_per_minute, hour = micros_per_hour;

/// Gives the texts of records, and nothing else of them.
std::vector<std::string> texts(const std::vector<LivingRecord>& records) {
    std::vector<std::string> all;
    for (const LivingRecord& record : records) all.push_back(record.text);
    return all;
}

std::vector<std::string> emitted(const std::string& text, int64_t duration_us) {
    const LivingPack pack(text);
    return texts(records_of(pack, duration_us));
}

/// Gives the waits between the records of each cell.
std::vector<double> waits(const std::vector<LivingRecord>& records) {
    std::vector<double> all;
    for (size_t i = 1; i < records.size(); ++i)
        if (records[i].cell == records[i - 1].cell)
            all.push_back(static_cast<double>(records[i].time - records[i - 1].time) / second);
    return all;
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

}  // namespace

TEST_SUITE("entities that live: steps") {
    TEST_CASE("a set reads the values before it, the steps behind it those after") {
        const auto got = emitted(R"(
pack: swap
entities:
  e:
    count: 1
    state: {a: 1, b: 2}
    journey: [{set: {a: =b, b: =a}, emit: seen, with: {sum: =10 * a + b}}, {set: {a: =a + 1}}, {emit: seen, with: {sum: 0}}]
streams: {seen: {from: e, types: {sum: int}, fields: {a: =a, b: =b}}}
)",
                                 second);
        CHECK(got == std::vector<std::string>{"2 1 21 ", "3 1 0 "});
    }

    TEST_CASE("values take the type of the state: a bare fraction is a real, types says the rest") {
        const auto got = emitted(R"(
pack: kinds
entities:
  e:
    count: 1
    types: {money: decimal(2), status: open | closed, last: instant(s) or null}
    state: {level: 1.0, money: 1, status: open, last: null, name: "x"}
    journey: [{emit: seen}, {set: {level: =1/3, money: =1/3, status: closed, last: =time, name: =upper(name)}, emit: seen}]
streams: {seen: {from: e, fields: {level: =level, money: =money, status: =status, last: =last, name: =name}}}
)",
                                 second);
        CHECK(got == std::vector<std::string>{"1.0 1.00 \"open\" null \"x\" ",
                                              "0.3333333333333333 0.33 \"closed\" \"2026-01-05T00:00:00Z\" \"X\" "});
    }

    TEST_CASE("repeat counts from 1 and draws anew; groups and lets see it") {
        const auto got = emitted(R"(
pack: repeats
entities:
  e:
    count: 1
    journey:
      - let: {base: =integer(1..1000000)}
      - repeat: 3
        do:
          - let: {place: =10 * index}
          - {emit: seen, with: {place: =place + index, base: =base, word: =integer(1..1000000)}}
streams: {seen: {from: e, types: {place: int, base: int, word: int}, fields: {number: =number}}}
)",
                                 second);
        REQUIRE(got.size() == 3);
        CHECK(got[0].starts_with("1 11 "));
        CHECK(got[2].starts_with("1 33 "));
        const auto word = [&](size_t i) { return got[i].substr(got[i].rfind(' ', got[i].size() - 2)); };
        CHECK(got[0].substr(5, 6) == got[1].substr(5, 6));
        CHECK(word(0) != word(1));
        CHECK(word(1) != word(2));
    }

    TEST_CASE("a let is kept while a journey waits") {
        const auto got = emitted(R"(
pack: keeps
entities:
  e:
    count: 1
    state: {level: 1}
    journey: [{let: {before: =level, who: =person()}}, {set: {level: 5}}, {after: 10s, emit: seen, with: {before: =before, same: "=who.name == '$(who.first_name) $(who.last_name)'"}}]
streams: {seen: {from: e, types: {before: int, same: bool}, fields: {level: =level}}}
)",
                                 minute);
        CHECK(got == std::vector<std::string>{"5 1 true "});
    }

    TEST_CASE("labels of phases, ways out and steps go with their records") {
        const LivingPack pack(R"(
pack: labels
entities:
  e:
    count: 1
    lifecycle:
      bad: {label: outage, enter: [{emit: seen, label: first}], leave: [{to: good, after: 5s, label: mended, do: [{emit: seen}]}]}
      good: {enter: [{emit: seen}]}
streams: {seen: {from: e, fields: {phase: =phase}}}
)");
        const auto records = records_of(pack, minute);
        REQUIRE(records.size() == 3);
        CHECK(records[0].labels == std::vector<std::string>{"outage", "first"});
        CHECK(records[1].labels == std::vector<std::string>{"mended"});
        CHECK(records[2].labels.empty());
        CHECK(texts(records) == std::vector<std::string>{"\"bad\" ", "\"bad\" ", "\"good\" "});
    }

    TEST_CASE("rules of a stream apply to what is emitted") {
        const LivingPack pack(R"(
pack: ruled
entities: {e: {count: 1, journey: [{repeat: 4, emit: seen, with: {value: =index}}]}}
streams: {seen: {from: e, types: {value: int}, fields: {big: false}, rules: [{name: high, when: value > 2, set: {big: true}}]}}
)");
        const auto records = records_of(pack, second);
        CHECK(texts(records) == std::vector<std::string>{"false 1 ", "false 2 ", "true 3 ", "true 4 "});
        CHECK(records[3].labels == std::vector<std::string>{"high"});
    }
}

TEST_SUITE("entities that live: cells") {
    TEST_CASE("at one instant come steps, then those of children just spawned, then conditions") {
        const auto got = emitted(R"(
pack: instant
entities:
  boss:
    count: 1
    state: {value: 0}
    lifecycle:
      calm: {enter: [{spawn: child}, {set: {value: 1}}, {emit: words, with: {what: boss}}], leave: [{to: alarmed, when: value >= 2}]}
      alarmed: {enter: [{emit: words, with: {what: alarmed}}]}
  child:
    parent: boss
    journey: [{set: {boss.value: =boss.value + 1}, emit: notes}, {spawn: grandchild}]
  grandchild: {parent: child, journey: [{emit: whispers, with: {value: =boss.value}}]}
streams:
  words: {from: boss, types: {what: text}, fields: {value: =value}}
  notes: {from: child, fields: {value: =boss.value, phase: =boss.phase}}
  whispers: {from: grandchild, types: {value: int}, fields: {phase: =boss.phase, number: =child.number}}
)",
                                 second);
        CHECK(got == std::vector<std::string>{"1 \"boss\" ", "2 \"calm\" ", "\"calm\" 1 2 ", "2 \"alarmed\" "});
    }

    TEST_CASE("children with a count are born with their parent and number from 1; spawned ones go on") {
        const auto got = emitted(R"(
pack: family
entities:
  house: {count: 2, journey: [{emit: homes}, {spawn: room, with: {size: 9}}]}
  room: {parent: house, types: {size: int}, attributes: {key: $(house.number)-$(number)}, state: {doubled: =size * 2}, journey: [{emit: rooms}]}
  door: {parent: house, count: 2, attributes: {key: $(house.number)/$(number)}, journey: [{emit: doors}]}
streams:
  homes: {from: house, fields: {number: =number}}
  rooms: {from: room, fields: {key: =key, doubled: =doubled}}
  doors: {from: door, fields: {key: =key}}
)",
                                 second);
        CHECK(got == std::vector<std::string>{"1 ", "\"1/1\" ", "\"1/2\" ", "\"1-1\" 18 ", "2 ", "\"2/1\" ", "\"2/2\" ",
                                              "\"2-1\" 18 "});
    }

    TEST_CASE("a journey that has ended leaves its children alive, an end does not") {
        const std::string pack = R"(
pack: ends
entities:
  visit: {count: 1, LIFE}
  order: {parent: visit, journey: [{after: 10s, emit: orders}]}
streams: {orders: {from: order, fields: {number: =number}}}
)";
        const auto with = [&](const std::string& life) {
            std::string text = pack;
            text.replace(text.find("LIFE"), 4, life);
            return emitted(text, minute).size();
        };
        CHECK(with("journey: [{spawn: order}, {after: 1s}]") == 1);
        CHECK(with("lifecycle: {there: {enter: [{spawn: order}], leave: [{to: end, after: 1s}]}}") == 0);
    }

    TEST_CASE("a child that waits watches what its parent becomes") {
        const LivingPack pack(R"(
pack: watch
entities:
  lamp: {count: 1, state: {lit: false}, lifecycle: {dark: {leave: [{to: bright, after: 7s, do: [{set: {lit: true}}]}]}, bright: {}}}
  moth: {parent: lamp, count: 1, lifecycle: {waiting: {leave: [{to: flying, when: lamp.lit}]}, flying: {enter: [{emit: seen}]}}}
streams: {seen: {from: moth, fields: {phase: =lamp.phase}}}
)");
        const auto records = records_of(pack, minute);
        REQUIRE(records.size() == 1);
        CHECK(records[0].time == start + 7 * second);
        CHECK(records[0].text == "\"bright\" ");
    }
}

TEST_SUITE("entities that live: time") {
    TEST_CASE("with after and when a way opens then, or as soon after as the condition holds") {
        const LivingPack pack(R"(
pack: both
entities:
  e:
    count: 1
    state: {ticks: 0}
    lifecycle:
      a: {every: 4s, do: [{set: {ticks: =ticks + 1}}], leave: [{to: b, after: 10s, when: ticks >= 1}]}
      b: {enter: [{emit: seen}, {set: {ticks: 0}}], every: 20s, do: [{set: {ticks: 1}}], leave: [{to: c, after: 10s, when: ticks >= 1}]}
      c: {enter: [{emit: seen}]}
streams: {seen: {from: e, fields: {phase: =phase}}}
)");
        const auto records = records_of(pack, 2 * minute);
        REQUIRE(records.size() == 2);
        CHECK(records[0].time == start + 10 * second);
        CHECK(records[1].time == start + 30 * second);
    }

    TEST_CASE("chance is tried after each tick, in the middle of the first period at the start") {
        const LivingPack pack(R"(
pack: tries
entities: {e: {count: 2000, lifecycle: {on: {every: 10s, do: [{emit: seen}], leave: [{to: end, chance: 20%}]}}}}
streams: {seen: {from: e, fields: {number: =number}}}
)");
        const auto records = records_of(pack, hour);
        std::map<int64_t, int> ticks;
        double first = 0;
        for (const LivingRecord& record : records)
            if (++ticks[record.cell] == 1) first += static_cast<double>(record.time - start) / second;
        CHECK(static_cast<double>(records.size()) / 2000 ==
              doctest::Approx(5).epsilon(0.08));  // deviation of the mean 0.1
        CHECK(first / 2000 == doctest::Approx(5).epsilon(0.06));
    }

    TEST_CASE("weights choose among the phases that a way leads to") {
        const LivingPack pack(R"(
pack: weighs
parameters: {bad: {type: share, default: 10%}}
entities:
  e:
    count: 4000
    lifecycle:
      a: {leave: [{to: {b: 80%, c: =bad, end: 10%}, after: 1s}]}
      b: {enter: [{emit: seen}]}
      c: {enter: [{emit: seen}]}
streams: {seen: {from: e, fields: {phase: =phase}}}
)");
        std::map<std::string, int> phases;
        for (const std::string& text : texts(records_of(pack, minute))) ++phases[text];
        CHECK(std::abs(phases["\"b\" "] - 3200) < 4 * 26);
        CHECK(std::abs(phases["\"c\" "] - 400) < 4 * 19);
    }

    TEST_CASE("a rate is read as it is then: by the hour and as the state says") {
        const LivingPack pack(R"(
pack: rates
curves: {day: {hour: [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0, 0, 0]}}
entities: {e: {count: 200, lifecycle: {on: {rate: =2/h * day, do: [{emit: seen}]}}}}
streams: {seen: {from: e, fields: {number: =number}}}
)");
        int morning = 0, afternoon = 0;
        for (const LivingRecord& record : records_of(pack, 24 * hour)) {
            const int64_t at = (record.time - start) / hour;
            REQUIRE((at >= 6 && at < 18));
            ++(at < 12 ? morning : afternoon);
        }
        CHECK(std::abs(morning - 2400) < 4 * 49);
        CHECK(std::abs(afternoon - 7200) < 4 * 85);
    }

    TEST_CASE("a rate that changes with the state keeps what was waited for") {
        // 1/min for 30 s, then 4/min: P(not yet by 60 s) = exp(-0.5 - 2)
        const LivingPack pack(R"(
pack: changes
entities:
  e:
    count: 6000
    state: {fast: false, late: false}
    lifecycle: {on: {leave: [{to: off, rate: =if fast then 4/min else 1/min}]}, off: {enter: [{emit: seen}]}}
  clock: {parent: e, count: 1, journey: [{after: 30s, set: {e.fast: true}}]}
streams: {seen: {from: e, fields: {fast: =fast}}}
)");
        int slow = 0, fast = 0;
        for (const LivingRecord& record : records_of(pack, minute)) ++(record.time < start + 30 * second ? slow : fast);
        CHECK(std::abs(slow - 6000 * (1 - std::exp(-0.5))) < 4 * 38);
        CHECK(std::abs(fast - 6000 * (std::exp(-0.5) - std::exp(-2.5))) < 4 * 39);
    }

    TEST_CASE("the waits of a random rhythm are exponential, those of a period what it says") {
        const LivingPack random(R"(
pack: random
entities: {e: {count: 50, lifecycle: {on: {rate: 6/min, do: [{emit: seen}]}}}}
streams: {seen: {from: e, fields: {number: =number}}}
)");
        const auto exponential = waits(records_of(random, hour));
        const auto above = std::count_if(exponential.begin(), exponential.end(), [](double wait) { return wait > 20; });
        CHECK(mean(exponential) == doctest::Approx(10).epsilon(0.03));
        CHECK(static_cast<double>(above) / static_cast<double>(exponential.size()) ==
              doctest::Approx(std::exp(-2)).epsilon(0.08));
        const LivingPack even(R"(
pack: even
entities: {e: {count: 20, lifecycle: {on: {every: 9.5s..10.5s, do: [{emit: seen}]}}}}
streams: {seen: {from: e, fields: {number: =number}}}
)");
        const auto periods = waits(records_of(even, hour));
        CHECK(mean(periods) == doctest::Approx(10).epsilon(0.002));
        CHECK(*std::min_element(periods.begin(), periods.end()) >= 9.5);
        CHECK(*std::max_element(periods.begin(), periods.end()) < 10.5);
    }

    TEST_CASE("silence lasts as long and comes as often as its pack says") {
        const LivingPack pack(R"(
pack: silence
entities:
  e:
    count: 400
    lifecycle:
      online: {every: 10s, do: [{emit: beats}], leave: [{to: silent, rate: 1/h}]}
      silent: {leave: [{to: online, after: 5min..15min}]}
streams: {beats: {from: e, fields: {number: =number}}}
)");
        std::vector<double> gaps;
        for (const double wait : waits(records_of(pack, 6 * hour)))
            if (wait > 10.5) gaps.push_back(wait);
        CHECK(std::abs(static_cast<double>(gaps.size()) - 400 * 6 / (1 + 1 / 6.0)) < 4 * 46);
        CHECK(mean(gaps) == doctest::Approx(615).epsilon(0.03));  // 10 min, 5 s since the last beat, 10 s to the next
    }

    TEST_CASE("a circle of conditions ends, and the run goes on") {
        const LivingPack pack(R"(
pack: circle
entities: {e: {count: 1, state: {on: true}, lifecycle: {a: {leave: [{to: b, when: =on}]}, b: {leave: [{to: a, when: =on}]}}}, beat: {parent: e, count: 1, lifecycle: {x: {every: 1s, do: [{emit: seen}]}}}}
streams: {seen: {from: beat, fields: {number: =number}}}
)");
        CHECK(records_of(pack, 10 * second).size() == 10);
    }
}

TEST_SUITE("entities that live: mistakes") {
    /// Gives the messages of a pack with one kind of such a life.
    static std::string complaint(const std::string& life) {
        const LivingPack pack("pack: wrong\nentities:\n  e:\n    count: 3\n    attributes: {id: =number}\n" + life +
                              "  child: {parent: e, journey: [{emit: notes, with: {what: x}}]}\n"
                              "streams:\n  seen: {from: e, fields: {id: =id}}\n  notes: {from: child, types: {what: x "
                              "| y}, fields: {id: =e.id}}\n");
        std::string all;
        for (const Diagnostic& diagnostic : pack.diagnostics.sorted())
            if (diagnostic.severity == Diagnostic::Severity::error)
                all += diagnostic.path + ": " + diagnostic.message + "\n";
        return all;
    }

    TEST_CASE("what is wrong is said with its place") {
        const std::vector<std::pair<std::string, std::string>> wrong{
            {"    lifecycle: {a: {leave: [{to: bb, after: 1s}]}}\n",
             "entities.e.lifecycle.a.leave.1.to: Unknown phase: bb\n"},
            {"    lifecycle: {a: {leaves: [{to: a, after: 1s}]}}\n", "entities.e.lifecycle.a: Unknown key: leaves\n"},
            {"    lifecycle: {a: {leave: [{to: end, after: 5}]}}\n",
             "entities.e.lifecycle.a.leave.1.after: A duration needs a unit: 5\n"},
            {"    lifecycle: {a: {leave: [{to: end, rate: 5}]}}\n",
             "entities.e.lifecycle.a.leave.1.rate: A rate needs a unit of time: 5\n"},
            {"    lifecycle: {a: {leave: [{to: end, rate: =uniform(1..2)}]}}\n",
             "entities.e.lifecycle.a.leave.1.rate: A rate cannot be drawn; it may read the entity, parameters, curves "
             "and time: uniform(1..2)\n"},
            {"    lifecycle: {a: {leave: [{to: end, when: chance(5%)}]}}\n",
             "entities.e.lifecycle.a.leave.1.when: What is watched cannot be drawn: chance(5%)\n"},
            {"    lifecycle: {a: {leave: [{to: end, when: hour(time) > 3}]}}\n",
             "entities.e.lifecycle.a.leave.1.when: There is no time here\n"},
            {"    lifecycle: {a: {leave: [{to: end, rate: 1/h, when: id > 3}]}}\n",
             "entities.e.lifecycle.a.leave.1.rate: A way out with a rate has neither after nor when nor chance\n"},
            {"    lifecycle: {a: {every: 0s, do: [{emit: seen}]}}\n",
             "entities.e.lifecycle.a.every: A period is above 0: 0s\n"},
            {"    lifecycle: {a: {do: [{emit: seen}]}}\n",
             "entities.e.lifecycle.a.do: A phase needs every or rate to do something again and again\n"},
            {"    lifecycle: {a: {leave: [{to: b}]}, b: {leave: [{to: a}]}}\n",
             "entities.e.lifecycle: These phases are left at once for each other: a -> b -> a\n"},
            {"    journey: [{emit: sen}]\n", "entities.e.journey.1.emit: No stream from e: sen\n"},
            {"    journey: [{spawn: chld}]\n",
             "entities.e.journey.1.spawn: No child of this entity or of its parents: chld\n"},
            {"    journey: [{when: id > 2}]\n", "entities.e.journey.1: This step does nothing\n"},
            {"    journey: [{set: {id: 3}}]\n",
             "entities.e.journey.1.set.id: An attribute is fixed at birth and cannot be set: id\n"},
            {"    state: {level: 1}\n    journey: [{set: {levl: 3}}]\n",
             "entities.e.journey.1.set.levl: No value of the state of e: levl\n"},
            {"    state: {level: 1}\n    journey: [{set: {level: high}}]\n",
             "entities.e.journey.1.set.level: The type of level is int, but this is text\n"},
            {"    state: {level: 1}\n    journey: [{set: {level: null}}]\n",
             "entities.e.journey.1.set.level: The value of level may be null, but its type is int\n"},
            {"    state: {last: null}\n",
             "entities.e.state.last: A value of the state is one value with a type, but this is null: last\n"},
            {"    state: {id: 4}\n", "entities.e.state.id: This name hides an attribute: id\n"},
            {"    journey: [{emit: seen, with: {x: 1}}]\n", "entities.e.journey.1.with: Nothing takes this value: x\n"},
            {"    lifecycle: {a: {enter: [{after: 3s, emit: seen}]}}\n",
             "entities.e.lifecycle.a.enter.1.after: Only the steps of a journey wait or end it: after\n"},
            {"    journey: [{set: {}, emit: seen, chance: =child(2).number / 3}]\n",
             "entities.e.journey.1.chance: Which of the children is not said: child\n"},
            {"    lifecycle: {a: {}}\n    journey: [{emit: seen}]\n",
             "entities.e: A kind has a lifecycle or a journey, not both: e\n"},
        };
        for (const auto& [life, message] : wrong) {
            CAPTURE(life);
            CHECK(complaint(life) == message);
        }
        CHECK(complaint("    journey: [{emit: seen}]\n") == "");
    }

    TEST_CASE("what every emission must give is asked for") {
        const LivingPack pack(R"(
pack: gives
entities: {e: {count: 1, journey: [{emit: seen}, {emit: seen, with: {kind: c}}]}}
streams: {seen: {from: e, types: {kind: a | b}, fields: {number: =number}}}
)");
        const auto all = pack.diagnostics.sorted();
        REQUIRE(all.size() == 2);
        CHECK(all[0].message + "|" + all[1].message == "A value must be given by with: kind|Not one of a | b: c");
    }

    TEST_CASE("phases that are left at once follow each other at one instant") {
        const auto records = records_of(LivingPack(R"(
pack: chain
entities:
  thing:
    count: 1
    state: {moves: 0}
    lifecycle:
      first: {leave: [{to: second}]}
      second: {enter: [{set: {moves: 1}}], leave: [{to: third, when: moves == 1}]}
      third: {enter: [{set: {moves: 2}}], leave: [{to: fourth, when: moves == 2}]}
      fourth: {enter: [{emit: seen}], leave: [{to: end, after: 1s}]}
streams: {seen: {from: thing, fields: {phase: =phase}}}
)"),
                                        hour);
        REQUIRE(records.size() == 1);
        CHECK(records[0].time == start);
    }

    TEST_CASE("the right sides of a set read the texts before it") {
        const auto records = records_of(LivingPack(R"(
pack: swap
entities:
  pair:
    count: 1
    state: {left: a text that is longer than a short one, right: another one of the longer kind}
    lifecycle:
      there: {every: 1s, do: [{set: {left: =right, right: =left}, emit: seen}]}
streams: {seen: {from: pair, fields: {left: =left, right: =right}}}
)"),
                                        2 * second);
        REQUIRE(records.size() == 2);
        CHECK(records[0].text == "\"another one of the longer kind\" \"a text that is longer than a short one\" ");
        CHECK(records[1].text == "\"a text that is longer than a short one\" \"another one of the longer kind\" ");
    }
}
