// For following parentheses, texts and holes through the characters of an expression.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace headwater {

/// Knows, after each character, what is still open. In a text, `$(` opens a hole, `$$(` does not, and a doubled quote
/// is a quote; outside of texts, quotes and parentheses open.
class Nesting {
  public:
    /// Begins inside an expression, or inside text that may have holes.
    explicit Nesting(bool begins_in_text) : begins_in_text_(begins_in_text) {}

    /// Consumes what stands at `at` (one to three characters) and gives the place behind it.
    size_t step(std::string_view text, size_t at);
    /// True when nothing that was opened is open.
    bool is_closed() const { return open_.empty(); }
    /// True when a parenthesis closed that nothing had opened.
    bool is_overclosed() const { return is_overclosed_; }

  private:
    bool is_in_text() const { return open_.empty() ? begins_in_text_ : open_.back() != '('; }

    bool begins_in_text_;
    bool is_overclosed_ = false;
    std::vector<char> open_;  ///< each of ( " '
};

/// Gives the place of the character that closes what opens at `open` (a quote or a parenthesis), or npos.
size_t closing(std::string_view text, size_t open);

}  // namespace headwater
