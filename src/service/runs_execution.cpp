// For executing a run of the service on a thread of its own, from its turn to its end.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/answer_key_copy.h"
#include "engine/manifest.h"
#include "engine/state_folder.h"
#include "service/live_run.h"
#include "service/switches.h"

namespace headwater {

namespace {

constexpr int64_t save_interval_us = 1'000'000;
constexpr size_t in_flight_bytes = 16 << 20;  ///< of one run
constexpr size_t most_changes = 100;          ///< that are shown

/// Names what a run counts: by stream of the plan, the strokes of each of its faults.
std::vector<FaultCount> faults_of(const Plan& plan, const std::vector<std::vector<int64_t>>& strokes) {
    std::vector<FaultCount> faults;
    for (size_t stream = 0; stream < strokes.size(); ++stream) {
        const StreamPlan& planned = plan.streams[stream];
        for (size_t i = 0; i < strokes[stream].size(); ++i)
            faults.push_back({planned.qualified(), planned.outgoing->plans()[i].name, strokes[stream][i]});
    }
    return faults;
}
/// Runs give way to the thread that answers requests.
constexpr int run_niceness = 10;

/// What the target and the store of runs both keep.
ManifestContent content_of(const Plan& plan, const RunSummary& summary, const std::string& version) {
    ManifestContent content{.version = version, .run = summary.run, .command = summary.command, .state = summary.state};
    content.changes = summary.changes;
    if (plan.answer_key) content.answer_key = {plan.answer_key->to, summary.answer_key};
    for (const StreamOutcome& outcome : summary.streams) {
        content.streams.push_back(outcome);
        if (outcome.ended == "stopped" || outcome.ended == "time is up") content.reached = summary.progress.instant;
    }
    return content;
}

}  // namespace

void Runs::execute(const std::shared_ptr<Live>& live) {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), run_niceness);
    {
        std::lock_guard lock(live->mutex);
        live->row.state = LifeState::provisioning;
        if (live->row.started == 0) live->row.started = parts_.time.now();
    }
    keep(live->copy(), true);
    auto summary = run(*live);
    end(*live, summary);
    std::unique_lock lock(mutex_);
    const StoredRun last = live->copy();
    totals_.records += last.counts.records;
    totals_.bytes += last.counts.bytes;
    totals_.dead_letters += static_cast<int64_t>(last.counts.dead_letters);
    if (is_over(last.state)) ++totals_.ended[static_cast<int>(last.state) - static_cast<int>(LifeState::completed)];
    ended_.push_back(std::move(live->thread));
    live_.erase(last.id);
    --running_;
    begin(lock);
}

Result<RunSummary> Runs::run(Live& live) {
    const std::string folder = folder_of(live.copy().id);
    auto state = StateFolder::open(folder);
    if (!state) return std::unexpected(state.error());
    if (*state == nullptr) return fail(ErrorKind::disk, "State folder is in use: " + folder);
    live.state = std::move(*state);
    for (;;) {
        auto summary = run_leg(live);
        if (summary && summary->is_handed_over) {
            std::lock_guard lock(live.mutex);
            live.elapsed_before_us += summary->progress.elapsed_us;
            continue;
        }
        live.state.reset();
        return summary;
    }
}

const Components& Runs::components_of(const StoredRun& run) const {
    return run.is_emulation ? at_the_root_ : parts_.components;
}

/// Makes the next leg of a run, which goes on where the last one ended.
Result<void> Runs::make(Live& live, std::optional<Checkpoint> last) {
    const StoredRun row = live.copy();
    const std::shared_ptr<const Plan> plan = live.plan;
    RunOptions options{.version = parts_.version, .run = row.id};
    options.note = [&live](const NotedThing& made) { return live.state->note(made); };
    if (!row.is_emulation)
        options.command = [row, plan](std::optional<int64_t> reached) { return command_of(row, *plan, reached); };
    if (row.real_limit_us >= 0) options.real_limit_us = row.real_limit_us;
    options.in_flight_bytes = in_flight_bytes;
    options.dead_letters = folder_of(row.id) + "/dead-letters.jsonl";
    options.control = &live.control;
    options.outages = &live.outages;
    options.observe = [this, &live, plan](const Progress& progress) { observe(live, *plan, progress); };
    options.settle = [this, &live, plan](const RunSummary& summary) { return settle(live, *plan, summary); };
    options.resume = std::move(last);
    options.waits_to_open = options.resume.has_value();
    auto made = Run::make(*plan, std::move(options), components_of(row), parts_.time, live.stop);
    if (!made) return std::unexpected(made.error());
    live.next = std::move(*made);
    return {};
}

/// Executes a run until it ends, or until something is switched.
Result<RunSummary> Runs::run_leg(Live& live) {
    Journal& journal = live.state->journal();
    auto last = journal.read();
    if (!last) return std::unexpected(last.error());
    if (auto settled = settle_plan(live, *last); !settled) return std::unexpected(settled.error());
    if (*last && (*last)->state != "running") {
        // It had ended, and only the store did not hear of it any more.
        return RunSummary{.state = (*last)->state == "stopped" ? RunState::stopped : RunState::completed};
    }
    if (live.next == nullptr)
        if (auto made = make(live, std::move(*last)); !made) return std::unexpected(made.error());
    const std::unique_ptr<Run> leg = std::move(live.next);
    return leg->execute(&journal);
}

