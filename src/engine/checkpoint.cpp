// For what a run must know to go on after it was cut off: how far each lane is durable, as plain values and as JSON.
#include "engine/checkpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace headwater {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ObjectEntry, name, stream, format, compression, rows, bytes, raw_bytes, sha256,
                                   first_row, last_row, min_time, max_time, versions)

namespace {

using Json = nlohmann::json;

Json json_of(const Tally& tally) {
    return {tally.rows, tally.bytes, tally.first_row, tally.last_row, tally.min_time, tally.max_time, tally.versions};
}

Tally tally_of(const Json& json) {
    return {json.at(0), json.at(1), json.at(2), json.at(3), json.at(4), json.at(5), json.at(6)};
}

Json json_of(const LaneState& lane) {
    Json streams = Json::array();
    for (auto& [stream, mark] : lane.marks) {
        auto tally = lane.tallies.find(stream);
        streams.push_back({{"stream", stream},
                           {"record", mark.record},
                           {"drop", mark.drop},
                           {"tally", json_of(tally == lane.tallies.end() ? Tally{} : tally->second)}});
    }
    Json feeds = Json::array();
    for (auto& [stream, feed] : lane.feeds) feeds.push_back({stream, feed.start, feed.from, feed.out, feed.advanced});
    return {{"streams", streams}, {"feeds", feeds},          {"cursor", lane.cursor}, {"rows", lane.rows},
            {"ends", lane.ends},  {"entries", lane.entries}, {"idle", lane.is_idle}};
}

LaneState lane_of(const Json& json) {
    LaneState lane;
    for (const Json& stream : json.at("streams")) {
        int number = stream.at("stream");
        lane.marks[number] = {stream.at("record"), stream.at("drop")};
        lane.tallies[number] = tally_of(stream.at("tally"));
    }
    for (const Json& feed : json.at("feeds")) lane.feeds[feed.at(0)] = {feed.at(1), feed.at(2), feed.at(3), feed.at(4)};
    json.at("cursor").get_to(lane.cursor);
    json.at("rows").get_to(lane.rows);
    json.at("ends").get_to(lane.ends);
    json.at("entries").get_to(lane.entries);
    json.at("idle").get_to(lane.is_idle);
    return lane;
}

Json json_of(const PlannedWindow& window) { return {window.to, window.exact}; }
PlannedWindow window_of(const Json& json) { return {json.at(0), json.at(1)}; }

Json json_of(const RunChange& change) { return {name_of(change.kind), change.rate, change.instant, change.at}; }

RunChange change_of(const Json& json) {
    RunChange change{.rate = json.at(1), .instant = json.at(2), .at = json.at(3)};
    for (auto kind : {RunChange::Kind::pause, RunChange::Kind::go_on, RunChange::Kind::rate})
        if (json.at(0) == name_of(kind)) change.kind = kind;
    return change;
}

}  // namespace

void add(Tally& all, const Tally& more) {
    if (more.rows == 0) return;
    all.first_row = all.rows == 0 ? more.first_row : std::min(all.first_row, more.first_row);
    all.last_row = std::max(all.last_row, more.last_row);
    all.rows += more.rows;
    all.bytes += more.bytes;
    all.min_time = std::min(all.min_time, more.min_time);
    all.max_time = std::max(all.max_time, more.max_time);
    for (const auto& [version, rows] : more.versions) all.versions[version] += rows;
}

int64_t durable_rows(const LaneState& lane) {
    int64_t rows = lane.rows;
    for (const auto& [stream, tally] : lane.tallies) rows += tally.rows;
    return rows;
}

std::string_view name_of(RunChange::Kind kind) {
    constexpr std::string_view names[] = {"pause", "resume", "rate"};
    return names[static_cast<size_t>(kind)];
}

std::string checkpoint_text(const Checkpoint& checkpoint) {
    Json windows = Json::array(), lanes = Json::array(), changes = Json::array();
    for (const PlannedWindow& window : checkpoint.windows) windows.push_back(json_of(window));
    for (const RunChange& change : checkpoint.changes) changes.push_back(json_of(change));
    for (const LaneState& lane : checkpoint.lanes) lanes.push_back(json_of(lane));
    Json history;
    if (checkpoint.history) history = {checkpoint.history->rows, checkpoint.history->faults};
    return Json{{"sequence", checkpoint.sequence},
                {"whole", checkpoint.is_whole},
                {"state", checkpoint.state},
                {"reached", json_of(checkpoint.reached)},
                {"windows", windows},
                {"changes", changes},
                {"real_us", checkpoint.real_us},
                {"dead_letter_bytes", checkpoint.dead_letter_bytes},
                {"dead_letters", checkpoint.dead_letters},
                {"faults", checkpoint.faults},
                {"counted", checkpoint.counted},
                {"history", history},
                {"lanes", lanes}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Checkpoint> checkpoint_of(const std::string& text) {
    try {
        Json json = Json::parse(text);
        Checkpoint checkpoint;
        json.at("sequence").get_to(checkpoint.sequence);
        json.at("whole").get_to(checkpoint.is_whole);
        json.at("state").get_to(checkpoint.state);
        checkpoint.reached = window_of(json.at("reached"));
        for (const Json& window : json.at("windows")) checkpoint.windows.push_back(window_of(window));
        for (const Json& change : json.at("changes")) checkpoint.changes.push_back(change_of(change));
        json.at("real_us").get_to(checkpoint.real_us);
        json.at("dead_letter_bytes").get_to(checkpoint.dead_letter_bytes);
        json.at("dead_letters").get_to(checkpoint.dead_letters);
        json.at("faults").get_to(checkpoint.faults);
        json.at("counted").get_to(checkpoint.counted);
        if (const Json& history = json.at("history"); !history.is_null())
            checkpoint.history = {history.at(0), history.at(1)};
        for (const Json& lane : json.at("lanes")) checkpoint.lanes.push_back(lane_of(lane));
        return checkpoint;
    } catch (const Json::exception& error) {
        return fail(ErrorKind::invalid, std::string("Not a checkpoint: ") + error.what());
    }
}

}  // namespace headwater
