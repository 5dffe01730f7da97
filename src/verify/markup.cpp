// For text of a copy inside reports, whatever bytes it holds.
#include "verify/markup.h"

#include <cstdint>

#include "base/text.h"

namespace headwater {

namespace {

/// Gives the bytes of the UTF-8 character at the front, or 0 where there is none (RFC 3629).
size_t character_size(std::string_view text) {
    const auto first = static_cast<uint8_t>(text[0]);
    if (first < 0x80) return 1;
    const size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (size_t i = 1; i < size; ++i)
        if ((static_cast<uint8_t>(text[i]) & 0xc0) != 0x80) return 0;
    const auto second = static_cast<uint8_t>(text[1]);
    const bool is_wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                          (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return is_wrong ? 0 : size;
}

}  // namespace

std::string legible(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
        const size_t size = character_size(bytes);
        const auto first = static_cast<uint8_t>(bytes[0]);
        if (size == 0 || (size == 1 && (first < 0x20 || first == 0x7f))) {
            out += "\\x";
            append_hex(out, bytes[0]);
            bytes.remove_prefix(1);
            continue;
        }
        out += bytes.substr(0, size);
        bytes.remove_prefix(size);
    }
    return out;
}

std::string escaped_markup(std::string_view text) {
    std::string out;
    for (const char c : legible(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out += c;
        }
    }
    return out;
}

}  // namespace headwater
