// For runs over REST: create, list, look at, stop, and what they made.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "service/api.h"
#include "service/json_text.h"
#include "service/problem.h"
#include "service/run_document.h"
#include "service/utf8.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* scenario_example =
    R"({"packs": {"payments": {}}, "clock": {"until": "2026-01-02T00:00:00Z"}, "outputs": [{"streams": "transactions", "to": "discard:"}]})";
constexpr size_t longest_key_bytes = 255;
constexpr int most_listed = 1000;
constexpr uint64_t longest_object_bytes = 16 << 20;
constexpr int64_t longest_ttl_s = 10LL * 365 * 24 * 3600;

HttpResponse not_found(const std::string& id) { return problem(404, "Run does not exist: " + id); }

std::optional<int64_t> number_of(std::string_view text, int64_t low, int64_t high) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool fits = error == std::errc() && end == text.data() + text.size() && number >= low && number <= high;
    return fits ? std::optional(number) : std::nullopt;
}

/// Reads what is asked for beside the scenario.
void read_option(const ApiContext& context, const std::string& name, const std::string& value, RunOrder& order,
                 std::vector<Mistake>& mistakes) {
    if (name == "on_complete") {
        const bool has_secret = !context.settings.webhook_secret.empty();
        const std::string wrong = has_secret
                                      ? context.parts.egress->check_call(value)
                                      : "Calls are signed, and the service has no secret (HEADWATER_WEBHOOK_SECRET)";
        if (!wrong.empty()) mistakes.push_back({name, wrong, "an address of http or https", "", {}});
        order.hook = value;
    } else if (name == "ttl") {
        const auto seconds = number_of(value, 0, longest_ttl_s);
        const std::string allowed = "a whole number of seconds from 0 to " + std::to_string(longest_ttl_s);
        if (!seconds) mistakes.push_back({name, "Parameter ttl is not " + allowed + ": " + value, allowed, "", {}});
        order.ttl_us = seconds.value_or(0) * micros_per_second;
    } else {
        mistakes.push_back({name, "Parameter is not known: " + name, "on_complete, ttl", "", {}});
    }
}

HttpResponse create(ApiContext& context, const HttpRequest& request) {
    const std::string_view type = field_of(request.fields, "content-type");
    if (!is_utf8(request.body)) return problem(400, "Body is not UTF-8");
    if (type.starts_with("application/json")) {
        Json body;
        if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    }
    RunOrder order{.scenario = request.body};
    std::vector<Mistake> mistakes;
    read_order(context, request, order, mistakes);
    if (!mistakes.empty()) return problem(400, "", mistakes);
    const auto run = context.runs.accept(std::move(order));
    if (!run) return answer_of(run.error());
    HttpResponse response = json_answer(202, spell_json(spell_run(*run, nullptr)));
    response.fields.emplace_back("Location", "/v1/runs/" + run->id);
    return response;
}

Json spell(const ApiContext& context, const StoredRun& run) {
    const auto rates = is_over(run.state) ? std::nullopt : context.telemetry.rates_of(run.id);
    return spell_run(run, rates ? &*rates : nullptr);
}

/// What a client asks of a list.
struct ListOrder {
    int64_t before = 0, limit = 100;
    RunFilter filter;
};

/// Reads the states of a list: running,paused.
std::optional<std::vector<LifeState>> states_of(std::string_view text) {
    std::vector<LifeState> states;
    for (const std::string_view one : split(text, ',')) {
        const auto state = state_called<LifeState>(one);
        if (name_of(state) != one) return std::nullopt;
        states.push_back(state);
    }
    return states;
}

void read_list_option(const std::string& name, const std::string& value, ListOrder& order,
                      std::vector<Mistake>& mistakes) {
    auto take = [&](const std::string& allowed, auto given, auto keep) {
        if (given)
            keep(*given);
        else
            mistakes.push_back({name, "Parameter " + name + " is not " + allowed + ": " + value, allowed, "", {}});
    };
    if (name == "before") {
        take("what `next` of a page said", number_of(value, 1, INT64_MAX), [&](int64_t at) { order.before = at; });
    } else if (name == "limit") {
        take("a whole number from 1 to 1000", number_of(value, 1, most_listed), [&](int64_t at) { order.limit = at; });
    } else if (name == "state") {
        take("states with commas between them, such as running,paused", states_of(value),
             [&](std::vector<LifeState> states) { order.filter.states = std::move(states); });
    } else if (name == "kind") {
        const bool is_emulation = value == "emulation";
        take("run or emulation", is_emulation || value == "run" ? std::optional(is_emulation) : std::nullopt,
             [&](bool kind) { order.filter.is_emulation = kind; });
    } else if (name == "name") {
        take("a name, in which * stands for any text", value.empty() ? std::nullopt : std::optional(value),
             [&](const std::string& wanted) { order.filter.name = wanted; });
    } else {
        mistakes.push_back({name, "Parameter is not known: " + name, "before, limit, state, kind, name", "", {}});
    }
}

