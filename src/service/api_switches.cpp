// For faults and incidents of runs that go on, over REST: switched on, listed, switched off.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "service/api.h"
#include "service/json_text.h"
#include "service/problem.h"
#include "service/run_document.h"
#include "service/switches.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;
using Sort = RunSwitch::Kind;

constexpr size_t longest_name = 128;

HttpResponse answer_of(const SwitchRefusal& refusal) {
    switch (refusal.kind) {
        case SwitchRefusal::Kind::no_run:
        case SwitchRefusal::Kind::unknown: return problem(404, refusal.message);
        case SwitchRefusal::Kind::is_over:
        case SwitchRefusal::Kind::name_taken: return problem(409, refusal.message);
        case SwitchRefusal::Kind::does_not_fit: return problem(400, refusal.message);
        case SwitchRefusal::Kind::disk: return problem(503, refusal.message);
        case SwitchRefusal::Kind::mistakes: break;
    }
    std::vector<Mistake> mistakes = mistakes_of(refusal.diagnostics);
    for (Mistake& mistake : mistakes) mistake.at = {};  // of a text that the client never saw
    return problem(400, "", mistakes);
}

/// True for what a path can name.
bool is_path_name(const std::string& text) {
    return !text.empty() && text.size() <= longest_name && text.front() != '.' &&
           std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-' || c == '.'; });
}

