// For executing a plan: windows of simulated time are paced, made on all cores, and delivered in order.
#include "engine/run.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace headwater {

namespace {

/// The calendar that everything prints by ends with the year 9999.
constexpr int64_t end_of_time = 253'402'300'800 * micros_per_second;

/// Windows grow from this, and shrink, so that each is made within these times; a stop or a pause is heard between them.
constexpr int64_t first_window_records = 1 << 13;
constexpr int64_t least_window_records = 1 << 10;
constexpr int64_t observe_interval_us = 20'000;
constexpr int64_t prompt_tick_us = 5'000;
constexpr int64_t short_window_us = 100'000;
constexpr int64_t long_window_us = 300'000;

}  // namespace

Run::Run(const Plan& plan, RunOptions options, const Components& components, RealTime& time, const StopToken& stop)
    : plan_(plan),
      options_(std::move(options)),
      components_(components),
      time_(time),
      stop_(stop),
      dead_letters_(options_.dead_letters),
      stop_limit_(time, stop, options_.stop_limit_us),
      delivery_{time, stop, dead_letters_, options_.outages, &stop_limit_},
      until_(std::min(plan.clock.until.value_or(end_of_time), end_of_time)),
      from_(plan.clock.start),
      rate_(plan.clock.rate),
      window_records_(options_.window_records) {
    if (options_.run.empty()) options_.run = run_id_of(plan);
    if (options_.threads <= 0) options_.threads = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
}

Result<std::unique_ptr<Run>> Run::make(const Plan& plan, RunOptions options, const Components& components,
                                       RealTime& time, const StopToken& stop) {
    if (options.parts < 1 || options.part < 0 || options.part >= options.parts)
        return fail(ErrorKind::invalid,
                    "Part is not in 0.." + std::to_string(options.parts - 1) + ": " + std::to_string(options.part));
    std::unique_ptr<Run> run(new Run(plan, std::move(options), components, time, stop));
    WiringOptions wiring{run->options_.run, run->options_.part, run->options_.parts};
    auto wired = wire(plan, wiring, components, run->delivery_);
    if (!wired) return std::unexpected(wired.error());
    run->wiring_ = std::move(*wired);
    if (run->options_.resume && run->options_.resume->lanes.size() != run->wiring_.lanes.size())
        return fail(ErrorKind::invalid, "Journal is of another plan: " + run->options_.run);
    run->order_hangs_on_windows_ =
        (plan.clock.live || plan.clock.rate > 0 || !plan.clock.changes.empty() || run->options_.control != nullptr) &&
        std::ranges::any_of(run->wiring_.streams,
                            [&](int stream) { return plan.streams[static_cast<size_t>(stream)].of_entities; });
    run->entries_.resize(run->wiring_.lanes.size());
    run->durable_.resize(run->wiring_.lanes.size());
    run->flushed_us_.resize(run->wiring_.lanes.size());
    if (run->may_cut_windows()) run->window_records_ = std::min(run->options_.window_records, first_window_records);
    run->delivered_before_ = run->durable_;
    return run;
}

Result<RunSummary> Run::execute(Journal* journal) {
    auto summary = carry_out(journal);
    if (!summary) leave_nothing();
    return summary;
}

