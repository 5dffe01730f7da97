#include "generate/living_cut.h"

#include <algorithm>

#include "generate/living_actor.h"

namespace headwater {

namespace {

constexpr double records_of_task = 8192;
constexpr int64_t wanted_shards = 64;
constexpr int64_t least_cells = 64;
constexpr int64_t most_cells = 16'384;
constexpr int64_t arriving_cells = 1024;

/// What the first cells of a plan made.
struct Sample {
    double records_of_cell = 0;
    double span_us = 1;
};

Sample sample_of(const LivingPlan& plan, const LivingFacts& facts) {
    constexpr int64_t sampled_cells = 8;
    constexpr size_t enough_records = 512;
    constexpr int64_t enough_events = 20'000;
    const int64_t cells = std::min(plan.roots, sampled_cells);
    if (cells == 0) return {};
    LivingShard shard(plan, 1, cells);
    LivingActor actor(plan, facts);
    LivingRecords records;
    size_t made = 0;
    int64_t step = micros_per_second, span = 0;
    while (made < enough_records && actor.events() < enough_events && span < LivingCut::longest_slice_us) {
        span += step;
        actor.act(shard, plan.start + span, records);
        for (const EmittedRows& rows : records.streams) made += rows.size();
        records.clear();
        step *= 2;
    }
    return {static_cast<double>(made + 1) / static_cast<double>(cells), static_cast<double>(span)};
}

}  // namespace

LivingCut cut_of(const LivingPlan& cut_plan, const LivingOptions& options) {
    LivingPlan plan = cut_plan;
    if (plan.usual_births) plan.births = plan.usual_births;
    for (auto& switched : plan.switches)
        if (switched) switched = std::make_shared<SwitchTimes>(std::vector<TimeRange>{});
    const LivingFacts facts(plan);
    const Sample sample = sample_of(plan, facts);
    LivingCut cut;
    double of_shard = 0;  // records per us, while its cells live
    if (plan.births) {
        const auto arrivals = static_cast<double>(plan.births->rows_by(plan.start + micros_per_day));
        const double arrivals_per_us = std::max(arrivals, 1.0) / micros_per_day;
        cut.cells = options.cells_of_shard > 0 ? options.cells_of_shard : arriving_cells;
        cut.records_per_us = sample.records_of_cell * arrivals_per_us;
        const auto cells = static_cast<double>(cut.cells);
        of_shard = sample.records_of_cell * cells / std::max(sample.span_us, cells / arrivals_per_us);
    } else {
        cut.cells = options.cells_of_shard > 0 ? options.cells_of_shard
                                               : std::clamp(plan.roots / wanted_shards, least_cells, most_cells);
        const double of_cell = sample.records_of_cell / sample.span_us;
        cut.records_per_us = of_cell * static_cast<double>(plan.roots);
        of_shard = of_cell * static_cast<double>(std::min(cut.cells, plan.roots));
    }
    const double seconds =
        std::min(records_of_task / std::max(of_shard, 1e-12), static_cast<double>(LivingCut::longest_slice_us)) /
        micros_per_second;
    cut.slice_us = options.slice_us > 0 ? options.slice_us
                                        : std::max<int64_t>(static_cast<int64_t>(seconds), 1) * micros_per_second;
    return cut;
}

}  // namespace headwater
