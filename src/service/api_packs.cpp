// For packs over REST: which there are, what they hold, and what is wrong with a scenario.
#include <nlohmann/json.hpp>

#include "pack/describe.h"
#include "pack/load.h"
#include "service/api.h"
#include "service/json_text.h"
#include "service/problem.h"
#include "service/utf8.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

HttpResponse list(const ApiContext& context) {
    Diagnostics diagnostics;
    Json json{{"packs", Json::array()}};
    for (const FoundPack& pack : list_packs(context.parts.pack_folders, diagnostics))
        json["packs"].push_back({{"name", pack.name}, {"version", pack.version}, {"summary", pack.summary}});
    return json_answer(200, dumped(json));
}

HttpResponse describe_one(const ApiContext& context, const std::string& name) {
    Diagnostics diagnostics;
    bool is_known = false;
    for (const FoundPack& pack : list_packs(context.parts.pack_folders, diagnostics))
        is_known = is_known || pack.name == name;
    if (!is_known) return problem(404, "Pack does not exist: " + name);
    const Described described = describe({.what = name, .pack_folders = context.parts.pack_folders});
    if (described.packs.empty()) return problem(500, "", mistakes_of(described.diagnostics));
    return json_answer(200, dumped(Json::parse(describe_as_json(described.packs)).at(0)));
}

HttpResponse lint(const ApiContext& context, const HttpRequest& request) {
    if (!is_utf8(request.body)) return problem(400, "Body is not UTF-8");
    if (field_of(request.fields, "content-type").starts_with("application/json")) {
        Json body;
        if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    }
    LoadRequest load_request{.what = "scenario", .text = request.body, .pack_folders = context.parts.pack_folders};
    load_request.now = context.parts.time.now();
    Loaded loaded = load(load_request);
    if (loaded.plan) {
        if (auto settled = context.parts.settle(*loaded.plan); !settled)
            loaded.diagnostics.error("scenario", {1, 1}, "outputs", settled.error().message);
    }
    Json json{{"is_valid", !loaded.diagnostics.has_errors()}};
    json["diagnostics"] = Json::parse(render_json(loaded.diagnostics.sorted()));
    return json_answer(200, dumped(json));
}

}  // namespace

void add_pack_routes(Routes& routes, ApiContext& context) {
    Route all{.method = "GET", .path = "/v1/packs", .name = "listPacks", .group = "Packs", .summary = "List the packs"};
    all.answers = {{200, "The packs there are.", "PackList"}};
    all.is_quick = false;
    all.answer = [&context](const HttpRequest&) { return list(context); };
    routes.add(std::move(all));

    Route one{.method = "GET", .path = "/v1/packs/{name}", .name = "describePack", .group = "Packs"};
    one.summary = "Say what a pack holds";
    one.parameters = {{"name", true, "Of the pack.", R"({"type": "string"})", "\"payments\""}};
    one.answers = {{200, "Its parameters, lists, streams and rules.", "Pack"},
                   {404, "There is no such pack.", "Problem", "application/problem+json"}};
    one.is_quick = false;
    one.answer = [&context](const HttpRequest& request) { return describe_one(context, request.segments.at("name")); };
    routes.add(std::move(one));

    Route check{.method = "POST", .path = "/v1/lint", .name = "lint", .group = "Packs"};
    check.summary = "Say what is wrong with a scenario";
    check.body = RouteBody{"Scenario", {"application/json", "application/yaml"}, R"({"packs": {"payments": {}}})"};
    check.answers = {{200, "Every mistake and warning, with its place.", "LintResult"}};
    check.is_quick = false;
    check.answer = [&context](const HttpRequest& request) { return lint(context, request); };
    routes.add(std::move(check));
}

}  // namespace headwater