Result<RunSummary> Run::carry_out(Journal* journal) {
    journal_ = journal;
    began_us_ = time_.elapsed();
    auto some_stream = [this](const auto& is_so) {
        return std::ranges::any_of(wiring_.streams,
                                   [&](int stream) { return is_so(plan_.streams[static_cast<size_t>(stream)]); });
    };
    const bool lives = some_stream([](const StreamPlan& stream) { return stream.of_entities; });
    if (journal != nullptr && lives)
        states_.emplace(journal->folder(), options_.run + ' ' + options_.version + ' ' + std::to_string(options_.part) +
                                               '/' + std::to_string(options_.parts));
    if (auto opened = open_lanes(); !opened) return std::unexpected(opened.error());
    // A part makes its share of the count, which its source knows.
    std::vector<int64_t> left(plan_.streams.size(), INT64_MAX);
    if (options_.parts == 1)
        for (int stream : wiring_.streams) left[static_cast<size_t>(stream)] = count_of(plan_, stream);
    Workers workers({options_.threads, options_.in_flight_bytes, &stop_limit_}, wiring_.sources, wiring_.lanes,
                    std::move(left), time_);
    if (options_.resume) workers.resume_faults(options_.resume->faults, options_.resume->counted);
    if (auto repeated = repeat_windows(workers); !repeated) return std::unexpected(repeated.error());
    auto limit = options_.real_limit_us;
    if (limit) *limit -= std::min(used_us_, *limit);
    PaceOptions pace{.until = until_, .live = plan_.clock.live, .speed = plan_.clock.speed, .rate = rate_};
    pace.window_records = options_.window_records;
    // A record waits for the end of its window. Where windows are noted one by one there are not that many of them.
    const bool is_prompt = plan_.clock.live && !order_hangs_on_windows_;
    pace.tick_us = is_prompt ? std::min(options_.tick_us, prompt_tick_us) : options_.tick_us;
    pace.real_limit_us = limit;
    Pacer* pacing = nullptr;
    if (options_.control != nullptr)
        pace.look_up = [&] {
            observe(workers, pacing);
            return is_steered();
        };
    Pacer pacer(pace, time_, stop_);
    pacing = &pacer;
    if (auto made = make_windows(pacer, workers); !made) return std::unexpected(made.error());
    if (is_handed_over_) {
        RunSummary summary{.is_handed_over = true, .run = options_.run, .reached = from_};
        summary.progress.elapsed_us = time_.elapsed() - began_us_;
        return summary;
    }
    if (auto drained = workers.drain([&] { observe(workers, &pacer); }); !drained)
        return std::unexpected(drained.error());
    return close(workers, pacer);
}

/// Finishes all objects, the manifests and the journal, and sums up.
Result<RunSummary> Run::close(const Workers& workers, const Pacer& pacer) {
    RunSummary summary;
    if (auto closed = close_lanes(summary); !closed) return std::unexpected(closed.error());
    summary.work = workers.report();
    for (StreamOutcome& outcome : summary.streams) {
        const auto stream = static_cast<size_t>(outcome.stream);
        outcome.ended = ending_of(outcome.stream, workers);
        outcome.generated = summary.work.rows[stream];
        outcome.faults = summary.work.faults[stream];
    }
    summary.state = is_cut_off_ && stop_.requested() ? RunState::stopped : RunState::completed;
    summary.run = options_.run;
    if (is_cut_off_) summary.reached = from_;
    if (options_.command) summary.command = options_.command(is_cut_off_ ? std::optional(from_) : std::nullopt);
    summary.progress.elapsed_us = time_.elapsed() - began_us_;
    for (const StreamOutcome& outcome : summary.streams) {
        summary.progress.records += outcome.tally.rows;
        summary.progress.bytes += outcome.tally.bytes;
    }
    summary.progress.instant = from_;
    summary.progress.lag_us = pacer.lag_us();
    summary.progress.is_live = pacer.is_live();
    summary.changes = changes_;
    for (const SourceRun& run : wiring_.sources) {
        auto alive = run.source->alive();
        std::ranges::move(alive, std::back_inserter(summary.alive));
    }
    summary.progress.sinks = sinks_of(summary.work);
    for (SinkProgress& sink : summary.progress.sinks) sink.acknowledged = sink.records;
    summary.limited_by = limit_of(summary.work, pacer, summary.progress.elapsed_us);
    summary.dead_letters = dead_letters_.records();
    summary.dead_letters_path = dead_letters_.path();
    pass("lanes.closed");
    if (auto written = write_manifests(summary); !written) return std::unexpected(written.error());
    if (options_.settle)
        if (auto settled = options_.settle(summary); !settled) return std::unexpected(settled.error());
    if (journal_ != nullptr) {
        Checkpoint last;
        last.state = name_of(summary.state);
        last.lanes.resize(wiring_.lanes.size());
        last.changes.assign(changes_.begin() + static_cast<ptrdiff_t>(kept_changes_), changes_.end());
        if (auto kept = journal_->append(std::move(last)); !kept) return std::unexpected(kept.error());
        pass("journal.ended");
    }
    return summary;
}

