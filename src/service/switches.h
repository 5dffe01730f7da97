// For faults and incidents that are switched while a run goes on: as a plan takes them, and as clients see them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pack/load.h"
#include "service/stored_run.h"

namespace headwater {

/// Adds what has come on to what a plan is loaded from, always in the order in which it was asked for: the draws of each
/// come from its place.
void add_switches(const std::vector<RunSwitch>& switches, LoadRequest& request);

/// Spells the command that makes the records of a run again from its scenario, which it expects in scenario.yaml.
std::string command_of(const StoredRun& run, const Plan& plan, std::optional<int64_t> reached);

/// Says what a scenario would not take of a fault, which is bounded by a chance, a condition or its length there too.
Diagnostics mistakes_of_fault(const RunSwitch& one);

/// Spells one for clients.
nlohmann::ordered_json spell_switch(const StoredRun& run, const RunSwitch& one);

}  // namespace headwater
