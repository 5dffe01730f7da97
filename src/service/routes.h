// For the one table of what can be asked: it serves the requests, and the OpenAPI document is made from it.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/http_message.h"

namespace headwater {

/// How ids are made, for parameters.
inline constexpr const char* id_schema =
    R"({"type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"})";

/// A parameter of a path or a query.
struct RouteParameter {
    std::string name;
    bool is_in_path = false;
    std::string help;
    std::string schema;   ///< JSON Schema, as JSON
    std::string example;  ///< JSON
    bool is_in_head = false;
};

/// What a request carries.
struct RouteBody {
    std::string schema;                      ///< name of a schema
    std::vector<std::string> content_types;  ///< the first one is shown with the example
    std::string example;                     ///< JSON
};

/// One answer that a route can give.
struct RouteAnswer {
    int status = 200;
    std::string help;
    std::string schema;  ///< name of a schema; empty: text
    std::string content_type = "application/json";
    std::string example{};               ///< JSON
    std::vector<std::string> headers{};  ///< that come with it
};

/// What can be asked.
struct Route {
    std::string method;
    std::string path;   ///< /v1/runs/{id}
    std::string name;   ///< unique: listRuns
    std::string group;  ///< Emulator, Runs, Service
    std::string summary;
    std::string help{};
    std::vector<RouteParameter> parameters{};
    std::optional<RouteBody> body{};
    std::vector<RouteAnswer> answers{};  ///< beside those that every route can give
    bool is_open = false;                ///< needs no token
    bool is_alias = false;               ///< another spelling of a path, which the description leaves out
    bool is_quick = true;                ///< see Admission
    std::function<HttpResponse(const HttpRequest& request)> answer{};
};

class Routes {
  public:
    /// Adds a route; names and pairs of method and path are unique.
    void add(Route route);
    /// Finds what a request means and fills the values of the path's holes. Gives none where there is no such path; with
    /// a method that the path does not know, `allowed` lists those it knows.
    const Route* find(std::string_view method, std::string_view path, std::map<std::string, std::string>& segments,
                      std::string& allowed) const;
    const std::vector<Route>& all() const { return routes_; }

  private:
    std::vector<Route> routes_;
};

/// What the OpenAPI document says beside the routes.
struct ApiTitle {
    std::string version;
    bool needs_token = false;
};

/// Prints the OpenAPI 3.1 document of the routes.
std::string openapi_text(const Routes& routes, const ApiTitle& title);

/// Gives the named JSON Schemas, as one JSON object.
const nlohmann::ordered_json& api_schemas();

}  // namespace headwater
