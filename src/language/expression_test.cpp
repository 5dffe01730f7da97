// For the claims about parsing and spelling expressions.
#include "language/expression.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

struct Outcome {
    ExpressionPtr tree;
    std::vector<Diagnostic> found;
};

const ExpressionSource source{.file = "p.yaml", .path = "fields.a", .at = {7, 11}};

Outcome parse(std::string_view text) {
    Diagnostics diagnostics;
    Outcome outcome;
    outcome.tree = parse_expression(text, source, diagnostics);
    outcome.found = diagnostics.sorted();
    return outcome;
}

Outcome parse_holes(std::string_view text) {
    Diagnostics diagnostics;
    Outcome outcome;
    outcome.tree = parse_text(text, source, diagnostics);
    outcome.found = diagnostics.sorted();
    return outcome;
}

/// Gives the canonical spelling, or the first message with its line and column.
std::string spelled(const Outcome& outcome) {
    if (outcome.tree != nullptr && outcome.found.empty()) return spell(*outcome.tree);
    if (outcome.found.empty()) return "nothing";
    const Diagnostic& d = outcome.found[0];
    const std::string place = std::to_string(d.at.line) + ':' + std::to_string(d.at.column) + ' ';
    return (outcome.tree == nullptr ? "" : "a tree, yet ") + place + d.message;
}

std::string spelled(std::string_view text) { return spelled(parse(text)); }

std::string hint_of(std::string_view text) {
    const Outcome outcome = parse(text);
    return outcome.found.empty() ? "" : outcome.found[0].hint;
}

/// Prints the tree with every operation in brackets.
std::string shape(const Expression& e) {
    using Kind = Expression::Kind;
    const auto child = [&](size_t i) { return shape(*e.children[i]); };
    switch (e.kind) {
        case Kind::binary: return '[' + child(0) + ' ' + e.text + ' ' + child(1) + ']';
        case Kind::range: return '[' + child(0) + " .. " + child(1) + ']';
        case Kind::unary: return '[' + e.text + ' ' + child(0) + ']';
        case Kind::condition: return "[if " + child(0) + ' ' + child(1) + ' ' + child(2) + ']';
        default: return spell(e);
    }
}

std::string shape(std::string_view text) {
    const Outcome outcome = parse(text);
    return outcome.tree == nullptr ? spelled(outcome) : shape(*outcome.tree);
}

}  // namespace

