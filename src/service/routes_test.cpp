#include "service/routes.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace headwater;
using Json = nlohmann::ordered_json;

namespace {

Route route_of(const char* method, const char* path, const char* name) {
    return {.method = method, .path = path, .name = name, .group = "G", .summary = "s"};
}

}  // namespace

TEST_CASE("a path finds its route, the values of its holes, and the methods that are allowed") {
    Routes routes;
    routes.add(route_of("GET", "/", "root"));
    routes.add(route_of("GET", "/runs", "list"));
    routes.add(route_of("POST", "/runs", "create"));
    routes.add(route_of("GET", "/runs/{id}", "one"));
    routes.add(route_of("POST", "/runs/", "slash"));
    std::map<std::string, std::string> segments;
    std::string allowed;
    auto name = [&](const char* method, const char* path) {
        segments.clear();
        allowed.clear();
        const Route* route = routes.find(method, path, segments, allowed);
        return route == nullptr ? "" : route->name;
    };
    CHECK(name("GET", "/") == "root");
    CHECK(name("HEAD", "/runs") == "list");
    CHECK(name("POST", "/runs/") == "slash");
    CHECK(name("GET", "/runs/a b") == "one");
    CHECK(segments.at("id") == "a b");
    CHECK(name("DELETE", "/runs") == "");
    CHECK(allowed == "GET, HEAD, POST");
    for (const char* path : {"/none", "/runs/1/2", "//", "/runs/1/"}) {
        CHECK(name("GET", path) == "");
        CHECK(allowed == "");
    }
}

TEST_CASE("every schema that another one or a route names is there") {
    const std::string all = api_schemas().dump();
    const std::string mark = "#/components/schemas/";
    for (size_t at = all.find(mark); at != std::string::npos; at = all.find(mark, at + 1)) {
        const size_t begin = at + mark.size();
        CHECK(api_schemas().contains(all.substr(begin, all.find('"', begin) - begin)));
    }
    Routes routes;
    Route route = route_of("POST", "/x/{id}", "x");
    route.parameters = {{"id", true, "h", R"({"type": "string"})", ""}};
    route.body = RouteBody{"Scenario", {"application/json", "application/yaml"}, "{}"};
    route.answers = {{202, "yes", "Run", "application/json", "", {"Location"}}};
    routes.add(route);
    const Json document = Json::parse(openapi_text(routes, {"1", true}));
    const Json& operation = document.at("paths").at("/x/{id}").at("post");
    CHECK(operation.at("responses").contains("401"));
    CHECK(operation.at("responses").contains("413"));
    CHECK(operation.at("responses").at("202").at("headers").contains("Location"));
    CHECK(operation.at("requestBody").at("content").contains("application/yaml"));
}
