// For the manifest: what a run made, with digests, and how to make it again; written last, beside the objects.
#include "engine/manifest.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

Json packs_of(const Plan& plan) {
    Json packs = Json::array();
    for (const PackUse& pack : plan.packs) {
        Json parameters = Json::object();
        for (auto& [name, value] : pack.parameters) parameters[name] = value;
        packs.push_back(
            {{"name", pack.name}, {"version", pack.version}, {"digest", pack.digest}, {"parameters", parameters}});
    }
    return packs;
}

Json object_of(const ObjectEntry& entry) {
    Json object{
        {"name", entry.name}, {"stream", entry.stream}, {"format", entry.format}, {"compression", entry.compression}};
    object["rows"] = entry.rows;
    object["bytes"] = entry.bytes;
    object["sha256"] = entry.sha256;
    object["first_row"] = entry.first_row;
    object["last_row"] = entry.last_row;
    object["min_time"] = spell_instant(entry.min_time);
    object["max_time"] = spell_instant(entry.max_time);
    if (entry.versions.size() == 1) object["schema_version"] = entry.versions.begin()->first;
    return object;
}

Json objects_of(const std::vector<ObjectEntry>& entries) {
    Json objects = Json::array();
    for (const ObjectEntry& entry : entries) objects.push_back(object_of(entry));
    return objects;
}

Json faults_of(const OutgoingStream& outgoing, const std::vector<int64_t>& strokes) {
    Json faults = Json::array();
    for (size_t i = 0; i < outgoing.plans().size(); ++i) {
        const FaultPlan& plan = outgoing.plans()[i];
        faults.push_back({{"name", plan.name}, {"fault", plan.verb}, {"strokes", i < strokes.size() ? strokes[i] : 0}});
    }
    return faults;
}

/// Lists the versions of a schema: since when, what records hold then, and how many were delivered.
Json versions_of(const Schema& schema, const Tally& tally) {
    Json versions = Json::array();
    auto add = [&](const Schema& version, Json from) {
        Json fields = Json::array();
        for (const Field& field : version.fields)
            fields.push_back({{"name", field.name}, {"type", spell(field.type) + (field.nullable ? " or null" : "")}});
        const auto rows = tally.versions.find(version.version);
        versions.push_back({{"version", version.version},
                            {"from", std::move(from)},
                            {"rows", rows == tally.versions.end() ? 0 : rows->second},
                            {"fields", std::move(fields)}});
    };
    add(schema, Json());
    for (const SchemaVersion& later : schema.versions) add(*later.schema, spell_instant(later.from));
    return versions;
}

Json stream_of(const Plan& plan, const StreamOutcome& outcome) {
    const StreamPlan& stream = plan.streams[static_cast<size_t>(outcome.stream)];
    const Tally& tally = outcome.tally;
    Json json{{"name", stream.qualified()}, {"key", stream.schema->key}, {"rows", tally.rows}};
    bool is_empty = tally.rows == 0;
    for (const auto& [phase, rows] : outcome.phases) json["phases"][phase] = rows;
    json["first_row"] = is_empty ? Json() : Json(stream.of_entities ? 0 : tally.first_row);
    json["last_row"] = is_empty ? Json() : Json(stream.of_entities ? tally.rows - 1 : tally.last_row);
    bool has_times = tally.min_time <= tally.max_time;
    json["min_time"] = has_times ? Json(spell_instant(tally.min_time)) : Json();
    json["max_time"] = has_times ? Json(spell_instant(tally.max_time)) : Json();
    if (stream.schema->most_late > 0) json["late_at_most"] = spell_duration(stream.schema->most_late);
    if (!stream.schema->versions.empty()) json["versions"] = versions_of(*stream.schema, tally);
    if (stream.outgoing != nullptr && !stream.outgoing->plans().empty()) {
        json["generated"] = outcome.generated;
        json["faults"] = faults_of(*stream.outgoing, outcome.faults);
    }
    json["ended"] = outcome.ended;
    json["exhausted"] = outcome.ended == "exhausted";
    json["objects"] = objects_of(outcome.objects);
    return json;
}

std::string rate_text(double rate) {
    char text[400];  // the largest double has 309 digits
    return std::string(text, std::to_chars(text, text + sizeof text, rate, std::chars_format::fixed).ptr) + "/s";
}

std::string part_ending(int part, int parts) {
    return parts == 1 ? "" : "-" + std::to_string(part) + "-of-" + std::to_string(parts);
}

}  // namespace

std::string_view name_of(RunState state) { return state == RunState::completed ? "completed" : "stopped"; }

std::string manifest_text(const Plan& plan, const ManifestContent& content) {
    Json json{
        {"tool", "headwater"}, {"version", content.version}, {"run", content.run}, {"state", name_of(content.state)}};
    json["scenario"] = plan.scenario;
    json["seed"] = plan.seed;
    json["start"] = spell_instant(plan.clock.start);
    json["until"] = plan.clock.until ? Json(spell_instant(*plan.clock.until)) : Json();
    if (plan.clock.seam) json["seam"] = spell_instant(*plan.clock.seam);
    if (!content.phase.empty()) json["phase"] = content.phase;
    if (content.reached) json["reached"] = spell_instant(*content.reached);
    for (const RunChange& change : content.changes)
        if (change.kind == RunChange::Kind::rate)
            json["changes"].push_back({{"at", spell_instant(change.instant)}, {"rate", rate_text(change.rate)}});
    for (const IncidentPlan& incident : plan.incidents)
        for (const TimeRange& range : incident.ranges)
            json["incidents"].push_back({{"name", incident.qualified()},
                                         {"from", spell_instant(range.from)},
                                         {"until", spell_instant(range.until)}});
    json["part"] = content.part;
    json["parts"] = content.parts;
    json["packs"] = packs_of(plan);
    json["streams"] = Json::array();
    for (const StreamOutcome& outcome : content.streams) json["streams"].push_back(stream_of(plan, outcome));
    json["answer_key"] = Json();
    if (content.answer_key)
        json["answer_key"] = {{"to", content.answer_key->to}, {"objects", objects_of(content.answer_key->objects)}};
    json["command"] = content.command;
    return spell_json(json, 2) + "\n";
}

std::string manifest_name(int part, int parts) { return "manifest" + part_ending(part, parts) + ".json"; }

std::string success_name(int part, int parts) { return "_SUCCESS" + part_ending(part, parts); }

std::string run_id_of(const Plan& plan) {
    uint64_t key = key_under(plan.seed, static_cast<uint64_t>(plan.clock.start));
    for (const PackUse& pack : plan.packs) {
        for (const std::string* text : {&pack.name, &pack.version, &pack.digest}) key = key_under(key, key_of(*text));
        for (auto& [name, value] : pack.parameters) key = key_under(key_under(key, key_of(name)), key_of(value));
    }
    for (const StreamPlan& stream : plan.streams) {
        if (stream.outgoing == nullptr || stream.outgoing->plans().empty()) continue;
        key = key_under(key, key_of(stream.qualified()));
        for (const FaultPlan& fault : stream.outgoing->plans())
            key = key_under(key_under(key, fault.key), key_of(fault.spelled));
    }
    for (const IncidentPlan& incident : plan.incidents) {
        key = key_under(key, key_of(incident.qualified()));
        for (const TimeRange& range : incident.ranges)
            key = key_under(key_under(key, static_cast<uint64_t>(range.from)), static_cast<uint64_t>(range.until));
    }
    return hex_of(key).substr(0, 12);
}

}  // namespace headwater
