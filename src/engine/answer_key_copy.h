// For reading back what a run delivered of its answer key.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "engine/components.h"
#include "engine/real_time.h"
#include "pack/plan.h"

namespace headwater {

/// Reads an object of the answer key of a run; none when it is not there. A target that is away is `unavailable`.
Result<std::optional<std::string>> read_answer_key(const Plan& plan, const std::string& run, const std::string& name,
                                                   const Components& components, RealTime& time);

}  // namespace headwater
