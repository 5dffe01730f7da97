// For removing what a run made: its objects, its manifests, and the topics, buckets and folders that it lacked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/components.h"
#include "engine/real_time.h"
#include "pack/plan.h"

namespace headwater {

/// Something that a run made before it could begin, and for which output.
struct NotedThing {
    std::string to;  ///< address of the output
    MadeThing thing;
};

/// What is known of the run.
struct CleanOrder {
    std::string run;
    int part = 0;
    int parts = 1;
    std::vector<NotedThing> made;
    std::optional<std::set<std::string>> objects;  ///< names; where there are none, all that carry the run's name
    std::map<std::string, int64_t> delivered;      ///< records by stream, for topics
    std::map<std::string, std::map<std::string, int64_t>> of_phases;  ///< the same by phase, for outputs of one
    int64_t answer_key_records = 0;                                   ///< delivered, for topics of the answer key
    std::set<std::string> commands;  ///< that its manifests name, where another run may be called alike
};

/// What came of it.
struct CleanReport {
    int64_t objects = 0;               ///< removed, manifests included
    std::vector<std::string> removed;  ///< topic orders, bucket lake
    std::vector<std::string> kept;     ///< why something stays
};

/// Removes exactly what the run made, and nothing that was there before it or that others filled since. Doing it again is
/// no error. A target that is away is `unavailable`: nobody waits for it.
Result<CleanReport> clean(const Plan& plan, const CleanOrder& order, const Components& components, RealTime& time);

}  // namespace headwater
