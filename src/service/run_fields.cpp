// For what a run of the service is: one list, from which its row in the database, its document and their schema come.
#include "service/run_fields.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/json.h"
#include "base/time.h"
#include "service/switches.h"

namespace headwater {

using Json = nlohmann::ordered_json;

// Structures within a row are JSON: those of lists as arrays of their members, the others as objects.

static auto members(auto& one)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, StreamCount>
{
    return std::tie(one.name, one.records, one.outputs);
}
static auto members(auto& one)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, FaultCount>
{
    return std::tie(one.stream, one.name, one.strokes);
}
static auto members(auto& one)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, SinkProgress>
{
    return std::tie(one.name, one.to, one.is_answer_key, one.records, one.acknowledged);
}
static auto members(auto& one)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, RunChange>
{
    return std::tie(one.kind, one.rate, one.instant, one.at);
}
static auto members(auto& one)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, RunPack>
{
    return std::tie(one.name, one.version, one.kept);
}
static auto members(auto& one)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, RunSwitch>
{
    return std::tie(one.kind, one.name, one.entry, one.lasts, one.from, one.ends, one.until, one.is_off_asked);
}

static void each_member(auto& one, auto visit)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, Webhook>
{
    visit("url", one.url), visit("state", one.state), visit("attempts", one.attempts), visit("next", one.next);
    visit("ended", one.ended), visit("status", one.status), visit("reason", one.reason);
}
static void each_member(auto& one, auto visit)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, Cleaning>
{
    visit("state", one.state), visit("next", one.next), visit("ended", one.ended), visit("objects", one.objects);
    visit("removed", one.removed), visit("kept", one.kept), visit("reason", one.reason);
}
static void each_member(auto& one, auto visit)
    requires std::is_same_v<std::remove_cvref_t<decltype(one)>, RunCounts>
{
    visit("records", one.records), visit("bytes", one.bytes), visit("elapsed_us", one.elapsed_us);
    visit("lag_us", one.lag_us), visit("share", one.share), visit("instant", one.instant);
    visit("limited_by", one.limited_by), visit("dead_letters", one.dead_letters), visit("rate", one.rate);
    visit("waiting_for", one.waiting_for), visit("failures", one.failures), visit("last_error", one.last_error);
    visit("sinks", one.sinks), visit("changes", one.changes), visit("faults", one.faults);
    visit("streams", one.streams);
}

template <typename T>
concept Listed = requires(T& one) { members(one); };
template <typename T>
concept Named = requires(T& one) { each_member(one, [](const char*, auto&) {}); };

template <Listed T>
static void to_json(Json& json, const T& one) {
    json = Json::array();
    std::apply([&](const auto&... member) { (json.push_back(member), ...); }, members(one));
}
template <Listed T>
static void from_json(const Json& json, T& one) {
    size_t place = 0;
    const auto take = [&](auto& member) {
        if (place < json.size()) json[place++].get_to(member);  // earlier versions had fewer
    };
    std::apply([&](auto&... member) { (take(member), ...); }, members(one));
}
template <Named T>
static void to_json(Json& json, const T& one) {
    each_member(one, [&](const char* name, const auto& member) { json[name] = member; });
}
template <Named T>
static void from_json(const Json& json, T& one) {
    each_member(one, [&](const char* name, auto& member) {
        if (const auto found = json.find(name); found != json.end()) found->get_to(member);
    });
}

template <typename T>
static std::string spell(const T& one) {
    return spell_json(Json(one));
}

std::string spell_kept(const RunCounts& counts) { return spell(counts); }
std::string spell_kept(const Webhook& hook) { return spell(hook); }
std::string spell_kept(const Cleaning& cleaning) { return spell(cleaning); }
std::string spell_kept(const std::vector<RunSwitch>& switches) { return spell(switches); }
std::string spell_kept(const std::vector<RunPack>& packs) { return spell(packs); }
void read_kept(const std::string& text, RunCounts& counts) { parse_json(text).get_to(counts); }
void read_kept(const std::string& text, Webhook& hook) { parse_json(text).get_to(hook); }
void read_kept(const std::string& text, Cleaning& cleaning) { parse_json(text).get_to(cleaning); }
void read_kept(const std::string& text, std::vector<RunSwitch>& switches) { parse_json(text).get_to(switches); }
void read_kept(const std::string& text, std::vector<RunPack>& packs) { parse_json(text).get_to(packs); }

namespace {

Json instant_of(int64_t instant) { return instant == 0 ? Json() : Json(spell_instant(instant)); }
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json rate_or_null(double rate) { return rate == 0 ? Json() : Json(rate); }
double in_tenths(double value) { return std::round(value * 10) / 10; }
double at(const std::vector<double>& rates, size_t i) { return i < rates.size() ? in_tenths(rates[i]) : 0; }

Json show_streams(const RunView& view) {
    Json streams = Json::array();
    for (const auto& [name, records, outputs] : view.run.counts.streams)
        streams.push_back({{"name", name},
                           {"records", records},
                           {"outputs", outputs},
                           {"events_per_second", view.rates ? at(view.rates->streams, streams.size()) : 0}});
    return streams;
}

Json show_sinks(const RunView& view) {
    Json sinks = Json::array();
    for (const SinkProgress& sink : view.run.counts.sinks)
        sinks.push_back({{"name", sink.name},
                         {"to", sink.to},
                         {"is_answer_key", sink.is_answer_key},
                         {"records", sink.records},
                         {"acknowledged", sink.acknowledged},
                         {"events_per_second", view.rates ? at(view.rates->sinks, sinks.size()) : 0}});
    return sinks;
}

Json show_changes(const RunView& view) {
    Json changes = Json::array();
    for (const RunChange& change : view.run.counts.changes) {
        Json one{{"change", name_of(change.kind)}, {"at", instant_of(change.at)}};
        one["instant"] = spell_instant(change.instant);
        if (change.kind == RunChange::Kind::rate) one["rate"] = rate_or_null(change.rate);
        changes.push_back(std::move(one));
    }
    return changes;
}

Json show_faults(const RunView& view) {
    Json faults = Json::array();
    for (const FaultCount& fault : view.run.counts.faults)
        faults.push_back({{"stream", fault.stream}, {"name", fault.name}, {"strokes", fault.strokes}});
    return faults;
}

Json show_switches(const RunView& view) {
    Json switches = Json::array();
    for (const RunSwitch& one : view.run.switches) switches.push_back(spell_switch(view.run, one));
    return switches;
}

Json show_hook(const RunView& view) {
    const Webhook& hook = view.run.hook;
    if (hook.url.empty()) return nullptr;
    constexpr const char* names[] = {"waiting", "waiting", "delivered", "given up"};
    return {{"url", hook.url},
            {"state", names[static_cast<size_t>(hook.state)]},
            {"attempts", hook.attempts},
            {"next", hook.state == Webhook::State::waiting ? instant_of(hook.next) : Json()},
            {"ended", instant_of(hook.ended)},
            {"status", hook.status == 0 ? Json() : Json(hook.status)},
            {"reason", text_or_null(hook.reason)}};
}

Json show_cleaning(const RunView& view) {
    const Cleaning& cleaning = view.run.cleaning;
    if (cleaning.state == Cleaning::State::none) return nullptr;
    constexpr const char* names[] = {"none", "asked", "done", "failed"};
    return {{"state", names[static_cast<size_t>(cleaning.state)]},
            {"ended", instant_of(cleaning.ended)},
            {"objects", cleaning.objects},
            {"removed", cleaning.removed},
            {"kept", cleaning.kept},
            {"reason", text_or_null(cleaning.reason)}};
}

Json show_errors(const RunView& view) {
    const RunCounts& counts = view.run.counts;
    return {{"failed_attempts", counts.failures},
            {"dead_letters", counts.dead_letters},
            {"last", text_or_null(counts.last_error)}};
}

Json show_packs(const RunView& view) {
    Json packs = Json::array();
    for (const RunPack& pack : view.run.packs) packs.push_back({{"name", pack.name}, {"version", pack.version}});
    return packs;
}

Json show_links(const RunView& view) {
    const std::string self = "/v1/runs/" + view.run.id;
    Json links{{"self", self}};
    for (const char* more : {"scenario", "manifest", "answer-key", "events"}) links[more] = self + "/" + more;
    return links;
}

double average_rate(const RunCounts& counts) {
    const double seconds = static_cast<double>(counts.elapsed_us) / micros_per_second;
    return counts.elapsed_us > 0 ? in_tenths(static_cast<double>(counts.records) / seconds) : 0.0;
}

constexpr std::string_view a_text = R"({"type": "string"})";
constexpr std::string_view a_number = R"({"type": "integer"})";
constexpr std::string_view an_instant = R"({"type": "string", "format": "date-time"})";
constexpr std::string_view instant_or_null = R"({"type": ["string", "null"], "format": "date-time"})";

constexpr std::string_view streams_schema =
    R"({"type": "array", "items": {"type": "object", "required": ["name", "records", "outputs", "events_per_second"], "properties": {
  "name": {"type": "string"}, "records": {"type": "integer"},
  "outputs": {"type": "array", "items": {"type": "string"}, "description": "Where it goes."},
  "events_per_second": {"type": "number"}}}})";
