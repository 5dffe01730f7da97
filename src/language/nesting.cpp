// For following parentheses, texts and holes through the characters of an expression.
#include "language/nesting.h"

namespace headwater {

size_t Nesting::step(std::string_view text, size_t at) {
    const char c = text[at];
    const std::string_view rest = text.substr(at);
    if (is_in_text()) {
        if (rest.starts_with("$$(")) return at + 3;
        if (rest.starts_with("$(")) {
            open_.push_back('(');
            return at + 2;
        }
        if (open_.empty() || c != open_.back()) return at + 1;
        if (rest.size() > 1 && rest[1] == c) return at + 2;
        open_.pop_back();
        return at + 1;
    }
    if (c == '(' || c == '"' || c == '\'') {
        open_.push_back(c);
    } else if (c == ')') {
        if (open_.empty())
            is_overclosed_ = true;
        else
            open_.pop_back();
    }
    return at + 1;
}

size_t closing(std::string_view text, size_t open) {
    Nesting nesting(false);
    for (size_t at = nesting.step(text, open); at < text.size();) {
        const size_t next = nesting.step(text, at);
        if (nesting.is_closed()) return next - 1;
        at = next;
    }
    return std::string_view::npos;
}

}  // namespace headwater
