// For parsing the two kinds of scalars that compute: expressions, and text with holes.
#include "language/expression.h"

#include "language/expression_lexer.h"
#include "language/expression_parser.h"

namespace headwater {

namespace {

bool is_short_enough(std::string_view text, ExpressionContext& context) {
    if (text.size() <= longest_expression) return true;
    context.error(0, "Expression is too long, bytes allowed: " + std::to_string(longest_expression),
                  "Give parts of it a name under let");
    return false;
}

}  // namespace

ExpressionPtr parse_expression(std::string_view text, const ExpressionSource& source, Diagnostics& diagnostics) {
    ExpressionContext context(text, source, diagnostics);
    if (!is_short_enough(text, context)) return nullptr;
    ExpressionPtr tree = ExpressionParser(context, 0, text.size()).parse();
    return context.has_failed() ? nullptr : std::move(tree);
}

ExpressionPtr parse_text(std::string_view text, const ExpressionSource& source, Diagnostics& diagnostics) {
    ExpressionContext context(text, source, diagnostics);
    const bool may_have_holes = text.find("$(") != std::string_view::npos;
    if (may_have_holes && !is_short_enough(text, context)) return nullptr;
    ExpressionPtr tree = parse_text_parts(context, 0, text.size(), 0);
    return context.has_failed() ? nullptr : std::move(tree);
}

}  // namespace headwater
