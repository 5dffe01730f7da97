// For how the cells of living entities are divided into shards and their time into slices, so that tasks are of a good size.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "generate/living.h"

namespace headwater {

/// The same for every run and part of a plan.
struct LivingCut {
    static constexpr int64_t longest_slice_us = micros_per_day;

    int64_t cells = 1;  ///< of a shard
    int64_t slice_us = micros_per_second;
    double records_per_us = 0;  ///< of all cells, about
};

/// Looks at what the first cells do while nothing is on: what is switched on does not change the order of records before it.
LivingCut cut_of(const LivingPlan& plan, const LivingOptions& options);

}  // namespace headwater
