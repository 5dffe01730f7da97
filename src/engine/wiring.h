// For connecting a plan: which source feeds which lanes, with what encoding, and where its manifests belong.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/components.h"
#include "engine/delivery.h"
#include "engine/filler.h"
#include "engine/lane.h"
#include "pack/plan.h"

namespace headwater {

/// What is known of a lane beside the lane itself.
struct LaneUse {
    std::string target;  ///< stdout, file: for `limited_by` and messages
    std::string root;    ///< of objects, else empty
    const OutputPlan* output = nullptr;
    bool is_answer_key = false;
    bool keeps_objects = false;
    bool hides_notes = false;  ///< runs may note there that they write
    std::vector<int> streams;  ///< of the plan
};

/// A plan, connected: sources opened, lanes made, targets not opened yet.
struct Wiring {
    std::vector<SourceRun> sources;  ///< those that some output uses
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<LaneUse> uses;                     ///< by lane
    std::vector<int> streams;                      ///< used streams of the plan, in order
    std::map<int, std::pair<int, int>> source_of;  ///< stream of the plan -> (index into sources, stream there)
};

/// What wiring needs to know beyond the plan.
struct WiringOptions {
    std::string run;
    int part = 0;
    int parts = 1;
};

/// Opens the sources and makes the lanes. Everything that the outputs ask for and cannot have is refused here, as invalid.
Result<Wiring> wire(const Plan& plan, const WiringOptions& options, const Components& components,
                    const Delivery& delivery);

/// Gives the bound of a stream's records in this run: the user's or the pack's, INT64_MAX when there is none.
int64_t count_of(const Plan& plan, int stream);

}  // namespace headwater
