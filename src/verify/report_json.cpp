// For telling machines what verify found, as JSON.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "verify/report.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const GradeCounts& counts) {
    Json json{{"sent", counts.sent}, {"landed", counts.landed}, {"equal", counts.equal}};
    json["set_aside"] = counts.set_aside;
    for (DifferenceKind kind : all_differences) json[std::string(name_of(kind))] = counts.of(kind);
    return json;
}

Json json_of(const FaultGrade& fault) {
    Json json{{"ordered_by", fault.name}, {"fault", fault.verb}, {"strokes", fault.strokes}};
    json["makes"] = name_of(ordered_by(fault.verb));
    json["landed_so"] = fault.as_ordered;
    json["differences"] = Json::object();
    for (DifferenceKind kind : all_differences)
        if (const uint64_t number = fault.differences[static_cast<size_t>(kind)]; number > 0)
            json["differences"][std::string(name_of(kind))] = number;
    return json;
}

Json json_of(const StreamGrade& stream) {
    Json json{{"stream", stream.stream.empty() ? Json() : Json(stream.stream)},
              {"part", stream.part < 0 ? Json() : Json(stream.part)}};
    json.update(json_of(stream.counts));
    json["altered_fields"] = Json::object();
    for (const auto& [field, records] : stream.altered_fields) json["altered_fields"][field] = records;
    json["ordered"] = Json::array();
    for (const FaultGrade& fault : stream.faults) json["ordered"].push_back(json_of(fault));
    return json;
}

Json json_of(const std::vector<FoundField>& fields) {
    Json json = Json::object();
    for (const FoundField& field : fields) json[field.path] = field.text;
    return json;
}

Json json_of(const Difference& one, const Grade& grade, const std::vector<Shape>& shapes) {
    Json json{{"kind", name_of(one.kind)}};
    json["stream"] = one.shape < 0 ? Json() : Json(shapes[static_cast<size_t>(one.shape)].stream());
    json["part"] = one.part < 0 ? Json() : Json(one.part);
    const bool of_entity = one.row && one.row->entity >= 0;
    json["row"] = one.row && !of_entity ? Json(one.row->number) : Json();
    json["entity"] = of_entity ? Json(one.row->entity) : Json();
    json["ordinal"] = of_entity ? Json(one.row->number) : Json();
    json["landed_in"] = one.lane < 0 ? Json() : Json(grade.lanes[static_cast<size_t>(one.lane)].name);
    json["position"] = one.lane < 0 ? Json() : Json(one.position);
    json["ordered_by"] = Json();  // what a fault ordered is no difference
    json["struck_by"] = one.struck_by;
    json["reason"] = one.reason.empty() ? Json() : Json(one.reason);
    json["fields"] = Json::array();
    for (const AlteredField& field : one.fields)
        json["fields"].push_back({{"field", field.path},
                                  {"was", field.was.empty() ? Json() : Json(field.was)},
                                  {"is", field.is.empty() ? Json() : Json(field.is)}});
    if (one.kind != DifferenceKind::altered && !one.sent.empty()) json["sent"] = json_of(one.sent);
    if (one.kind != DifferenceKind::altered && !one.found.empty()) json["found"] = json_of(one.found);
    return json;
}

/// Gives 0 to 1, or null where there is nothing.
Json share(uint64_t some, uint64_t all) {
    return all == 0 ? Json() : Json(static_cast<double>(some) / static_cast<double>(all));
}

Json json_of(const LetterGrade& grade) {
    Json json{{"letters", grade.letters}, {"unreadable", grade.unreadable}, {"unknown", grade.unknown},
              {"marked", grade.marked},   {"answer_key", Json::array()},    {"reasons", Json::array()}};
    for (const CaughtCounts& one : grade.caught)
        json["answer_key"].push_back({{"name", one.name},
                                      {"records", one.records},
                                      {"caught", one.caught},
                                      {"recall", share(one.caught, one.records)},
                                      {"letters", one.letters},
                                      {"right", one.carrying},
                                      {"precision", share(one.carrying, one.letters)}});
    for (const ReasonCounts& one : grade.reasons) {
        Json of = Json::array();
        for (const auto& [name, letters] : one.of)
            of.push_back({{"name", name.empty() ? Json() : Json(name)}, {"letters", letters}});
        json["reasons"].push_back({{"reason", one.reason},
                                   {"stands_for", one.name.empty() ? Json() : Json(one.name)},
                                   {"letters", one.letters},
                                   {"right", one.carrying},
                                   {"precision", share(one.carrying, one.letters)},
                                   {"of", of}});
    }
    return json;
}

}  // namespace

std::string report_json(const Grade& grade, const std::vector<Shape>& shapes) {
    Json json{{"tool", "headwater verify"}, {"run", grade.run}, {"from", grade.from}, {"clean", grade.is_clean()}};
    json["matched_by"] = grade.matched_by;
    json["order"] = grade.order;
    json["total"] = json_of(grade.total());
    json["streams"] = Json::array();
    for (const StreamGrade& stream : grade.streams) {
        const bool is_empty = stream.counts.sent + stream.counts.landed + stream.counts.all_differences() == 0;
        if (!is_empty) json["streams"].push_back(json_of(stream));
    }
    json[grade.lane_kind + "s"] = Json::array();
    for (const LaneGrade& lane : grade.lanes) {
        Json one{{"name", lane.name}};
        one.update(json_of(lane.counts));
        one.erase("sent");
        one.erase("lost");
        one.erase("set_aside");
        json[grade.lane_kind + "s"].push_back(std::move(one));
    }
    json["unknown_fields"] = Json::array();
    for (const auto& [name, records] : grade.unknown_fields)
        json["unknown_fields"].push_back({{"stream", shapes[static_cast<size_t>(name.first)].stream()},
                                          {"field", name.second},
                                          {"records", records}});
    json["differences"] = Json::array();
    for (const Difference& one : grade.examples) json["differences"].push_back(json_of(one, grade, shapes));
    json["dead_letters"] = grade.letters ? json_of(*grade.letters) : Json();
    json["notices"] = grade.notices;
    return spell_json(json, 2) + "\n";
}

}  // namespace headwater