/// Opens every target, goes on where each was cut off, and begins the journal.
Result<void> Run::open_lanes() {
    for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
        auto open = [&] { return wiring_.lanes[lane]->open(); };
        auto opened = options_.waits_to_open ? try_until_available(delivery_, wiring_.uses[lane].target, open) : open();
        for (MadeThing& thing : wiring_.lanes[lane]->take_made()) {
            if (!options_.note) continue;
            if (auto noted = options_.note({wiring_.uses[lane].output->to, std::move(thing)}); !noted) return noted;
        }
        if (!opened) return opened;
    }
    has_opened_ = true;
    if (!options_.resume)
        if (auto met = meet_other_runs(); !met) return met;
    if (!options_.resume && journal_ == nullptr) return {};
    Checkpoint first;
    if (options_.resume) {
        first = *options_.resume;
        for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
            if (auto resumed = wiring_.lanes[lane]->resume(first.lanes[lane]); !resumed) return resumed;
            entries_[lane] = first.lanes[lane].entries;
            durable_[lane] = delivered_before_[lane] = durable_rows(first.lanes[lane]);
        }
        if (auto cut = dead_letters_.resume(first.dead_letter_bytes, first.dead_letters); !cut) return cut;
        used_us_ = first.real_us;
        changes_ = first.changes;
        kept_changes_ = changes_.size();
        for (const RunChange& change : changes_)
            if (change.kind == RunChange::Kind::rate) rate_ = change.rate;
    } else {
        first.reached = {from_, false};
        for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
            auto state = checkpoint_of(lane);
            if (!state) return std::unexpected(state.error());
            first.lanes.push_back(std::move(*state));
        }
        first.dead_letter_bytes = dead_letters_.bytes();
    }
    checkpointed_us_ = state_kept_us_ = time_.elapsed();
    return journal_ == nullptr ? Result<void>{} : journal_->begin(std::move(first));
}

/// Plans again what the processes before this one planned; tasks whose records are durable everywhere are left out.
Result<void> Run::repeat_windows(Workers& workers) {
    if (!options_.resume) return {};
    PlannedWindow goal = options_.resume->reached;
    const auto& windows = options_.resume->windows;
    if (states_) {
        auto place = states_->restore(*options_.resume, wiring_.sources);
        if (!place) return std::unexpected(place.error());
        if (*place) {
            from_ = (*place)->reached.to;
            is_exact_ = (*place)->reached.exact;
            windows_made_ = (*place)->windows;
            workers.go_on_behind((*place)->rows);
        }
    }
    for (auto i = static_cast<size_t>(windows_made_); from_ < goal.to && !has_ended(workers, from_); ++i) {
        PlannedWindow next{std::min(horizon(workers, from_, options_.window_records), goal.to), false};
        if (next.to == goal.to) next.exact = goal.exact;
        if (i < windows.size()) next = windows[i];
        if (auto made = make_window({{from_, next.to}, next.exact}, workers); !made) return made;
        if (stop_.requested()) break;
    }
    windows_.clear();
    for (int64_t rows : workers.report().rows) repeated_ += rows;
    return {};
}

Result<void> Run::make_window(const DueWindow& due, Workers& workers) {
    submit_window(due, workers);
    if (auto done = workers.finish_window([&] { observe(workers); }); !done) return done;
    from_ = due.window.to;
    is_exact_ = due.exact;
    if (order_hangs_on_windows_) {
        windows_.push_back({from_, is_exact_});
        ++windows_made_;
    }
    return {};
}

/// Makes durable what a lane delivered, which the run waits for.
Result<LaneState> Run::checkpoint_of(size_t lane) {
    const int64_t began_us = time_.elapsed();
    auto state = wiring_.lanes[lane]->checkpoint();
    flushed_us_[lane] += time_.elapsed() - began_us;
    return state;
}

/// Waits until everything made so far is delivered, makes it durable, and notes how far that is.
Result<void> Run::keep_checkpoint(Workers& workers, const Pacer& pacer, bool is_asked) {
    const bool is_due = time_.elapsed() - checkpointed_us_ >= options_.checkpoint_us;
    if (journal_ == nullptr || !(is_due || is_asked)) return {};
    if (auto drained = workers.drain([&] { observe(workers); }); !drained) return drained;
    pass("checkpoint.drained");
    Checkpoint next;
    next.reached = {from_, is_exact_};
    next.windows = std::exchange(windows_, {});
    next.real_us = used_us_ + pacer.used_us();
    for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
        auto state = checkpoint_of(lane);
        if (!state) return std::unexpected(state.error());
        entries_[lane].insert(entries_[lane].end(), state->entries.begin(), state->entries.end());
        durable_[lane] = durable_rows(*state);
        next.lanes.push_back(std::move(*state));
    }
    next.changes.assign(changes_.begin() + static_cast<ptrdiff_t>(kept_changes_), changes_.end());
    next.dead_letter_bytes = dead_letters_.bytes();
    next.dead_letters = dead_letters_.records();
    WorkReport work = workers.report();
    if (std::ranges::any_of(work.faults, [](const auto& strokes) { return !strokes.empty(); })) {
        next.faults = std::move(work.faults);
        next.counted = std::move(work.rows);
    }
    pass("checkpoint.durable");
    const std::vector<LaneState> lanes = next.lanes;
    if (auto kept = journal_->append(std::move(next)); !kept) return kept;
    pass("checkpoint.kept");
    kept_changes_ = changes_.size();
    if (auto kept = keep_state(workers, lanes); !kept) return kept;
    checkpointed_us_ = time_.elapsed();
    return {};
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

