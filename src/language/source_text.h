// For finding places in a file's text: lines, columns in code points, and characters that do not belong there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "language/diagnostic.h"
#include "language/node.h"

namespace headwater {

/// Relates byte offsets of a text and positions. Refers to the text, which must outlive it. For one thread.
class SourceText {
  public:
    explicit SourceText(std::string_view text);

    /// Gives the position of the character at `offset`; offsets behind the end count as the end. Quick when asked in
    /// ascending order, however long the lines are.
    Position position_of(size_t offset) const;
    /// Gives the offset of a position; a column behind the end of its line counts as the end of the line.
    size_t offset_of(Position position) const;
    /// Gives line `number` (from 1) without its line break, or "" when there is none.
    std::string_view line(int number) const;
    /// Counts the lines; a text that ends with a line break has an empty last one.
    int line_count() const { return static_cast<int>(starts_.size()); }
    /// Gives the whole text.
    std::string_view text() const { return text_; }

  private:
    std::string_view text_;
    std::vector<size_t> starts_;      ///< offset of the first byte of each line
    mutable size_t last_offset_ = 0;  ///< where position_of was asked last
    mutable Position last_position_{1, 1};
};

/// Leaves out a byte order mark at the begin; positions do not count it.
std::string_view without_byte_order_mark(std::string_view text);

/// Counts the code points of valid UTF-8.
size_t count_code_points(std::string_view text);

/// Reads one code point at `at` and moves `at` behind it. Returns false, and leaves `at`, where bytes are not UTF-8 (RFC 3629).
bool read_code_point(std::string_view text, size_t& at, char32_t& code_point);

/// Reports bytes that are not UTF-8 and characters that YAML forbids or that break lines only for some readers:
/// controls other than tab and line feed, lone carriage returns, U+0080..U+009F, U+2028, U+2029, a byte order mark.
/// Returns false when there are any; reports at most 20.
bool check_characters(const SourceText& source, const std::string& file, Diagnostics& diagnostics);

}  // namespace headwater
