// For refusing every request head that two servers could read differently, before anything else looks at it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "service/http_message.h"

namespace headwater {

inline constexpr size_t longest_request_line_bytes = 8 << 10;
inline constexpr size_t longest_head_bytes = 32 << 10;
inline constexpr size_t longest_field_bytes = 8 << 10;
inline constexpr size_t most_fields = 100;

/// Why a head is refused; the connection is closed after the answer.
struct HeadRefusal {
    int status = 400;
    std::string reason;
};

/// Reads a head with its empty line at the end. Refuses what RFC 9112 forbids or leaves open: bare CR and LF, folded
/// lines, blanks before a colon, control characters, underscores in names, repeated or doubtful lengths, any transfer
/// coding but a single `chunked`, a missing, repeated or malformed Host, doubtful escapes in the path.
std::expected<RequestHead, HeadRefusal> read_head(std::string_view bytes);

}  // namespace headwater
