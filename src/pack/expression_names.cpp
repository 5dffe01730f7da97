// For knowing what an expression asks for.
#include "pack/expression_names.h"

#include "language/compiler.h"

namespace headwater {

void collect_names(const Expression& expression, std::vector<const Expression*>& names) {
    if (expression.kind == Expression::Kind::name) names.push_back(&expression);
    const bool is_call = expression.kind == Expression::Kind::call;
    for (size_t i = 0; i < expression.children.size(); ++i) {
        const Expression& child = *expression.children[i];
        const bool is_function = is_call && i == 0 && child.kind == Expression::Kind::name && find_function(child.text);
        if (!is_function) collect_names(child, names);
    }
    for (const Expression::Option& option : expression.options) collect_names(*option.value, names);
    for (const Expression::Part& part : expression.parts) {
        if (part.hole) collect_names(*part.hole, names);
    }
}

}  // namespace headwater
