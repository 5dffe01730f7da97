// For saying at its start when a run ends, by which clock, and whether anything ends it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pack/plan.h"

namespace headwater {

/// True when some target keeps what it gets, so that there is something to go on with.
bool keeps_anything(const Plan& plan);

/// Says when a run ends that begins at the real instant `now`, where that is not what its user may think. `real_us` bounds it in
/// real time; `usual_rate` records befall in a second of simulated time, 0 where nobody can tell.
std::vector<std::string> ends_of(const Plan& plan, std::optional<int64_t> real_us, double usual_rate, int64_t now);

}  // namespace headwater