constexpr std::string_view sinks_schema =
    R"({"type": "array", "items": {"type": "object", "required": ["name", "to", "is_answer_key", "records", "acknowledged", "events_per_second"], "properties": {
  "name": {"type": "string"}, "to": {"type": "string"}, "is_answer_key": {"type": "boolean"},
  "records": {"type": "integer", "description": "Handed to the target."},
  "acknowledged": {"type": "integer", "description": "Durable there, as of the last checkpoint."},
  "events_per_second": {"type": "number"}}}})";
constexpr std::string_view state_schema =
    R"({"enum": ["accepted", "provisioning", "running", "paused", "draining", "completed", "stopped", "failed", "interrupted", "replaying"]})";
constexpr std::string_view packs_schema =
    R"({"type": "array", "description": "In the versions that it began with.", "items": {"type": "object", "required": ["name", "version"], "properties": {
  "name": {"type": "string"}, "version": {"type": "string"}}}})";
constexpr std::string_view faults_schema =
    R"({"type": "array", "description": "How often each fault struck.", "items": {"type": "object", "required": ["stream", "name", "strokes"], "properties": {
  "stream": {"type": "string"}, "name": {"type": "string"}, "strokes": {"type": "integer"}}}})";
constexpr std::string_view changes_schema =
    R"({"type": "array", "description": "The latest 100 pauses and rates.", "items": {"type": "object", "required": ["change", "at", "instant"], "properties": {
  "change": {"enum": ["pause", "resume", "rate"]}, "at": {"type": "string", "format": "date-time"},
  "instant": {"type": "string", "format": "date-time", "description": "Simulated."}, "rate": {"type": ["number", "null"]}}}})";
