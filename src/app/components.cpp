// For making what outputs name: their formats and targets, out of the tables of both.
#include "app/components.h"

#include "app/failpoint.h"
#include "app/target.h"

namespace headwater {

Result<std::unique_ptr<Format>> BuiltInComponents::format(const OutputPlan& output) const {
    auto named = named_in(output);
    if (!named) return std::unexpected(named.error());
    if (auto checked = check(*named); !checked) return std::unexpected(checked.error());
    return make_format(*named->format, named->format_request);
}

Result<Target> BuiltInComponents::target(const OutputPlan& output, const Format& format, const TargetUse& use) const {
    auto named = named_in(output);
    if (!named) return std::unexpected(named.error());
    TargetRequest& request = named->target_request;
    request.is_answer_key = use.is_answer_key;
    request.makes_objects = format.makes_objects();
    request.bounds = bounds_;
    TargetUse own = use;
    own.notice = notice_;
    own.pass = failpoint_from_environment();
    own.clock = &clock_;
    return make_target(*named->target, request, own);
}

}  // namespace headwater
