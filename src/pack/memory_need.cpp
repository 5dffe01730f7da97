#include "pack/memory_need.h"

#include <algorithm>

#include "generate/living.h"

namespace headwater {

namespace {

constexpr uint64_t of_run = 24 << 20;
constexpr uint64_t of_feed = 5 << 20;           ///< a stream on its way to a target, in the tasks of a few threads
constexpr uint64_t of_parquet_feed = 64 << 20;  ///< rows of a group, as columns

uint64_t feeds_of(const OutputPlan& output, size_t streams) {
    return streams * (output.format == "parquet" ? of_parquet_feed : of_feed);
}

}  // namespace

uint64_t memory_need_of(const Plan& plan) {
    uint64_t need = of_run;
    std::vector<bool> is_used(plan.sources.size());
    std::vector<bool> is_wanted(plan.streams.size());
    for (const OutputPlan& output : plan.outputs) {
        need += feeds_of(output, output.streams.size());
        for (const int stream : output.streams) {
            is_wanted[static_cast<size_t>(stream)] = true;
            is_used[static_cast<size_t>(plan.streams[static_cast<size_t>(stream)].source)] = true;
        }
    }
    if (plan.answer_key) need += feeds_of(*plan.answer_key, static_cast<size_t>(std::ranges::count(is_wanted, true)));
    for (size_t source = 0; source < plan.sources.size(); ++source)
        if (is_used[source]) need += memory_bytes_of(*plan.sources[source]);
    return need;
}

}  // namespace headwater
