// For cutting an expression into tokens; mistakes that need no grammar are reported here.
#include "language/expression_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/take.h"
#include "base/text.h"
#include "base/time.h"
#include "language/nesting.h"
#include "language/source_text.h"

namespace headwater {

namespace {

constexpr std::array<std::string_view, 11> keywords{"if", "then", "else", "and",   "or",  "not",
                                                    "in", "mod",  "true", "false", "null"};
constexpr std::array<std::string_view, 8> time_units{"us", "ms", "s", "min", "h", "d", "w", "y"};
constexpr std::array<std::string_view, 3> multipliers{"k", "M", "G"};

bool begins_name(char c) { return is_letter(c) || c == '_'; }

bool continues_name(char c) { return begins_name(c) || is_digit(c); }

}  // namespace

bool is_time_unit(std::string_view unit) { return std::ranges::find(time_units, unit) != time_units.end(); }

bool is_keyword(std::string_view word) { return std::ranges::find(keywords, word) != keywords.end(); }

Position ExpressionContext::position_of(size_t offset) {
    offset = std::min(offset, text.size());
    if (known_.line == 0 || offset < known_offset_) {
        known_ = source_.at;
        known_offset_ = 0;
    }
    for (; known_offset_ < offset; ++known_offset_) {
        const char c = text[known_offset_];
        if (c == '\n') {
            ++known_.line;
            known_.column = source_.at.column;
        } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
            ++known_.column;
        }
    }
    return known_;
}

void ExpressionContext::error(size_t offset, std::string message, std::string hint) {
    has_failed_ = true;
    diagnostics_.error(source_.file, position_of(offset), source_.path, std::move(message), std::move(hint));
}

namespace {

class Lexer {
  public:
    Lexer(ExpressionContext& context, size_t begin, size_t end)
        : context_(context), text_(context.text.substr(0, end)), at_(begin) {}

    TokenList run() {
        while (!list_.is_broken) {
            while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
            if (at_ == text_.size()) break;
            next();
        }
        list_.tokens.push_back(
            {.kind = Token::Kind::end, .begin = at_, .end = at_, .text = {}, .unit = {}, .rate_unit = {}});
        return std::move(list_);
    }

  private:
    char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    void push(Token::Kind kind, size_t begin, std::string_view text) {
        list_.tokens.push_back({.kind = kind, .begin = begin, .end = at_, .text = text, .unit = {}, .rate_unit = {}});
    }

    void next() {
        const char c = peek();
        if (is_digit(c)) return number();
        if (begins_name(c)) return word();
        if (c == '"' || c == '\'') return quoted();
        symbol();
    }

    void word() {
        const size_t begin = at_;
        while (continues_name(peek())) ++at_;
        const std::string_view text = text_.substr(begin, at_ - begin);
        const bool is_member =
            !list_.tokens.empty() && list_.tokens.back().text == "." && list_.tokens.back().kind == Token::Kind::symbol;
        if (!is_member && take_iso_duration(begin)) return;
        push(is_keyword(text) && !is_member ? Token::Kind::keyword : Token::Kind::name, begin, text);
    }

    /// Takes PT1H30M or PT0.5S, which begins like the name that has been read.
    bool take_iso_duration(size_t begin) {
        size_t end = at_;
        while (end < text_.size() && (continues_name(text_[end]) || text_[end] == '.')) ++end;
        const std::string_view whole = text_.substr(begin, end - begin);
        if (!whole.starts_with('P') || !parse_duration(whole)) return false;
        at_ = end;
        push(Token::Kind::number, begin, {});
        list_.tokens.back().unit = whole;
        return true;
    }

    void quoted() {
        const size_t begin = at_;
        const size_t end = closing(text_, begin);
        if (end == std::string_view::npos) {
            context_.error(begin, "Text without a closing quote: " + std::string(text_.substr(begin, 40)),
                           std::string("Close it with ") + text_[begin]);
            list_.is_broken = true;
            // A name glued to the quote was meant inside it: `then "many else "few"`. What it is now would only confuse.
            const bool is_glued = !list_.tokens.empty() && list_.tokens.back().end == begin &&
                                  list_.tokens.back().kind == Token::Kind::name;
            if (is_glued) list_.tokens.pop_back();
            return;
        }
        at_ = end + 1;
        push(Token::Kind::text, begin, text_.substr(begin, at_ - begin));
    }

    void number() {
        const size_t begin = at_;
        while (is_digit(peek())) ++at_;
        if (at_ - begin > 1 && text_[begin] == '0') {
            context_.error(begin, "Number with a leading zero: " + std::string(text_.substr(begin, at_ - begin)),
                           "Leave the zero out; a date or an instant is written as text in quotes");
        }
        if (peek() == '.' && peek(1) != '.' && !begins_name(peek(1))) {
            ++at_;
            if (!is_digit(peek())) {
                context_.error(
                    begin, "Number without digits behind its point: " + std::string(text_.substr(begin, at_ - begin)),
                    "Write 5 or 5.0");
            }
            while (is_digit(peek())) ++at_;
        }
        const char sign = peek(1);
        if ((peek() == 'e' || peek() == 'E') &&
            (is_digit(sign) || ((sign == '+' || sign == '-') && is_digit(peek(2))))) {
            at_ += 2;
            while (is_digit(peek())) ++at_;
        }
        const std::string_view digits = text_.substr(begin, at_ - begin);
        const std::string_view unit = unit_behind_number(begin);
        const std::string_view rate_unit = rate_unit_behind(unit);
        push(Token::Kind::number, begin, digits);
        list_.tokens.back().unit = unit;
        list_.tokens.back().rate_unit = rate_unit;
    }

