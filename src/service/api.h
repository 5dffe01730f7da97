// For the routes of the service, by what they are about.
#pragma once

#include <atomic>
#include <string>

#include "service/metrics.h"
#include "service/problem.h"
#include "service/routes.h"
#include "service/runs.h"
#include "service/settings.h"
#include "service/telemetry.h"
#include "service/verifications.h"

namespace headwater {

/// What the routes work with. Outlives them.
struct ApiContext {
    const ServiceSettings& settings;
    const ServiceParts& parts;
    Runs& runs;
    Verifications& verifications;
    RequestMetrics& requests;
    Telemetry& telemetry;
    std::atomic<bool> is_closing = false;
};

/// Adds /, health, metrics and the description of the API, which is made when it is asked for.
void add_service_routes(Routes& routes, ApiContext& context);
/// Adds the page that shows that description to people.
void add_docs_routes(Routes& routes);
/// Adds what the clients of the Data Emulator Service know.
void add_emulator_routes(Routes& routes, ApiContext& context);
/// Adds runs under /v1.
void add_run_routes(Routes& routes, ApiContext& context);
/// Adds what is done to runs that go on: pause, resume, another rate; and their events.
void add_steering_routes(Routes& routes, ApiContext& context);
/// Adds what compares copies with what runs sent.
void add_verification_routes(Routes& routes, ApiContext& context);
/// Adds faults and incidents of runs that go on.
void add_switch_routes(Routes& routes, ApiContext& context);
/// Adds packs and lint under /v1.
void add_pack_routes(Routes& routes, ApiContext& context);
/// Adds packs of clients' own.
void add_own_pack_routes(Routes& routes, ApiContext& context);

/// Reads the pack that a request names, or gives the answer to a request that cannot be read.
std::optional<HttpResponse> read_pack_reference(const HttpRequest& request, PackReference& pack);
/// Gives the parameter that names a version, with what holds where it is not given.
RouteParameter version_parameter(const char* otherwise);

/// Reads what may be said of any run beside what it makes: who is told of its end, how long what it made stays, and the key
/// of its request.
void read_order(const ApiContext& context, const HttpRequest& request, RunOrder& order, std::vector<Mistake>& mistakes);
/// Gives the parameters that read_order() reads, but for those that these settings refuse.
std::vector<RouteParameter> order_parameters(const ApiContext& context);
/// Makes an answer of JSON text.
HttpResponse json_answer(int status, std::string body);
/// Makes the answer to an order that was not accepted.
HttpResponse answer_of(const OrderRefusal& refusal);
/// Spells an instant, microseconds; null (as JSON) where there is none.
std::string instant_json(int64_t instant);

}  // namespace headwater
