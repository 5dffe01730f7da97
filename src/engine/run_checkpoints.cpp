// For keeping in the journal how far a run is: on the way, and at its end.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/run.h"

namespace headwater {

/// Makes durable what a lane delivered, which the run waits for.
Result<LaneState> Run::checkpoint_of(size_t lane) {
    const int64_t began_us = time_.elapsed();
    auto state = wiring_.lanes[lane]->checkpoint();
    flushed_us_[lane] += time_.elapsed() - began_us;
    return state;
}

/// Makes durable what a lane delivered, and gives how far it is, with all that the journal was not told of yet.
Result<LaneState> Run::state_of(size_t lane) {
    auto state = checkpoint_of(lane);
    if (!state) return state;
    entries_[lane].insert(entries_[lane].end(), state->entries.begin(), state->entries.end());
    auto& untold = untold_[lane];
    state->entries.insert(state->entries.begin(), std::make_move_iterator(untold.begin()),
                          std::make_move_iterator(untold.end()));
    untold.clear();
    state->is_idle = !wiring_.uses[lane].output->takes(phase_);
    durable_[lane] = durable_rows(*state);
    return state;
}

/// Waits until everything made so far is delivered, makes it durable, and notes how far that is.
Result<void> Run::keep_checkpoint(Workers& workers, const Pacer& pacer, bool is_asked) {
    const bool is_due = time_.elapsed() - checkpointed_us_ >= options_.checkpoint_us;
    if (journal_ == nullptr || !(is_due || is_asked)) return {};
    if (auto drained = workers.drain([&] { observe(workers); }); !drained) return drained;
    pass("checkpoint.drained");
    std::vector<LaneState> lanes;
    for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
        auto state = state_of(lane);
        if (!state) return std::unexpected(state.error());
        lanes.push_back(std::move(*state));
    }
    Checkpoint next = checkpoint_here(workers, pacer);
    next.lanes = lanes;
    pass("checkpoint.durable");
    if (auto kept = journal_->append(std::move(next)); !kept) return kept;
    pass("checkpoint.kept");
    kept_changes_ = changes_.size();
    if (auto kept = keep_state(workers, lanes); !kept) return kept;
    checkpointed_us_ = time_.elapsed();
    return {};
}

/// Tells where the run is, but for its lanes.
Checkpoint Run::checkpoint_here(const Workers& workers, const Pacer& pacer) {
    Checkpoint here;
    here.reached = {from_, is_exact_};
    here.windows = std::exchange(windows_, {});
    here.real_us = used_us_ + pacer.used_us();
    here.changes.assign(changes_.begin() + static_cast<ptrdiff_t>(kept_changes_), changes_.end());
    here.dead_letter_bytes = dead_letters_.bytes();
    here.dead_letters = dead_letters_.records();
    here.history = history_;
    WorkReport work = workers.report();
    if (std::ranges::any_of(work.faults, [](const auto& strokes) { return !strokes.empty(); })) {
        here.faults = std::move(work.faults);
        here.counted = std::move(work.rows);
    }
    return here;
}

/// Keeps the state of entities that live behind some checkpoints, so that a run that is cut off goes on from there.
Result<void> Run::keep_state(const Workers& workers, const std::vector<LaneState>& lanes) {
    if (!states_ || !states_->wants_another(lanes)) return {};
    const int64_t began_us = time_.elapsed();
    if (began_us - state_kept_us_ < state_took_us_ * options_.state_pause) return {};
    if (auto kept = states_->keep({{from_, is_exact_}, windows_made_, workers.report().rows}, wiring_.sources); !kept)
        return kept;
    pass("state.kept");
    state_kept_us_ = time_.elapsed();
    state_took_us_ = state_kept_us_ - began_us;
    return {};
}

/// Tells the journal that the run has ended, and how far it is: who stopped it may let it go on.
Result<void> Run::keep_end(const RunSummary& summary, const Workers& workers, const Pacer& pacer,
                           std::vector<LaneState> lanes) {
    if (journal_ == nullptr) return {};
    Checkpoint last = checkpoint_here(workers, pacer);
    last.state = name_of(summary.state);
    last.lanes = std::move(lanes);
    if (auto kept = journal_->append(std::move(last)); !kept) return kept;
    pass("journal.ended");
    return {};
}

}  // namespace headwater
