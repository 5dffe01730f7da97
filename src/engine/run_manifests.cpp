// For what a run writes about itself where its objects lie, and for what other runs left there.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/other_run.h"
#include "engine/run.h"

namespace headwater {

namespace {

/// Names another run that writes where a lane does; none where runs cannot note that.
Result<std::optional<std::string>> writer_at(ObjectSink& sink, const LaneUse& use, const PartOfRun& own) {
    return use.hides_notes ? find_writer(sink, own) : std::optional<std::string>();
}

}  // namespace

namespace {

/// Leaves of what was made of a stream what came behind the seam.
void take_away(const HistoryCount& history, StreamOutcome& outcome) {
    const auto place = static_cast<size_t>(outcome.stream);
    outcome.generated -= history.rows[place];
    for (size_t fault = 0; fault < outcome.faults.size(); ++fault)
        outcome.faults[fault] -= history.faults[place][fault];
}

}  // namespace

ManifestContent Run::content_for(const RunSummary& summary) const {
    ManifestContent content = content_for(summary, "");
    content.streams = summary.streams;
    return content;
}

ManifestContent Run::content_for(const RunSummary& summary, const std::string& root) const {
    ManifestContent content{
        .version = options_.version, .run = options_.run, .command = summary.command, .state = summary.state};
    content.reached = summary.reached;
    content.changes = summary.changes;
    content.part = options_.part;
    content.parts = options_.parts;
    content.phase = phase_at(root);
    for (const StreamOutcome& outcome : summary.streams) {
        StreamOutcome here = outcome;
        here.objects.clear();
        here.phases.clear();
        if (seam_) here.tally = {};
        bool goes_here = false;
        for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane) {
            const LaneUse& use = wiring_.uses[lane];
            if (use.is_answer_key || use.root != root || use.streams != std::vector{outcome.stream}) continue;
            goes_here = true;
            here.objects.insert(here.objects.end(), entries_[lane].begin(), entries_[lane].end());
            const auto tally = wiring_.lanes[lane]->tallies().find(outcome.stream);
            if (seam_ && tally != wiring_.lanes[lane]->tallies().end()) add(here.tally, tally->second);
        }
        if (content.phase == name_of(Phase::live) && history_) take_away(*history_, here);
        if (goes_here) content.streams.push_back(std::move(here));
    }
    if (plan_.answer_key) content.answer_key = {plan_.answer_key->to, summary.answer_key};
    return content;
}

/// Gives one use of each place that keeps a manifest.
std::vector<const LaneUse*> Run::uses_by_root() const {
    std::set<std::string> roots;
    bool has_data_root = false;
    for (const LaneUse& use : wiring_.uses) has_data_root = has_data_root || (use.keeps_objects && !use.is_answer_key);
    std::vector<const LaneUse*> uses;
    for (const LaneUse& use : wiring_.uses) {
        if (!use.keeps_objects || (has_data_root && use.is_answer_key) || !roots.insert(use.root).second) continue;
        uses.push_back(&use);
    }
    return uses;
}

Result<void> Run::write_manifests(RunSummary& summary) {
    for (const LaneUse* use : uses_by_root()) {
        summary.manifests.push_back(use->root + "/" + manifest_name(options_.part, options_.parts));
        if (is_of_history(use->root)) continue;  // it is there since the seam
        if (auto written = write_manifest(*use, summary); !written) return written;
    }
    summary.is_beside_others = std::ranges::any_of(other_runs_, [](const auto& at) { return !at.second.empty(); });
    return {};
}

/// Makes a target beside those of the lanes.
Result<Target> Run::target_of(const LaneUse& use) const {
    auto format = components_.format(*use.output);
    if (!format) return std::unexpected(format.error());
    return components_.target(*use.output, **format, {.run = options_.run});
}

/// Makes an opened sink beside those of the lanes.
Result<std::unique_ptr<ObjectSink>> Run::sink_of(const LaneUse& use) {
    auto target = target_of(use);
    if (!target) return std::unexpected(target.error());
    auto sink = guard(std::move(target->objects), delivery_, target->name);
    // A target that went away since the run began is waited for: only the manifest is missing.
    auto opened = try_until_available(delivery_, target->name, [&] { return sink->open(); });
    if (!opened) return std::unexpected(opened.error());
    return sink;
}