TEST_SUITE("language/expression") {
    TEST_CASE("precedence, loosest first: if, or, and, not, comparisons, .., + -, * / mod, minus") {
        CHECK(shape("a or b and not c == d + e * -f") == "[a or [b and [not [c == [d + [e * [- f]]]]]]]");
        CHECK(shape("x in 1..n + 1 and y") == "[[x in [1 .. [n + 1]]] and y]");
        CHECK(shape("a - b - c") == "[[a - b] - c]");
        CHECK(shape("a / b mod c") == "[[a / b] mod c]");
        CHECK(shape("-1..1") == "[[- 1] .. 1]");
        CHECK(shape("not not a") == "[not [not a]]");
        CHECK(shape("-a.b(c)") == "[- a.b(c)]");
        CHECK(shape("if a then b else if c then d else e or f") == "[if a b [if c d [e or f]]]");
        CHECK(shape("(a + b) * c") == "[[a + b] * c]");
    }

    TEST_CASE("canonical spelling has parentheses only where precedence asks for them") {
        CHECK(spelled("((a))+(b*c)") == "a + b * c");
        CHECK(spelled("(a+b)*(c-(d-e))") == "(a + b) * (c - (d - e))");
        CHECK(spelled("a==(b==c)") == "a == (b == c)");
        CHECK(spelled("not (a and b)") == "not (a and b)");
        CHECK(spelled("(if a then b else c)+1") == "(if a then b else c) + 1");
        CHECK(spelled("any( kind ,skew = 1.1 )") == "any(kind, skew=1.1)");
        CHECK(spelled("sum(lines, quantity*price)") == "sum(lines, quantity * price)");
        CHECK(spelled("pick(countries).code") == "pick(countries).code");
        CHECK(spelled("centre.agent(3)(4).x") == "centre.agent(3)(4).x");
        CHECK(spelled("f()") == "f()");
        CHECK(spelled("true and null == x.null") == "true and null == x.null");
    }

    TEST_CASE("numbers keep their digits and units") {
        for (const char* number : {"0", "0.01", "5000.00", "70%", "30s", "1.5h", "1h30m", "1h2m3.5s", "PT1H30M", "2k",
                                   "3MiB", "1e3", "2.5e-3", "10min", "200/s", "1/d", "5k/min", "250us"}) {
            CHECK(spelled(number) == number);
            CHECK(parse(number).tree->kind == Expression::Kind::number);
        }
        const Outcome rate = parse("200k/s");
        CHECK(rate.tree->text == "200");
        CHECK(rate.tree->unit == "k");
        CHECK(rate.tree->rate_unit == "s");
        CHECK(shape("1s..3s") == "[1s .. 3s]");
        CHECK(shape("0.01..10000") == "[0.01 .. 10000]");
        CHECK(shape("200/s..300/s") == "[200/s .. 300/s]");
    }

    TEST_CASE("a slash before anything but a bare unit of time divides") {
        CHECK(shape("1/5d") == "[1 / 5d]");
        CHECK(shape("1 / d") == "[1 / d]");
        CHECK(shape("1/days") == "[1 / days]");
        CHECK(shape("1/d.x") == "[1 / d.x]");
        CHECK(shape("1/s(2)") == "[1 / s(2)]");
        CHECK(shape("30s/s") == "[30s / s]");
        CHECK(shape("1/d * daytime") == "[1/d * daytime]");
        CHECK(shape("x * (1/d)") == "[x * 1/d]");
    }

    TEST_CASE("texts have either quotes, doubled quotes inside, and holes") {
        CHECK(spelled("'it''s'") == "\"it's\"");
        CHECK(spelled("\"say \"\"hi\"\"\"") == "'say \"hi\"'");
        CHECK(spelled("\"both ' and \"\"\"") == "\"both ' and \"\"\"");
        CHECK(spelled("\"\"") == "\"\"");
        CHECK(spelled("\"$$(x) costs $5\"") == "\"$$(x) costs $5\"");
        const Outcome outcome = parse("\"a$(pick(\"x\", \"y)\"))b$(c)\"");
        REQUIRE(outcome.tree != nullptr);
        REQUIRE(outcome.tree->parts.size() == 4);
        CHECK(outcome.tree->parts[0].literal == "a");
        CHECK(spell(*outcome.tree->parts[1].hole) == "pick(\"x\", \"y)\")");
        CHECK(outcome.tree->parts[2].literal == "b");
        CHECK(spell(*outcome.tree->parts[3].hole) == "c");
    }

    TEST_CASE("text outside of expressions has holes and needs no quotes") {
        const Outcome outcome = parse_holes("it's $(n)-$$(m)\"");
        REQUIRE(outcome.tree != nullptr);
        REQUIRE(outcome.tree->parts.size() == 3);
        CHECK(outcome.tree->parts[0].literal == "it's ");
        CHECK(outcome.tree->parts[2].literal == "-$(m)\"");
        CHECK(parse_holes("").tree->parts.size() == 1);
        CHECK(spelled(parse_holes("x $(a")) == "7:13 Hole is not closed: $(a");
        CHECK(spelled(parse_holes("x $( )")) == "7:13 Hole is empty: $()");
        CHECK(spelled(parse_holes("x $(a b)")) == "7:17 Unexpected rest of the expression: b");
        const Outcome two = parse_holes("$(a +) $(b +)");
        CHECK(two.tree == nullptr);
        CHECK(two.found.size() == 2);
    }

    TEST_CASE("a draw's index counts the calls opened before it in the scalar, across holes") {
        const Outcome outcome = parse("f(g(1), h(2)) + k()");
        const Expression& f = *outcome.tree->children[0];
        CHECK(f.draw_index == 0);
        CHECK(f.children[1]->draw_index == 1);
        CHECK(f.children[2]->draw_index == 2);
        CHECK(outcome.tree->children[1]->draw_index == 3);
        const Outcome text = parse_holes("$(a())-$(b(\"$(c())\"))$(d())");
        CHECK(text.tree->parts[0].hole->draw_index == 0);
        CHECK(text.tree->parts[2].hole->draw_index == 1);
        CHECK(text.tree->parts[2].hole->children[1]->parts[0].hole->draw_index == 2);
        CHECK(text.tree->parts[3].hole->draw_index == 3);
    }

    TEST_CASE("positions are those of the file: operator, member name, first character") {
        CHECK(spelled("é.name(k)") == "7:11 Unexpected character: é");
        const Outcome whole = parse("a.name(k=1) + \"x$(y)\"");
        const Expression& sum = *whole.tree;
        CHECK(sum.at.column == 11 + 12);
        CHECK(sum.children[0]->at.column == 11 + 2);
        CHECK(sum.children[0]->options[0].at.column == 11 + 7);
        CHECK(sum.children[1]->at.column == 11 + 14);
        CHECK(sum.children[1]->parts[1].hole->at.column == 11 + 18);
        const Outcome lines = parse("a +\nb +\n+");
        CHECK(spelled(lines) == "9:11 A value cannot begin with: +");
        CHECK(spelled(parse_holes("äö$(x y)")) == "7:17 Unexpected rest of the expression: y");
    }

    TEST_CASE("mistakes are named with their place and mend") {
        CHECK(spelled("a < b < c") == "7:17 Comparisons do not chain: <");
        CHECK(hint_of("a < b < c") == "Write a < b and b < c");
        CHECK(hint_of("a == b == c + 1") == "Write a == b and b == c + 1");
        CHECK(spelled("a = b") == "7:13 = does not compare");
        CHECK(hint_of("a = b") == "Write ==");
        CHECK(spelled("a && b") == "7:13 Unknown operator: &&");
        CHECK(hint_of("a && b") == "Write and");
        CHECK(hint_of("a || b") == "Write or");
        CHECK(spelled("!a") == "7:11 Unknown operator: !");
        CHECK(hint_of("!a") == "Write not");
        CHECK(hint_of("a <> b") == "Write !=");
        CHECK(hint_of("a not in b") == "Write not (a in b)");
        CHECK(spelled("[1]") == "7:11 Expressions have no brackets or braces: [");
        CHECK(spelled("f({})") == "7:13 Expressions have no brackets or braces: {");
        CHECK(spelled("a ; b") == "7:13 Unexpected character: ;");
        CHECK(spelled("a % b") == "7:13 Unexpected character: %");
        CHECK(spelled("a ? b") == "7:13 Unexpected character: ?");
        CHECK(spelled("“a”") == "7:11 Unexpected character: “");
        CHECK(spelled("$(a)") == "7:11 A hole stands in text, not in an expression: $(");
        CHECK(spelled("(a + b") == "7:11 Parenthesis is not closed: (");
        CHECK(spelled("f(a, b") == "7:12 Parenthesis is not closed: (");
        CHECK(spelled("a)") == "7:12 Parenthesis was never opened: )");
        CHECK(spelled("if a then b") == "7:11 if without else");
        CHECK(spelled("if a b") == "7:16 Expected then, found: b");
        CHECK(spelled("a then b") == "7:13 then without if");
        CHECK(spelled("a b") == "7:13 Unexpected rest of the expression: b");
        CHECK(spelled("a, b") == "7:12 Comma outside of a call: ,");
        CHECK(spelled("") == "7:11 Expression is empty");
        CHECK(spelled("  ") == "7:13 Expression is empty");
        CHECK(spelled("a +") == "7:14 Expression ends too early, expected a value");
        CHECK(spelled("a.") == "7:13 Expression ends too early, expected a name behind the point");
        CHECK(spelled("a.5") == "7:13 Expected a name behind the point, found: 5");
        CHECK(spelled("mod") == "7:11 Expected a value, found: mod");
        CHECK(spelled("1..2..3") == "7:15 Ranges do not chain: ..");
        CHECK(spelled("\"abc") == "7:11 Text without a closing quote: \"abc");
        CHECK(spelled("1 + if a then b else c") == "7:15 if inside an operation");
        CHECK(spelled("5(3)") == "7:12 Only a name can be called: 5");
        CHECK(spelled("f(a,)") == "7:15 Argument is missing behind the last comma");
        CHECK(spelled("f(k=1, a)") == "7:18 Argument without a name behind a named one");
        CHECK(spelled("f(k=1, k=2)") == "7:18 Option is given twice: k");
    }

    TEST_CASE("numbers that look wrong are wrong") {
        CHECK(spelled("30mi") == "7:11 Unknown unit: 30mi");
        CHECK(hint_of("30mi") == "Did you mean \"ms\"?");
        CHECK(spelled("1h30") == "7:11 Unknown unit: 1h30");
        CHECK(spelled("007") == "7:11 Number with a leading zero: 007");
        CHECK(spelled("5. + 1") == "7:11 Number without digits behind its point: 5.");
        CHECK(spelled("1 + .5") == "7:15 Number without digits before its point");
        CHECK(hint_of("1 + .5") == "Write 0.5, not .5");
    }

    TEST_CASE("several mistakes are reported at once, without echoes") {
        CHECK(parse("f(1 2, 3 +, 4, k=1, k=2)").found.size() == 3);
        CHECK(parse("a && b || !c").found.size() == 3);
        CHECK(parse("f(g(1 2), \"x").found.size() == 2);
        CHECK(parse("(((a").found.size() == 1);
        CHECK(parse(".5").found.size() == 1);
    }

    TEST_CASE("size and depth are bounded") {
        const auto repeat = [](std::string_view piece, size_t times) {
            std::string text;
            for (size_t i = 0; i < times; ++i) text += piece;
            return text;
        };
        const std::string too_deep = "Expression is nested too deep, levels allowed: 200";
        CHECK(parse(repeat("(", 199) + "a" + repeat(")", 199)).found.empty());
        CHECK(parse(repeat("(", 300) + "a" + repeat(")", 300)).found.at(0).message == too_deep);
        CHECK(parse(repeat("a+", 199) + "a").found.empty());
        CHECK(parse(repeat("a+", 30000) + "a").found.at(0).message == too_deep);
        CHECK(parse(repeat("-", 60000) + "a").found.at(0).message == too_deep);
        CHECK(parse(repeat("not ", 300) + "a").found.at(0).message == too_deep);
        CHECK(parse(repeat("\"$(", 250) + "a" + repeat(")\"", 250)).found.at(0).message == too_deep);
        CHECK(parse("a" + repeat(".a", 300)).found.at(0).message == too_deep);
        CHECK(parse("f(" + repeat("a,", 5000) + "a)").found.empty());
        CHECK(parse(std::string(65537, 'a')).found.at(0).message == "Expression is too long, bytes allowed: 65536");
        CHECK(parse_holes(std::string(100000, 'a')).found.empty());
    }

    TEST_CASE("what is spelled reads back as the same spelling") {
        for (const char* text :
             {"if rule == null or chance(label_hidden) then 0 else 1",
              "temperature + 0.1 * (ambient - temperature) + normal(0, 0.2)", "\"$$$(x) $(a + \"'$(b)'\")\"",
              "a.b(c, d=e..f).g mod -(h)", "x in (if a then b else c)", "-(-a) - -b", "1/d * (2/s)", "(1/d).x",
              "not (not a == b) or c", "(a..b) == c", "'\"' == \"''\"\"\""}) {
            const std::string once = spelled(text);
            CHECK(once.find(':') == std::string::npos);
            CHECK(spelled(once) == once);
        }
    }
}
