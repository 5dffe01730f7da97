#include "service/http_body.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace headwater {

namespace {

std::unexpected<HeadRefusal> malformed(const char* what) {
    return std::unexpected(HeadRefusal{400, "Body is malformed: " + std::string(what)});
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127; }

}  // namespace

HeadRefusal too_long(uint64_t longest_bytes) {
    return {413, "Body is longer than its limit in bytes: " + std::to_string(longest_bytes)};
}

HttpBody::HttpBody(const RequestHead& head, uint64_t longest_bytes)
    : is_chunked_(head.is_chunked),
      longest_bytes_(longest_bytes),
      left_(head.body_bytes),
      state_(head.is_chunked       ? State::chunk_size
             : head.body_bytes > 0 ? State::data
                                   : State::done) {}

std::expected<size_t, HeadRefusal> HttpBody::take(std::string_view bytes) {
    size_t taken = 0;
    while (!is_done()) {
        const auto more = state_ == State::data ? take_data(bytes.substr(taken)) : take_line(bytes.substr(taken));
        if (!more) return more;
        if (*more == 0) break;
        taken += *more;
    }
    return taken;
}

std::expected<size_t, HeadRefusal> HttpBody::take_data(std::string_view bytes) {
    const size_t size = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
    text_.append(bytes.substr(0, size));
    left_ -= size;
    if (left_ == 0) state_ = is_chunked_ ? State::chunk_end : State::done;
    return size;
}

/// Takes a whole line, or nothing.
std::expected<size_t, HeadRefusal> HttpBody::take_line(std::string_view bytes) {
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos && bytes.size() <= longest_chunk_line_bytes) return 0;
    if (end == std::string_view::npos || end > longest_chunk_line_bytes)
        return malformed("line of a chunk is too long");
    if (end == 0 || bytes[end - 1] != '\r') return malformed("line of a chunk ends without CR");
    const std::string_view line = bytes.substr(0, end - 1);
    if (state_ == State::chunk_size) {
        if (auto read = read_size(line); !read) return std::unexpected(read.error());
    } else if (state_ == State::chunk_end) {
        if (!line.empty()) return malformed("chunk is longer than its size");
        state_ = State::chunk_size;
    } else {
        if (!line.empty()) return std::unexpected(HeadRefusal{400, "Fields behind a body are not taken"});
        state_ = State::done;
    }
    return end + 1;
}

/// Reads `1f` or `1f;name=value`; extensions say nothing here.
std::expected<void, HeadRefusal> HttpBody::read_size(std::string_view line) {
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
    const std::string_view rest = line.substr(static_cast<size_t>(end - line.data()));
    if (error != std::errc() || line[0] == '-' || !(rest.empty() || rest[0] == ';') ||
        std::ranges::any_of(rest, is_control))
        return malformed("chunk has no size");
    if (left_ > longest_bytes_ - text_.size()) return std::unexpected(too_long(longest_bytes_));
    state_ = left_ == 0 ? State::last_line : State::data;
    return {};
}

}  // namespace headwater
