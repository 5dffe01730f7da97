// For the service as a whole: what it answers, and how it ends.
#pragma once

#include <memory>

#include "base/result.h"
#include "engine/stop.h"
#include "service/http_server.h"
#include "service/runs.h"
#include "service/settings.h"
#include "service/verifications.h"

namespace headwater {

/// Serves until a stop is asked for; then takes no more connections, ends what runs, and returns.
Result<void> serve(const ServiceSettings& settings, const ServiceParts& parts, const StopToken& stop);

/// Makes what answers the requests, without the network. All of the arguments outlive it.
std::unique_ptr<HttpHandler> make_service(const ServiceSettings& settings, const ServiceParts& parts, Runs& runs,
                                          Verifications& verifications);

}  // namespace headwater