constexpr std::string_view hook_schema = R"({"type": ["object", "null"], "properties": {
  "url": {"type": "string"}, "state": {"enum": ["waiting", "delivered", "given up"]}, "attempts": {"type": "integer"},
  "next": {"type": ["string", "null"], "format": "date-time"}, "ended": {"type": ["string", "null"], "format": "date-time"},
  "status": {"type": ["integer", "null"]}, "reason": {"type": ["string", "null"]}}})";
constexpr std::string_view cleaning_schema = R"({"type": ["object", "null"], "properties": {
  "state": {"enum": ["asked", "done", "failed"]}, "ended": {"type": ["string", "null"], "format": "date-time"},
  "objects": {"type": "integer", "description": "Removed."},
  "removed": {"type": "array", "items": {"type": "string"}, "description": "Topics and buckets."},
  "kept": {"type": "array", "items": {"type": "string"}, "description": "What was not removed, and why."},
  "reason": {"type": ["string", "null"]}}})";
constexpr std::string_view errors_schema =
    R"({"type": "object", "required": ["failed_attempts", "dead_letters", "last"], "properties": {
  "failed_attempts": {"type": "integer", "description": "Because a target was away; each was made again."},
  "dead_letters": {"type": "integer"}, "last": {"type": ["string", "null"]}}})";

