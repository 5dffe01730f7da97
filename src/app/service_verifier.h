// For what the service lends its clients of `headwater verify`.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "engine/components.h"
#include "engine/real_time.h"
#include "service/verifier.h"
#include "sink/kind.h"

namespace headwater {

/// Makes a verifier. `confine` refuses or changes addresses that clients name; what is read lies in the bounds. All of it must
/// outlive the verifier.
std::unique_ptr<Verifier> make_service_verifier(const Components& components,
                                                std::function<Result<void>(OutputPlan& output)> confine,
                                                TargetBounds bounds, RealTime& time);

}  // namespace headwater
