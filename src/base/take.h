// For reading a text from its front, piece by piece.
#pragma once

#include <cstddef>
#include <string_view>

namespace headwater {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes a character off the front of `text`, if it stands there.
inline bool take(std::string_view& text, char expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(1);
    return true;
}

/// Takes exactly `count` digits off the front of `text`.
inline bool take_digits(std::string_view& text, size_t count, int& value) {
    if (text.size() < count) return false;
    value = 0;
    for (size_t i = 0; i < count; ++i) {
        if (!is_digit(text[i])) return false;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return true;
}

}  // namespace headwater
