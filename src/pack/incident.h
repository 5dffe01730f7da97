// For incidents as packs and scenarios write them: parameters that are set for a while, for whom, and when.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "generate/switch_times.h"
#include "pack/reader.h"

namespace headwater {

/// An incident of a pack.
struct Incident {
    std::string name;
    std::string help;
    Position at;
    size_t index = 0;                                      ///< in Pack::incidents
    std::vector<std::pair<std::string, const Node*>> set;  ///< parameters and what they are set to
    const Node* where = nullptr;                           ///< whom it strikes; null for all
    std::optional<DurationRange> lasts;
    std::shared_ptr<const SwitchTimes> times;  ///< null for one that is never on

    const Node* value_of(const std::string& parameter) const;
};

/// When a scenario lets an incident happen.
struct IncidentRun {
    std::string run;                    ///< incident, or pack.incident
    std::optional<int64_t> at_instant;  ///< else `at` after the start
    DurationRange at;
    std::optional<DurationRange> lasts;  ///< else as the pack says
    int64_t times = 1;
    int64_t every = 0;
    Position written_at;
    std::string file;
    std::string path;
};

}  // namespace headwater
