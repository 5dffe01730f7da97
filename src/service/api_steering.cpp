// For runs that go on, over REST: pause, resume, another rate, and their events as they come.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "service/api.h"
#include "service/json_text.h"
#include "service/problem.h"
#include "service/run_document.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// An emulation's simulated time keeps step with real time at this rate when none is set; see scenario_of.
constexpr double densest_emulation = 1e6;

HttpResponse not_found(const std::string& id) { return problem(404, "Run does not exist: " + id); }

HttpResponse steer(ApiContext& context, const StoredRun& run, const Steering& steering) {
    if (is_over(run.state)) return problem(409, "Run is over, for its state is: " + std::string(name_of(run.state)));
    const auto steered = context.runs.steer(run.id, steering);
    if (!steered) return problem(500, steered.error().message);
    if (!*steered) return not_found(run.id);
    return json_answer(202, spell_json(spell_run(**steered, nullptr)));
}

/// Lets a paused run go on, and takes up one that was stopped or has failed.
HttpResponse let_go_on(ApiContext& context, const StoredRun& run) {
    if (!is_over(run.state)) return steer(context, run, {.is_paused = false});
    const auto taken = context.runs.go_on(run);
    return taken ? json_answer(202, spell_json(spell_run(*taken, nullptr))) : answer_of(taken.error());
}

/// Reads the rate that is asked for, or says what is wrong with it.
std::optional<double> read_rate(const Json& body, const StoredRun& run, std::vector<Mistake>& mistakes) {
    if (!body.is_object()) {
        mistakes.push_back({"", "Body is no JSON object", "rate", "", {}});
        return std::nullopt;
    }
    const Json* rate = nullptr;
    for (const auto& [name, value] : body.items()) {
        if (name == "rate")
            rate = &value;
        else
            mistakes.push_back({name, "Field is not known: " + name, "rate", "", {}});
    }
    if (rate == nullptr) {
        mistakes.push_back({"rate", "Field is missing: rate", "records per second, 0 = not bounded", "", {}});
        return std::nullopt;
    }
    // Simulated time of an emulation would run ahead of the clock.
    const double bound = run.planned_rate > 0 ? run.planned_rate : densest_emulation;
    const double highest = run.is_emulation ? bound : highest_rate;
    const bool may_be_unbounded = !run.is_emulation || run.planned_rate == 0;
    const double asked = rate->is_number() ? rate->get<double>() : -1;
    if ((asked == 0 && may_be_unbounded) || (asked >= lowest_rate && asked <= highest)) return asked;
    const Json top = highest;
    const std::string allowed = std::string(may_be_unbounded ? "0, or " : "") + "a number of records per second from " +
                                "0.001 to " + spell_json(top);
    const std::string got = spell_json(*rate).substr(0, 80);
    mistakes.push_back({"rate",
                        "Field rate is not " + allowed + ": " + got,
                        allowed,
                        run.is_emulation ? "An emulation cannot be faster than it was asked to be." : "",
                        {},
                        got});
    return std::nullopt;
}

HttpResponse change_rate(ApiContext& context, const HttpRequest& request, const StoredRun& run) {
    Json body;
    if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    std::vector<Mistake> mistakes;
    const auto rate = read_rate(body, run, mistakes);
    if (!mistakes.empty()) return problem(400, "", mistakes);
    return steer(context, run, {.rate = rate});
}

HttpResponse follow(ApiContext& context, const std::string& run) {
    HttpResponse response{.content_type = "text/event-stream", .fields = {{"Cache-Control", "no-store"}}};
    response.stream = context.telemetry.follow(run);
    if (response.stream != nullptr) return response;
    response = problem(503, "Too many follow events already: " + std::to_string(Telemetry::most_streams));
    response.fields.emplace_back("Retry-After", "5");
    return response;
}