using View = const RunView&;
using Run = StoredRun;

/// In thousandths; null below 0.
Json share_or_null(double share) { return share < 0 ? Json() : Json(std::round(share * 1000) / 1000); }

/// What clients see of a run, and where it is kept.
std::vector<RunField> shown_fields() {
    return {
        {{"id", a_text, [](View view) -> Json { return view.run.id; }}, kept<&Run::id>("id", "TEXT NOT NULL UNIQUE")},
        {{"kind", R"({"enum": ["run", "emulation"]})",
          [](View view) -> Json { return view.run.is_emulation ? "emulation" : "run"; }},
         kept<&Run::is_emulation>("is_emulation", "INTEGER NOT NULL")},
        {{"name", a_text, [](View view) -> Json { return view.run.name; }}, kept<&Run::name>("name", "TEXT NOT NULL")},
        {{"state", state_schema, [](View view) -> Json { return name_of(view.run.state); }},
         kept<&Run::state>("state", "TEXT NOT NULL", changes)},
        {{"reason", R"({"type": "string", "description": "Why it failed, was stopped or was interrupted."})",
          [](View view) { return text_or_null(view.run.reason); }, true},
         kept<&Run::reason>("reason", "TEXT NOT NULL", changes)},
        {{"seed", a_number, [](View view) -> Json { return view.run.seed; }},
         kept<&Run::seed>("seed", "TEXT NOT NULL")},
        {{"packs", packs_schema, show_packs}, kept<&Run::packs>("packs", "TEXT NOT NULL DEFAULT ''")},
        {{"created", an_instant, [](View view) { return instant_of(view.run.created); }},
         kept<&Run::created>("created", "INTEGER NOT NULL")},
        {{"started", instant_or_null, [](View view) { return instant_of(view.run.started); }},
         kept<&Run::started>("started", "INTEGER NOT NULL", changes)},
        {{"ended", instant_or_null, [](View view) { return instant_of(view.run.ended); }},
         kept<&Run::ended>("ended", "INTEGER NOT NULL", changes)},
        {{"resumed", R"({"type": "integer", "description": "How often it was taken up after its end."})",
          [](View view) -> Json { return view.run.resumed; }},
         kept<&Run::resumed>("resumed", "INTEGER NOT NULL DEFAULT 0", changes)},
        {{"records", a_number, [](View view) -> Json { return view.run.counts.records; }},
         kept<&Run::counts>("counts", "TEXT NOT NULL", changes)},
        {{"bytes", a_number, [](View view) -> Json { return view.run.counts.bytes; }}},
        {{"elapsed_ms", a_number, [](View view) -> Json { return view.run.counts.elapsed_us / 1000; }}},
        {{"records_per_second", R"({"type": "number", "description": "On average."})",
          [](View view) -> Json { return average_rate(view.run.counts); }}},
        {{"events_per_second", R"({"type": "number", "description": "Over the last second."})",
          [](View view) -> Json { return view.rates == nullptr ? 0.0 : in_tenths(view.rates->records); }}},
        {{"rate",
          R"({"type": ["number", "null"], "description": "Records per second at most; null is as fast as the targets take them."})",
          [](View view) { return rate_or_null(view.run.counts.rate); }}},
        {{"lag_ms", R"({"type": "integer", "description": "Behind the due time."})",
          [](View view) -> Json { return view.run.counts.lag_us / 1000; }}},
        {{"instant", R"({"type": ["string", "null"], "format": "date-time", "description": "Simulated."})",
          [](View view) { return instant_of(view.run.counts.instant); }}},
        {{"progress", R"({"type": ["number", "null"], "description": "0 to 1; null where there is no end."})",
          [](View view) { return share_or_null(view.run.counts.share); }}},
        {{"limited_by",
          R"({"type": ["string", "null"], "description": "What it waited for most: pause, rate, sink and its name; else cpu."})",
          [](View view) { return text_or_null(view.run.counts.limited_by); }}},
        {{"waiting_for", R"({"type": ["string", "null"], "description": "The target that is away now."})",
          [](View view) { return is_over(view.run.state) ? Json() : text_or_null(view.run.counts.waiting_for); }}},
        {{"errors", errors_schema, show_errors}},
        {{"dead_letters", R"({"type": "integer", "description": "Records that the target refused."})",
          [](View view) -> Json { return view.run.counts.dead_letters; }}},
        {{"streams", streams_schema, show_streams}},
        {{"sinks", sinks_schema, show_sinks}},
        {{"faults", faults_schema, show_faults}},
        {{"changes", changes_schema, show_changes}},
        {{"switches",
          R"({"type": "array", "description": "Faults and incidents that were switched while it went on.", "items": {"$ref": "#/components/schemas/Switch"}})",
          show_switches},
         kept<&Run::switches>("switches", "TEXT NOT NULL DEFAULT ''", changes)},
        {{"on_complete", hook_schema, show_hook}, kept<&Run::hook>("hook", "TEXT NOT NULL DEFAULT ''", changes)},
        {{"ttl_s",
          R"({"type": ["integer", "null"], "description": "Seconds from the end until what was made is removed."})",
          [](View view) { return view.run.ttl_us < 0 ? Json() : Json(view.run.ttl_us / micros_per_second); }},
         kept<&Run::ttl_us>("ttl_us", "INTEGER NOT NULL DEFAULT -1")},
        {{"cleaning", cleaning_schema, show_cleaning},
         kept<&Run::cleaning>("cleaning", "TEXT NOT NULL DEFAULT ''", changes)},
        {{"links", R"({"type": "object", "additionalProperties": {"type": "string"}})", show_links}},
    };
}