HttpResponse list(ApiContext& context, const HttpRequest& request) {
    ListOrder order;
    std::vector<Mistake> mistakes;
    for (const auto& [name, value] : request.query) read_list_option(name, value, order, mistakes);
    if (!mistakes.empty()) return problem(400, "", mistakes);
    const auto page = context.runs.list(order.before, static_cast<int>(order.limit), order.filter);
    if (!page) return problem(500, page.error().message);
    Json json{{"runs", Json::array()}};
    for (const StoredRun& run : page->runs) json["runs"].push_back(spell(context, run));
    json["next"] = page->next == 0 ? Json() : Json(std::to_string(page->next));
    return json_answer(200, spell_json(json));
}

/// Finds the run that a path names and leads it on.
template <typename Then>
HttpResponse with_run(const Result<std::optional<StoredRun>>& found, const HttpRequest& request, Then then) {
    if (!found) return problem(503, found.error().message);  // of the store
    if (!*found) return not_found(request.segments.at("id"));
    return then(**found);
}

HttpResponse manifest(ApiContext& context, const HttpRequest& request) {
    const std::string& id = request.segments.at("id");
    return with_run(context.runs.find(id), request, [&](const StoredRun& run) {
        const auto text = context.runs.manifest(id);
        if (!text) return problem(500, text.error().message);
        if (!*text) return problem(409, "Run has no manifest, for its state is: " + std::string(name_of(run.state)));
        HttpResponse response = json_answer(200, "");
        response.body = **text;
        return response;
    });
}

/// Says what objects an answer key has, or gives one of them.
HttpResponse answer_key(ApiContext& context, const HttpRequest& request, const StoredRun& run) {
    const auto text = context.runs.manifest(run.id);
    if (!text) return problem(500, text.error().message);
    if (!*text) return problem(409, "Run has no answer key yet, for its state is: " + std::string(name_of(run.state)));
    const Json key = parse_json_or_discard(**text).value("answer_key", Json());
    if (!key.is_object()) return problem(409, "Scenario of the run asks for no answer key: " + run.id);
    if (request.query.empty()) return json_answer(200, spell_json(key));
    const auto& [parameter, name] = request.query.front();
    if (parameter != "object" || request.query.size() > 1)
        return problem(400, "", {{parameter, "Parameter is not known: " + parameter, "object", "", {}}});
    const auto is_named = [&](const Json& object) { return object.value("name", "") == name; };
    const Json& objects = key.at("objects");
    const auto object = std::ranges::find_if(objects, is_named);
    if (object == objects.end()) return problem(404, "Object is none of the answer key: " + name);
    if (object->value("bytes", uint64_t{0}) > longest_object_bytes)
        return problem(409, "Object is longer than 16 MiB; read it where it lies: " + key.value("to", "") + " " + name);
    auto bytes = context.runs.read_answer_key(run, name);
    if (!bytes) return problem(bytes.error().kind == ErrorKind::unavailable ? 503 : 409, bytes.error().message);
    if (!*bytes) return problem(409, "Object is not there any more: " + name);
    return {.body = std::move(**bytes), .content_type = "application/octet-stream"};
}

Route run_route(const char* method, const char* path, const char* name, const char* summary) {
    Route route{.method = method, .path = path, .name = name, .group = "Runs", .summary = summary};
    route.is_quick = false;  // the store may be busy
    if (route.path.find("{id}") == std::string::npos) return route;
    route.parameters = {{"id", true, "Of the run.", id_schema, ""}};
    route.answers = {
        {404, "There is no such run.", "Problem", "application/problem+json"},
        {503, "The store of runs fails, as where its disk is full.", "Problem", "application/problem+json"}};
    return route;
}

