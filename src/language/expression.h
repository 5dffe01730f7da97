// For the syntax tree of expressions: what stands behind `=`, in `$(...)`, in `when` and `where`.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/diagnostic.h"
#include "language/node.h"

namespace headwater {

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

/// Bounds the height of a syntax tree, and so every recursion over it.
inline constexpr int tallest_expression = 200;
/// Bounds the size of an expression, in bytes.
inline constexpr size_t longest_expression = 64 * 1024;

/// A node of the syntax tree. `kind` says which members are used.
struct Expression {
    enum class Kind {
        number,  ///< `text` digits as written, `unit` behind them ("", "%", "k", "M", "s", "ms", "d", "MiB", ...), `rate_unit` ("s" in 200/s)
        text,    ///< `parts`: literal pieces and holes; a plain text has one literal
        boolean,  ///< `text` true or false
        null,
        name,       ///< `text`
        member,     ///< children[0] . `text`
        call,       ///< children[0] ( children[1..] ), named arguments in `options`
        unary,      ///< `text` "-" or "not"; children[0]
        binary,     ///< `text` is one of + - * / mod == != < <= > >= in and or; children[0], children[1]
        range,      ///< children[0] .. children[1]
        condition,  ///< if children[0] then children[1] else children[2]
    };
    /// Either a literal piece (`hole` is null) or a hole (`literal` is empty). Literals are never empty, but for the
    /// single one of an empty text.
    struct Part {
        std::string literal;
        ExpressionPtr hole;
    };
    struct Option {
        std::string name;
        Position at;
        ExpressionPtr value;
    };

    Kind kind = Kind::null;
    Position
        at;  ///< of the operator for binary and range, of the name for member and its call, else of the first character
    int height = 1;      ///< nodes on the longest way down, this one included; at most `tallest_expression`
    int draw_index = 0;  ///< how many calls stand before this one in the same scalar; the last step of a draw's address
    std::string text;
    std::string unit;
    std::string rate_unit;
    std::vector<ExpressionPtr> children;
    std::vector<Option> options;
    std::vector<Part> parts;
};

/// Where an expression stands, for its diagnostics.
struct ExpressionSource {
    std::string file;
    std::string path;
    Position at;  ///< of the first character of `text`
};

/// Parses what follows `=`. Texts stand in " or '; a doubled quote inside is one; a backslash is only a backslash. Reports every mistake it can; returns null when there is no tree.
/// Precedence, loosest first: if, or, and, not, comparisons and in, .., + -, * / mod, unary -, call and member.
ExpressionPtr parse_expression(std::string_view text, const ExpressionSource& source, Diagnostics& diagnostics);

/// Parses text with `$(...)` holes and `$$(` for a plain `$(`; the result is always of kind text.
ExpressionPtr parse_text(std::string_view text, const ExpressionSource& source, Diagnostics& diagnostics);

/// Prints an expression in canonical spelling: parentheses only where precedence asks for them.
std::string spell(const Expression& expression);

/// A number with its unit as the language reads it in slots.
struct Quantity {
    enum class Kind { number, share, duration, rate, size, instant };
    Kind kind = Kind::number;
    double value = 0;    ///< number; share 0..1; rate per second; size in bytes
    int64_t micros = 0;  ///< duration; instant
    bool whole = false;  ///< number written without a fraction, or made whole by its multiplier (1.5k)
    int scale = 0;       ///< digits after the point as written
};

/// Reads `30s`, `1h30m` is not allowed, `70%`, `200/s`, `1/5d`, `2k`, `1M`, `8 MiB`, `2026-11-01T00:00:00Z`, `12.50`.
/// Durations: us ms s min h d w y (365 days). Multipliers k M G. Sizes as parse_size() reads them. Returns false if it is none.
bool read_quantity(std::string_view text, Quantity& quantity);

}  // namespace headwater
