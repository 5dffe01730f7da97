// For text of a copy inside reports, whatever bytes it holds.
#pragma once

#include <string>
#include <string_view>

namespace headwater {

/// Makes any bytes legible: what is no UTF-8, and control characters, become escapes such as \xff.
std::string legible(std::string_view bytes);
/// Escapes what XML and HTML mean something by, in legible text.
std::string escaped_markup(std::string_view text);

}  // namespace headwater
