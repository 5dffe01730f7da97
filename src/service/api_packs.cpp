// For packs over REST: which there are, what they hold, and what is wrong with a scenario.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/time.h"
#include "engine/first_records.h"
#include "pack/describe.h"
#include "pack/load.h"
#include "service/api.h"
#include "service/json_text.h"
#include "service/problem.h"
#include "service/utf8.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr int most_previewed = 1000;

HttpResponse list(const ApiContext& context) {
    Diagnostics diagnostics;
    Json json{{"packs", Json::array()}};
    for (const FoundPack& pack : list_packs(context.parts.pack_folders, diagnostics)) {
        const char* origin = pack.file.starts_with("built-in:") ? "built-in" : "folder";
        json["packs"].push_back(
            {{"name", pack.name}, {"version", pack.version}, {"summary", pack.summary}, {"origin", origin}});
    }
    const auto kept = context.runs.packs().list();
    if (!kept) return problem(500, kept.error().message);
    for (const StoredPack& pack : *kept)
        json["packs"].push_back({{"name", pack.name},
                                 {"version", pack.version},
                                 {"summary", pack.summary},
                                 {"origin", "kept"},
                                 {"created", spell_instant(pack.created)}});
    return json_answer(200, spell_json(json));
}

HttpResponse describe_one(const ApiContext& context, const HttpRequest& request) {
    PackReference pack;
    if (auto wrong = read_pack_reference(request, pack)) return *wrong;
    const OfferedPacks offered(context.runs.packs());
    const auto has_name = [&](const auto& one) { return one.pack == pack.name; };
    const bool is_known = std::ranges::any_of(find_packs(context.parts.pack_folders), has_name) || offered.find(pack);
    if (!is_known) return problem(404, "Pack does not exist: " + pack.spelled());
    LoadRequest load_request{.what = "scenario", .text = spell_json({{"packs", {{pack.spelled(), Json::object()}}}})};
    load_request.pack_folders = context.parts.pack_folders;
    load_request.shelf = &offered;
    const Described described = describe(load_request);
    if (described.packs.empty()) return problem(404, "", mistakes_of(described.diagnostics));
    return json_answer(200, spell_json(parse_json(describe_as_json(described.packs)).at(0)));
}

HttpResponse lint(const ApiContext& context, const HttpRequest& request) {
    if (!is_utf8(request.body)) return problem(400, "Body is not UTF-8");
    if (field_of(request.fields, "content-type").starts_with("application/json")) {
        Json body;
        if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    }
    const OfferedPacks offered(context.runs.packs());
    LoadRequest load_request{.what = "scenario", .text = request.body, .pack_folders = context.parts.pack_folders};
    load_request.shelf = &offered;
    load_request.now = context.parts.time.now();
    Loaded loaded = load(load_request);
    if (loaded.plan) {
        if (auto settled = context.parts.settle(*loaded.plan); !settled)
            loaded.diagnostics.error("scenario", {1, 1}, "outputs", settled.error().message);
    }
    Json json{{"is_valid", !loaded.diagnostics.has_errors()}};
    json["diagnostics"] = parse_json(render_json(loaded.diagnostics.sorted()));
    return json_answer(200, spell_json(json));
}

/// Spells the first records of a plan: each as its JSON, with the labels that the answer key would give it.
Json spell_first(const Plan& plan, const std::vector<FirstRecords>& firsts) {
    Json streams = Json::array();
    for (const FirstRecords& first : firsts) {
        const StreamPlan& stream = plan.streams[static_cast<size_t>(first.stream)];
        Json records = Json::array();
        for (const FirstRecord& record : first.records) {
            Json fields = Json::object();
            for (size_t i = 0; i < record.cells.size(); ++i)
                fields[record.schema->fields[i].name] = parse_json(record.cells[i]);
            records.push_back({{"labels", record.labels}, {"record", std::move(fields)}});
        }
        streams.push_back({{"name", stream.qualified()},
                           {"key", stream.schema->key.empty() ? Json() : Json(stream.schema->key)},
                           {"summary", stream.summary},
                           {"records", std::move(records)}});
    }
    return streams;
}

