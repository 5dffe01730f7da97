// For a run as JSON: what clients, the stream of events and the call at the end all show.
#include "service/run_document.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "service/switches.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

Json instant_of(int64_t instant) { return instant == 0 ? Json() : Json(spell_instant(instant)); }
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
double in_tenths(double value) { return std::round(value * 10) / 10; }

double at(const std::vector<double>* rates, size_t i) {
    return rates != nullptr && i < rates->size() ? in_tenths((*rates)[i]) : 0;
}

Json spell_streams(const RunCounts& counts, const RunRates* rates) {
    Json streams = Json::array();
    for (size_t i = 0; i < counts.streams.size(); ++i)
        streams.push_back({{"name", counts.streams[i].first},
                           {"records", counts.streams[i].second},
                           {"events_per_second", at(rates != nullptr ? &rates->streams : nullptr, i)}});
    return streams;
}

Json spell_sinks(const RunCounts& counts, const RunRates* rates) {
    Json sinks = Json::array();
    for (size_t i = 0; i < counts.sinks.size(); ++i) {
        const SinkProgress& sink = counts.sinks[i];
        sinks.push_back({{"name", sink.name},
                         {"to", sink.to},
                         {"is_answer_key", sink.is_answer_key},
                         {"records", sink.records},
                         {"acknowledged", sink.acknowledged},
                         {"events_per_second", at(rates != nullptr ? &rates->sinks : nullptr, i)}});
    }
    return sinks;
}

Json spell_changes(const RunCounts& counts) {
    Json changes = Json::array();
    for (const RunChange& change : counts.changes) {
        Json one{{"change", name_of(change.kind)}, {"at", instant_of(change.at)}};
        one["instant"] = spell_instant(change.instant);
        if (change.kind == RunChange::Kind::rate) one["rate"] = change.rate == 0 ? Json() : Json(change.rate);
        changes.push_back(std::move(one));
    }
    return changes;
}

Json spell_faults(const RunCounts& counts) {
    Json faults = Json::array();
    for (const FaultCount& fault : counts.faults)
        faults.push_back({{"stream", fault.stream}, {"name", fault.name}, {"strokes", fault.strokes}});
    return faults;
}

Json spell_hook(const Webhook& hook) {
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

Json spell_cleaning(const Cleaning& cleaning) {
    if (cleaning.state == Cleaning::State::none) return nullptr;
    constexpr const char* names[] = {"none", "asked", "done", "failed"};
    return {{"state", names[static_cast<size_t>(cleaning.state)]},
            {"ended", instant_of(cleaning.ended)},
            {"objects", cleaning.objects},
            {"removed", cleaning.removed},
            {"kept", cleaning.kept},
            {"reason", text_or_null(cleaning.reason)}};
}

}  // namespace

Json spell_run(const StoredRun& run, const RunRates* rates) {
    const RunCounts& counts = run.counts;
    const double seconds = static_cast<double>(counts.elapsed_us) / micros_per_second;
    Json json{{"id", run.id}, {"kind", run.is_emulation ? "emulation" : "run"}, {"name", run.name}};
    json["state"] = name_of(run.state);
    if (!run.reason.empty()) json["reason"] = run.reason;
    json["seed"] = run.seed;
    json["created"] = instant_of(run.created);
    json["started"] = instant_of(run.started);
    json["ended"] = instant_of(run.ended);
    json["records"] = counts.records;
    json["bytes"] = counts.bytes;
    json["elapsed_ms"] = counts.elapsed_us / 1000;
    json["records_per_second"] = counts.elapsed_us > 0 ? in_tenths(static_cast<double>(counts.records) / seconds) : 0.0;
    json["events_per_second"] = rates == nullptr ? 0.0 : in_tenths(rates->records);
    json["rate"] = counts.rate == 0 ? Json() : Json(counts.rate);
    json["lag_ms"] = counts.lag_us / 1000;
    json["instant"] = instant_of(counts.instant);
    json["progress"] = counts.share < 0 ? Json() : Json(std::round(counts.share * 1000) / 1000);
    json["limited_by"] = text_or_null(counts.limited_by);
    json["waiting_for"] = is_over(run.state) ? Json() : text_or_null(counts.waiting_for);
    json["errors"] = {{"failed_attempts", counts.failures},
                      {"dead_letters", counts.dead_letters},
                      {"last", text_or_null(counts.last_error)}};
    json["dead_letters"] = counts.dead_letters;
    json["streams"] = spell_streams(counts, rates);
    json["sinks"] = spell_sinks(counts, rates);
    json["faults"] = spell_faults(counts);
    json["changes"] = spell_changes(counts);
    json["switches"] = Json::array();
    for (const RunSwitch& one : run.switches) json["switches"].push_back(spell_switch(run, one));
    json["on_complete"] = spell_hook(run.hook);
    json["ttl_s"] = run.ttl_us < 0 ? Json() : Json(run.ttl_us / micros_per_second);
    json["cleaning"] = spell_cleaning(run.cleaning);
    const std::string self = "/v1/runs/" + run.id;
    json["links"] = Json::object();
    json["links"]["self"] = self;
    for (const char* more : {"scenario", "manifest", "answer-key", "events"}) json["links"][more] = self + "/" + more;
    return json;
}

}  // namespace headwater
