// For tests of entities that live: packs made at random, all of them valid, with everything that behaviour can do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace headwater {

/// Writes one pack: a root kind `town`, children `house` and `guest` (a journey), streams and tables from each; incidents
/// `rush` and `slump`.
class RandomPack {
  public:
    explicit RandomPack(uint64_t seed) : seed_(seed) {}

    std::string text() {
        std::string out = "pack: random\nparameters:\n";
        out += "  pace: {type: float, default: 1}\n  flow: {type: float, default: 1}\n";
        out += "incidents:\n  rush: {set: {pace: '=min(3 * pace + level, 6)'}, where: level > 2, for: 10s..40s}\n";
        out += "  slump: {set: {pace: 0.2, flow: 3}, for: 20s}\n";
        out += "entities:\n  town:\n    ";
        out += chance(40) ? "rate: =flow * " + number(5, 20) + "/min\n    group: 1..3" : "count: " + number(20, 80);
        out += "\n    state: {level: 0, heat: '=normal(0, 1)', mood: calm, busy: false}\n";
        out += "    lifecycle:\n" + phases("town", {"open", "shut", "idle"}, {"house", "guest"});
        out += "  house:\n    parent: town\n" + std::string(chance(60) ? "    count: 0..3\n" : "");
        out +=
            "    attributes: {size: =integer(1..9)}\n    state: {level: =size, heat: 0.5, mood: new, busy: "
            "=chance(30%)}\n";
        out += "    lifecycle:\n" + phases("house", {"open", "shut"}, {"guest"});
        out +=
            "  guest:\n    parent: town\n    types: {purse: int}\n    state: {level: =purse, heat: 1.0, mood: guest, "
            "busy: false}\n";
        out += "    journey:\n" + journey();
        out += "streams:\n";
        for (const std::string kind : {"town", "house", "guest"}) {
            out += "  of_" + kind + ":\n    from: " + kind +
                   "\n    types: {why: text}\n    fields: {at: =time, n: =number, level: =level, ";
            out += "heat: =heat, mood: =mood, busy: =busy, dice: =integer(1..1000), word: =letters(3)";
            out += (kind == "town" ? "}\n" : ", above: =town.level, town_mood: =town.mood}\n");
        }
        return out + tables();
    }

  private:
    /// Writes a table of each kind: what all of them have, and some more.
    std::string tables() {
        std::string out = "tables:\n";
        for (const std::string kind : {"guest", "house", "town"}) {
            const bool is_root = kind == "town";
            out += "  " + kind + "s:\n    from: " + kind + "\n    key: id\n    columns:\n";
            out += "      id: $(" + std::string(is_root ? "number" : "town.number") + ")-$(number)\n";
            out += "      level: =level\n      heat: =heat\n      mood: =mood\n      busy: =busy\n";
            if (kind != "guest" && chance(60)) out += "      where: =phase\n";
            if (chance(50)) out += "      at: =time\n";
            if (chance(40)) out += "      sort: $(mood)/$(level mod 3)\n";
            if (chance(30)) out += "      known: '=if busy then level else null'\n";
            if (!is_root) out += "      of: =town.number\n";
        }
        return out;
    }

    uint64_t word() { return mix(seed_ += draw_step); }
    int64_t between(int64_t low, int64_t high) {
        return low + static_cast<int64_t>(below(word(), static_cast<uint64_t>(high - low + 1)));
    }
    bool chance(int percent) { return between(1, 100) <= percent; }
    std::string number(int64_t low, int64_t high) { return std::to_string(between(low, high)); }
    std::string one_of(const std::vector<std::string>& choices) {
        return choices[static_cast<size_t>(between(0, static_cast<int64_t>(choices.size()) - 1))];
    }
    std::string duration() {
        return one_of({number(1, 90) + "s", number(1, 9) + "s.." + number(10, 60) + "s", "=20s / (0.5 + pace)",
                       "=exponential(" + number(5, 60) + "s)", "=lognormal(20s, 0.6)"});
    }
    std::string condition(const std::string& kind) {
        std::vector<std::string> all = {"level mod 3 == 1", "heat > 0.3",      "busy",
                                        "not busy",         "mood == \"sad\"", "level > 4"};
        if (kind != "town") all.insert(all.end(), {"town.level mod 2 == 1", "town.busy", "town.mood != mood"});
        return one_of(all);
    }

    std::string value_set(const std::string& kind) {
        std::vector<std::string> all = {"level: =level + 1",
                                        "level: =integer(0..9)",
                                        "heat: =0.9 * heat + normal(0, 0.5)",
                                        "mood: =if heat > 0 then \"glad\" else \"sad\"",
                                        "mood: =pick(\"sad\", \"calm\", mood)",
                                        "busy: =not busy",
                                        "busy: =level mod 2 == 0"};
        if (kind != "town")
            all.insert(all.end(), {"town.level: =town.level + level", "town.busy: =chance(50%)", "town.mood: =mood"});
        return "{" + quoted(one_of(all)) + "}";
    }
    /// Puts the value of `name: =value` in quotes, so that commas and quotes need no care.
    static std::string quoted(const std::string& pair) {
        const size_t at = pair.find("=");
        std::string value;
        for (const char c : pair.substr(at)) value += c == '\'' ? std::string("''") : std::string(1, c);
        return pair.substr(0, at) + "'" + value + "'";
    }

