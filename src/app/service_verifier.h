// For what the service lends its clients of `headwater verify`.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "engine/components.h"
#include "engine/real_time.h"
#include "service/verifier.h"
#include "sink/address_guard.h"

namespace headwater {

/// Makes a verifier. `confine` refuses or changes addresses that clients name; `guard` is asked for connections to servers that
/// only they name. All of it must outlive the verifier.
std::unique_ptr<Verifier> make_service_verifier(const Components& components,
                                                std::function<Result<void>(OutputPlan& output)> confine,
                                                AddressGuard guard, RealTime& time);

}  // namespace headwater