void Run::pass(std::string_view point) const {
    if (options_.pass) options_.pass(point);
}

Result<void> Run::make_windows(Pacer& pacer, Workers& workers) {
    look_out(workers);  // from here on
    const auto& changes = plan_.clock.changes;
    while (options_.resume && next_change_ < changes.size() && changes[next_change_].at < from_) ++next_change_;
    auto ahead = [&](int64_t from, int64_t records) {
        const bool has_change = next_change_ < changes.size();
        return std::min(horizon(workers, from, std::min(records, window_records_)),
                        has_change ? changes[next_change_].at : INT64_MAX);
    };
    // It may have been let go on while nobody ran it.
    if (options_.control != nullptr && !options_.control->is_paused() && was_paused()) note(RunChange::Kind::go_on);
    while (from_ < until_ && !has_ended(workers, from_)) {
        if (time_.elapsed() - observed_us_ >= observe_interval_us) observe(workers, &pacer);
        if (auto steered = steer(pacer, workers); !steered || is_handed_over_) return steered;
        auto due = pacer.next(from_, made_here(workers), ahead);
        if (!due && !pacer.is_over()) continue;  // for it is steered
        is_cut_off_ = !due;
        if (!due) break;
        due->exact = due->exact || has_ended(workers, due->window.to);
        const int64_t began_us = time_.elapsed();
        if (auto done = make_window(*due, workers); !done) return done;
        aim_window(time_.elapsed() - began_us);
        pass("window.made");
        if (auto kept = keep_checkpoint(workers, pacer); !kept) return kept;
        if (is_in_vain(workers, pacer)) break;
    }
    if (is_exact_) return {};
    return make_window({{from_, from_}, true}, workers);
}

/// True where no order hangs on windows: neither that of a stream's records, nor that of several sources on one lane.
bool Run::may_cut_windows() const {
    std::map<int, const SourceRun*> fed_by;
    for (const SourceRun& run : wiring_.sources)
        for (const Feed& feed : run.feeds)
            if (fed_by.emplace(feed.lane, &run).first->second != &run) return false;
    return !order_hangs_on_windows_;
}

/// Makes the next window smaller or larger by how long the last one took.
void Run::aim_window(int64_t took_us) {
    if (!may_cut_windows()) return;
    if (took_us > long_window_us) window_records_ = std::max(window_records_ / 2, least_window_records);
    if (took_us < short_window_us) window_records_ = std::min(window_records_ * 2, options_.window_records);
}

void Run::submit_window(const DueWindow& due, Workers& workers) {
    std::vector<Task> tasks;
    for (int source = 0; source < static_cast<int>(wiring_.sources.size()); ++source) {
        tasks.clear();
        const SourceRun& run = wiring_.sources[static_cast<size_t>(source)];
        run.source->plan(due.window, due.exact, tasks);
        const bool holds =
            std::ranges::any_of(run.faults, [](auto& outgoing) { return outgoing && outgoing->holds(); });
        // What is held back goes on its way although nothing new comes.
        workers.submit(source, tasks, holds && due.exact ? std::optional(due.window.to) : std::nullopt);
    }
}

/// True when no used stream can make a record at or after `at`.
bool Run::has_ended(const Workers& workers, int64_t at) const {
    return std::ranges::all_of(wiring_.streams, [&](int stream) {
        auto [source, place] = wiring_.source_of.at(stream);
        return workers.left(stream) == 0 || wiring_.sources[static_cast<size_t>(source)].source->exhausted(place, at);
    });
}

