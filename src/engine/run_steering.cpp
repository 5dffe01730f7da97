// For what is done to a run while it goes on: a pause, another rate, a change of its plan; each is noted in its journal.
#include <algorithm>

#include "engine/run.h"

namespace headwater {

/// True when what is wished is not what is.
bool Run::is_steered() const {
    const RunControl& control = *options_.control;
    return control.is_paused() != is_held_ || control.is_handed_over() ||
           (control.rate() >= 0 && control.rate() != rate_);
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
        if (options_.control->is_handed_over()) return hand_over(pacer, workers);
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

/// True when the last that was noted is a pause that did not end.
bool Run::was_paused() const {
    const auto last = std::ranges::find_if(changes_.rbegin(), changes_.rend(), [](const RunChange& change) {
        return change.kind != RunChange::Kind::rate;
    });
    return last != changes_.rend() && last->kind == RunChange::Kind::pause;
}

/// Makes everything durable, then waits for a wish.
Result<void> Run::pause(Pacer& pacer, Workers& workers) {
    if (auto drained = workers.drain([&] { observe(workers, &pacer); }); !drained) return drained;
    // A run that was cut off while it was paused goes on in the same pause.
    if (!was_paused()) note(RunChange::Kind::pause);
    if (auto kept = keep_checkpoint(workers, pacer, true); !kept) return kept;
    is_held_ = true;
    observe(workers, &pacer);
    pacer.hold();
    silence_ = {};
    is_held_ = false;
    if (!options_.control->is_paused()) note(RunChange::Kind::go_on);
    return {};
}

/// Makes everything durable, and keeps what another run needs to go on from here.
Result<void> Run::hand_over(Pacer& pacer, Workers& workers) {
    if (journal_ == nullptr) return fail(ErrorKind::invalid, "A run without a journal cannot be handed over");
    if (auto drained = workers.drain([&] { observe(workers, &pacer); }); !drained) return drained;
    state_took_us_ = 0;  // so that one is kept now
    if (auto kept = keep_checkpoint(workers, pacer, true); !kept) return kept;
    is_handed_over_ = true;
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
