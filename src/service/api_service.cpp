// For what says how the service itself is: its name, its health, its metrics, its description.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/time.h"
#include "service/api.h"
#include "service/run_metrics.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse about(const ApiContext& context) {
    Json links{{"health", "/health"}, {"metrics", "/metrics"}, {"openapi", "/openapi.json"}, {"docs", "/docs"},
               {"runs", "/v1/runs"},  {"packs", "/v1/packs"},  {"emulator", "/emulator"}};
    return json_answer(200, spell_json({{"name", "headwater"},
                                        {"version", context.parts.version},
                                        {"message", "Data Emulator Service is running"},
                                        {"links", links}}));
}

HttpResponse health(const ApiContext& context) {
    const bool is_healthy = context.runs.store_trouble().empty();
    Json body{{"status", is_healthy ? "healthy" : "degraded"},
              {"service", "headwater"},
              {"version", context.parts.version},
              {"timestamp", spell_instant(context.parts.time.now())}};
    return json_answer(200, spell_json(body));
}

HttpResponse readiness(const ApiContext& context) {
    if (context.is_closing)
        return json_answer(503, R"({"status":"not ready","reason":"The service is shutting down"})");
    if (!context.runs.has_room())
        return json_answer(503, R"({"status":"not ready","reason":"Too many runs wait already"})");
    if (const std::string trouble = context.runs.store_trouble(); !trouble.empty())
        return json_answer(503, spell_json({{"status", "not ready"}, {"reason", trouble}}));
    return json_answer(200, R"({"status":"ok"})");
}

HttpResponse metrics(const ApiContext& context) {
    std::string page;
    print_metric_head(page, "headwater_info", "gauge", "The version that runs.");
    print_metric(page, "headwater_info", "version=\"" + context.parts.version + "\"", 1);
    context.requests.print(page);
    const RunTotals totals = context.runs.totals();
    print_metric_head(page, "headwater_runs", "gauge", "Runs that are not over, by state.");
    for (LifeState state : {LifeState::accepted, LifeState::provisioning, LifeState::running, LifeState::paused,
                            LifeState::draining, LifeState::interrupted, LifeState::replaying}) {
        const auto count = totals.by_state.find(state);
        print_metric(page, "headwater_runs", "state=\"" + std::string(name_of(state)) + "\"",
                     count == totals.by_state.end() ? 0 : static_cast<double>(count->second));
    }
    print_metric_head(page, "headwater_runs_ended_total", "counter", "Runs that ended since the start, by state.");
    for (int i = 0; i < 3; ++i) {
        const auto state = static_cast<LifeState>(static_cast<int>(LifeState::completed) + i);
        print_metric(page, "headwater_runs_ended_total", "state=\"" + std::string(name_of(state)) + "\"",
                     static_cast<double>(totals.ended[i]));
    }
    print_metric_head(page, "headwater_switches", "gauge", "Faults and incidents that are switched on in runs.");
    for (const char* kind : {"fault", "incident"})
        print_metric(page, "headwater_switches", std::string("kind=\"") + kind + "\"",
                     static_cast<double>(totals.on[kind == std::string_view("fault") ? 0 : 1]));
    auto total = [&](const char* name, const char* help, double value) {
        print_metric_head(page, name, "counter", help);
        print_metric(page, name, "", value);
    };
    total("headwater_records_total", "Records made since the start.", static_cast<double>(totals.records));
    total("headwater_bytes_total", "Bytes of records made since the start.", static_cast<double>(totals.bytes));
    total("headwater_dead_letters_total", "Records that targets refused.", static_cast<double>(totals.dead_letters));
    print_metric_head(page, "headwater_lag_seconds", "gauge",
                      "How far the run furthest behind its due time is behind.");
    print_metric(page, "headwater_lag_seconds", "", static_cast<double>(totals.lag_us) / micros_per_second);
    print_metric_head(page, "headwater_event_streams", "gauge", "Clients that follow events.");
    print_metric(page, "headwater_event_streams", "", static_cast<double>(context.telemetry.streams()));
    print_run_metrics(page, context.runs.going());
    print_process_metrics(page);
    return {.status = 200, .body = std::move(page), .content_type = metrics_type};
}

/// What a route of the service itself is called, and what is said of it.
struct Title {
    const char* path;
    const char* name;
    const char* summary;
    const char* help;
};

Route get(const Title& title, std::vector<RouteAnswer> answers) {
    Route route{.method = "GET", .path = title.path, .name = title.name, .group = "Service", .summary = title.summary};
    route.help = title.help;
    route.answers = std::move(answers);
    return route;
}

}  // namespace

HttpResponse json_answer(int status, std::string body) {
    return {.status = status, .body = std::move(body) + "\n", .fields = {{"Cache-Control", "no-store"}}};
}

std::string instant_json(int64_t instant) { return instant == 0 ? "null" : "\"" + spell_instant(instant) + "\""; }

void add_service_routes(Routes& routes, ApiContext& context) {
    auto add = [&](Route route, auto answer) {
        route.answer = [&context, answer](const HttpRequest&) { return answer(context); };
        routes.add(std::move(route));
    };
    add(get({"/", "about", "Name, version and links", "What answers here, and where all else is found."},
            {{200, "What this is.", "About"}}),
        about);
    Route open = get(
        {"/health", "health", "How the service is", "Healthy, or degraded when runs cannot be kept."},
        {{200, "It answers; degraded: something is wrong that it goes on with.", "Health", "application/json",
          R"({"status": "healthy", "service": "headwater", "version": "0.1.0", "timestamp": "2026-11-01T12:00:00Z"})"}});
    open.is_open = true;
    add(open, health);
    open = get({"/livez", "live", "Whether the process works", "Ask this to know when to start it anew."},
               {{200, "It does.", "Liveness"}});
    open.is_open = true;
    add(open, [](const ApiContext&) { return json_answer(200, R"({"status":"ok"})"); });
    open = get({"/readyz", "ready", "Whether runs are accepted",
                "Ask this to know where to send runs: not while it ends, has no place, or no disk."},
               {{200, "They are.", "Liveness"}, {503, "They are not.", "Liveness"}});
    open.is_open = true;
    add(open, readiness);
    Route page = get({"/metrics", "metrics", "Counts for Prometheus",
                      "Labels are the paths of this description, whatever clients ask for."},
                     {{200, "A page of metrics.", "", metrics_type}});
    add(std::move(page), metrics);
    routes.add([&] {
        Route route =
            get({"/openapi.json", "openapi", "This description", "Made from the table that serves the requests."},
                {{200, "An OpenAPI 3.1 document.", "OpenApi"}});
        route.is_open = true;
        // Made when it is asked for first, for by then there are all routes; the thread that reads connections asks.
        route.answer = [&routes, &context, text = std::string()](const HttpRequest&) mutable {
            if (text.empty()) text = openapi_text(routes, {context.parts.version, !context.settings.token.empty()});
            return json_answer(200, text);
        };
        return route;
    }());
}

}  // namespace headwater