/// The nearest horizon of the sources that go on, so that no stream makes more than `records` in a window.
int64_t Run::horizon(const Workers& workers, int64_t from, int64_t records) const {
    int64_t nearest = until_;
    for (int stream : wiring_.streams) {
        auto [source, place] = wiring_.source_of.at(stream);
        const Source& one = *wiring_.sources[static_cast<size_t>(source)].source;
        if (workers.left(stream) > 0 && !one.exhausted(place, from))
            nearest = std::min(nearest, one.horizon(from, records));
    }
    return nearest;
}

Result<void> Run::close_lanes(RunSummary& summary) {
    for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
        const int64_t began_us = time_.elapsed();
        if (auto released = wiring_.lanes[lane]->release_held(); !released) return released;
        if (auto closed = wiring_.lanes[lane]->close(); !closed) return closed;
        flushed_us_[lane] += time_.elapsed() - began_us;
        auto last = wiring_.lanes[lane]->take_entries();
        entries_[lane].insert(entries_[lane].end(), last.begin(), last.end());
    }
    for (int stream : wiring_.streams) {
        StreamOutcome outcome{.stream = stream};
        bool is_first = true;
        for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
            const LaneUse& use = wiring_.uses[lane];
            if (use.is_answer_key || std::ranges::find(use.streams, stream) == use.streams.end()) continue;
            auto tally = wiring_.lanes[lane]->tallies().find(stream);
            if (is_first && tally != wiring_.lanes[lane]->tallies().end()) outcome.tally = tally->second;
            is_first = false;
            outcome.objects.insert(outcome.objects.end(), entries_[lane].begin(), entries_[lane].end());
        }
        summary.streams.push_back(std::move(outcome));
    }
    for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane)
        if (wiring_.uses[lane].is_answer_key)
            summary.answer_key.insert(summary.answer_key.end(), entries_[lane].begin(), entries_[lane].end());
    return {};
}

std::string Run::ending_of(int stream, const Workers& workers) const {
    auto [source, place] = wiring_.source_of.at(stream);
    bool is_exhausted = wiring_.sources[static_cast<size_t>(source)].source->exhausted(place, from_);
    bool is_counted = workers.left(stream) == 0 || (options_.parts > 1 && is_exhausted && !plan_.clock.until);
    auto own = plan_.streams[static_cast<size_t>(stream)].count;
    bool is_asked = plan_.counts.contains(stream) && (!own || plan_.counts.at(stream) < *own);
    if (const int other = ended_with(stream, workers); other >= 0)
        return "count of " + plan_.streams[static_cast<size_t>(other)].name + " reached";
    if (was_silent_ && workers.left(stream) > 0 && !is_exhausted) return "nothing came";
    if (is_counted && is_asked) return "count reached";
    if (is_counted || (is_exhausted && !plan_.clock.until)) return "exhausted";
    if (is_exhausted || from_ >= until_) return "until reached";
    return stop_.requested() ? "stopped" : "time is up";
}

/// Gives the stream with whose count this one ended short of its own: what it follows, or one of the same entities.
int Run::ended_with(int stream, const Workers& workers) const {
    const StreamPlan& plan = plan_.streams[static_cast<size_t>(stream)];
    const auto rows = workers.report().rows;
    const auto is_full = [&](int other) {
        return plan_.counts.contains(other) && rows[static_cast<size_t>(other)] == count_of(plan_, other);
    };
    if (options_.parts > 1 || is_full(stream)) return -1;
    auto [source, place] = wiring_.source_of.at(stream);
    const SourceRun& run = wiring_.sources[static_cast<size_t>(source)];
    if (plan.follows >= 0 && wiring_.source_of.contains(plan.follows) && run.source->exhausted(place, from_) &&
        is_full(plan.follows))
        return plan.follows;
    for (size_t i = 0; i < run.ends_all.size(); ++i)
        if (run.ends_all[i] && is_full(run.streams[i])) return run.streams[i];
    return -1;
}

double Run::usual_rate() const {
    constexpr int64_t sample = 100'000;
    double rate = 0;
    for (const SourceRun& run : wiring_.sources) {
        const int64_t end = run.source->horizon(plan_.clock.start, sample);
        const int64_t span = end - plan_.clock.start;
        const bool goes_on = !run.source->exhausted(0, end);
        if (span > 0 && goes_on) rate += static_cast<double>(sample) * micros_per_second / static_cast<double>(span);
    }
    return rate;
}

}  // namespace headwater
