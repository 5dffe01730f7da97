// For building the syntax tree of one expression out of its tokens.
#include "language/expression_parser.h"

#include <algorithm>
#include <utility>

#include "language/nesting.h"

namespace headwater {

namespace {

using Kind = Expression::Kind;

/// Counts how deep parsers stand inside each other.
class Descent {
  public:
    explicit Descent(ExpressionContext& context) : context_(context) { ++context_.depth; }
    ~Descent() { --context_.depth; }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;
    bool is_too_deep() const { return context_.depth > tallest_expression; }

  private:
    ExpressionContext& context_;
};

std::string too_deep_message() {
    return "Expression is nested too deep, levels allowed: " + std::to_string(tallest_expression);
}

constexpr std::string_view too_deep_hint = "Give parts of it a name under let";

}  // namespace

ExpressionParser::ExpressionParser(ExpressionContext& context, size_t begin, size_t end)
    : context_(context), list_(tokenize(context, begin, end)) {}

ExpressionPtr ExpressionParser::parse() {
    if (is_at_end()) {
        if (!list_.is_broken) context_.error(peek().begin, "Expression is empty", "Write a value behind =");
        return nullptr;
    }
    ExpressionPtr tree = expression();
    if (tree != nullptr && !is_at_end()) {
        unexpected_rest();
        return nullptr;
    }
    return tree;
}

const Token& ExpressionParser::peek(size_t ahead) const {
    return list_.tokens[std::min(at_ + ahead, list_.tokens.size() - 1)];
}

bool ExpressionParser::is_at(std::string_view text, size_t ahead) const {
    const Token& token = peek(ahead);
    return (token.kind == Token::Kind::symbol || token.kind == Token::Kind::keyword) && token.text == text;
}

bool ExpressionParser::take(std::string_view text) {
    if (!is_at(text)) return false;
    ++at_;
    return true;
}

ExpressionPtr ExpressionParser::expression() {
    const Descent descent(context_);
    if (descent.is_too_deep()) {
        context_.error(peek().begin, too_deep_message(), std::string(too_deep_hint));
        at_ = list_.tokens.size() - 1;
        list_.is_broken = true;
        return nullptr;
    }
    return is_at("if") ? condition() : disjunction();
}

ExpressionPtr ExpressionParser::condition() {
    const size_t begin = peek().begin;
    ++at_;
    ExpressionPtr when = expression();
    if (when == nullptr) return nullptr;
    if (!take("then")) {
        unexpected("then");
        return nullptr;
    }
    ExpressionPtr yes = expression();
    if (yes == nullptr) return nullptr;
    if (!is_at("else") && is_at_end() && !list_.is_broken) {
        context_.error(begin, "if without else", "Write if … then … else …; null is a value, too");
        return nullptr;
    }
    if (!take("else")) {
        unexpected("else");
        return nullptr;
    }
    ExpressionPtr no = expression();
    if (no == nullptr) return nullptr;
    return join(Kind::condition, begin, "", std::move(when), std::move(yes), std::move(no));
}

ExpressionPtr ExpressionParser::left_to_right(Level operand, std::initializer_list<std::string_view> operators) {
    ExpressionPtr left = (this->*operand)();
    while (left != nullptr) {
        const auto found = std::ranges::find_if(operators, [&](std::string_view name) { return is_at(name); });
        if (found == operators.end()) break;
        const size_t offset = peek().begin;
        ++at_;
        ExpressionPtr right = (this->*operand)();
        if (right == nullptr) return nullptr;
        left = join(Kind::binary, offset, *found, std::move(left), std::move(right));
    }
    return left;
}

ExpressionPtr ExpressionParser::disjunction() { return left_to_right(&ExpressionParser::conjunction, {"or"}); }

ExpressionPtr ExpressionParser::conjunction() { return left_to_right(&ExpressionParser::negation, {"and"}); }

ExpressionPtr ExpressionParser::negation() {
    std::vector<size_t> offsets;
    for (; is_at("not"); ++at_) offsets.push_back(peek().begin);
    ExpressionPtr value = comparison();
    for (; value != nullptr && !offsets.empty(); offsets.pop_back()) {
        value = join(Kind::unary, offsets.back(), "not", std::move(value));
    }
    return value;
}

/// Takes a comparison operator and gives its right spelling, or "" when there is none.
std::string_view ExpressionParser::take_comparison() {
    if (is_at("not") && is_at("in", 1)) {
        context_.error(peek().begin, "Unknown operator: not in", "Write not (a in b)");
        at_ += 2;
        return "in";
    }
    if (is_at("=")) {
        context_.error(peek().begin, "= does not compare", "Write ==");
        ++at_;
        return "==";
    }
    for (const std::string_view name : {"==", "!=", "<", "<=", ">", ">=", "in"}) {
        if (take(name)) return name;
    }
    return "";
}

ExpressionPtr ExpressionParser::comparison() {
    ExpressionPtr left = range();
    bool is_chained = false;
    while (left != nullptr) {
        const size_t offset = peek().begin;
        const std::string_view name = take_comparison();
        if (name.empty()) break;
        ExpressionPtr right = range();
        if (right == nullptr) return nullptr;
        if (is_chained) {
            const std::string mended =
                spell(*left) + " and " + spell(*left->children[1]) + ' ' + std::string(name) + ' ' + spell(*right);
            context_.error(offset, "Comparisons do not chain: " + std::string(name), "Write " + mended);
        }
        is_chained = true;
        left = join(Kind::binary, offset, name, std::move(left), std::move(right));
    }
    return left;
}

ExpressionPtr ExpressionParser::range() {
    ExpressionPtr left = sum();
    if (left == nullptr || !is_at("..")) return left;
    const size_t offset = peek().begin;
    ++at_;
    ExpressionPtr right = sum();
    if (right == nullptr) return nullptr;
    if (is_at("..")) {
        context_.error(peek().begin, "Ranges do not chain: ..", "A range has two ends: a..b");
        return nullptr;
    }
    return join(Kind::range, offset, "", std::move(left), std::move(right));
}

ExpressionPtr ExpressionParser::sum() { return left_to_right(&ExpressionParser::product, {"+", "-"}); }

ExpressionPtr ExpressionParser::product() { return left_to_right(&ExpressionParser::signed_value, {"*", "/", "mod"}); }

ExpressionPtr ExpressionParser::signed_value() {
    std::vector<size_t> offsets;
    for (; is_at("-"); ++at_) offsets.push_back(peek().begin);
    ExpressionPtr value = postfix();
    for (; value != nullptr && !offsets.empty(); offsets.pop_back()) {
        value = join(Kind::unary, offsets.back(), "-", std::move(value));
    }
    return value;
}

ExpressionPtr ExpressionParser::postfix() {
    ExpressionPtr value = primary();
    while (value != nullptr) {
        if (is_at("(")) {
            value = call(std::move(value));
        } else if (take(".")) {
            const Token& name = peek();
            if (name.kind != Token::Kind::name) {
                unexpected("a name behind the point");
                return nullptr;
            }
            ++at_;
            value = join(Kind::member, name.begin, name.text, std::move(value));
        } else {
            break;
        }
    }
    return value;
}

ExpressionPtr ExpressionParser::call(ExpressionPtr callee) {
    const size_t open = peek().begin;
    ++at_;
    if (callee->kind != Kind::name && callee->kind != Kind::member && callee->kind != Kind::call) {
        context_.error(open, "Only a name can be called: " + spell(*callee), "Put an operator before the parenthesis");
        return nullptr;
    }
    auto call = std::make_unique<Expression>();
    call->kind = Kind::call;
    call->at = callee->at;
    call->draw_index = context_.next_draw_index();
    call->height = callee->height + 1;
    call->children.push_back(std::move(callee));
    arguments(*call);
    if (!take(")")) {
        if (!list_.is_broken) context_.error(open, "Parenthesis is not closed: (", "Close it with )");
        list_.is_broken = true;
        return nullptr;
    }
    if (is_too_tall(*call, open)) return nullptr;
    return call;
}

/// Reads the arguments up to the closing parenthesis or the end.
void ExpressionParser::arguments(Expression& call) {
    if (is_at(")") || is_at_end()) return;
    while (true) {
        const bool is_read = argument(call);
        if (is_read && !is_at(",") && !is_at(")") && !is_at_end()) unexpected(", or )");
        skip_argument();
        if (!take(",")) return;
        if (is_at(")")) {
            context_.error(peek().begin, "Argument is missing behind the last comma", "Remove the comma");
            return;
        }
    }
}

bool ExpressionParser::argument(Expression& call) {
    const Token& first = peek();
    const bool is_option = (first.kind == Token::Kind::name || first.kind == Token::Kind::keyword) && is_at("=", 1);
    if (is_option) at_ += 2;
    ExpressionPtr value = expression();
    if (value == nullptr) return false;
    call.height = std::max(call.height, value->height + 1);
    if (!is_option) {
        if (!call.options.empty()) {
            context_.error(first.begin, "Argument without a name behind a named one", "Put it before the named ones");
        }
        call.children.push_back(std::move(value));
        return true;
    }
    const std::string name(first.text);
    if (std::ranges::find(call.options, name, &Expression::Option::name) != call.options.end()) {
        context_.error(first.begin, "Option is given twice: " + name, "Keep one of them");
    }
    call.options.push_back({.name = name, .at = context_.position_of(first.begin), .value = std::move(value)});
    return true;
}

/// Goes on to the comma or parenthesis that ends this argument; nothing to do where it was read well.
void ExpressionParser::skip_argument() {
    for (int depth = 0; !is_at_end(); ++at_) {
        if (depth == 0 && (is_at(",") || is_at(")"))) return;
        if (is_at("(")) ++depth;
        if (is_at(")")) --depth;
    }
}

ExpressionPtr ExpressionParser::primary() {
    const Token& token = peek();
    switch (token.kind) {
        case Token::Kind::number: {
            ++at_;
            ExpressionPtr number = leaf(Kind::number, token);
            number->unit = token.unit;
            number->rate_unit = token.rate_unit;
            return number;
        }
        case Token::Kind::text:
            ++at_;
            return parse_text_parts(context_, token.begin + 1, token.end - 1, context_.text[token.begin]);
        case Token::Kind::name: ++at_; return leaf(Kind::name, token);
        default: break;
    }
    if (take("true") || take("false")) return leaf(Kind::boolean, token);
    if (take("null")) {
        ExpressionPtr null = leaf(Kind::null, token);
        null->text.clear();
        return null;
    }
    if (take("(")) {
        ExpressionPtr inner = expression();
        if (inner == nullptr) return nullptr;
        if (take(")")) return inner;
        if (!is_at_end())
            unexpected(")");
        else if (!list_.is_broken)
            context_.error(token.begin, "Parenthesis is not closed: (", "Close it with )");
        list_.is_broken = true;
        return nullptr;
    }
    return misplaced_operator();
}

/// Reports what cannot begin a value; reads on where it is clear what was meant.
ExpressionPtr ExpressionParser::misplaced_operator() {
    const Token& token = peek();
    if (is_at("if") || is_at("not")) {
        const std::string word(token.text);
        context_.error(token.begin, word + " inside an operation", "Put it in parentheses: (" + word + " …)");
        const Descent descent(context_);
        if (!descent.is_too_deep()) return is_at("if") ? condition() : negation();
        return nullptr;
    }
    if (take("+")) {
        context_.error(token.begin, "A value cannot begin with: +", "Remove it");
        return nullptr;
    }
    unexpected("a value");
    return nullptr;
}

ExpressionPtr ExpressionParser::leaf(Kind kind, const Token& token) {
    auto leaf = std::make_unique<Expression>();
    leaf->kind = kind;
    leaf->at = context_.position_of(token.begin);
    leaf->text = token.text;
    return leaf;
}

ExpressionPtr ExpressionParser::join(Kind kind, size_t offset, std::string_view text, ExpressionPtr first,
                                     ExpressionPtr second, ExpressionPtr third) {
    auto joined = std::make_unique<Expression>();
    joined->kind = kind;
    joined->at = context_.position_of(offset);
    joined->text = text;
    for (ExpressionPtr* child : {&first, &second, &third}) {
        if (*child == nullptr) continue;
        joined->height = std::max(joined->height, (*child)->height + 1);
        joined->children.push_back(std::move(*child));
    }
    if (is_too_tall(*joined, offset)) return nullptr;
    return joined;
}

bool ExpressionParser::is_too_tall(const Expression& expression, size_t offset) {
    if (expression.height <= tallest_expression) return false;
    if (!list_.is_broken) context_.error(offset, too_deep_message(), std::string(too_deep_hint));
    at_ = list_.tokens.size() - 1;
    list_.is_broken = true;
    return true;
}

void ExpressionParser::unexpected(std::string_view wanted) {
    const Token& token = peek();
    if (token.kind == Token::Kind::end) {
        if (list_.is_broken) return;
        context_.error(token.begin, "Expression ends too early, expected " + std::string(wanted));
        list_.is_broken = true;
        return;
    }
    const std::string found(context_.text.substr(token.begin, std::min<size_t>(token.end - token.begin, 40)));
    context_.error(token.begin, "Expected " + std::string(wanted) + ", found: " + found,
                   is_keyword(found) && token.kind == Token::Kind::keyword ? found + " is a word of the language" : "");
}

void ExpressionParser::unexpected_rest() {
    const Token& token = peek();
    const std::string found(context_.text.substr(token.begin, std::min<size_t>(token.end - token.begin, 40)));
    if (found == ")") return context_.error(token.begin, "Parenthesis was never opened: )", "Remove it");
    if (found == ",") {
        return context_.error(token.begin, "Comma outside of a call: ,",
                              "A cell has one value; a list is written as YAML");
    }
    if (found == "then" || found == "else") {
        return context_.error(token.begin, found + " without if", "Write if … then … else …");
    }
    context_.error(token.begin, "Unexpected rest of the expression: " + found,
                   "Put an operator before it, or remove it");
}

ExpressionPtr parse_text_parts(ExpressionContext& context, size_t begin, size_t end, char quote) {
    const std::string_view text = context.text.substr(0, end);
    auto tree = std::make_unique<Expression>();
    tree->kind = Kind::text;
    tree->at = context.position_of(quote == 0 ? begin : begin - 1);
    std::string literal;
    bool is_sound = true;
    const auto finish_literal = [&] {
        if (!literal.empty()) tree->parts.push_back({.literal = std::exchange(literal, {}), .hole = nullptr});
    };
    for (size_t at = begin; at < end;) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("$$(")) {
            literal += "$(";
            at += 3;
        } else if (rest.starts_with("$(")) {
            const size_t close = closing(text, at + 1);
            if (close == std::string_view::npos) {
                context.error(at, "Hole is not closed: " + std::string(rest.substr(0, 40)),
                              "Close it with ), or write $$( for a plain $(");
                return nullptr;
            }
            finish_literal();
            const bool is_empty =
                text.substr(at + 2, close - at - 2).find_first_not_of(" \t\r\n") == std::string_view::npos;
            if (is_empty) context.error(at, "Hole is empty: $()", "Write an expression in it, or $$( for a plain $(");
            ExpressionPtr hole = is_empty ? nullptr : ExpressionParser(context, at + 2, close).parse();
            is_sound = is_sound && hole != nullptr;
            if (hole != nullptr) {
                tree->height = std::max(tree->height, hole->height + 1);
                tree->parts.push_back({.literal = {}, .hole = std::move(hole)});
            }
            at = close + 1;
        } else {
            literal += text[at];
            at += quote != 0 && text[at] == quote ? 2 : 1;
        }
    }
    finish_literal();
    if (tree->parts.empty()) tree->parts.emplace_back();
    if (is_sound && tree->height > tallest_expression) {
        context.error(begin, too_deep_message(), std::string(too_deep_hint));
        return nullptr;
    }
    return is_sound ? std::move(tree) : nullptr;
}

}  // namespace headwater
