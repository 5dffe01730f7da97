// For reading the body behind a head: as long as its length says, or in chunks, and never in a way that others could read
// differently.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "service/http_head.h"

namespace headwater {

inline constexpr size_t longest_chunk_line_bytes = 272;  ///< a size of 16 digits, and extensions

/// Says that a body is longer than so many bytes.
HeadRefusal too_long(uint64_t longest_bytes);

/// A body on its way.
class HttpBody {
  public:
    HttpBody(const RequestHead& head, uint64_t longest_bytes);

    /// Takes bytes from the front and gives how many; what is left comes again, with more behind it. Refuses a body that is
    /// too long (413), chunks that RFC 9112 does not have, and fields behind a body.
    std::expected<size_t, HeadRefusal> take(std::string_view bytes);
    bool is_done() const { return state_ == State::done; }
    /// Gives away what came.
    std::string release() { return std::move(text_); }

  private:
    enum class State { data, chunk_size, chunk_end, last_line, done };

    std::expected<size_t, HeadRefusal> take_data(std::string_view bytes);
    std::expected<size_t, HeadRefusal> take_line(std::string_view bytes);
    std::expected<void, HeadRefusal> read_size(std::string_view line);

    bool is_chunked_;
    uint64_t longest_bytes_;
    uint64_t left_;  ///< of the body, or of the chunk
    State state_;
    std::string text_;
};

}  // namespace headwater