/// Reads what is to be switched on, or says what is wrong with it.
std::optional<RunSwitch> read_switch(Sort kind, Json body, std::vector<Mistake>& mistakes) {
    const char* key = kind == Sort::fault ? "fault" : "run";
    if (!body.is_object()) {
        mistakes.push_back({"", "Body is no JSON object", key, "", {}});
        return std::nullopt;
    }
    for (const char* field : {"at", "every", "times"}) {
        if (body.contains(field))
            mistakes.push_back({field, "Field is not for what begins now: " + std::string(field), "for", "", {}});
    }
    RunSwitch wanted{.kind = kind};
    if (const auto lasts = body.find("for"); lasts != body.end()) {
        const std::string text = lasts->is_string() ? lasts->get<std::string>() : "";
        wanted.lasts = parse_duration(text).value_or(0);
        if (wanted.lasts <= 0)
            mistakes.push_back(
                {"for", "Not a duration above 0: " + spell_json(*lasts).substr(0, 80), "30s, 10min, 2h", "", {}});
        body.erase("for");
    }
    const auto text_of = [&](const char* field) {
        const auto found = body.find(field);
        return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (text_of(key).empty())
        mistakes.push_back({key, "Field is missing: " + std::string(key), kind == Sort::fault ? "drop" : "", "", {}});
    const bool is_named = kind == Sort::fault && body.contains("name");
    wanted.name = text_of(is_named ? "name" : key);
    if (!is_path_name(wanted.name))
        mistakes.push_back({is_named ? "name" : key,
                            "Not a name of letters, digits, dots, - and _: " + wanted.name.substr(0, 80),
                            "",
                            "",
                            {}});
    wanted.entry = spell_json(body);
    return mistakes.empty() ? std::optional(std::move(wanted)) : std::nullopt;
}

HttpResponse switch_on(ApiContext& context, const HttpRequest& request, Sort kind) {
    Json body;
    if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    const std::string& id = request.segments.at("id");
    const auto found = context.runs.find(id);
    if (!found) return problem(500, found.error().message);
    if (!*found) return problem(404, "Run does not exist: " + id);
    std::vector<Mistake> mistakes;
    auto wanted = read_switch(kind, std::move(body), mistakes);
    if (!wanted) return problem(400, "", mistakes);
    const std::string name = wanted->name;
    const auto run = context.runs.switch_on(id, std::move(*wanted));
    if (!run) return answer_of(run.error());
    const auto one = std::ranges::find_if(run->switches.rbegin(), run->switches.rend(), [&](const RunSwitch& other) {
        return other.kind == kind && other.name == name;
    });
    return json_answer(202, spell_json(spell_switch(*run, *one)));
}

HttpResponse list(ApiContext& context, const HttpRequest& request, Sort kind) {
    const std::string& id = request.segments.at("id");
    const auto run = context.runs.find(id);
    if (!run) return problem(500, run.error().message);
    if (!*run) return problem(404, "Run does not exist: " + id);
    Json json{{"switches", Json::array()}};
    for (const RunSwitch& one : (*run)->switches)
        if (one.kind == kind) json["switches"].push_back(spell_switch(**run, one));
    return json_answer(200, spell_json(json));
}

HttpResponse switch_off(ApiContext& context, const HttpRequest& request, Sort kind) {
    const auto run = context.runs.switch_off(request.segments.at("id"), kind, request.segments.at("name"));
    if (!run) return answer_of(run.error());
    return json_answer(202, spell_json(spell_run(*run, nullptr)));
}

const RouteAnswer no_run{404, "There is no such run.", "Problem", "application/problem+json"};
const RouteAnswer is_over{409, "The run is over, or has one of this name.", "Problem", "application/problem+json"};

/// Adds the routes of one kind; `what` is faults or incidents.
void add_routes(Routes& routes, ApiContext& context, Sort kind) {
    const bool is_fault = kind == Sort::fault;
    const std::string path = std::string("/v1/runs/{id}/") + (is_fault ? "faults" : "incidents");
    const RouteParameter id{"id", true, "Of the run.", id_schema, ""};

    Route on{.method = "POST", .path = path, .name = is_fault ? "switchFaultOn" : "switchIncidentOn", .group = "Runs"};
    on.summary = is_fault ? "Break a run from now on" : "Let an incident happen now";
    on.help =
        "What was made is made durable, then the run goes on with it, from that instant of simulated time: every "
        "record "
        "before "
        "is as it would have been. It survives a restart, and the command of the manifest repeats it. " +
        std::string(is_fault
                        ? "The body is a fault as a scenario writes it, without `at`, `every` and `times`; without "
                          "`for` it strikes until it is switched off. A fault that changes a schema needs a format of "
                          "single records."
                        : "The body names an incident of a pack of the run; `for` goes before what the pack says.");
    on.parameters = {id};
    on.body = RouteBody{is_fault ? "Fault" : "IncidentRun",
                        {"application/json"},
                        is_fault ? R"({"fault": "drop", "name": "loss", "chance": "5%", "for": "10min"})"
                                 : R"({"run": "gateway_down", "for": "1h"})"};
    on.is_quick = false;
    on.answers = {{202, "It comes on between two windows, within a second.", "Switch"}, no_run, is_over};
    on.answer = [&context, kind](const HttpRequest& request) { return switch_on(context, request, kind); };
    routes.add(std::move(on));

    Route listing{.method = "GET", .path = path, .name = is_fault ? "listFaults" : "listIncidents", .group = "Runs"};
    listing.summary = is_fault ? "List the faults that were switched on" : "List the incidents that were switched on";
    listing.help = "In the order in which they were asked for. Those of the scenario are not among them.";
    listing.parameters = {id};
    listing.answers = {{200, "What was switched.", "SwitchList"}, no_run};
    listing.is_quick = false;
    listing.answer = [&context, kind](const HttpRequest& request) { return list(context, request, kind); };
    routes.add(std::move(listing));

    Route off{.method = "DELETE", .path = path + "/{name}", .name = is_fault ? "switchFaultOff" : "switchIncidentOff"};
    off.group = "Runs";
    off.summary = is_fault ? "Let a fault strike no longer" : "End an incident";
    off.help = "It ends at an instant of simulated time, which the run's document and its manifest tell.";
    off.parameters = {id,
                      {"name", true, "As it was switched on.",
                       R"({"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"})", ""}};
    off.answers = {{202, "The run. It ends between two windows, within a second.", "Run"},
                   {404, "There is no such run, or nothing of this name is on.", "Problem", "application/problem+json"},
                   {409, "The run is over.", "Problem", "application/problem+json"}};
    off.is_quick = false;
    off.answer = [&context, kind](const HttpRequest& request) { return switch_off(context, request, kind); };
    routes.add(std::move(off));
}

}  // namespace

void add_switch_routes(Routes& routes, ApiContext& context) {
    add_routes(routes, context, Sort::fault);
    add_routes(routes, context, Sort::incident);
}

}  // namespace headwater
