// For the seam of a run whose outputs take one phase each: where its history is finished, and what comes live begins.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/run.h"

namespace headwater {

/// Keeps a lane as it was finished, at the seam, by the process before this one.
void Run::leave_closed(size_t lane) {
    is_closed_[lane] = true;
    for (SourceRun& source : wiring_.sources)
        for (Feed& feed : source.feeds)
            if (static_cast<size_t>(feed.lane) == lane) feed.takes.fill(false);
}

/// Goes over to the live phase when everything before the seam is made: outputs that take the history alone are finished, with
/// their manifests, and noted as such.
Result<void> Run::pass_seam(const Pacer& pacer, Workers& workers) {
    if (!seam_ || history_ || from_ < *seam_) return {};
    if (auto drained = workers.drain([&] { observe(workers, &pacer); }); !drained) return drained;
    WorkReport work = workers.report();
    history_ = {std::move(work.rows), std::move(work.faults)};
    for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
        if (wiring_.uses[lane].output->takes(Phase::live)) continue;
        if (auto closed = close_lane(lane); !closed) return closed;
    }
    pass("history.closed");
    if (auto written = write_history(workers); !written) return written;
    enter(Phase::live, workers);
    if (auto kept = keep_checkpoint(workers, pacer, true); !kept) return kept;
    pass("seam.passed");
    return {};
}

void Run::enter(Phase phase, Workers& workers) {
    phase_ = phase;
    workers.enter(phase);
}

/// Names the one phase whose records lie below a root, if they are not of both.
std::string Run::phase_at(const std::string& root) const {
    std::set<std::string> phases;
    for (const LaneUse& use : wiring_.uses)
        if (use.root == root && !use.is_answer_key) phases.insert(use.output->phase);
    return phases.size() == 1 ? *phases.begin() : "";
}

/// True for a root that was finished when the history was.
bool Run::is_of_history(const std::string& root) const {
    return history_ && std::ranges::none_of(wiring_.uses, [&](const LaneUse& use) {
               return use.root == root && use.output->takes(Phase::live);
           });
}

/// Writes the manifests of what the history alone went to.
Result<void> Run::write_history(const Workers& workers) {
    RunSummary summary{.run = options_.run, .reached = from_, .changes = changes_};
    if (options_.command) summary.command = options_.command(from_);
    for (const int stream : wiring_.streams) {
        StreamOutcome outcome = outcome_of(stream);
        const auto place = static_cast<size_t>(stream);
        outcome.ended = workers.left(stream) == 0 ? ending_of(stream, workers) : "seam reached";
        outcome.generated = history_->rows[place];
        outcome.faults = history_->faults[place];
        summary.streams.push_back(std::move(outcome));
    }
    std::set<std::string> roots;
    for (const LaneUse& use : wiring_.uses) {
        if (!use.keeps_objects || use.is_answer_key || !is_of_history(use.root) || !roots.insert(use.root).second)
            continue;
        if (auto written = write_manifest(use, summary); !written) return written;
    }
    return {};
}

}  // namespace headwater