/// What is kept of a run for the service itself.
std::vector<RunField> hidden_fields() {
    return {
        {{}, kept<&Run::key_field>("key_field", "TEXT NOT NULL")},
        {{}, kept<&Run::scenario>("scenario", "TEXT NOT NULL")},
        {{}, kept<&Run::request>("request", "TEXT NOT NULL")},
        {{}, kept<&Run::plan>("plan", "TEXT NOT NULL", changes)},
        {{}, kept<&Run::memory_bytes>("memory_bytes", "TEXT NOT NULL DEFAULT '0'")},
        {{}, kept<&Run::real_limit_us>("real_limit_us", "INTEGER NOT NULL")},
        {{}, kept<&Run::is_stop_asked>("is_stop_asked", "INTEGER NOT NULL", changes)},
        {{}, kept<&Run::is_pause_asked>("is_pause_asked", "INTEGER NOT NULL DEFAULT 0", changes)},
        {{}, kept<&Run::asked_rate>("asked_rate", "REAL NOT NULL DEFAULT -1", changes)},
        {{}, kept<&Run::planned_rate>("planned_rate", "REAL NOT NULL DEFAULT 0")},
        {{},
         {"is_unsettled", "INTEGER NOT NULL DEFAULT 0", changes,
          [](const Run& run) -> DatabaseValue { return int64_t{is_unsettled(run)}; },
          [](Run&, const DatabaseValue&) {}}},
    };
}

}  // namespace

const std::vector<RunField>& run_fields() {
    static const std::vector<RunField> fields = [] {
        std::vector<RunField> all = shown_fields();
        std::ranges::move(hidden_fields(), std::back_inserter(all));
        return all;
    }();
    return fields;
}

Json run_schema() {
    Json schema{{"type", "object"}, {"required", Json::array()}, {"properties", Json::object()}};
    for (const auto& [shown, kept] : run_fields()) {
        if (shown.name.empty()) continue;
        if (!shown.is_optional) schema["required"].push_back(shown.name);
        schema["properties"][std::string(shown.name)] = parse_json(shown.schema);
    }
    return schema;
}

Json spell_run(const StoredRun& run, const RunRates* rates) {
    Json json = Json::object();
    for (const auto& [shown, kept] : run_fields()) {
        if (shown.name.empty()) continue;
        Json value = shown.show({run, rates});
        if (!shown.is_optional || !value.is_null()) json[std::string(shown.name)] = std::move(value);
    }
    return json;
}

}  // namespace headwater
