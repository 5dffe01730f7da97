#include "pack/scenario.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/time.h"
#include "pack/incidents.h"
#include "pack/library.h"
#include "pack/output_options.h"
#include "sink/targets.h"

namespace headwater {

std::string fill_target(const std::string& target, const Reading& reading, Position at, const std::string& path) {
    std::string filled;
    size_t from = 0;
    while (from < target.size()) {
        const size_t hole = target.find("$(", from);
        if (hole == std::string::npos) break;
        const size_t end = target.find(')', hole);
        filled += target.substr(from, hole - from);
        if (end == std::string::npos) {
            reading.error(at, path, "A hole is not closed: " + target, "Write $(stream) with its parenthesis.");
            return target;
        }
        const std::string name = target.substr(hole + 2, end - hole - 2);
        from = end + 1;
        if (name == "stream" || name == "pack" || name == "date" || name == "hour") {
            filled += "$(" + name + ")";
        } else if (name.starts_with("env.")) {
            const char* value = std::getenv(name.c_str() + 4);
            if (!value) reading.error(at, path, "Environment variable is not set: " + name.substr(4));
            filled += value ? value : "";
        } else {
            reading.error(at, path, "Unknown hole of a target: $(" + name + ")",
                          "Known are $(stream) $(pack) $(date) $(hour) and $(env.NAME).");
        }
    }
    return filled + target.substr(std::min(from, target.size()));
}

namespace {

void read_packs(const Reading& reading, const Node* node, Scenario& scenario) {
    if (!node || !node->is_map()) {
        reading.error(node ? node->at : Position{1, 1}, "packs", "A scenario names its packs",
                      "Write packs: {payments: {}}.");
        return;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        std::map<std::string, GivenValue> parameters;
        if (entry.value.is_map()) {
            for (const Node::Entry& parameter : entry.value.entries) {
                if (parameter.key == "because") continue;
                if (parameter.value.is_scalar()) {
                    parameters[parameter.key] = {parameter.value.text, reading.file, parameter.value.at,
                                                 parameter.key_at};
                } else {
                    reading.error(parameter.value.at, "packs." + entry.key + "." + parameter.key,
                                  "A parameter is one value, not a list or a map");
                }
            }
        } else if (!entry.value.is_null()) {
            reading.error(entry.value.at, "packs." + entry.key, "Parameters are a map of names and values");
        }
        const PackReference pack = read_reference(entry.key);
        if (!scenario.pack_at.emplace(pack.name, entry.key_at).second)
            reading.error(entry.key_at, "packs", "Pack is named twice: " + pack.name, "One version of it can be run.");
        scenario.packs.emplace_back(pack.name, std::move(parameters));
        scenario.pack_versions[pack.name] = pack.version;
    }
    if (scenario.packs.empty())
        reading.error(node->at, "packs", "A scenario names its packs", "Write packs: {payments: {}}.");
}

void read_changes(const Reading& reading, const Node* node, Scenario& scenario) {
    if (!node) return;
    if (!node->is_sequence())
        reading.error(node->at, "clock.changes", "Changes are a list", "Begin each with - at: INSTANT.");
    for (size_t i = 0; i < node->items.size(); ++i) {
        Section section(reading, &node->items[i], "clock.changes." + std::to_string(i + 1));
        const auto at = section.instant("at");
        const auto rate = section.rate("rate");
        const bool is_known = section.finish();
        for (const char* key : {"at", "rate"})
            if (is_known && node->items[i].find(key) == nullptr)
                reading.error(section.at(), section.path_of(key), "A change of the rate lacks its " + std::string(key),
                              "Write {at: 2026-11-02T00:00:00Z, rate: 500/s}.");
        if (!at || !rate) continue;
        if (!scenario.changes.empty() && *at <= scenario.changes.back().at)
            reading.error(section.at("at"), section.path_of("at"),
                          "A change does not lie behind the one before it: " + spell_instant(*at));
        scenario.changes.push_back({*at, *rate});
    }
}

void read_clock(const Reading& reading, const Node* node, Scenario& scenario) {
    if (!node) return;
    Section section(reading, node, "clock");
    scenario.start = section.instant("start");
    if (const Node* until = node->is_map() ? node->find("until") : nullptr; until && until->is_scalar())
        scenario.until_after = parse_duration(until->text);
    if (scenario.until_after)
        section.take("until");
    else
        scenario.until = section.instant("until");
    scenario.history = section.duration("history");
    scenario.duration = section.duration("for");
    scenario.live = section.choice("then", {"live"}).has_value();
    scenario.seam = section.instant("seam");
    scenario.speed = [&]() -> std::optional<double> {
        const auto text = section.text("speed");
        if (!text) return std::nullopt;
        const auto speed = read_parameter("float", text->ends_with("x") ? text->substr(0, text->size() - 1) : *text);
        if (!speed || speed->real <= 0) {
            reading.error(section.at("speed"), "clock.speed", "Not a speed above 0: " + *text,
                          "Write for example 60x.");
            return std::nullopt;
        }
        return speed->real;
    }();
    scenario.rate = section.rate("rate");
    read_changes(reading, section.take("changes"), scenario);
    if (const Node* warm_up = section.take("warm_up")) {
        reading.error(warm_up->at, "clock.warm_up", "This version does not know how to warm up: " + warm_up->text,
                      "Start earlier instead.");
    }
    section.finish();
    if (scenario.start && scenario.history) {
        reading.error(section.at("history"), "clock.history", "A clock has a start or a history, not both",
                      "history: 90d starts ninety days before now.");
    }
    if (scenario.start && scenario.until && *scenario.until <= *scenario.start) {
        reading.error(section.at("until"), "clock.until",
                      "The end lies before the start: " + spell_instant(*scenario.until));
    }
}

/// Reads an option of an output where it is given.
void read_output_option(Section& section, const Option& option, OutputPlan& output) {
    if (option.shape == OptionShape::size) {
        if (const auto size = section.size(option.name)) option.set(&output, {.number = *size});
        return;
    }
    if (option.shape == OptionShape::boolean) {
        if (const auto truth = section.choice(option.name, {"true", "false"}))
            option.set(&output, {.is_true = *truth == "true"});
        return;
    }
    const std::vector<std::string> choices(option.choices.begin(), option.choices.end());
    const auto text = choices.empty() ? section.text(option.name) : section.choice(option.name, choices);
    if (text) option.set(&output, {.text = *text});
}

OutputPlan read_output(const Reading& reading, const Node& node, const std::string& path,
                       std::vector<std::string>& streams, std::vector<std::string>& tables) {
    Section section(reading, &node, path);
    OutputPlan output = output_to("");
    streams = section.texts("streams");
    tables = section.texts("tables");
    const Node* to = section.take("to");
    if (!to || !to->is_scalar() || to->is_null()) {
        reading.error(node.at, path, "An output needs a target", "Write to: file:out.");
    } else {
        output.to = fill_target(to->text, reading, to->at, path + ".to");
    }
    for (const Option& option : output_options()) read_output_option(section, option, output);
    for (const char* later : {"topic", "registry"}) {
        if (const Node* value = section.take(later)) {
            reading.error(value->at, path + "." + later,
                          "This version does not know how to carry this out: " + std::string(later),
                          "Targets are " + target_forms(", ") + ".");
        }
    }
    section.finish();
    return output;
}

/// Reads a seed, every bit of one that is written in digits.
std::optional<uint64_t> read_seed(const std::string& text) {
    uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error == std::errc() && end == text.data() + text.size()) return seed;
    return read_count(text);
}

}  // namespace

