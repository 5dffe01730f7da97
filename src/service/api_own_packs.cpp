// For packs of clients' own, over REST: given, read back, deleted.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/time.h"
#include "language/yaml.h"
#include "pack/load.h"
#include "service/api.h"
#include "service/json_text.h"
#include "service/problem.h"
#include "service/utf8.h"
#include "sink/digest.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* pack_example =
    R"json({"pack": "shop", "version": 1, "streams": {"orders": {"rate": "5/s", "fields": {"number": "=row", "total": "=decimal(1..100)"}}}})json";
constexpr size_t longest_name_bytes = 64;
constexpr const char* word_pattern = R"json({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"})json";

/// True for what a name or a version of a pack that is kept may be: it stands in addresses.
bool is_word(std::string_view text) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !text.empty() && text.size() <= longest_name_bytes && is_letter(text[0]) &&
           std::ranges::all_of(text, [&](char c) { return is_letter(c) || c == '_' || c == '.' || c == '-'; });
}

/// One pack that was just given, before all others.
class TrialPack final : public PackShelf {
  public:
    TrialPack(const StoredPack& pack, const PackShelf& others) : pack_(pack), others_(others) {}
    std::optional<ShelvedPack> find(const PackReference& wanted) const override {
        if (wanted.name != pack_.name) return others_.find(wanted);
        return ShelvedPack{pack_.version, pack_.text};
    }
    std::vector<std::string> names() const override { return others_.names(); }

  private:
    const StoredPack& pack_;
    const PackShelf& others_;
};

/// Reads what a pack says of itself; every mistake of that is among the diagnostics.
StoredPack read_pack(const std::string& text, Diagnostics& diagnostics) {
    StoredPack pack{.text = text};
    const auto root = parse_yaml(text, "pack", diagnostics);
    if (!root || diagnostics.has_errors()) return pack;
    const Node* name = root->is_map() ? root->find("pack") : nullptr;
    if (!name || !name->is_scalar()) {
        diagnostics.error("pack", root->at, "pack", "This is no pack", "A pack begins with pack: NAME.");
        return pack;
    }
    auto word = [&](const char* key, const Node* node, std::string& to) {
        if (node && node->is_scalar()) to = node->text;
        if (!is_word(to))
            diagnostics.error("pack", node->at, key,
                              "A name or a version is made of letters, digits, _ . and -, at most 64: " + to);
    };
    word("pack", name, pack.name);
    pack.version = version_of(*root);
    if (const Node* version = root->find("version")) word("version", version, pack.version);
    const Node* summary = root->find("summary");
    if (summary && summary->is_scalar()) pack.summary = summary->text;
    return pack;
}

Json spell(const StoredPack& pack) {
    return {{"name", pack.name},
            {"version", pack.version},
            {"summary", pack.summary},
            {"origin", "kept"},
            {"created", spell_instant(pack.created)}};
}

HttpResponse answer_of(const PackRefusal& refusal) {
    return problem(refusal.kind == PackRefusal::Kind::disk ? 503 : 409, refusal.message);
}

HttpResponse give(ApiContext& context, const HttpRequest& request) {
    if (!is_utf8(request.body)) return problem(400, "Body is not UTF-8");
    if (field_of(request.fields, "content-type").starts_with("application/json")) {
        Json body;
        if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    }
    Diagnostics diagnostics;
    StoredPack pack = read_pack(request.body, diagnostics);
    if (diagnostics.has_errors()) return problem(400, "", mistakes_of(diagnostics));
    for (const PackPlace& place : find_packs(context.parts.pack_folders))
        if (place.pack == pack.name)
            return problem(409, "A pack of this name is the service's own; choose another: " + pack.name);
    const OfferedPacks offered(context.runs.packs());
    const TrialPack trial(pack, offered);
    LoadRequest load_request{.what = "scenario", .text = spell_json({{"packs", {{pack.name, Json::object()}}}})};
    load_request.pack_folders = context.parts.pack_folders;
    load_request.shelf = &trial;
    load_request.now = context.parts.time.now();
    load_request.counts = {"1"};  // nothing is run, so nothing is to be bounded
    const Loaded loaded = load(load_request);
    if (!loaded.plan) return problem(400, "", mistakes_of(loaded.diagnostics));
    pack.id = sha256_hex(pack.name + "\n" + pack.version + "\n" + pack.text);
    pack.created = context.parts.time.now();
    const auto added = context.runs.packs().add(pack);
    if (!added) return answer_of(added.error());
    if (!*added)
        if (const auto kept = context.runs.packs().find({pack.name, pack.version}); kept && *kept) pack = **kept;
    Json json = spell(pack);
    json["diagnostics"] = parse_json(render_json(loaded.diagnostics.sorted()));
    HttpResponse response = json_answer(*added ? 201 : 200, spell_json(json));
    response.fields.emplace_back("Location", "/v1/packs/" + pack.name + "?version=" + pack.version);
    return response;
}