void add_create(Routes& routes, ApiContext& context) {
    Route route = run_route("POST", "/v1/runs", "createRun", "Run a scenario");
    route.parameters = order_parameters(context);
    route.help =
        "The body is a scenario, as JSON or YAML. It is checked as a whole, every mistake is named with its line, and "
        "nothing is made for one that is refused. With an Idempotency-Key the same request gives the same run for 24 "
        "hours.";
    route.body = RouteBody{"Scenario", {"application/json", "application/yaml"}, scenario_example};
    route.answers = {
        {202, "The run is accepted.", "Run", "application/json", "", {"Location"}},
        {409, "The Idempotency-Key stands for another request.", "Problem", "application/problem+json"},
        {429, "Too many runs wait.", "Problem", "application/problem+json", "", {"Retry-After"}},
        {503, "The service is shutting down, or its disk is full.", "Problem", "application/problem+json"}};
    route.answer = [&context](const HttpRequest& request) { return create(context, request); };
    routes.add(std::move(route));
}

}  // namespace

void read_order(const ApiContext& context, const HttpRequest& request, RunOrder& order,
                std::vector<Mistake>& mistakes) {
    for (const auto& [name, value] : request.query) read_option(context, name, value, order, mistakes);
    order.key = field_of(request.fields, "idempotency-key");
    if (order.key.size() > longest_key_bytes)
        mistakes.push_back({"idempotency-key",
                            "Idempotency-Key is longer than 255 bytes: " + std::to_string(order.key.size()),
                            "at most 255 bytes",
                            "",
                            {}});
    order.digest = request.route->path + "\n" + std::string(field_of(request.fields, "content-type")) + "\n" +
                   order.hook + "\n" + std::to_string(order.ttl_us) + "\n" + request.body;
}