Scenario read_scenario(std::shared_ptr<const SourceFile> file, Diagnostics& diagnostics) {
    Scenario scenario;
    scenario.file = file;
    const Reading reading{file->name, &diagnostics};
    Section section(reading, &file->root, "");
    scenario.name = section.text("scenario").value_or("");
    read_packs(reading, section.take("packs"), scenario);
    if (const Node* seed = section.take("seed")) {
        scenario.seed = seed->is_scalar() ? read_seed(seed->text) : std::nullopt;
        if (!scenario.seed)
            reading.error(seed->at, "seed",
                          "A seed is a whole number from 0 to 18446744073709551615" +
                              (seed->is_scalar() ? ": " + seed->text : ""),
                          "Write for example seed: 42; another seed gives other records.");
    }
    read_clock(reading, section.take("clock"), scenario);
    if (const Node* outputs = section.take("outputs")) {
        if (!outputs->is_sequence())
            reading.error(outputs->at, "outputs", "Outputs are a list", "Begin each output with - to: TARGET.");
        for (size_t i = 0; i < outputs->items.size(); ++i) {
            ScenarioOutput output;
            output.at = outputs->items[i].at;
            output.path = "outputs." + std::to_string(i + 1);
            output.file = file->name;
            output.plan = read_output(reading, outputs->items[i], output.path, output.streams, output.tables);
            scenario.outputs.push_back(std::move(output));
        }
    }
    if (const Node* key = section.take("answer_key")) {
        std::vector<std::string> streams, tables;
        scenario.answer_key = read_output(reading, *key, "answer_key", streams, tables);
    }
    scenario.chaos = read_chaos(reading, section.take("chaos"));
    scenario.incidents = read_incident_runs(reading, section.take("incidents"));
    section.finish();
    return scenario;
}

}  // namespace headwater
