// For reading a scenario: which packs, with which parameters, seed and clock, into which outputs.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pack/chaos.h"
#include "pack/load.h"
#include "pack/world.h"

namespace headwater {

/// One output as written, before its streams are known.
struct ScenarioOutput {
    std::vector<std::string> streams;  ///< patterns: all, travel.*, payments.transactions, transactions
    std::vector<std::string> tables;   ///< patterns of tables, beside the streams
    OutputPlan plan;
    Position at;
    std::string path;
    std::string file;
};

/// A scenario as written, or as a pack alone and the command line make it.
struct Scenario {
    std::string name;
    std::shared_ptr<const SourceFile> file;  ///< the scenario's file, or the pack's when a pack runs alone
    std::vector<std::pair<std::string, std::map<std::string, GivenValue>>> packs;  ///< names with parameters, in order
    std::map<std::string, Position> pack_at;
    std::map<std::string, std::string> pack_versions;  ///< that are asked for; empty: any
    std::optional<uint64_t> seed;
    std::optional<int64_t> start, until, history, duration, seam;
    std::optional<int64_t> until_after;  ///< `until` as a duration behind the start
    bool live = false;
    std::optional<double> speed, rate;
    std::vector<RateChange> changes;
    std::vector<ScenarioOutput> outputs;
    std::optional<OutputPlan> answer_key;
    std::vector<ScenarioFault> chaos;
    std::vector<IncidentRun> incidents;
};

/// Reads a scenario file's sections; reports what is wrong.
Scenario read_scenario(std::shared_ptr<const SourceFile> file, Diagnostics& diagnostics);

/// Fills $(env.NAME) and $(pack)-free holes of a target; leaves $(stream) $(pack) $(date) $(hour) to the sinks.
std::string fill_target(const std::string& target, const Reading& reading, Position at, const std::string& path);

}  // namespace headwater