    std::string step(const std::string& kind, const std::vector<std::string>& children, int depth) {
        std::string out;
        const int64_t sort = between(1, 10);
        if (sort <= 4) {
            out = "set: " + value_set(kind);
            if (chance(40)) out += ", emit: of_" + kind + ", with: {why: after}";
        } else if (sort <= 7 || (sort == 8 && children.empty())) {
            out = "emit: of_" + kind + ", with: {why: '=" + one_of({"\"a\"", "mood", "if busy then \"b\" else mood"}) +
                  "'}";
        } else if (sort == 8) {
            const std::string child = one_of(children);
            out = "spawn: " + child + (child == "guest" ? ", with: {purse: =level + " + number(0, 5) + "}" : "");
            out += ", chance: 15%";
            return "{" + out + "}";
        } else if (sort == 9) {
            out = "let: {kept: '=integer(1..9)'}, set: {level: =level + 1}";
        } else {
            out = "do: [" +
                  (depth < 2 ? step(kind, children, depth + 1) : "{emit: of_" + kind + ", with: {why: deep}}") +
                  ", {set: " + value_set(kind) + "}]";
        }
        if (chance(35)) out += ", when: '" + condition(kind) + "'";
        if (chance(20)) out += ", chance: " + number(10, 90) + "%";
        if (chance(15)) out += ", repeat: " + one_of({"2", "0..3", "=level mod 3"});
        if (chance(15)) out += ", label: odd";
        return "{" + out + "}";
    }
    std::string steps(const std::string& kind, const std::vector<std::string>& children, int64_t most) {
        std::string out = "[";
        const int64_t count = between(1, most);
        for (int64_t i = 0; i < count; ++i) out += (i > 0 ? ", " : "") + step(kind, children, 0);
        return out + "]";
    }

    std::string target(const std::vector<std::string>& names) {
        if (chance(60)) return one_of(names);
        return "{" + names[0] + ": " + number(1, 5) + ", " + names[1] + ": '=if busy then 2 else 0.5', end: 0.05}";
    }
    std::string way(const std::string& kind, const std::vector<std::string>& names,
                    const std::vector<std::string>& children, bool has_rhythm) {
        std::string out = "{to: " + target(names);
        const int64_t sort = between(1, has_rhythm ? 5 : 4);
        if (sort == 1) out += ", after: '" + duration() + "'";
        if (sort == 2) out += ", after: '" + duration() + "', when: '" + condition(kind) + "'";
        if (sort == 3)
            out += ", rate: '" +
                   one_of({"1/40s", "=(1 + level mod 4) / 60s", "=pace / 50s", "=pace * min(level, 5) / 60s",
                           "=if hour(time) < 1 then 1/30s else 1/2min"}) +
                   "'";
        if (sort == 4) return out + ", when: level mod 3 == 1, do: [{set: {level: =level + 1}}]}";  // no circle
        if (sort == 5) out += ", chance: " + number(5, 40) + "%";
        if (chance(50)) out += ", do: " + steps(kind, children, 2);
        return out + "}";
    }
    std::string phases(const std::string& kind, const std::vector<std::string>& names,
                       const std::vector<std::string>& children) {
        std::string out;
        for (const std::string& name : names) {
            out += "      " + name + ":\n";
            if (chance(60)) out += "        enter: " + steps(kind, children, 2) + "\n";
            const bool has_rhythm = chance(80);
            if (has_rhythm) {
                out += "        " +
                       (chance(70) ? "every: '" + duration() + "'"
                                   : "rate: '" + one_of({"1/20s", "=(1 + level mod 3) / 30s", "=pace / 25s"}) + "'");
                out += "\n        do: " + steps(kind, children, 3) + "\n";
            }
            out += "        leave:\n";
            const int64_t ways = between(1, 3);
            for (int64_t i = 0; i < ways; ++i) out += "          - " + way(kind, names, children, has_rhythm) + "\n";
        }
        return out;
    }
    std::string journey() {
        std::string out = "      - {emit: of_guest, with: {why: came}}\n";
        const int64_t count = between(1, 4);
        for (int64_t i = 0; i < count; ++i) {
            std::string one =
                step("guest", chance(20) ? std::vector<std::string>{"guest"} : std::vector<std::string>{}, 0);
            one.pop_back();
            if (chance(70)) one += ", after: '" + duration() + "'";
            if (chance(40)) one += ", continue: " + number(50, 95) + "%";
            out += "      - " + one + "}\n";
        }
        return out;
    }

    uint64_t seed_;
};

}  // namespace headwater
