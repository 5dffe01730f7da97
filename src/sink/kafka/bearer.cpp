// For logging in by a token (SASL OAUTHBEARER, RFC 7628): what is said, and what a token says of itself.
#include "sink/kafka/bearer.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sink/kafka/base64.h"

namespace headwater {

namespace {

using Json = nlohmann::json;

constexpr int64_t usual_lifetime_ms = int64_t{5} * 60 * 1000;
constexpr char separator = '\x01';

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_printable(char c) { return c >= ' ' && c <= '~'; }

std::optional<double> number_of(const Json& object, const char* name) {
    auto found = object.find(name);
    if (found == object.end()) return std::nullopt;
    if (found->is_number()) return found->get<double>();
    if (!found->is_string()) return std::nullopt;
    const Json number = Json::parse(found->get<std::string>(), nullptr, false);  // some services write "3599"
    return number.is_number() ? std::optional(number.get<double>()) : std::nullopt;
}

/// Gives the lifetime that a JWT tells, by the clock of who made it.
std::optional<int64_t> lifetime_in(std::string_view token) {
    const size_t first = token.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    std::string_view claims = token.substr(first + 1);
    claims = claims.substr(0, claims.find('.'));
    const Json json = Json::parse(from_base64_url(claims), nullptr, false);
    if (!json.is_object()) return std::nullopt;
    const auto begins = number_of(json, "iat"), ends = number_of(json, "exp");
    if (!begins || !ends || *ends <= *begins) return std::nullopt;
    return static_cast<int64_t>((*ends - *begins) * 1000);
}

}  // namespace

std::string bearer_login(std::string_view token, const std::map<std::string, std::string>& extensions) {
    std::string message = "n,,";
    message += separator;
    message += "auth=Bearer " + std::string(token) + separator;
    for (const auto& [name, value] : extensions) message += name + "=" + value + separator;
    return message + separator;
}

std::optional<std::map<std::string, std::string>> read_bearer_extensions(std::string_view text) {
    std::map<std::string, std::string> extensions;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        const size_t equals = one.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string_view name = trimmed(one.substr(0, equals)), value = one.substr(equals + 1);
        const bool can_be_sent = !name.empty() && name != "auth" && std::ranges::all_of(name, is_letter) &&
                                 std::ranges::all_of(value, is_printable);
        if (!can_be_sent) return std::nullopt;
        extensions[std::string(name)] = value;
    }
    return extensions;
}

std::optional<BearerToken> read_bearer_token(std::string_view text) {
    text = trimmed(text);
    BearerToken token{std::string(text), 0};
    if (text.starts_with('{')) {
        const Json json = Json::parse(text, nullptr, false);
        if (!json.is_object()) return std::nullopt;
        token.text.clear();
        for (const char* name : {"access_token", "token", "accessToken"})
            if (token.text.empty() && json.contains(name) && json[name].is_string())
                token.text = json[name].get<std::string>();
        token.lifetime_ms = static_cast<int64_t>(number_of(json, "expires_in").value_or(0) * 1000);
    }
    const bool can_be_sent =
        !token.text.empty() && std::ranges::all_of(token.text, [](char c) { return is_printable(c) && c != ' '; });
    if (!can_be_sent) return std::nullopt;
    if (token.lifetime_ms <= 0) token.lifetime_ms = lifetime_in(token.text).value_or(usual_lifetime_ms);
    return token;
}

std::string bearer_request(std::string_view scope) {
    std::string body = "grant_type=client_credentials";
    if (scope.empty()) return body;
    body += "&scope=";
    constexpr const char* digits = "0123456789ABCDEF";
    for (const char c : scope) {
        const bool is_plain = is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        const auto byte = static_cast<uint8_t>(c);
        if (is_plain)
            body += c;
        else
            body += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return body;
}

std::string basic_authorization(std::string_view client, std::string_view secret) {
    return "Basic " + to_base64(std::string(client) + ":" + std::string(secret));
}

}  // namespace headwater
