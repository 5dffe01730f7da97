// For what is done to a run while it goes on: a pause, another rate; each is noted in its journal.
#include <algorithm>

#include "engine/run.h"

namespace headwater {

/// True when what is wished is not what is.
bool Run::is_steered() const {
    const RunControl& control = *options_.control;
    return control.is_paused() != is_held_ || (control.rate() >= 0 && control.rate() != rate_);
}

/// Does what is wished; returns when the run may go on.
Result<void> Run::steer(Pacer& pacer, Workers& workers) {
    follow_plan(pacer, workers);
    while (options_.control != nullptr && is_steered() && !stop_.requested()) {
        if (const double rate = options_.control->rate(); rate >= 0 && rate != rate_) {
            rate_ = rate;
            pacer.set_rate(rate, made_here(workers));
            note(RunChange::Kind::rate);
        }
        if (!options_.control->is_paused()) continue;
        if (auto paused = pause(pacer, workers); !paused) return paused;
    }
    return {};
}

/// Goes over to the rate that the plan foresees from here on.
void Run::follow_plan(Pacer& pacer, const Workers& workers) {
    const auto& changes = plan_.clock.changes;
    for (; next_change_ < changes.size() && changes[next_change_].at <= from_; ++next_change_) {
        if (changes[next_change_].rate == rate_) continue;
        rate_ = changes[next_change_].rate;
        pacer.set_rate(rate_, made_here(workers));
        note(RunChange::Kind::rate);
    }
}

/// Makes everything durable, then waits for a wish.
Result<void> Run::pause(Pacer& pacer, Workers& workers) {
    if (auto drained = workers.drain([&] { observe(workers, &pacer); }); !drained) return drained;
    auto is_of_pause = [](const RunChange& change) { return change.kind != RunChange::Kind::rate; };
    const auto last = std::ranges::find_if(changes_.rbegin(), changes_.rend(), is_of_pause);
    // A run that was cut off while it was paused goes on in the same pause.
    if (last == changes_.rend() || last->kind == RunChange::Kind::go_on) note(RunChange::Kind::pause);
    if (auto kept = keep_checkpoint(workers, pacer, true); !kept) return kept;
    is_held_ = true;
    observe(workers, &pacer);
    pacer.hold();
    is_held_ = false;
    if (!options_.control->is_paused()) note(RunChange::Kind::go_on);
    return {};
}

void Run::note(RunChange::Kind kind) { changes_.push_back({kind, rate_, from_, time_.now()}); }

/// Counts the records that this process made, without those that it only repeated.
int64_t Run::made_here(const Workers& workers) const {
    int64_t made = -repeated_;
    for (int64_t rows : workers.report().rows) made += rows;
    return made;
}

}  // namespace headwater