HttpResponse preview(const ApiContext& context, const HttpRequest& request) {
    if (!is_utf8(request.body)) return problem(400, "Body is not UTF-8");
    if (field_of(request.fields, "content-type").starts_with("application/json")) {
        Json body;
        if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    }
    int records = 5;
    for (const auto& [name, value] : request.query) {
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), records);
        const bool is_number = error == std::errc() && end == value.data() + value.size();
        if (name != "records" || !is_number || records < 1 || records > most_previewed)
            return problem(400, "",
                           {{name,
                             "Parameter is not records, a whole number from 1 to 1000: " + name + "=" + value,
                             "records, from 1 to 1000",
                             "",
                             {}}});
    }
    const OfferedPacks offered(context.runs.packs());
    LoadRequest load_request{.what = "scenario", .text = request.body, .pack_folders = context.parts.pack_folders};
    load_request.shelf = &offered;
    load_request.now = context.parts.time.now();
    load_request.is_preview = true;
    Loaded loaded = load(load_request);
    if (!loaded.plan) return problem(400, "", mistakes_of(loaded.diagnostics));
    if (std::string excess = context.runs.excess_of(*loaded.plan); !excess.empty()) return problem(400, excess);
    const auto firsts = first_records(*loaded.plan, records, context.parts.time);
    if (!firsts) return problem(400, firsts.error().message);
    return json_answer(200,
                       spell_json(Json{{"seed", loaded.plan->seed}, {"streams", spell_first(*loaded.plan, *firsts)}}));
}

}  // namespace

void add_pack_routes(Routes& routes, ApiContext& context) {
    Route all{.method = "GET", .path = "/v1/packs", .name = "listPacks", .group = "Packs", .summary = "List the packs"};
    all.help = "Each with what it tells, and how many streams it has.";
    all.answers = {{200, "The packs there are.", "PackList"}};
    all.is_quick = false;
    all.answer = [&context](const HttpRequest&) { return list(context); };
    routes.add(std::move(all));

    Route one{.method = "GET", .path = "/v1/packs/{name}", .name = "describePack", .group = "Packs"};
    one.summary = "Say what a pack holds";
    one.help =
        "What `headwater describe` says, as JSON: what can be set, what comes out, and where its numbers are from.";
    one.parameters = {{"name", true, "Of the pack.",
                       R"({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,62}$"})", "\"payments\""},
                      version_parameter("Version; of several that were given the last where none is named.")};
    one.answers = {{200, "Its parameters, lists, streams and rules.", "Pack"},
                   {404, "There is no such pack.", "Problem", "application/problem+json"}};
    one.is_quick = false;
    one.answer = [&context](const HttpRequest& request) { return describe_one(context, request); };
    routes.add(std::move(one));

    Route first{.method = "POST", .path = "/v1/preview", .name = "preview", .group = "Packs"};
    first.summary = "Show the first records of a scenario";
    first.help = "Nothing is kept and no target is asked for anything.";
    first.body = RouteBody{"Scenario", {"application/json", "application/yaml"}, R"({"packs": {"payments": {}}})"};
    first.parameters = {{"records", false, "Of each stream.",
                         R"({"type": "integer", "minimum": 1, "maximum": 1000, "default": 5})", "2"}};
    first.answers = {{200, "Records, with the labels that the answer key gives them.", "Preview"}};
    first.is_quick = false;
    first.answer = [&context](const HttpRequest& request) { return preview(context, request); };
    routes.add(std::move(first));

    Route check{.method = "POST", .path = "/v1/lint", .name = "lint", .group = "Packs"};
    check.summary = "Say what is wrong with a scenario";
    check.help = "What `headwater lint` says. A scenario that is wrong is answered with 200, as that was the question.";
    check.body = RouteBody{"AnyScenario", {"application/json", "application/yaml"}, R"({"packs": {"payments": {}}})"};
    check.answers = {{200, "Every mistake and warning, with its place.", "LintResult"}};
    check.is_quick = false;
    check.answer = [&context](const HttpRequest& request) { return lint(context, request); };
    routes.add(std::move(check));
}

}  // namespace headwater
