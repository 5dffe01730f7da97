// For telling a client what is wrong with its request: every mistake at once, as problem+json (RFC 9457).
#include "service/problem.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace headwater {

HttpResponse problem(int status, std::string detail, const std::vector<Mistake>& mistakes) {
    using Json = nlohmann::ordered_json;
    for (size_t i = 0; detail.empty() && i < mistakes.size(); ++i) {
        detail = mistakes[i].message;
        if (mistakes.size() > 1) detail += " (and " + std::to_string(mistakes.size() - 1) + " more)";
    }
    Json body{{"type", "about:blank"}, {"title", phrase_of(status)}, {"status", status}, {"detail", detail}};
    if (!mistakes.empty()) body["errors"] = Json::array();
    for (const Mistake& mistake : mistakes) {
        Json one{{"path", mistake.path}, {"message", mistake.message}};
        if (!mistake.got.empty()) one["got"] = mistake.got;
        if (!mistake.allowed.empty()) one["allowed"] = mistake.allowed;
        if (!mistake.hint.empty()) one["hint"] = mistake.hint;
        if (mistake.at.line > 0) {
            one["line"] = mistake.at.line;
            one["column"] = mistake.at.column;
        }
        body["errors"].push_back(std::move(one));
    }
    HttpResponse response{.status = status, .content_type = "application/problem+json"};
    response.body = spell_json(body) + "\n";
    response.fields.emplace_back("Cache-Control", "no-store");
    return response;
}

std::vector<Mistake> mistakes_of(const Diagnostics& diagnostics) {
    std::vector<Mistake> mistakes;
    for (const Diagnostic& one : diagnostics.sorted()) {
        if (one.severity != Diagnostic::Severity::error) continue;
        mistakes.push_back({one.path, one.message, "", one.hint, one.at});
    }
    return mistakes;
}

}  // namespace headwater
