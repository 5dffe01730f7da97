// For building the syntax tree of one expression out of its tokens.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "language/expression.h"
#include "language/expression_lexer.h"

namespace headwater {

/// Parses the part [begin, end) of a scalar as an expression. After a mistake it goes on behind the next comma of a call.
class ExpressionParser {
  public:
    ExpressionParser(ExpressionContext& context, size_t begin, size_t end);

    /// Gives the tree, or null when a mistake was reported behind which there is none.
    ExpressionPtr parse();

  private:
    const Token& peek(size_t ahead = 0) const;
    bool is_at(std::string_view text, size_t ahead = 0) const;
    bool take(std::string_view text);
    bool is_at_end() const { return peek().kind == Token::Kind::end; }

    ExpressionPtr expression();
    ExpressionPtr condition();
    ExpressionPtr disjunction();
    ExpressionPtr conjunction();
    ExpressionPtr negation();
    ExpressionPtr comparison();
    ExpressionPtr range();
    ExpressionPtr sum();
    ExpressionPtr product();
    ExpressionPtr signed_value();
    ExpressionPtr postfix();
    ExpressionPtr call(ExpressionPtr callee);
    ExpressionPtr primary();
    ExpressionPtr misplaced_operator();
    void arguments(Expression& call);
    bool argument(Expression& call);
    std::string_view take_comparison();
    void skip_argument();

    using Level = ExpressionPtr (ExpressionParser::*)();
    ExpressionPtr left_to_right(Level operand, std::initializer_list<std::string_view> operators);
    ExpressionPtr leaf(Expression::Kind kind, const Token& token);
    ExpressionPtr join(Expression::Kind kind, size_t offset, std::string_view text, ExpressionPtr first,
                       ExpressionPtr second = nullptr, ExpressionPtr third = nullptr);
    bool is_too_tall(const Expression& expression, size_t offset);
    void unexpected(std::string_view wanted);
    void unexpected_rest();

    ExpressionContext& context_;
    TokenList list_;
    size_t at_ = 0;
};

/// Parses [begin, end) as text with holes. `quote` is the character that is doubled inside, or 0.
ExpressionPtr parse_text_parts(ExpressionContext& context, size_t begin, size_t end, char quote);

}  // namespace headwater
