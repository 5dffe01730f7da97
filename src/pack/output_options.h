// For what can be said of an output, wherever it is said: in a scenario, behind the `?` of a target, as flags of a command.
#pragma once

#include <vector>

#include "base/option.h"
#include "pack/plan.h"

namespace headwater {

/// Describes the options of every output; formats and targets add their own. They are set in an OutputPlan.
const std::vector<Option>& output_options();

/// Gives an output to a target of which nothing else is said yet: what is empty is settled later, by its target and format.
OutputPlan output_to(std::string to);

}  // namespace headwater
