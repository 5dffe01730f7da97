// For telling where a run whose outputs take one phase each goes over from its history to what comes live.
#pragma once

#include <string>

#include "engine/run.h"

namespace headwater {

/// Tells where the records of both phases go, for a plan with a seam.
std::string seam_notice(const Plan& plan);

/// Gives a line of the summary: how many records came before the seam and behind it; nothing for a plan without a seam.
std::string seam_line(const Plan& plan, const RunSummary& summary);

}  // namespace headwater
