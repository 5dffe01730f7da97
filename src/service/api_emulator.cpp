// For the API that clients of the Data Emulator Service know.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "service/api.h"
#include "service/emulation.h"
#include "service/json_text.h"
#include "service/problem.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr int workers = 5;
constexpr const char* request_example =
    R"({"emulator_sync": "minio", "emulation_domain": "user-profile", "timeout": 1, "format_type": "json", "sync_type": "grouped", "max_chunk_size": 1024})";
constexpr const char* scheduled_example =
    R"({"id": "05c03c9d-7f42-4d0b-9a8e-3f0c5f3f6b1e", "emulator_sync": "minio", "format_type": "json", "sync_type": "grouped", "emulation_domain": "user-profile", "max_chunk_size": 1024, "timeout": 1})";
constexpr const char* status_example =
    R"({"id": "05c03c9d-7f42-4d0b-9a8e-3f0c5f3f6b1e", "status": {"global_status": "completed", "threads": {"0": "finished", "1": "finished", "2": "finished", "3": "finished", "4": "finished"}}})";

HttpResponse start(ApiContext& context, const HttpRequest& request) {
    Json body;
    if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    std::vector<Mistake> mistakes;
    const auto asked = read_emulation(body, mistakes);
    RunOrder order;
    read_order(context, request, order, mistakes);
    if (!mistakes.empty()) return problem(400, "", mistakes);
    order.scenario = scenario_of(*asked, context.settings, context.parts.time.now());
    order.is_emulation = true;
    order.key_field = key_field_of_domain(asked->emulation_domain);
    order.request = spell_json(spell_emulation(*asked));
    order.real_limit_us = asked->timeout * micros_per_second;
    // Emulations differ unless they are asked to be alike.
    order.seed = asked->seed ? asked->seed : context.settings.emulation_seed;
    if (!order.seed) order.seed = random_seed();
    const auto run = context.runs.accept(std::move(order));
    if (!run) return answer_of(run.error());
    Json answer{{"id", run->id}};
    answer.update(parse_json(run->request));
    return json_answer(201, spell_json(answer));
}

const char* global_status(LifeState state) {
    if (state == LifeState::completed) return "completed";
    if (state == LifeState::stopped) return "stopped";
    // One that goes on after a restart is not given up.
    return state == LifeState::failed ? "failed" : "processing";
}

const char* worker_status(LifeState state) {
    if (state == LifeState::failed) return "error";
    if (is_over(state)) return "finished";
    return state == LifeState::accepted || state == LifeState::interrupted ? "pending" : "started";
}

HttpResponse status(ApiContext& context, const HttpRequest& request) {
    const std::string& id = request.segments.at("id");
    const auto run = context.runs.find(id);
    if (!run) return problem(500, run.error().message);
    if (!*run || !(*run)->is_emulation) return problem(404, "Emulation ID " + id + " not found.");
    Json threads = Json::object();
    for (int i = 0; i < workers; ++i) threads[std::to_string(i)] = worker_status((*run)->state);
    Json state{{"global_status", global_status((*run)->state)}, {"threads", threads}};
    if (!(*run)->reason.empty()) state["reason"] = (*run)->reason;
    return json_answer(200, spell_json({{"id", id}, {"status", state}}));
}

}  // namespace

void add_emulator_routes(Routes& routes, ApiContext& context) {
    for (const char* path : {"/emulator", "/emulator/"}) {
        Route route{.method = "POST", .path = path, .group = "Emulator", .summary = "Start an emulation"};
        route.is_alias = route.path.ends_with('/');
        route.name = std::string("startEmulation") + (route.is_alias ? "Slash" : "");
        route.help =
            "Pours records of one domain into a topic of Kafka or a bucket of MinIO for a while. A / at the end of the "
            "path changes nothing. With an Idempotency-Key the same request gives the same emulation for 24 hours.";
        route.parameters = order_parameters(context);
        route.body = RouteBody{"EmulationRequest", {"application/json"}, request_example};
        route.answers = {
            {201, "The emulation is accepted.", "EmulationScheduled", "application/json", scheduled_example},
            {409, "The Idempotency-Key stands for another request.", "Problem", "application/problem+json"},
            {429, "Too many runs wait.", "Problem", "application/problem+json", "", {"Retry-After"}},
            {503, "The service is shutting down, or its disk is full.", "Problem", "application/problem+json"}};
        route.is_quick = false;
        route.answer = [&context](const HttpRequest& request) { return start(context, request); };
        routes.add(std::move(route));
    }
    Route route{.method = "GET", .path = "/emulator/{id}/status", .name = "emulationStatus", .group = "Emulator"};
    route.summary = "Say how far an emulation is";
    route.help =
        "An emulation that the end of the service cut off goes on after the next start, and is processing until then.";
    route.parameters = {{"id", true, "Of the emulation.", id_schema, ""}};
    route.answers = {{200, "Its status.", "EmulationStatus", "application/json", status_example},
                     {404, "There is no such emulation.", "Problem", "application/problem+json"}};
    route.is_quick = false;
    route.answer = [&context](const HttpRequest& request) { return status(context, request); };
    routes.add(std::move(route));
}

}  // namespace headwater