HttpResponse not_kept(const PackReference& pack) {
    return problem(404, "No client gave such a pack: " + pack.spelled());
}

HttpResponse source(ApiContext& context, const HttpRequest& request) {
    PackReference pack;
    if (auto wrong = read_pack_reference(request, pack)) return *wrong;
    const auto found = context.runs.packs().find(pack);
    if (!found) return problem(500, found.error().message);
    if (!*found) return not_kept(pack);
    return {.body = (*found)->text, .content_type = "application/yaml"};
}

HttpResponse remove(ApiContext& context, const HttpRequest& request) {
    PackReference pack;
    if (auto wrong = read_pack_reference(request, pack)) return *wrong;
    const auto removed = context.runs.packs().remove(pack);
    if (!removed) return problem(503, removed.error().message);
    return *removed > 0 ? HttpResponse{.status = 204, .content_type = ""} : not_kept(pack);
}

}  // namespace

std::optional<HttpResponse> read_pack_reference(const HttpRequest& request, PackReference& pack) {
    pack.name = request.segments.at("name");
    std::vector<Mistake> mistakes;
    for (const auto& [name, value] : request.query) {
        if (name != "version") mistakes.push_back({name, "Parameter is not known: " + name, "version", "", {}});
        if (name == "version" && !is_word(value))
            mistakes.push_back({name, "Parameter version is not one: " + value, "letters, digits, _ . and -", "", {}});
        pack.version = value;
    }
    if (!mistakes.empty()) return problem(400, "", mistakes);
    return std::nullopt;
}

RouteParameter version_parameter(const char* otherwise) { return {"version", false, otherwise, word_pattern, ""}; }

void add_own_pack_routes(Routes& routes, ApiContext& context) {
    const RouteParameter name{"name", true, "Of the pack.", word_pattern, ""};
    const RouteAnswer none{404, "No client gave such a pack.", "Problem", "application/problem+json"};
    auto add = [&](Route route, auto answer) {
        route.group = "Packs";
        route.is_quick = false;
        route.answer = [&context, answer](const HttpRequest& request) { return answer(context, request); };
        routes.add(std::move(route));
    };

    Route given{.method = "POST", .path = "/v1/packs", .name = "createPack", .summary = "Give a pack"};
    given.help =
        "The body is a pack, as YAML or JSON. It is checked as a whole, and every mistake is named with its line and "
        "column. "
        "It is kept under its name and the version that it says it has: scenarios name it as NAME, for the version "
        "that was "
        "given last, or as NAME@VERSION. A version never changes, and a run keeps the one that it began with. A pack "
        "of "
        "clients reads no files.";
    given.body = RouteBody{"PackText", {"application/yaml", "application/json"}, pack_example};
    given.answers = {
        {201, "It is kept.", "KeptPack", "application/json", "", {"Location"}},
        {200, "It was kept already, with the same text.", "KeptPack", "application/json", "", {"Location"}},
        {409, "The name is one of the service's own, the version is kept with another text, or there are too many.",
         "Problem", "application/problem+json"},
        {503, "The disk is full.", "Problem", "application/problem+json"}};
    add(std::move(given), give);

    Route text{.method = "GET", .path = "/v1/packs/{name}/source", .name = "getPackSource"};
    text.summary = "Give the text of a pack that a client gave";
    text.help = "As it was given, with its comments.";
    text.parameters = {name, version_parameter("Version; the one that was given last where none is named.")};
    text.answers = {{200, "The pack as it was given.", "", "application/yaml"}, none};
    add(std::move(text), source);

    Route deletion{.method = "DELETE", .path = "/v1/packs/{name}", .name = "deletePack", .summary = "Delete a pack"};
    deletion.help = "Nobody can name it any more. Runs that began with it go on, are verified and removed with it.";
    deletion.parameters = {name, version_parameter("Version; all of them where none is named.")};
    deletion.answers = {
        {204, "It is deleted.", "", ""}, none, {503, "The disk is full.", "Problem", "application/problem+json"}};
    add(std::move(deletion), remove);
}

}  // namespace headwater
