// For logging in by a token (SASL OAUTHBEARER, RFC 7628): what is said, and what a token says of itself.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace headwater {

/// A token, and for how long it counts from when it was given.
struct BearerToken {
    std::string text;
    int64_t lifetime_ms = 0;
};

/// Gives the first message of a login; the names of `extensions` are letters, their values printable.
std::string bearer_login(std::string_view token, const std::map<std::string, std::string>& extensions);

/// What a client says after the broker has told why it refuses a token, so that the broker ends the login.
inline constexpr std::string_view bearer_farewell = "\x01";

/// Reads `name=value,name=value`; none where that is something else, or a name or value cannot be sent.
std::optional<std::map<std::string, std::string>> read_bearer_extensions(std::string_view text);

/// Reads what a token endpoint or a command gave: a token alone, or JSON with access_token (or token, accessToken) and
/// expires_in. Where only the token tells for how long it counts (a JWT), that counts; where nothing does, five minutes.
/// None where there is no token.
std::optional<BearerToken> read_bearer_token(std::string_view text);

/// Gives the body of a request for a token by client credentials (RFC 6749, section 4.4).
std::string bearer_request(std::string_view scope);
/// Gives the value of the header Authorization for a client.
std::string basic_authorization(std::string_view client, std::string_view secret);

}  // namespace headwater