    std::string_view unit_behind_number(size_t number_begin) {
        const size_t begin = at_;
        if (peek() == '%') {
            ++at_;
            return text_.substr(begin, 1);
        }
        while (continues_name(peek())) ++at_;
        if (at_ > begin && is_digit(text_[at_ - 1]) && peek() == '.' && is_digit(peek(1)))  // 1h2.5s
            while (peek() == '.' || continues_name(peek())) ++at_;
        const std::string_view unit = text_.substr(begin, at_ - begin);
        const std::string_view whole = text_.substr(number_begin, at_ - number_begin);
        if (unit.empty() || parse_duration(whole)) return unit;
        std::vector<std::string> known(time_units.begin(), time_units.end());
        known.insert(known.end(), multipliers.begin(), multipliers.end());
        for (const SizeUnit& size : size_units) known.emplace_back(size.name);
        if (std::ranges::find(known, unit) != known.end()) return unit;
        known.emplace_back("%");
        context_.error(number_begin, "Unknown unit: " + std::string(whole), suggest(unit, known));
        return {};
    }

    /// Reads the `/s` of `200/s`: no spaces, a unit of time, and no name, call or member that only begins like one.
    std::string_view rate_unit_behind(std::string_view unit) {
        if (peek() != '/' || parse_duration("1" + std::string(unit))) return {};
        size_t end = at_ + 1;
        while (end < text_.size() && continues_name(text_[end])) ++end;
        const std::string_view period = text_.substr(at_ + 1, end - at_ - 1);
        if (!is_time_unit(period)) return {};
        if (end < text_.size() && text_[end] == '(') return {};
        if (end < text_.size() && text_[end] == '.' && !text_.substr(end).starts_with("..")) return {};
        at_ = end;
        return period;
    }

    void symbol() {
        const size_t begin = at_;
        struct Wrong {
            std::string_view text, meant;
        };
        constexpr Wrong wrong[] = {{"&&", "and"}, {"||", "or"}, {"<>", "!="}, {"===", "=="}, {"!==", "!="}};
        for (const Wrong& candidate : wrong) {
            if (!text_.substr(at_).starts_with(candidate.text)) continue;
            context_.error(begin, "Unknown operator: " + std::string(candidate.text),
                           "Write " + std::string(candidate.meant));
            at_ += candidate.text.size();
            return push(is_keyword(candidate.meant) ? Token::Kind::keyword : Token::Kind::symbol, begin,
                        candidate.meant);
        }
        constexpr std::string_view symbols[] = {"==", "!=", "<=", ">=", "..", "(", ")", ",",
                                                ".",  "=",  "<",  ">",  "+",  "-", "*", "/"};
        for (const std::string_view candidate : symbols) {
            if (!text_.substr(at_).starts_with(candidate)) continue;
            if (candidate == "." && is_digit(peek(1)) && (at_ == 0 || !follows_operand())) {
                context_.error(begin, "Number without digits before its point", "Write 0.5, not .5");
                ++at_;
                return number();
            }
            at_ += candidate.size();
            return push(Token::Kind::symbol, begin, candidate);
        }
        unknown(begin);
    }

    bool follows_operand() const {
        if (list_.tokens.empty()) return false;
        const Token& last = list_.tokens.back();
        return last.kind == Token::Kind::name || last.kind == Token::Kind::text || last.text == ")";
    }

    void unknown(size_t begin) {
        list_.is_broken = true;
        const char c = peek();
        if (c == '!') {
            context_.error(begin, "Unknown operator: !", "Write not");
            list_.is_broken = false;
            ++at_;
            return push(Token::Kind::keyword, begin, "not");
        }
        if (c == '{' || c == '}' || c == '[' || c == ']') {
            context_.error(begin, std::string("Expressions have no brackets or braces: ") + c,
                           "A list is a..b or a name from lists; write nested values as YAML");
            return;
        }
        if (text_.substr(at_).starts_with("$(")) {
            context_.error(begin, "A hole stands in text, not in an expression: $(",
                           "Write (…), or put the text in quotes");
            return;
        }
        size_t end = begin;
        char32_t code_point = 0;
        const bool is_valid = read_code_point(text_, end, code_point);
        const bool is_typographic = code_point >= 0x2018 && code_point <= 0x201F;
        context_.error(begin,
                       "Unexpected character: " + (is_valid ? std::string(text_.substr(begin, end - begin)) : "?"),
                       c == '%'         ? "A share is glued to its number (70%); the remainder is `a mod b`"
                       : c == '^'       ? "Write a * a, or exp(b * log(a))"
                       : c == '?'       ? "Write if … then … else …"
                       : is_typographic ? "Use straight quotes: \" or '"
                                        : "");
    }

    ExpressionContext& context_;
    std::string_view text_;
    size_t at_;
    TokenList list_;
};

}  // namespace

TokenList tokenize(ExpressionContext& context, size_t begin, size_t end) { return Lexer(context, begin, end).run(); }

}  // namespace headwater
