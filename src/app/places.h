// For seeing that no two outputs of a run write to one place.
#pragma once

#include "base/result.h"
#include "pack/plan.h"

namespace headwater {

/// Refuses a plan of which two outputs, or an output and the answer key, write to one folder, prefix or topic, however its name
/// is written. Outputs are settled, and kept to what their client may say: files that they name are read.
Result<void> check_places(const Plan& plan);

}  // namespace headwater
