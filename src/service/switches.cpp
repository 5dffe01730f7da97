#include "service/switches.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/shell_word.h"
#include "base/time.h"
#include "language/yaml.h"
#include "pack/chaos.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// Spells an entry of a scenario.
std::string entry_of(const RunSwitch& one) {
    Json entry = parse_json(one.entry);
    entry["at"] = spell_instant(one.from);
    const int64_t lasts = one.until >= 0 ? std::max<int64_t>(one.until - one.from, 1) : one.lasts;
    if (lasts >= 0) entry["for"] = std::to_string(lasts) + "us";
    return spell_json(entry);
}

std::vector<std::string> entries_of(const std::vector<RunSwitch>& switches, RunSwitch::Kind kind) {
    std::vector<std::string> entries;
    for (const RunSwitch& one : switches)
        if (one.kind == kind && one.from >= 0) entries.push_back(entry_of(one));
    return entries;
}

}  // namespace

void add_switches(const std::vector<RunSwitch>& switches, LoadRequest& request) {
    request.chaos = entries_of(switches, RunSwitch::Kind::fault);
    request.incidents = entries_of(switches, RunSwitch::Kind::incident);
}

Diagnostics mistakes_of_fault(const RunSwitch& one) {
    Diagnostics diagnostics;
    Json entry = parse_json(one.entry);
    if (one.lasts >= 0) entry["for"] = std::to_string(one.lasts) + "us";
    const auto root = parse_yaml("- " + spell_json(entry) + "\n", "fault", diagnostics);
    if (root) (void)read_chaos(Reading{"fault", &diagnostics}, &*root);
    return diagnostics;
}

std::string command_of(const StoredRun& run, const Plan& plan, std::optional<int64_t> reached) {
    std::string command = "headwater run scenario.yaml --seed " + std::to_string(plan.seed);
    command += " --start " + spell_instant(plan.clock.start);
    if (const auto until = reached ? reached : plan.clock.until) command += " --until " + spell_instant(*until);
    if (plan.clock.seam) command += " --seam " + spell_instant(*plan.clock.seam);
    for (const std::string& fault : entries_of(run.switches, RunSwitch::Kind::fault))
        command += " --chaos " + shell_quoted(fault);
    for (const std::string& incident : entries_of(run.switches, RunSwitch::Kind::incident))
        command += " --incident " + shell_quoted(incident);
    return command + " --run-id " + run.id;
}

Json spell_switch(const StoredRun& run, const RunSwitch& one) {
    const bool is_fault = one.kind == RunSwitch::Kind::fault;
    Json json{{"kind", is_fault ? "fault" : "incident"}, {"name", one.name}};
    const bool is_past = one.is_over(run.counts.instant) || is_over(run.state);
    json["state"] = is_past ? "off" : one.from < 0 ? "waiting" : one.is_off_asked ? "ending" : "on";
    json["from"] = one.from < 0 ? Json() : Json(spell_instant(one.from));
    const int64_t ends = one.until >= 0 ? one.until : one.ends;
    json["until"] = one.from < 0 || ends == INT64_MAX ? Json() : Json(spell_instant(ends));
    json["entry"] = parse_json(one.entry);
    return json;
}

}  // namespace headwater
