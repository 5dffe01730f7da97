// For reading the faults of a scenario, and for striking streams with them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chaos/fault.h"
#include "pack/plan.h"
#include "pack/world.h"

namespace headwater {

/// One fault as written, before its streams are known.
struct ScenarioFault {
    std::vector<std::string> streams;  ///< patterns: all, travel.*, payments.transactions, transactions
    FaultPlan plan;                    ///< without key, condition and the begin of its window
    std::string address;               ///< of its draws: its name, or its position
    std::optional<int64_t> at_instant, at_since_start;
    const Node* where = nullptr;
    Position at;
    std::string file;
    std::string path;
};

/// Reads a list of faults; reports what is wrong.
std::vector<ScenarioFault> read_chaos(const Reading& reading, const Node* node);

/// Before streams are compiled: hands those that are wanted the conditions of the faults that strike them, and reports
/// patterns that fit no stream.
void add_conditions(const World& world, const std::vector<std::string>& wanted,
                    const std::vector<ScenarioFault>& faults, Diagnostics& diagnostics);

/// Prepares the faults of a stream that is wanted; null when none strikes it. Reports those that do not fit it.
std::shared_ptr<const OutgoingStream> outgoing_stream_of(const World& world, const StreamPlan& stream,
                                                         const std::vector<ScenarioFault>& faults,
                                                         Diagnostics& diagnostics);

/// True when a pattern of streams names this one.
bool names_stream(const std::string& pattern, const std::string& pack, const std::string& stream);

}  // namespace headwater
