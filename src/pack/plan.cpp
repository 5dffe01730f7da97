// For what a plan says of its streams taken together.
#include "pack/plan.h"

#include <algorithm>

namespace headwater {

bool goes_out(const Plan& plan, int stream) {
    return std::ranges::any_of(plan.outputs, [&](const OutputPlan& output) {
        return std::ranges::find(output.streams, stream) != output.streams.end();
    });
}

bool ends_by_count(const Plan& plan, int stream) {
    const StreamPlan& one = plan.streams[static_cast<size_t>(stream)];
    if (one.count || plan.counts.contains(stream)) return true;
    return std::ranges::any_of(plan.counts, [&](const auto& count) {
        const bool lives_together =
            one.of_entities && count.second > 0 && plan.streams[static_cast<size_t>(count.first)].source == one.source;
        return (count.first == one.follows || lives_together) && goes_out(plan, count.first);
    });
}

}  // namespace headwater
