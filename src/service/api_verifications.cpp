// For verifications over REST: compare a landed copy with what a run sent, and read what was found.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/time.h"
#include "format/formats.h"
#include "service/api.h"
#include "service/json_text.h"
#include "service/problem.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
constexpr int most_examples = 1000;
constexpr size_t most_names = 1000;

HttpResponse not_found(const char* what, const std::string& id) {
    return problem(404, std::string(what) + " does not exist: " + id);
}

/// Reads the fields of a body, and collects what is wrong with them.
class WishReader {
  public:
    explicit WishReader(const Json& body) : body_(body) {}

    VerifyWishes read() {
        if (!body_.is_object()) {
            mistakes_.push_back({"", "Body is no JSON object", listed(names), "", {}});
            return wishes_;
        }
        for (const auto& [name, value] : body_.items()) {
            if (std::ranges::find(names, name) == names.end())
                mistakes_.push_back({name, "Field is not known: " + name, listed(names), "", {}});
        }
        text("from", wishes_.from);
        choice("format", wishes_.format, format_names());
        choice("match", wishes_.match, {"identity", "content"});
        choice("order", wishes_.order, {"lane", "key", "none"});
        texts("streams", wishes_.streams);
        texts("ignore", wishes_.ignored);
        text("dead_letters", wishes_.dead_letters);
        text("original", wishes_.original);
        text("reason", wishes_.reason);
        number("examples", wishes_.examples);
        return wishes_;
    }

    const std::vector<Mistake>& mistakes() const { return mistakes_; }

  private:
    static constexpr std::array<std::string_view, 10> names{"from",   "format",       "match",    "order",  "streams",
                                                            "ignore", "dead_letters", "original", "reason", "examples"};

    template <typename Words>
    static std::string listed(const Words& words) {
        std::string all;
        for (const std::string_view word : words) all += (all.empty() ? "" : ", ") + std::string(word);
        return all;
    }

    const Json* find(const char* name) const {
        const auto found = body_.find(name);
        return found == body_.end() ? nullptr : &*found;
    }

    void refuse(const char* name, const std::string& allowed, const Json& value) {
        const std::string got = spell_json(value).substr(0, 80);
        mistakes_.push_back(
            {name, "Field " + std::string(name) + " is not " + allowed + ": " + got, allowed, "", {}, got});
    }

    void text(const char* name, std::string& to) {
        const Json* value = find(name);
        if (value == nullptr) return;
        if (value->is_string() && !value->get_ref<const std::string&>().empty()) return value->get_to(to), void();
        refuse(name, "a text", *value);
    }

    void choice(const char* name, std::string& to, const std::vector<std::string_view>& known) {
        const Json* value = find(name);
        if (value == nullptr) return;
        const bool is_known = value->is_string() && std::ranges::find(known, value->get<std::string>()) != known.end();
        if (is_known) return value->get_to(to), void();
        refuse(name, "one of " + listed(known), *value);
    }

    void texts(const char* name, std::vector<std::string>& to) {
        const Json* value = find(name);
        if (value == nullptr) return;
        const bool is_list = value->is_array() && value->size() <= most_names &&
                             std::ranges::all_of(*value, [](const Json& one) { return one.is_string(); });
        if (is_list) return value->get_to(to), void();
        refuse(name, "a list of at most 1000 texts", *value);
    }

    void number(const char* name, int& to) {
        const Json* value = find(name);
        if (value == nullptr) return;
        const bool is_whole = value->is_number_integer() && *value >= 0 && *value <= most_examples;
        if (is_whole) return value->get_to(to), void();
        refuse(name, "a whole number from 0 to 1000", *value);
    }

    const Json& body_;
    VerifyWishes wishes_;
    std::vector<Mistake> mistakes_;
};

Json spell(const StoredVerification& one, bool with_report) {
    Json json{{"id", one.id}, {"run", one.run}, {"state", name_of(one.state)}};
    if (!one.reason.empty()) json["reason"] = one.reason;
    auto instant = [](int64_t at) { return at == 0 ? Json() : Json(spell_instant(at)); };
    json["created"] = instant(one.created);
    json["started"] = instant(one.started);
    json["ended"] = instant(one.ended);
    json["request"] = parse_json_or_discard(one.request);
    const bool is_done = one.state == VerificationState::completed;
    json["clean"] = is_done ? Json(one.is_clean) : Json();
    if (with_report) json["report"] = is_done ? parse_json_or_discard(one.report) : Json();
    const std::string self = "/v1/verifications/" + one.id;
    json["links"] = {{"self", self}, {"run", "/v1/runs/" + one.run}};
    if (is_done) json["links"]["report"] = self + "/report.html";
    if (!is_over(one.state)) json["links"]["stop"] = self + "/stop";
    return json;
}

HttpResponse answer_of(const VerificationRefusal& refusal) {
    using Kind = VerificationRefusal::Kind;
    if (refusal.kind == Kind::mistake) return problem(400, refusal.message);
    HttpResponse response = problem(refusal.kind == Kind::full ? 429 : 503, refusal.message);
    if (refusal.kind == Kind::full) response.fields.emplace_back("Retry-After", "5");
    return response;
}

