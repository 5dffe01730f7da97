// For telling whether bytes from outside are text.
#pragma once

#include <string_view>

#include "language/source_text.h"

namespace headwater {

/// True when all bytes are UTF-8 (RFC 3629).
inline bool is_utf8(std::string_view text) {
    char32_t code_point = 0;
    for (size_t at = 0; at < text.size();)
        if (!read_code_point(text, at, code_point)) return false;
    return true;
}

}  // namespace headwater
