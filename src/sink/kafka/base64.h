// For bytes as text in base 64 (RFC 4648), as logins and tokens have them.
#pragma once

#include <string>
#include <string_view>

namespace headwater {

std::string to_base64(std::string_view bytes);
/// Gives "" where the text is not in base 64.
std::string from_base64(std::string_view text);
/// Reads the alphabet of addresses, without padding; "" where the text is something else.
std::string from_base64_url(std::string_view text);

}  // namespace headwater
