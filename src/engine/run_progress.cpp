// For saying on the way how far a run is and what limits it.
#include <algorithm>
#include <utility>

#include "base/time.h"
#include "engine/run.h"

namespace headwater {

void Run::observe(const Workers& workers, const Pacer* pacer) {
    observed_us_ = time_.elapsed();
    if (pacer == nullptr) look_out(workers);  // in the midst of a window
    if (!options_.observe) return;
    WorkReport work = workers.report();
    Progress progress{.bytes = work.bytes, .elapsed_us = time_.elapsed() - began_us_, .instant = from_};
    for (int64_t rows : work.rows) progress.records += rows;
    progress.rate = rate_;
    progress.is_paused = is_held_;
    progress.changes = changes_;
    progress.dead_letters = dead_letters_.records();
    if (pacer != nullptr) {
        progress.lag_us = pacer->lag_us();
        progress.limited_by = limit_of(work, *pacer, progress.elapsed_us);
        progress.is_live = pacer->is_live();
        if (plan_.clock.live) progress.due_rate = due_rate();
    }
    progress.sinks = sinks_of(work);
    progress.rows = std::move(work.rows);
    progress.faults = std::move(work.faults);
    progress.share = share_of(progress);
    options_.observe(progress);
}

/// Tells how many records fall due in a second of real time from here on; 0 where some of them have no output.
double Run::due_rate() const {
    constexpr int64_t some_records = 1000;
    double rate = 0;
    for (const SourceRun& run : wiring_.sources) {
        if (std::ranges::find(run.streams, -1) != run.streams.end()) return 0;
        const int64_t span = run.source->horizon(from_, some_records) - from_;
        rate += static_cast<double>(some_records) / static_cast<double>(std::max<int64_t>(span, 1));
    }
    return rate * micros_per_second * plan_.clock.speed;
}

/// Tells when nothing comes for long although the run works.
void Run::look_out(const Workers& workers) {
    if (plan_.clock.live || workers.report().holds_bytes) silence_ = {};  // what was made is on its way
    const auto advice = silence_.look(made_here(workers), from_, time_.elapsed() - idle_us_, true);
    if (advice != Silence::Advice::tell) return;
    tell("No record came for 2 s, and simulated time has reached " +
         spell_instant(from_ / micros_per_second * micros_per_second) + "; waiting for: " + silent_streams(workers));
}

/// True when a run that no time ends has worked long for nothing; it ends then.
bool Run::is_in_vain(const Workers& workers, const Pacer& pacer) {
    if (plan_.clock.live || pacer.is_over()) return false;
    idle_us_ = pacer.waited_us() + pacer.held_us();
    look_out(workers);
    const bool ends = plan_.clock.until || options_.real_limit_us;
    const auto advice = silence_.look(made_here(workers), from_, time_.elapsed() - idle_us_, ends);
    if (advice != Silence::Advice::end) return false;
    was_silent_ = is_cut_off_ = true;
    tell("Run ends, as nothing came since " + spell_instant(silence_.since() / micros_per_second * micros_per_second) +
         " of simulated time; --until or --for gives it an end of its own. Still waited for: " +
         silent_streams(workers));
    return true;
}

/// Names the streams that may still make records.
std::string Run::silent_streams(const Workers& workers) const {
    std::string names;
    for (int stream : wiring_.streams) {
        auto [source, place] = wiring_.source_of.at(stream);
        if (workers.left(stream) == 0 || wiring_.sources[static_cast<size_t>(source)].source->exhausted(place, from_))
            continue;
        names += (names.empty() ? "" : ", ") + plan_.streams[static_cast<size_t>(stream)].name;
    }
    return names;
}

/// Says how much of what there is to do is done, by whatever ends the run first; -1 when nothing does.
double Run::share_of(const Progress& progress) const {
    double share = -1;
    int64_t bound = 0;
    for (int stream : wiring_.streams) {
        int64_t count = count_of(plan_, stream);
        bound = count == INT64_MAX || bound == INT64_MAX ? INT64_MAX : bound + count / options_.parts;
    }
    auto part_of = [](int64_t done, int64_t all) { return static_cast<double>(done) / static_cast<double>(all); };
    if (options_.real_limit_us && (!plan_.clock.live || progress.is_live))
        share = part_of(progress.elapsed_us, std::max<int64_t>(*options_.real_limit_us, 1));
    if (bound > 0 && bound != INT64_MAX) share = std::max(share, part_of(progress.records, bound));
    if (plan_.clock.until)
        share = std::max(share, part_of(from_ - plan_.clock.start, std::max<int64_t>(until_ - plan_.clock.start, 1)));
    return std::min(share, 1.0);
}

/// Counts by output; the lanes of an output's streams are taken together.
std::vector<SinkProgress> Run::sinks_of(const WorkReport& work) const {
    std::vector<SinkProgress> sinks;
    const OutputPlan* last = nullptr;
    for (size_t lane = 0; lane < wiring_.uses.size(); ++lane) {
        const LaneUse& use = wiring_.uses[lane];
        if (use.output != last) sinks.push_back({use.target, use.output->to, use.is_answer_key});
        last = use.output;
        sinks.back().records += delivered_before_[lane] + work.lane_rows[lane];
        sinks.back().acknowledged += durable_[lane];
    }
    return sinks;
}

/// Names what the run waited for most: a pause, the pace, one target, or else the processor.
std::string Run::limit_of(const WorkReport& work, const Pacer& pacer, int64_t elapsed_us) const {
    if (is_held_ || 2 * pacer.held_us() > elapsed_us) return "pause";
    const int64_t moving_us = elapsed_us - pacer.held_us();
    size_t busiest = 0;
    int64_t most_us = -1;
    for (size_t lane = 0; lane < flushed_us_.size(); ++lane) {
        // What is flushed is waited for by nobody else, so these add up.
        const int64_t busy_us = work.lane_busy_us[lane] + flushed_us_[lane];
        if (busy_us > most_us) busiest = lane;
        most_us = std::max(most_us, busy_us);
    }
    // Whoever waits for the pace has time left: that it works meanwhile does not make the processor what limits it.
    if (pacer.waited_us() > most_us && 4 * pacer.waited_us() > moving_us) return "rate";
    return 2 * most_us < moving_us ? "cpu" : "sink " + wiring_.uses[busiest].target;
}

}  // namespace headwater
