// For text inside XML and HTML.
#pragma once

#include <string>
#include <string_view>

namespace headwater {

/// Escapes what markup means something by; characters that XML has not are replaced.
std::string escaped_markup(std::string_view text);

}  // namespace headwater
