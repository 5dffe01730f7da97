// For the service as a whole: what it answers, and how it ends.
#pragma once

#include "base/result.h"
#include "engine/stop.h"
#include "service/runs.h"
#include "service/settings.h"

namespace headwater {

/// Serves until a stop is asked for; then takes no more connections, ends what runs, and returns.
Result<void> serve(const ServiceSettings& settings, const ServiceParts& parts, const StopToken& stop);

}  // namespace headwater