template <typename Then>
void add(Routes& routes, ApiContext& context, Route route, Then then) {
    route.group = "Runs";
    route.is_quick = route.name == "followRun";  // which answers with a stream
    route.parameters = {{"id", true, "Of the run.", id_schema, ""}};
    route.answers.push_back({404, "There is no such run.", "Problem", "application/problem+json"});
    const bool takes_json = route.body.has_value();
    route.answer = [&context, then, takes_json](const HttpRequest& request) {
        Json body;
        if (takes_json)  // what is no JSON is wrong whatever it is about
            if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
        const std::string& id = request.segments.at("id");
        const auto found = context.runs.find(id);
        if (!found) return problem(500, found.error().message);
        return *found ? then(request, **found) : not_found(id);
    };
    routes.add(std::move(route));
}

const std::vector<RouteAnswer> steered_answers{
    {202, "The run. It follows between two windows, within a second.", "Run"},
    {409, "The run is over.", "Problem", "application/problem+json"}};
const RouteAnswer too_many{503, "Too many follow events.", "Problem", "application/problem+json", "", {"Retry-After"}};

}  // namespace

void add_steering_routes(Routes& routes, ApiContext& context) {
    Route pause{.method = "POST", .path = "/v1/runs/{id}/pause", .name = "pauseRun", .summary = "Hold a run"};
    pause.help =
        "What was made is delivered and made durable; then nothing more is made. Records do not depend on pauses. A "
        "paused "
        "run keeps its place among those that run. One that waits for its turn begins paused.";
    pause.answers = steered_answers;
    add(routes, context, std::move(pause),
        [&context](const HttpRequest&, const StoredRun& run) { return steer(context, run, {.is_paused = true}); });

    Route resume{.method = "POST", .path = "/v1/runs/{id}/resume", .name = "resumeRun", .summary = "Let a run go on"};
    resume.help =
        "A paused run goes on. One that was stopped or has failed is taken up behind the last record that is durable: "
        "the "
        "records are those of a run that was never stopped, each once. A live run catches up with its clock; a paced "
        "one "
        "goes on at its pace.";
    resume.answers = {
        {202, "The run.", "Run"},
        {409, "It has completed, or what it needs to go on is gone.", "Problem", "application/problem+json"},
        {429, "Too many runs wait.", "Problem", "application/problem+json", "", {"Retry-After"}},
        {503, "The service is shutting down, or its disk is full.", "Problem", "application/problem+json"}};
    add(routes, context, std::move(resume),
        [&context](const HttpRequest&, const StoredRun& run) { return let_go_on(context, run); });

    Route rate{.method = "POST", .path = "/v1/runs/{id}/rate", .name = "changeRate"};
    rate.summary = "Change the pace of a run";
    rate.help =
        "Records per second over all streams. It changes when records are delivered, and of no record what it holds. "
        "The "
        "change is kept by the run's journal and listed by its manifest, as clock.changes of a scenario takes it.";
    rate.body = RouteBody{"RateChange", {"application/json"}, R"({"rate": 500})"};
    rate.answers = steered_answers;
    add(routes, context, std::move(rate),
        [&context](const HttpRequest& request, const StoredRun& run) { return change_rate(context, request, run); });

    Route events{.method = "GET", .path = "/v1/runs/{id}/events", .name = "followRun", .summary = "Follow a run"};
    events.help =
        "Server-sent events: `run` once a second, with the run as it is, and `end` behind the last one. A client that "
        "does "
        "not take them is let go.";
    events.answers = {{200, "Events.", "", "text/event-stream"}, too_many};
    add(routes, context, std::move(events),
        [&context](const HttpRequest&, const StoredRun& run) { return follow(context, run.id); });

    Route all{
        .method = "GET", .path = "/v1/events", .name = "followRuns", .group = "Runs", .summary = "Follow all runs"};
    all.help = "Server-sent events: `runs` once a second, with every run that is not over.";
    all.answers = {{200, "Events.", "", "text/event-stream"}, too_many};
    all.answer = [&context](const HttpRequest&) { return follow(context, ""); };
    routes.add(std::move(all));
}

}  // namespace headwater
