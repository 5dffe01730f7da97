// For printing expressions in one canonical spelling.
#include "language/expression.h"

namespace headwater {

namespace {

using Kind = Expression::Kind;

/// How tightly a node binds; a child that binds less than its place asks for is put in parentheses.
enum Level { whole, disjunction, conjunction, negation, comparison, range, sum, product, sign, postfix, primary };

Level level_of_operator(const std::string& name) {
    if (name == "or") return disjunction;
    if (name == "and") return conjunction;
    if (name == "+" || name == "-") return sum;
    if (name == "*" || name == "/" || name == "mod") return product;
    return comparison;
}

Level level_of(const Expression& expression) {
    switch (expression.kind) {
        case Kind::condition: return whole;
        case Kind::binary: return level_of_operator(expression.text);
        case Kind::range: return range;
        case Kind::unary: return expression.text == "not" ? negation : sign;
        case Kind::member:
        case Kind::call: return postfix;
        case Kind::number: return expression.rate_unit.empty() ? primary : product;
        default: return primary;
    }
}

void append(std::string& out, const Expression& expression, Level wanted);

/// Prints a literal piece so that it reads back: quotes doubled, `$(` as `$$(`.
void append_literal(std::string& out, const std::string& literal, char quote) {
    for (size_t i = 0; i < literal.size(); ++i) {
        if (literal.compare(i, 2, "$(") == 0) out += '$';
        out += literal[i];
        if (literal[i] == quote) out += quote;
    }
}

void append_text(std::string& out, const Expression& text) {
    bool has_double = false, has_single = false;
    for (const Expression::Part& part : text.parts) {
        has_double = has_double || part.literal.find('"') != std::string::npos;
        has_single = has_single || part.literal.find('\'') != std::string::npos;
    }
    const char quote = has_double && !has_single ? '\'' : '"';
    out += quote;
    for (const Expression::Part& part : text.parts) {
        if (part.hole == nullptr) {
            append_literal(out, part.literal, quote);
            continue;
        }
        out += "$(";
        append(out, *part.hole, whole);
        out += ')';
    }
    out += quote;
}

void append_call(std::string& out, const Expression& call) {
    append(out, *call.children[0], postfix);
    out += '(';
    for (size_t i = 1; i < call.children.size(); ++i) {
        if (i > 1) out += ", ";
        append(out, *call.children[i], whole);
    }
    for (size_t i = 0; i < call.options.size(); ++i) {
        if (i > 0 || call.children.size() > 1) out += ", ";
        out += call.options[i].name + '=';
        append(out, *call.options[i].value, whole);
    }
    out += ')';
}

void append_binary(std::string& out, const Expression& binary) {
    const Level level = level_of_operator(binary.text);
    const bool chains = level != comparison;
    append(out, *binary.children[0], chains ? level : range);
    out += ' ' + binary.text + ' ';
    append(out, *binary.children[1], static_cast<Level>(level + 1));
}

void append_bare(std::string& out, const Expression& expression) {
    switch (expression.kind) {
        case Kind::number:
            out += expression.text + expression.unit;
            if (!expression.rate_unit.empty()) out += '/' + expression.rate_unit;
            return;
        case Kind::text: return append_text(out, expression);
        case Kind::null: out += "null"; return;
        case Kind::boolean:
        case Kind::name: out += expression.text; return;
        case Kind::member:
            append(out, *expression.children[0], postfix);
            out += '.' + expression.text;
            return;
        case Kind::call: return append_call(out, expression);
        case Kind::unary:
            out += expression.text == "not" ? "not " : "-";
            return append(out, *expression.children[0], expression.text == "not" ? negation : sign);
        case Kind::binary: return append_binary(out, expression);
        case Kind::range:
            append(out, *expression.children[0], sum);
            out += "..";
            return append(out, *expression.children[1], sum);
        case Kind::condition:
            out += "if ";
            append(out, *expression.children[0], whole);
            out += " then ";
            append(out, *expression.children[1], whole);
            out += " else ";
            return append(out, *expression.children[2], whole);
    }
}

void append(std::string& out, const Expression& expression, Level wanted) {
    const bool needs_parentheses = level_of(expression) < wanted;
    if (needs_parentheses) out += '(';
    append_bare(out, expression);
    if (needs_parentheses) out += ')';
}

}  // namespace

std::string spell(const Expression& expression) {
    std::string out;
    append(out, expression, whole);
    return out;
}

}  // namespace headwater
