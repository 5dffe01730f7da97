// For describing the service to programs: OpenAPI 3.1, made from the table of routes.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "service/http_message.h"
#include "service/routes.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

/// What routes are gathered by.
struct Group {
    const char* name;
    const char* help;
};
constexpr Group groups[] = {
    {"Emulator", "Emulations, as clients of the Data Emulator Service know them."},
    {"Runs", "Runs of scenarios: begun, followed, steered, broken, ended, and what they leave."},
    {"Verifications", "Comparing what has landed with what a run sent."},
    {"Packs", "What can be run, and what is wrong with a scenario."},
    {"Service", "How the service itself is, and this description."},
};

Json reference(const std::string& schema) { return {{"$ref", "#/components/schemas/" + schema}}; }

Json content_of(const std::string& type, const std::string& schema, const std::string& example) {
    Json media = Json::object();
    media["schema"] = schema.empty() ? Json{{"type", "string"}} : reference(schema);
    if (!example.empty()) media["example"] = parse_json(example);
    return {{type, media}};
}

Json answer_of(const RouteAnswer& answer) {
    Json one{{"description", answer.help}};
    for (const std::string& header : answer.headers) one["headers"][header] = {{"schema", {{"type", "string"}}}};
    if (!answer.content_type.empty()) one["content"] = content_of(answer.content_type, answer.schema, answer.example);
    return one;
}

/// What every route can answer, whatever it does.
std::vector<RouteAnswer> answers_of(const Route& route, bool needs_token) {
    std::vector<RouteAnswer> answers = route.answers;
    auto refusal = [&](int status, const std::string& help) {
        if (std::ranges::any_of(answers, [&](const RouteAnswer& known) { return known.status == status; })) return;
        answers.push_back({status, help, "Problem", "application/problem+json"});
    };
    refusal(400, "The request is malformed; every wrong field is named.");
    if (needs_token && !route.is_open) refusal(401, "The token is missing or wrong.");
    refusal(403, "A page of another origin asks, or the token may only look.");
    refusal(408, "The request took too long to arrive.");
    if (route.body) {
        refusal(413, "The body is too long.");
        refusal(415, "The body's type is not known here.");
    }
    refusal(417, "Nothing but 100-continue can be expected.");
    refusal(421, "The Host is not one of this service.");
    refusal(431, "The head is too long.");
    std::ranges::stable_sort(answers, {}, &RouteAnswer::status);
    return answers;
}

Json operation_of(const Route& route, bool needs_token) {
    Json operation{{"operationId", route.name}, {"tags", {route.group}}, {"summary", route.summary}};
    if (!route.help.empty()) operation["description"] = route.help;
    for (const RouteParameter& parameter : route.parameters) {
        Json one{{"name", parameter.name},
                 {"in", parameter.is_in_path   ? "path"
                        : parameter.is_in_head ? "header"
                                               : "query"},
                 {"required", parameter.is_in_path},
                 {"description", parameter.help},
                 {"schema", parse_json(parameter.schema)}};
        if (!parameter.example.empty()) one["example"] = parse_json(parameter.example);
        operation["parameters"].push_back(std::move(one));
    }
    if (route.body) {
        Json content = Json::object();
        for (const std::string& type : route.body->content_types)
            content.update(content_of(type, route.body->schema, route.body->example));
        operation["requestBody"] = {{"required", true}, {"content", std::move(content)}};
    }
    for (const RouteAnswer& answer : answers_of(route, needs_token))
        operation["responses"][std::to_string(answer.status)] = answer_of(answer);
    if (needs_token && route.is_open) operation["security"] = Json::array();
    return operation;
}

}  // namespace

std::string openapi_text(const Routes& routes, const ApiTitle& title) {
    Json document{{"openapi", "3.1.0"}};
    document["info"] = {{"title", "headwater"},
                        {"version", title.version},
                        {"summary", "Simulates a business and pours its records into data platforms."},
                        {"description",
                         "Runs scenarios of scripted businesses, breaks them on request, compares what has landed with "
                         "what was sent, and speaks the API of the Data Emulator Service. Errors are problems of RFC "
                         "9457, which name every wrong field."},
                        {"contact", {{"name", "Whoever runs this service"}}},
                        {"license", {{"name", "Apache License 2.0"}, {"identifier", "Apache-2.0"}}}};
    document["servers"] = {{{"url", "/"}}};
    for (const Group& group : groups) document["tags"].push_back({{"name", group.name}, {"description", group.help}});
    for (const Route& route : routes.all())
        if (!route.is_alias)
            document["paths"][route.path][lower(route.method)] = operation_of(route, title.needs_token);
    document["components"]["schemas"] = api_schemas();
    document["security"] = Json::array();
    if (title.needs_token) {
        document["components"]["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
        document["security"].push_back({{"token", Json::array()}});
    }
    return spell_json(document);
}

}  // namespace headwater
