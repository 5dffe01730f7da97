// For the page that describes the API to people: Swagger UI, served from the program itself and fed by /openapi.json.
#include "service/api.h"
#include "service/web_files.h"

namespace headwater {

namespace {

constexpr const char* page = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>headwater API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<script src="docs/swagger-ui-bundle.js" defer></script>
<script src="docs/begin.js" defer></script>
</head>
<body>
<div id="api"></div>
<noscript>This page needs scripts; <a href="openapi.json">openapi.json</a> says the same without.</noscript>
</body>
</html>
)";

constexpr const char* begin = R"(window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#api",
    deepLinking: true,
    docExpansion: "list",
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    validatorUrl: null,
  });
});
)";

/// The page may load what this service has, and nothing else from anywhere.
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src "
    "'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

Route route_of(const std::string& path, const char* name, const char* summary, const std::string& type) {
    Route route{.method = "GET", .path = path, .name = name, .group = "Service", .summary = summary};
    route.answers = {{200, "It.", "", type}};
    route.is_open = true;
    return route;
}

}  // namespace

void add_docs_routes(Routes& routes) {
    Route docs = route_of("/docs", "docs", "This description, for people", "text/html; charset=utf-8");
    docs.help = "Swagger UI over `/openapi.json`, to try requests out; it loads nothing from elsewhere.";
    docs.answer = [](const HttpRequest&) {
        HttpResponse answer{.body = page, .content_type = "text/html; charset=utf-8"};
        answer.fields = {{"Content-Security-Policy", policy}, {"Cache-Control", "no-cache"}};
        return answer;
    };
    routes.add(std::move(docs));
    const std::string script = "text/javascript; charset=utf-8";
    Route start = route_of("/docs/begin.js", "docsBegin", "What that page begins with", script);
    start.help = "The few lines that tell Swagger UI where the description is.";
    start.answer = [script](const HttpRequest&) {
        return HttpResponse{.body = begin, .content_type = script, .fields = {{"Cache-Control", "no-cache"}}};
    };
    routes.add(std::move(start));
    for (const WebFile& file : web_files()) {
        const bool is_script = file.name.ends_with(".js");
        Route route =
            route_of("/docs/" + std::string(file.name), is_script ? "docsScript" : "docsStyle",
                     is_script ? "Swagger UI, which that page shows" : "Its style", std::string(file.content_type));
        route.help = "A part of the page at `/docs`, compressed by gzip.";
        route.answer = [&file](const HttpRequest&) {
            HttpResponse answer{.body = std::string(file.gzip), .content_type = std::string(file.content_type)};
            answer.fields = {{"Content-Encoding", "gzip"}, {"Cache-Control", "public, max-age=86400"}};
            return answer;
        };
        routes.add(std::move(route));
    }
}

}  // namespace headwater