/// Keeps what the run made before its journal says that it has ended: whoever dies in between finds one or the other.
Result<void> Runs::settle(Live& live, const Plan& plan, const RunSummary& summary) {
    {
        std::lock_guard lock(live.mutex);
        RunCounts& counts = live.row.counts;
        counts.streams.clear();
        for (const StreamOutcome& outcome : summary.streams)
            counts.streams.emplace_back(plan.streams[static_cast<size_t>(outcome.stream)].qualified(),
                                        outcome.tally.rows);
        counts.faults = faults_of(plan, summary.work.faults);
        counts.records = summary.progress.records;
        counts.bytes = summary.progress.bytes;
        counts.elapsed_us = live.elapsed_before_us + summary.progress.elapsed_us;
        counts.sinks = summary.progress.sinks;
        counts.lag_us = 0;
        if (summary.state == RunState::completed) counts.share = 1;
        if (!summary.limited_by.empty()) counts.limited_by = summary.limited_by;
        counts.dead_letters = summary.dead_letters;
    }
    if (auto kept = store_->update(live.copy(), true); !kept) return kept;
    return store_->keep_manifest(live.copy().id, manifest_text(plan, content_of(plan, summary, parts_.version)));
}

void Runs::observe(Live& live, const Plan& plan, const Progress& progress) {
    bool is_due = false;
    {
        std::lock_guard lock(live.mutex);
        if (live.row.state != LifeState::draining)
            live.row.state = live.stop.requested() ? LifeState::draining
                             : progress.is_paused  ? LifeState::paused
                                                   : LifeState::running;
        live.row.reason.clear();
        RunCounts& counts = live.row.counts;
        counts.records = progress.records;
        counts.bytes = progress.bytes;
        counts.elapsed_us = live.elapsed_before_us + progress.elapsed_us;
        counts.lag_us = progress.lag_us;
        counts.share = progress.share;
        counts.instant = progress.instant;
        counts.rate = progress.rate;
        counts.dead_letters = progress.dead_letters;
        counts.sinks = progress.sinks;
        const size_t changes = std::min(progress.changes.size(), most_changes);
        counts.changes.assign(progress.changes.end() - static_cast<ptrdiff_t>(changes), progress.changes.end());
        if (!progress.limited_by.empty()) counts.limited_by = progress.limited_by;
        counts.faults = faults_of(plan, progress.faults);
        counts.streams.clear();
        for (const OutputPlan& output : plan.outputs)
            for (int stream : output.streams)
                counts.streams.emplace_back(plan.streams[static_cast<size_t>(stream)].qualified(),
                                            progress.rows[static_cast<size_t>(stream)]);
        is_due = parts_.time.elapsed() - live.saved_us >= save_interval_us;
        if (is_due) live.saved_us = parts_.time.elapsed();
    }
    if (is_due) keep(live.copy(), false);
}

void Runs::end(Live& live, const Result<RunSummary>& summary) {
    bool is_closing = false;
    {
        std::lock_guard lock(mutex_);
        is_closing = is_closing_;
    }
    StoredRun row = live.copy();
    row.ended = parts_.time.now();
    if (summary) {
        row.state = summary->state == RunState::completed ? LifeState::completed : LifeState::stopped;
        row.reason = row.state == LifeState::stopped && !row.is_stop_asked ? "The service was shut down" : "";
    } else if (live.stop.requested() && summary.error().kind == ErrorKind::unavailable) {
        // What was not delivered is in the journal; only one who asked for the end does not want it any more.
        row.state = is_closing && !row.is_stop_asked ? LifeState::interrupted : LifeState::stopped;
        row.reason = summary.error().message;
    } else {
        row.state = LifeState::failed;
        row.reason = summary.error().message;
    }
    if (!is_over(row.state)) row.ended = 0;
    // Nobody sees the end before it is kept: what follows it, a removal or a call, is kept in the same row.
    keep(row, true);
    // And none before its state folder is free: who sees the end may ask at once for a removal, which needs it.
    if (is_over(row.state)) forget_state(row.id);
    {
        std::lock_guard lock(live.mutex);
        live.row = row;
    }
    tell(row);
    if (is_over(row.state)) aftermath_->take(row);
}

std::string Runs::folder_of(const std::string& id) const { return options_.folder + "/runs/" + id; }

/// Removes what only a run that goes on needs. Its dead letters stay, and the list of what it made.
void Runs::forget_state(const std::string& id) const {
    const auto state = StateFolder::open(folder_of(id));
    if (!state || *state == nullptr) return;
    const auto made = (*state)->made();
    if (made && made->empty())
        (*state)->remove({});
    else
        (*state)->forget_journal();
}

Result<std::optional<std::string>> Runs::read_answer_key(const StoredRun& run, const std::string& name) const {
    auto plan = plan_of(run);
    if (!plan) return std::unexpected(plan.error());
    return headwater::read_answer_key(*plan, run.id, name, parts_.components, parts_.time);
}

Result<CleanReport> Runs::remove(const StoredRun& run) {
    auto plan = plan_of(run);
    if (!plan) return std::unexpected(plan.error());
    auto state = StateFolder::open(folder_of(run.id));
    if (!state) return std::unexpected(state.error());
    if (*state == nullptr) return fail(ErrorKind::disk, "State folder is in use: " + folder_of(run.id));
    auto made = (*state)->made();
    if (!made) return std::unexpected(made.error());
    CleanOrder order{.run = run.id, .made = std::move(*made)};
    for (const auto& [stream, records] : run.counts.streams) order.delivered[stream] = records;
    for (const SinkProgress& sink : run.counts.sinks)
        if (sink.is_answer_key) order.answer_key_records += sink.records;
    auto report = headwater::clean(*plan, order, components_of(run), parts_.time);
    if (!report) return report;
    (*state)->remove({});
    std::lock_guard lock(mutex_);
    if (removed_) removed_(run.id);
    return report;
}

}  // namespace headwater