HttpResponse create(ApiContext& context, const HttpRequest& request) {
    Json body;
    if (auto wrong = read_json(request.body, body)) return problem(400, *wrong);
    const std::string& id = request.segments.at("id");
    const auto run = context.runs.find(id);
    if (!run) return problem(500, run.error().message);
    if (!*run) return not_found("Run", id);
    WishReader reader(body);
    const VerifyWishes wishes = reader.read();
    if (!reader.mistakes().empty()) return problem(400, "", reader.mistakes());
    const LifeState state = (*run)->state;
    if (state != LifeState::completed && state != LifeState::stopped)
        return problem(409, "Run has not ended well, for its state is: " + std::string(name_of(state)));
    const auto made = context.verifications.accept(**run, wishes);
    if (!made) return answer_of(made.error());
    HttpResponse response = json_answer(202, spell_json(spell(*made, true)));
    response.fields.emplace_back("Location", "/v1/verifications/" + made->id);
    return response;
}

HttpResponse list(ApiContext& context, const HttpRequest& request) {
    const std::string& id = request.segments.at("id");
    const auto run = context.runs.find(id);
    if (!run) return problem(500, run.error().message);
    if (!*run) return not_found("Run", id);
    const auto all = context.verifications.of_run(id);
    if (!all) return problem(500, all.error().message);
    Json json{{"verifications", Json::array()}};
    for (const StoredVerification& one : *all) json["verifications"].push_back(spell(one, false));
    return json_answer(200, spell_json(json));
}

HttpResponse answer_with(const Result<std::optional<StoredVerification>>& found, const std::string& id, int status) {
    if (!found) return problem(500, found.error().message);
    if (!*found) return not_found("Verification", id);
    return json_answer(status, spell_json(spell(**found, true)));
}

HttpResponse page(ApiContext& context, const std::string& id) {
    const auto found = context.verifications.find(id);
    if (!found) return problem(500, found.error().message);
    if (!*found) return not_found("Verification", id);
    const auto text = context.verifications.page(id);
    if (!text) return problem(500, text.error().message);
    if (!*text)
        return problem(409, "Verification has no report, for its state is: " + std::string(name_of((*found)->state)));
    HttpResponse answer{.body = **text, .content_type = "text/html; charset=utf-8"};
    answer.fields = {{"Content-Security-Policy", policy}, {"Cache-Control", "no-store"}};
    return answer;
}

Route route_of(const char* method, const char* path, const char* name, const char* summary) {
    Route route{.method = method, .path = path, .name = name, .group = "Verifications", .summary = summary};
    const bool is_of_run = route.path.starts_with("/v1/runs");
    route.parameters = {{"id", true, is_of_run ? "Of the run." : "Of the verification.", id_schema, ""}};
    route.answers = {{404, is_of_run ? "There is no such run." : "There is no such verification.", "Problem",
                      "application/problem+json"}};
    route.is_quick = false;
    return route;
}

}  // namespace

void add_verification_routes(Routes& routes, ApiContext& context) {
    Route made = route_of("POST", "/v1/runs/{id}/verify", "verifyRun", "Compare a landed copy with what a run sent");
    made.help =
        "Reads the copy at `from`, or where the run went, makes what was sent again, and compares record by record. "
        "Fields mean what the options of `headwater verify` mean. The service reads what it may write to: `file:` "
        "below "
        "its folder of files, S3 and Kafka with its own credentials.";
    made.body = RouteBody{"VerifyRequest", {"application/json"}, R"({"from": "s3://lake/bronze/payments"})"};
    made.answers.push_back(
        {202, "The verification is accepted.", "Verification", "application/json", "", {"Location"}});
    made.answers.push_back({409, "The run is not over, or failed.", "Problem", "application/problem+json"});
    made.answers.push_back(
        {429, "Too many verifications wait.", "Problem", "application/problem+json", "", {"Retry-After"}});
    made.answers.push_back(
        {503, "The service is shutting down, or its disk is full.", "Problem", "application/problem+json"});
    made.answer = [&context](const HttpRequest& request) { return create(context, request); };
    routes.add(std::move(made));

    Route all = route_of("GET", "/v1/runs/{id}/verifications", "listVerifications",
                         "List the verifications of a run, the youngest first");
    all.help = "The reports of each are left out; ask for one to see its report.";
    all.answers.push_back({200, "Its verifications, without reports.", "VerificationList"});
    all.answer = [&context](const HttpRequest& request) { return list(context, request); };
    routes.add(std::move(all));

    Route one = route_of("GET", "/v1/verifications/{id}", "getVerification", "Say what a verification has found");
    one.help = "How far it is, and when it is completed, the report that `headwater verify` would write.";
    one.answers.push_back({200, "The verification; `report` is there when it is completed.", "Verification"});
    one.answer = [&context](const HttpRequest& request) {
        const std::string& id = request.segments.at("id");
        return answer_with(context.verifications.find(id), id, 200);
    };
    routes.add(std::move(one));

    Route report = route_of("GET", "/v1/verifications/{id}/report.html", "getVerificationReport",
                            "Show people what a verification has found");
    report.help = "The report as a page that needs nothing from elsewhere.";
    report.answers.push_back({200, "A page with plots.", "", "text/html; charset=utf-8"});
    report.answers.push_back({409, "The verification is not completed.", "Problem", "application/problem+json"});
    report.answer = [&context](const HttpRequest& request) { return page(context, request.segments.at("id")); };
    routes.add(std::move(report));

    Route stop = route_of("POST", "/v1/verifications/{id}/stop", "stopVerification", "End a verification");
    stop.help = "It changes nothing but its own report, so nothing is left behind; one that is over stays as it is.";
    stop.answers.push_back({202, "The verification, which ends soon or is over.", "Verification"});
    stop.answer = [&context](const HttpRequest& request) {
        const std::string& id = request.segments.at("id");
        return answer_with(context.verifications.stop(id), id, 202);
    };
    routes.add(std::move(stop));
}

}  // namespace headwater
