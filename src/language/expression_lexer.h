// For cutting an expression into tokens; mistakes that need no grammar are reported here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "language/expression.h"

namespace headwater {

/// A word of an expression; `begin` and `end` are offsets in the scalar's text.
struct Token {
    enum class Kind {
        end,
        number,   ///< `text` digits, `unit`, `rate_unit`
        text,     ///< begin and end enclose the quotes
        name,     ///< `text`
        keyword,  ///< `text` is one of if then else and or not in mod true false null
        symbol,   ///< `text` is one of ( ) , . .. = == != < <= > >= + - * /
    };
    Kind kind = Kind::end;
    size_t begin = 0;
    size_t end = 0;
    std::string_view text;
    std::string_view unit;
    std::string_view rate_unit;
};

/// What the parsers of one scalar share: its text, its place, its diagnostics, the number of calls so far.
class ExpressionContext {
  public:
    ExpressionContext(std::string_view text, const ExpressionSource& source, Diagnostics& diagnostics)
        : text(text), source_(source), diagnostics_(diagnostics) {}

    /// Gives the position in the file of a place in the scalar. Quick when asked in ascending order.
    Position position_of(size_t offset);
    /// Reports a mistake at a place in the scalar.
    void error(size_t offset, std::string message, std::string hint = "");
    /// Counts a call and gives how many stood before it.
    int next_draw_index() { return calls_++; }
    /// True when something was reported.
    bool has_failed() const { return has_failed_; }

    const std::string_view text;
    int depth = 0;  ///< of parsers inside parsers

  private:
    const ExpressionSource& source_;
    Diagnostics& diagnostics_;
    int calls_ = 0;
    bool has_failed_ = false;
    size_t known_offset_ = 0;
    Position known_{};
};

/// The tokens of [begin, end) of the scalar; the last is of kind end.
struct TokenList {
    std::vector<Token> tokens;
    bool is_broken = false;  ///< it stops at a mistake, already reported, behind which nothing can be read
};

/// Cuts [begin, end) of the scalar into tokens.
TokenList tokenize(ExpressionContext& context, size_t begin, size_t end);

/// True for a unit of time: us ms s min h d w y.
bool is_time_unit(std::string_view unit);
/// True for a word that cannot be a name.
bool is_keyword(std::string_view word);

}  // namespace headwater