std::vector<RouteParameter> order_parameters(const ApiContext& context) {
    std::vector<RouteParameter> parameters{
        {"ttl", false, "Seconds from the run's end until what it made is removed; it stays where none is given.",
         R"({"type": "integer", "minimum": 0, "maximum": 315360000})", ""},
        {"Idempotency-Key", false, "Name of the request: asked again within 24 hours, it makes nothing new.",
         R"({"type": "string", "maxLength": 255})", "", true}};
    if (context.settings.webhook_secret.empty()) return parameters;  // calls are signed
    parameters.push_back(
        {"on_complete", false,
         "Address that is told of the run's end, by a POST that is signed and made again until it is taken.",
         R"({"type": "string", "format": "uri", "pattern": "^https?://"})", ""});
    return parameters;
}

HttpResponse answer_of(const OrderRefusal& refusal) {
    switch (refusal.kind) {
        case OrderRefusal::Kind::mistakes: return problem(400, "", mistakes_of(refusal.diagnostics));
        case OrderRefusal::Kind::target: return problem(400, refusal.message);
        case OrderRefusal::Kind::over:
        case OrderRefusal::Kind::reused_key: return problem(409, refusal.message);
        case OrderRefusal::Kind::closing:
        case OrderRefusal::Kind::disk: return problem(503, refusal.message);
        case OrderRefusal::Kind::full: break;
    }
    HttpResponse response = problem(429, refusal.message);
    response.fields.emplace_back("Retry-After", "5");
    return response;
}

namespace {

/// Adds the routes of what a run leaves behind.
void add_record_routes(Routes& routes, ApiContext& context) {
    Route made = run_route("GET", "/v1/runs/{id}/manifest", "getManifest", "Say what a run made");
    made.help = "Every object with its digest, and the command that makes the same records again.";
    made.answers.push_back({200, "The manifest.", "Manifest"});
    made.answers.push_back({409, "The run is not over, or failed.", "Problem", "application/problem+json"});
    made.answer = [&context](const HttpRequest& request) { return manifest(context, request); };
    routes.add(std::move(made));

    Route key = run_route("GET", "/v1/runs/{id}/answer-key", "getAnswerKey", "Give the answer key of a run");
    key.help = "Without `object` what objects it has; with it, that object as it was delivered.";
    key.parameters.push_back({"object", false, "Name of an object.", R"({"type": "string"})", ""});
    key.answers.push_back({200, "Its objects, or the bytes of one.", "AnswerKey"});
    key.answers.push_back({409, "The run is not over, or has none.", "Problem", "application/problem+json"});
    key.answers.push_back({503, "The target is away.", "Problem", "application/problem+json"});
    key.answer = [&context](const HttpRequest& request) {
        return with_run(context.runs.find(request.segments.at("id")), request,
                        [&](const StoredRun& run) { return answer_key(context, request, run); });
    };
    routes.add(std::move(key));

    Route scenario = run_route("GET", "/v1/runs/{id}/scenario", "getScenario", "Give the scenario of a run");
    scenario.help = "The text as it came; what was switched or steered since stands in the manifest.";
    scenario.answers.push_back({200, "The scenario as it was given.", "", "application/yaml"});
    scenario.answer = [&context](const HttpRequest& request) {
        return with_run(context.runs.find(request.segments.at("id")), request, [](const StoredRun& run) {
            return HttpResponse{.body = run.scenario, .content_type = "application/yaml"};
        });
    };
    routes.add(std::move(scenario));
}

void add_listing(Routes& routes, ApiContext& context) {
    Route listing = run_route("GET", "/v1/runs", "listRuns", "List runs, the youngest first");
    listing.parameters = {
        {"before", false, "Where to go on: what `next` of a page said.",
         R"({"type": "string", "pattern": "^[1-9][0-9]{0,17}$"})", ""},
        {"limit", false, "Runs of a page.", R"({"type": "integer", "minimum": 1, "maximum": 1000, "default": 100})",
         "20"},
        {"state", false, "States, with commas between them.",
         R"({"type": "string", "pattern": "^(accepted|provisioning|running|paused|draining|completed|stopped|failed|interrupted|replaying)(,(accepted|provisioning|running|paused|draining|completed|stopped|failed|interrupted|replaying))*$"})",
         ""},
        {"kind", false, "One kind alone.", R"({"enum": ["run", "emulation"]})", ""},
        {"name", false, "Name of the scenario, in which * stands for any text.",
         R"({"type": "string", "minLength": 1})", ""}};
    listing.help =
        "Runs and emulations, those that are over too; `next` of a page is the `before` of the one behind it.";
    listing.answers = {{200, "A page of runs.", "RunList"}};
    listing.answer = [&context](const HttpRequest& request) { return list(context, request); };
    routes.add(std::move(listing));
}

}  // namespace

void add_run_routes(Routes& routes, ApiContext& context) {
    add_create(routes, context);
    add_listing(routes, context);
    Route one = run_route("GET", "/v1/runs/{id}", "getRun", "Say how far a run is");
    one.help =
        "Its state, its pace, what each stream made and each target acknowledged, and what went wrong on the way.";
    one.answers.push_back({200, "The run.", "Run"});
    one.answer = [&context](const HttpRequest& request) {
        return with_run(context.runs.find(request.segments.at("id")), request,
                        [&](const StoredRun& run) { return json_answer(200, spell_json(spell(context, run))); });
    };
    routes.add(std::move(one));

    Route stop = run_route("POST", "/v1/runs/{id}/stop", "stopRun", "End a run");
    stop.help =
        "What was made is delivered and the manifest written; one that waits ends at once. A run that is over stays as "
        "it is.";
    stop.answers.push_back({202, "The run, which drains or is over.", "Run"});
    stop.answer = [&context](const HttpRequest& request) {
        return with_run(context.runs.stop(request.segments.at("id")), request,
                        [](const StoredRun& run) { return json_answer(202, spell_json(spell_run(run, nullptr))); });
    };
    routes.add(std::move(stop));

    Route forget = run_route("DELETE", "/v1/runs/{id}", "forgetRun", "Forget a run");
    forget.help =
        "Its document, scenario, manifest, journal, dead letters and verifications. What it made stays where it is: "
        "clean "
        "it first to have that removed.";
    forget.answers.push_back({204, "Nothing is kept of it any more.", "", ""});
    forget.answers.push_back(
        {409, "The run is not over, or what it made is being removed.", "Problem", "application/problem+json"});
    forget.answer = [&context](const HttpRequest& request) {
        return with_run(context.runs.find(request.segments.at("id")), request, [&](const StoredRun& run) {
            const auto forgotten = context.runs.forget(run.id);
            return forgotten ? HttpResponse{.status = 204, .content_type = ""} : answer_of(forgotten.error());
        });
    };
    routes.add(std::move(forget));

    Route clean = run_route("POST", "/v1/runs/{id}/clean", "cleanRun", "Remove what a run made");
    clean.help =
        "Its objects, with manifests, and the topics, buckets and folders that were not there before it: those that "
        "others "
        "have filled since stay, and the run tells why. A target that is away is waited for.";
    clean.answers.push_back({202, "The run; `cleaning` tells how far that is.", "Run"});
    clean.answers.push_back({409, "The run is not over.", "Problem", "application/problem+json"});
    clean.answer = [&context](const HttpRequest& request) {
        return with_run(context.runs.clean(request.segments.at("id")), request, [](const StoredRun& run) {
            if (!is_over(run.state)) return problem(409, "Run is not over: " + run.id);
            return json_answer(202, spell_json(spell_run(run, nullptr)));
        });
    };
    routes.add(std::move(clean));
    add_record_routes(routes, context);
}

}  // namespace headwater
