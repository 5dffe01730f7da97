// For incidents as packs and scenarios write them: reading, and when they are on.
#include "pack/incidents.h"

#include <algorithm>

#include "base/random.h"
#include "base/time.h"

namespace headwater {

const Node* Incident::value_of(const std::string& parameter) const {
    const auto found = std::ranges::find(set, parameter, &std::pair<std::string, const Node*>::first);
    return found == set.end() ? nullptr : found->second;
}

namespace {

constexpr int64_t most_times = 10'000;

/// Reads how long an incident lasts.
std::optional<DurationRange> take_length(Section& section) {
    const Node* node = section.take("for");
    if (!node) return std::nullopt;
    const std::string text = node->is_scalar() ? node->text : "a list or map";
    const auto range = node->is_scalar() ? read_durations(text) : std::nullopt;
    if (range && range->low > 0) return range;
    section.reading().error(node->at, section.path_of("for"), "Neither a duration above 0 nor a range of them: " + text,
                            "Write for example 20min or 1h..6h.");
    return std::nullopt;
}

void read_set(Pack& pack, const Section& section, const Node* node, Incident& incident) {
    const std::string path = section.path_of("set");
    if (!node || !node->is_map() || node->entries.empty()) {
        pack.reading.error(node ? node->at : section.at(), path, "An incident sets parameters: " + incident.name,
                           "Write set: {PARAMETER: VALUE}.");
        return;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        const Parameter* parameter = pack.parameter(entry.key);
        if (!parameter) {
            std::vector<std::string> known;
            for (const Parameter& one : pack.parameters) known.push_back(one.name);
            pack.reading.error(entry.key_at, path, "No parameter of this pack: " + entry.key,
                               suggest(entry.key, known));
            continue;
        }
        incident.set.emplace_back(entry.key, &entry.value);
        if (!entry.value.is_scalar()) {
            pack.reading.error(entry.value.at, path, "A parameter is one value, not a list or a map");
        } else if (!entry.value.is_expression()) {
            const auto value = read_parameter(parameter->type, entry.value.text);
            const auto limit = value ? read_parameter_range(*parameter, *value) : std::nullopt;
            if (!value)
                pack.reading.error(
                    entry.value.at, path,
                    "Parameter " + entry.key + " is of type " + parameter->type + ", got: " + entry.value.text);
            if (limit)
                pack.reading.error(entry.value.at, path,
                                   "Parameter " + entry.key + " is " + *limit + ", got: " + entry.value.text);
        }
    }
}

bool names_incident(const std::string& run, const Pack& pack, const Incident& incident) {
    return run == incident.name || run == pack.name + "." + incident.name;
}

int64_t draw_between(const DurationRange& range, uint64_t base, const char* place) {
    const uint64_t size = static_cast<uint64_t>(range.high - range.low) + 1;
    return range.low + static_cast<int64_t>(below(draw(base, key_of(place)), size));
}

int64_t add_up(int64_t instant, int64_t duration) {
    int64_t sum = 0;
    return __builtin_add_overflow(instant, duration, &sum) ? INT64_MAX : sum;
}

/// Settles when an incident is on. Its runs are known by their order among those of the same incident.
void schedule(const World& world, const Pack& pack, Incident& incident) {
    std::vector<TimeRange> ranges;
    const uint64_t key = key_under(pack.key, key_of("incident " + incident.name));
    uint64_t place = 0;
    for (const IncidentRun& run : world.incident_runs) {
        if (!names_incident(run.run, pack, incident)) continue;
        const auto lasts = run.lasts ? run.lasts : incident.lasts;
        if (!lasts) {
            world.diagnostics.error(run.file, run.written_at, run.path,
                                    "Nobody says how long this incident lasts: " + incident.name,
                                    "Add for example for: 20min.");
            continue;
        }
        const uint64_t own = key_under(key, ++place);
        for (int64_t i = 0; i < run.times; ++i) {
            const uint64_t base = base_of(own, static_cast<uint64_t>(i));
            int64_t from = run.at_instant ? *run.at_instant : add_up(world.start, draw_between(run.at, base, "at"));
            int64_t later = 0;
            if (__builtin_mul_overflow(i, run.every, &later)) later = INT64_MAX;
            from = add_up(from, later);
            ranges.push_back({from, add_up(from, draw_between(*lasts, base, "for"))});
        }
    }
    if (!ranges.empty()) incident.times = std::make_shared<SwitchTimes>(std::move(ranges));
}

std::optional<IncidentRun> read_run(const Reading& reading, const Node& node, const std::string& path) {
    Section section(reading, &node, path);
    IncidentRun run;
    run.written_at = node.at;
    run.file = reading.file;
    run.path = path;
    run.run = section.text("run").value_or("");
    const Node* at = section.take("at");
    run.lasts = take_length(section);
    run.every = section.duration("every").value_or(0);
    const auto times = section.count("times");
    run.times = times.value_or(1);
    const bool keys_are_known = section.finish();
    if (node.is_null())
        reading.error(node.at, path, "An entry says which incident is run", "Write {run: NAME, at: 2h}.");
    if (!node.is_map()) return std::nullopt;
    if (run.run.empty() && keys_are_known)
        reading.error(node.at, path, "An entry says which incident is run", "Write {run: NAME, at: 2h}.");
    const std::string text = at && at->is_scalar() ? at->text : "";
    run.at_instant = parse_instant(text);
    const auto range = read_durations(text);
    if (range) run.at = *range;
    if (!at && keys_are_known) {
        reading.error(node.at, path, "An incident is run at an instant, and none is given: " + run.run,
                      "Write at: 2h for so long after the start, at: 2d..5d to have it drawn, or an instant.");
    } else if (at && !run.at_instant && !range) {
        reading.error(at->at, section.path_of("at"),
                      "Neither a duration since the start, nor a range of them, nor an instant: " + text,
                      "Write for example 10h, 2d..5d or 2026-11-01T10:00:00Z.");
    }
    if (times && (*times < 1 || *times > most_times))
        reading.error(section.at("times"), section.path_of("times"),
                      "How often an incident is run is between 1 and 10k: " + std::to_string(*times));
    if (run.times > 1 && run.every == 0 && at && run.at.low == run.at.high)
        reading.error(section.at("times"), section.path_of("times"),
                      "What happens several times is drawn, or comes again and again: " + text,
                      "Write at: 2d..5d, or add every: 1d.");
    if (run.every < 0 || (run.every > 0 && !times))
        reading.error(section.at("every"), section.path_of("every"), "What comes again says how often",
                      "Add for example times: 3.");
    run.times = std::clamp<int64_t>(run.times, 1, most_times);
    return run;
}

}  // namespace

void add_incidents(const World& world, Pack& pack, const Node* node) {
    if (!node || node->is_null()) return;
    if (!node->is_map()) {
        pack.reading.error(node->at, "incidents", "Incidents are a map of names and sections");
        return;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        Section section(pack.reading, &entry.value, "incidents." + entry.key);
        auto incident = std::make_shared<Incident>();
        incident->name = entry.key;
        incident->at = entry.key_at;
        incident->index = pack.incidents.size();
        incident->help = section.text("help").value_or("");
        incident->where = section.take("where");
        incident->lasts = take_length(section);
        const Node* set = section.take("set");
        const bool keys_are_known = section.finish();
        if (!is_name(entry.key))
            pack.reading.error(entry.key_at, section.path(),
                               "A name has letters, digits and _ and begins with no digit: " + entry.key);
        if (set || keys_are_known) read_set(pack, section, set, *incident);
        schedule(world, pack, *incident);
        pack.incidents.push_back(std::move(incident));
    }
}

std::vector<IncidentRun> read_incident_runs(const Reading& reading, const Node* node) {
    std::vector<IncidentRun> runs;
    if (!node || node->is_null()) return runs;
    if (!node->is_sequence()) {
        reading.error(node->at, "incidents", "Incidents of a scenario are a list", "Begin each with - run: NAME.");
        return runs;
    }
    for (size_t i = 0; i < node->items.size(); ++i) {
        if (auto run = read_run(reading, node->items[i], "incidents." + std::to_string(i + 1)))
            runs.push_back(std::move(*run));
    }
    return runs;
}

void check_incident_runs(const World& world) {
    std::vector<std::string> known;
    for (const auto& pack : world.packs) {
        for (const auto& incident : pack->incidents) {
            known.push_back(incident->name);
            if (world.packs.size() > 1) known.push_back(pack->name + "." + incident->name);
        }
    }
    for (const IncidentRun& run : world.incident_runs) {
        if (run.run.empty()) continue;
        std::vector<std::string> named;
        for (const auto& pack : world.packs) {
            for (const auto& incident : pack->incidents) {
                if (names_incident(run.run, *pack, *incident)) named.push_back(pack->name + "." + incident->name);
            }
        }
        if (named.empty())
            world.diagnostics.error(run.file, run.written_at, run.path, "Unknown incident: " + run.run,
                                    known.empty() ? "No pack of this run has incidents." : suggest(run.run, known));
        if (named.size() > 1)
            world.diagnostics.error(run.file, run.written_at, run.path, "Several packs have this incident: " + run.run,
                                    "Write run: " + named.front() + " or run: " + named.back() + ".");
    }
}

}  // namespace headwater
