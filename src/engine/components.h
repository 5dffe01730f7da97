// For the formats and targets a run can use; the engine knows them by these interfaces only.
#pragma once

#include <memory>

#include "base/result.h"
#include "format/format.h"
#include "pack/plan.h"
#include "sink/kind.h"

namespace headwater {

/// Makes formats and targets of outputs. Any thread may call it.
class Components {
  public:
    virtual ~Components() = default;
    /// Makes the format that an output names; an unknown one is invalid, and the message lists what exists.
    virtual Result<std::unique_ptr<Format>> format(const OutputPlan& output) const = 0;
    /// Makes the target that an output names, not yet opened. Called once for every lane, as sinks have one owner.
    virtual Result<Target> target(const OutputPlan& output, const Format& format, const TargetUse& use) const = 0;
};

}  // namespace headwater