/// Gives who this run is to others that write there; none where it has no command, and so no manifest that others know.
std::optional<PartOfRun> Run::own_part() const {
    if (!options_.command) return std::nullopt;
    return PartOfRun{options_.run, options_.command(std::nullopt), options_.part, options_.parts};
}

/// Tells of other runs whose records lie where those of this one will, or takes them away, and shows that this one writes there.
Result<void> Run::meet_other_runs() {
    const auto own = own_part();
    if (!own) return {};
    for (const LaneUse* use : uses_by_root()) {
        auto sink = sink_of(*use);
        if (!sink) return std::unexpected(sink.error());
        if (auto met = meet_other_run(**sink, *use, *own); !met) return met;
        if (!use->hides_notes) continue;
        if (auto shown = show_writer(**sink, *own); !shown) return shown;
        if (auto flushed = (*sink)->flush(); !flushed) return flushed;
    }
    return {};
}

Result<void> Run::meet_other_run(ObjectSink& sink, const LaneUse& use, const PartOfRun& own) {
    auto writer = writer_at(sink, use, own);
    if (!writer) return std::unexpected(writer.error());
    if (*writer) {
        other_runs_[use.root].insert(**writer);
        tell("Run " + **writer +
             " is writing there or was cut off, and records of both will lie side by side; name a place of its own: " +
             use.root);
    }
    auto other = find_other_run(sink, own);
    if (!other) return std::unexpected(other.error());
    if (!*other) return {};
    if (use.output->overwrite) return remove_other_run(sink, **other);
    other_runs_[use.root].insert((*other)->run);
    tell("Records of run " + (*other)->run +
         " lie there and will lie beside those of this one; --overwrite removes them first, or name a place of its "
         "own: " +
         use.root);
    return {};
}

void Run::tell(const std::string& notice) const {
    if (options_.tell) options_.tell(notice);
}

/// Tells of a run that came while this one was writing.
Result<void> Run::meet_later_run(ObjectSink& sink, const LaneUse& use) {
    const auto own = own_part();
    if (!own) return {};
    auto later = writer_at(sink, use, *own);
    if (!later) return std::unexpected(later.error());
    auto other = find_other_run(sink, *own);
    if (!other) return std::unexpected(other.error());
    if (!*later && *other && (*other)->run != options_.run) *later = (*other)->run;
    if (*later && other_runs_[use.root].insert(**later).second)
        tell("Run " + **later + " wrote there meanwhile, so that records of both lie side by side: " + use.root);
    return use.hides_notes ? hide_writer(sink, *own) : Result<void>{};
}

/// Takes away what shows that a run writes there, when it has failed before any object was finished. What cannot be taken away
/// stays.
void Run::leave_nothing() {
    const auto own = own_part();
    bool has_landed = false;
    for (size_t lane = 0; lane < wiring_.lanes.size(); ++lane)
        has_landed = has_landed || !entries_[lane].empty() || !wiring_.lanes[lane]->take_entries().empty();
    if (!own || !has_opened_ || has_landed) return;
    for (const LaneUse* use : uses_by_root()) {
        if (!use->hides_notes) continue;
        auto target = target_of(*use);
        if (target && target->objects->open()) (void)hide_writer(*target->objects, *own);
    }
}

Result<void> Run::write_manifest(const LaneUse& use, const RunSummary& summary) {
    auto made = sink_of(use);
    if (!made) return std::unexpected(made.error());
    auto& sink = *made;
    if (auto met = meet_later_run(*sink, use); !met) return met;
    std::string name = manifest_name(options_.part, options_.parts);
    if (auto put = put_object(*sink, name, manifest_text(plan_, content_for(summary, use.root))); !put) return put;
    if (auto flushed = sink->flush(); !flushed) return flushed;
    pass("manifest.written");
    if (summary.state != RunState::completed) return {};
    if (auto put = put_object(*sink, success_name(options_.part, options_.parts), ""); !put) return put;
    return sink->flush();
}

}  // namespace headwater
