// For executing a run of the service on a thread of its own, from its turn to its end.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

#include "engine/answer_key_copy.h"
#include "engine/manifest.h"
#include "engine/state_folder.h"
#include "service/live_run.h"
#include "service/switches.h"
#include "sink/descriptor.h"

namespace headwater {

namespace {

constexpr int64_t save_interval_us = 1'000'000;
constexpr size_t in_flight_bytes = 16 << 20;  ///< of one run
constexpr size_t most_changes = 100;          ///< that are shown
constexpr int64_t space_pause_us = 500'000;   ///< before the next look for space on a full disk; then longer
constexpr int64_t longest_space_pause_us = 5'000'000;

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

/// Lists the streams of a plan, each with the outputs that it goes to.
std::vector<StreamCount> streams_of(const Plan& plan) {
    std::vector<StreamCount> streams;
    for (const OutputPlan& output : plan.outputs)
        for (const int stream : output.streams) {
            const std::string name = plan.streams[static_cast<size_t>(stream)].qualified();
            auto known = std::ranges::find(streams, name, &StreamCount::name);
            if (known == streams.end()) known = streams.insert(known, {.name = name});
            known->outputs.push_back(output.to);
        }
    return streams;
}

/// Takes over how far outputs are. One that gets records again counts them once.
void raise_all(std::vector<SinkProgress>& counted, const std::vector<SinkProgress>& now) {
    counted.resize(std::min(counted.size(), now.size()));
    for (size_t i = 0; i < now.size(); ++i) {
        if (i == counted.size()) counted.push_back(now[i]);
        counted[i].records = std::max(counted[i].records, now[i].records);
        counted[i].acknowledged = std::max(counted[i].acknowledged, now[i].acknowledged);
    }
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
    (void)keep(live->copy(), true);
    end(*live, run(*live));
    live->next.reset();
    malloc_trim(0);  // what the run took is of use to others
    std::unique_lock lock(mutex_);
    const StoredRun last = live->copy();
    totals_.records += last.counts.records;
    totals_.bytes += last.counts.bytes;
    totals_.dead_letters += static_cast<int64_t>(last.counts.dead_letters);
    if (is_over(last.state)) ++totals_.ended[static_cast<int>(last.state) - static_cast<int>(LifeState::completed)];
    ended_.push_back(std::move(live->thread));
    const auto known = live_.find(last.id);
    if (known != live_.end() && known->second == live) live_.erase(known);  // or it goes on already
    --running_;
    taken_bytes_ -= last.memory_bytes;
    history_->look();
    begin(lock);
}

/// Runs leg by leg until it is over. While the disk is full nothing is lost: the journal has what the targets have.
Result<RunSummary> Runs::run(Live& live) {
    for (;;) {
        auto summary = [&]() -> Result<RunSummary> {
            try {
                return run_leg(live);
            } catch (const std::exception& error) {
                return fail(ErrorKind::invalid, "Run failed inside: " + std::string(error.what()));
            }
        }();
        const bool is_handed_over = summary && summary->is_handed_over;
        {
            std::lock_guard lock(live.mutex);
            live.begin_leg(is_handed_over ? live.elapsed_us(summary->progress) : live.row.counts.elapsed_us);
        }
        const bool goes_on_later = closing_.requested() && options_.hands_over;
        if (is_handed_over && !goes_on_later) continue;
        live.state.reset();
        if (!summary && is_out_of_space(summary.error()) && wait_for_space(live, summary.error())) continue;
        return summary;
    }
}

bool Runs::is_out_of_space(const Error& error) const {
    if (error.kind != ErrorKind::disk) return false;
    for (const char* words : {"No space left", "quota exceeded", "disk is full", "File too large"})
        if (error.message.find(words) != std::string::npos) return true;
    return !has_space();
}

bool Runs::has_space() const {
    const std::string probe = options_.folder + "/space-" + random_uuid();
    const bool has_space = replace_file(probe, std::string(64 << 10, ' ')).has_value();
    std::error_code ignored;
    std::filesystem::remove(probe, ignored);
    return has_space;
}

/// Waits until another attempt may find space, and shows that meanwhile; false when the service ends.
bool Runs::wait_for_space(Live& live, const Error& why) {
    live.outages.failed("disk", why.message, true);
    const int64_t pause_us = std::min(space_pause_us << std::min(live.full_disks++, 4), longest_space_pause_us);
    parts_.time.wait(parts_.time.elapsed() + pause_us, closing_);
    live.outages.ended("disk");
    return !closing_.requested();
}

const Components& Runs::components_of(const StoredRun& run) const {
    return run.is_emulation ? at_the_root_ : parts_.components;
}

/// Makes the next leg of a run, which goes on where the last one ended.
Result<void> Runs::make(Live& live, std::optional<Checkpoint> last) {
    const StoredRun row = live.copy();
    const std::shared_ptr<const Plan> plan = live.plan;
    RunOptions options{.version = parts_.version, .run = row.id};
    options.tell = [this, id = row.id](const std::string& notice) {
        parts_.log.say(ServiceLog::Level::warn, notice, {{"run", id}});
    };
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
    if (live.state == nullptr) {
        const std::string folder = folder_of(live.copy().id);
        auto state = StateFolder::open(folder);
        if (!state) return std::unexpected(state.error());
        if (*state == nullptr) return fail(ErrorKind::disk, "State folder is in use: " + folder);
        live.state = std::move(*state);
    }
    Journal& journal = live.state->journal();
    auto last = journal.read();
    if (!last) return std::unexpected(last.error());
    if (auto settled = settle_plan(live, *last); !settled) return std::unexpected(settled.error());
    const bool has_completed = *last && (*last)->state == "completed";
    const bool was_stopped = *last && (*last)->state == "stopped" && live.copy().is_stop_asked;
    // It had ended, and only the store did not hear of it any more.
    if (has_completed || was_stopped) return RunSummary{.state = was_stopped ? RunState::stopped : RunState::completed};
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
        counts.streams = streams_of(plan);
        for (const StreamOutcome& outcome : summary.streams)
            for (StreamCount& stream : counts.streams)
                if (stream.name == plan.streams[static_cast<size_t>(outcome.stream)].qualified())
                    stream.records = outcome.tally.rows;
        counts.faults = faults_of(plan, summary.work.faults);
        counts.records = summary.progress.records;
        counts.bytes = summary.progress.bytes;
        counts.elapsed_us = live.elapsed_us(summary.progress);
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
        note_progress(live, plan, progress);
        is_due = parts_.time.elapsed() - live.saved_us >= save_interval_us;
        if (is_due) live.saved_us = parts_.time.elapsed();
    }
    if (is_due) (void)keep(live.copy(), false);
}

/// Takes over how far a run is. One that goes on from its journal makes again what it had made: until it is where it was,
/// nothing that was counted is taken back.
void Runs::note_progress(Live& live, const Plan& plan, const Progress& progress) const {
    RunCounts& counts = live.row.counts;
    live.note_pause(progress);
    const bool is_behind = progress.instant < counts.instant;
    if (live.row.state != LifeState::draining)
        live.row.state = live.stop.requested() ? LifeState::draining
                         : progress.is_paused  ? LifeState::paused
                         : is_behind           ? LifeState::replaying
                                               : LifeState::running;
    live.row.reason.clear();
    counts.elapsed_us = live.elapsed_us(progress);
    counts.rate = progress.rate;
    if (is_behind) return;
    live.full_disks = 0;
    auto raise = [](auto& counted, auto now) { counted = std::max(counted, now); };
    raise(counts.records, progress.records);
    raise(counts.bytes, progress.bytes);
    raise(counts.share, progress.share);
    raise(counts.dead_letters, progress.dead_letters);
    counts.lag_us = progress.lag_us;
    counts.instant = progress.instant;
    raise_all(counts.sinks, progress.sinks);
    const size_t changes = std::min(progress.changes.size(), most_changes);
    counts.changes.assign(progress.changes.end() - static_cast<ptrdiff_t>(changes), progress.changes.end());
    if (!progress.limited_by.empty()) counts.limited_by = progress.limited_by;
    counts.faults = faults_of(plan, progress.faults);
    if (counts.streams.empty()) counts.streams = streams_of(plan);
    for (StreamCount& stream : counts.streams)
        for (size_t i = 0; i < plan.streams.size(); ++i)
            if (plan.streams[i].qualified() == stream.name) raise(stream.records, progress.rows[i]);
}

void Runs::end(Live& live, const Result<RunSummary>& summary) {
    StoredRun row = live.copy();
    row.ended = parts_.time.now();
    if (summary && summary->is_handed_over) {
        row.state = LifeState::interrupted;
        row.reason = "The service was shut down; it goes on with the next start";
    } else if (summary) {
        row.state = summary->state == RunState::completed ? LifeState::completed : LifeState::stopped;
        row.reason = row.state == LifeState::stopped && !row.is_stop_asked ? "The service was shut down" : "";
    } else if (live.stop.requested() &&
               (summary.error().kind == ErrorKind::unavailable || is_out_of_space(summary.error()))) {
        // What was not delivered is in the journal; only one who asked for the end does not want it any more.
        row.state = closing_.requested() && !row.is_stop_asked ? LifeState::interrupted : LifeState::stopped;
        row.reason = summary.error().message;
    } else {
        row.state = LifeState::failed;
        row.reason = summary.error().message;
    }
    // Nobody sees the end before it is kept: what follows it, a removal or a call, is kept in the same row.
    if (is_over(row.state) && !keep_end(live, row)) row.state = LifeState::interrupted;
    if (!is_over(row.state)) row.ended = 0;
    if (!is_over(row.state)) (void)keep(row, true);
    // And none before its state folder is free: who sees the end may ask at once for a removal, which needs it.
    if (row.state == LifeState::completed) forget_state(row.id);
    {
        std::lock_guard lock(live.mutex);
        live.row = row;
        // Before anybody sees the end, and may let it go on.
        if (is_over(row.state)) aftermath_->take(row);
    }
    tell(row);
}

/// Keeps the end of a run, however long the disk is full; false when the service ends before. Until then the journal stays:
/// without it the run would be made once more.
bool Runs::keep_end(Live& live, const StoredRun& row) {
    for (;;) {
        const auto kept = keep(row, true);
        if (kept) return true;
        {
            std::lock_guard lock(live.mutex);
            live.row.state = LifeState::draining;
        }
        if (!wait_for_space(live, kept.error())) return false;
    }
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
    for (const StreamCount& stream : run.counts.streams) order.delivered[stream.name] = stream.records;
    for (const SinkProgress& sink : run.counts.sinks)
        if (sink.is_answer_key) order.answer_key_records += sink.records;
    for (const OutputPlan& output : plan->outputs) {
        if (output.phase.empty()) continue;
        const auto sink = std::ranges::find(run.counts.sinks, output.to, &SinkProgress::to);
        const int64_t most = sink == run.counts.sinks.end() ? 0 : sink->records;
        for (const StreamCount& stream : run.counts.streams)
            order.of_phases[output.phase][stream.name] = std::min(stream.records, most);
    }
    auto report = headwater::clean(*plan, order, components_of(run), parts_.time);
    if (!report) return report;
    (*state)->remove({});
    std::lock_guard lock(mutex_);
    if (removed_) removed_(run.id);
    return report;
}

}  // namespace headwater
