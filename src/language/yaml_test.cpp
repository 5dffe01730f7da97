// For the claims about reading YAML: positions, what is refused, and what YAML cut.
#include "language/yaml.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

struct Outcome {
    std::optional<Node> root;
    std::vector<Diagnostic> found;
};

Outcome read(std::string_view text) {
    Diagnostics diagnostics;
    Outcome outcome;
    outcome.root = parse_yaml(text, "pack.yaml", diagnostics);
    outcome.found = diagnostics.sorted();
    return outcome;
}

/// Prints one finding as line:column path: message (hint).
std::string brief(const Diagnostic& d) {
    return std::to_string(d.at.line) + ':' + std::to_string(d.at.column) + ' ' + d.path + ": " + d.message + " (" +
           d.hint + ')';
}

std::string only(const Outcome& outcome) {
    return outcome.found.size() == 1 ? brief(outcome.found[0]) : "findings: " + std::to_string(outcome.found.size());
}

std::string place(Position at) { return std::to_string(at.line) + ':' + std::to_string(at.column); }

std::string message_of(std::string_view text) {
    const Outcome outcome = read(text);
    if (outcome.found.empty()) return "";
    return place(outcome.found[0].at) + ' ' + outcome.found[0].message;
}

}  // namespace

TEST_SUITE("language/yaml") {
    TEST_CASE("keys keep their order and values know where they stand") {
        const Outcome outcome = read("pack: payments\nzebra: 'é x'\nalpha:\n  - \"ü\": {b: 2}\n  - [3, =f(x)]\n");
        REQUIRE(outcome.root.has_value());
        CHECK(outcome.found.empty());
        const Node& root = *outcome.root;
        REQUIRE(root.entries.size() == 3);
        CHECK(root.entries[1].key == "zebra");
        CHECK(place(root.at) == "1:1");
        CHECK(place(root.entries[0].value.at) == "1:7");
        CHECK(place(root.entries[1].value.at) == "2:9");
        CHECK(root.entries[1].value.text == "é x");
        CHECK(root.entries[1].value.quoted);
        const Node& list = root.entries[2].value;
        CHECK(place(list.at) == "4:3");
        REQUIRE(list.items.size() == 2);
        CHECK(place(list.items[0].entries[0].key_at) == "4:6");
        CHECK(place(list.items[0].entries[0].value.at) == "4:10");
        CHECK(place(list.items[0].entries[0].value.find("b")->at) == "4:14");
        CHECK(list.items[1].items[1].is_expression());
        CHECK(place(list.items[1].items[1].at) == "5:9");
    }

    TEST_CASE("columns count code points, also behind wide characters and a byte order mark") {
        const Outcome outcome = read("\xEF\xBB\xBF{日本: x, 😀: y}\n");
        REQUIRE(outcome.root.has_value());
        CHECK(place(outcome.root->entries[0].value.at) == "1:6");
        CHECK(place(outcome.root->entries[1].key_at) == "1:9");
        CHECK(place(outcome.root->entries[1].value.at) == "1:12");
    }

    TEST_CASE("a block scalar stands where its first character stands") {
        const Outcome outcome = read("a: |\n   =x +\n   y\nb: >-\n  long\n  text\n");
        REQUIRE(outcome.root.has_value());
        CHECK(outcome.root->find("a")->text == "=x +\ny\n");
        CHECK(place(outcome.root->find("a")->at) == "2:4");
        CHECK(outcome.root->find("a")->is_expression());
        CHECK(outcome.root->find("b")->text == "long text");
        CHECK(place(outcome.root->find("b")->at) == "5:3");
    }

    TEST_CASE("only null, ~ and nothing are null; NO, 012 and 10:30 are text") {
        const Outcome outcome = read("a: null\nb: ~\nc: 'null'\nd: NO\ne: 012\nf: 10:30\ng: 2.1.0\n");
        REQUIRE(outcome.root.has_value());
        CHECK(outcome.found.empty());
        CHECK(outcome.root->find("a")->is_null());
        CHECK(outcome.root->find("b")->is_null());
        CHECK_FALSE(outcome.root->find("c")->is_null());
        CHECK(outcome.root->find("d")->text == "NO");
        CHECK(outcome.root->find("e")->text == "012");
        CHECK(outcome.root->find("f")->text == "10:30");
        CHECK(outcome.root->find("missing") == nullptr);
    }

    TEST_CASE("a key without a value is named, and the rest is read") {
        const Outcome outcome = read("streams:\n  t:\n    feilds:\n    rate: 1/s\n");
        CHECK(only(outcome) == "3:5 streams.t.feilds: Key without a value: feilds (Write null if nothing is meant)");
        REQUIRE(outcome.root.has_value());
        CHECK(outcome.root->find("streams")->find("t")->find("rate")->text == "1/s");
    }

    TEST_CASE("a list item without a value is an error") {
        CHECK(message_of("a:\n  -\n  - x\n") == "2:3 List item without a value: 1");
        CHECK(message_of("a:\n  - x:\n      - y\n  # none\n  -\n") == "5:3 List item without a value: 2");
    }

    TEST_CASE("a duplicate key names the first place") {
        CHECK(only(read("a: 1\nb: 2\na: 3\n")) == "3:1 : Duplicate key: a (It stands already in line 1, column 1)");
    }

    TEST_CASE("anchors, aliases, tags, merge keys, directives and second documents are refused") {
        CHECK(message_of("a: &x 1\n") == "1:4 Anchors are not allowed: &x");
        CHECK(message_of("a: *x\n") == "1:4 Aliases are not allowed: *x");
        CHECK(message_of("a: !!str 2\n") == "1:4 Tags are not allowed: !!str");
        CHECK(message_of("a: !mine {b: 1}\n") == "1:4 Tags are not allowed: !mine");
        CHECK(message_of("<<: {a: 1}\n") == "1:1 Merge keys are not allowed: <<");
        CHECK(message_of("a: 1\n---\nb: 2\n") == "2:1 Second document in the file: ---");
        CHECK(message_of("%YAML 1.1\n---\na: 1\n") == "1:1 YAML version is not 1.2: 1.1");
        CHECK(message_of("%YAML 1.2\n---\na: 1\n") == "");
        CHECK(message_of("? [a, b]\n: c\n") == "1:3 Key is not a text");
    }

    TEST_CASE("bytes that are not UTF-8 and control characters are refused, each with its place") {
        CHECK(message_of("a: x\xFFy\n") == "1:5 Byte is not UTF-8: 0xFF");
        CHECK(message_of("a: \xC0\x80\n") == "1:4 Byte is not UTF-8: 0xC0");
        CHECK(message_of("a: \xED\xA0\x80\n") == "1:4 Byte is not UTF-8: 0xED");
        CHECK(message_of(std::string_view("a: \0\n", 5)) == "1:4 Control character in the file: U+0000");
        CHECK(message_of("a: \x10\n") == "1:4 Control character in the file: U+0010");
        CHECK(message_of("a: x\rb: y\n") == "1:5 Control character in the file: U+000D");
        CHECK(message_of("é: \xE2\x80\xA8\n") == "1:4 Control character in the file: U+2028");
        CHECK(message_of("a: 1\r\nb: 2\r\n") == "");
        CHECK(read("a: \x01\nb: \x02\n").found.size() == 2);
    }

    TEST_CASE("what is not YAML is said in plain words with its place") {
        CHECK(message_of("a: \"open\nb: 2\n") == "1:5 Quote is not closed: \"");
        CHECK(message_of("a: [1, 2\nb: 3\n") == "1:4 Bracket is not closed: [");
        CHECK(message_of("a: {b: 1\nc: 2\n") == "2:2 Comma is missing inside {...}");
        CHECK(read("a: {b: 1\nc: 2\n").found[0].hint.ends_with("{ was opened in line 1, column 4"));
        CHECK(message_of("a:\n\tb: 1\n") == "2:1 Tab as indentation");
        CHECK(message_of("key:\n  a: 1\n b: 2\n") == "3:2 Indentation fits no level above");
        CHECK(message_of("a: [b, , c]\n") == "1:8 Comma without a value before it: ,");
        CHECK(message_of("a: 1\nb\n") == "2:1 Line is neither `key: value` nor a further line of the text above");
        CHECK(message_of("a: b\n- c\n") == "2:1 List item where a key was expected");
        CHECK(message_of("a: - b\n") == "1:4 List item behind a key");
        CHECK(message_of("a: \"\\q\"\n") == "1:5 Unknown escape in a double-quoted text");
        CHECK(only(read("a: @b\n")) == "1:4 a: Text cannot begin with: @ (Quote it: a: \"@b\")");
        CHECK(message_of("") == "1:1 File is empty");
        CHECK(message_of("# nothing\n") == "1:1 File is empty");
    }

    TEST_CASE("values may nest 64 levels, not more") {
        const auto nested = [](size_t levels) { return std::string(levels, '[') + "1" + std::string(levels, ']'); };
        CHECK(message_of(nested(64)) == "");
        CHECK(message_of(nested(65)) == "1:65 Values are nested too deep, levels allowed: 64");
        CHECK(message_of(nested(20000)).ends_with("levels allowed: 64"));
    }
}

TEST_SUITE("language/yaml: what YAML cut") {
    TEST_CASE("a comma inside {...} cuts an expression: one message with the mended line, and the tree as meant") {
        const Outcome outcome = read("do:\n  - {set: {a: =normal(0, 1), b: 2}}   # drift\n");
        CHECK(only(outcome) ==
              "2:15 do.1.set.a: A comma cuts the text inside {...} or [...]: =normal(0 "
              "(Quote it: - {set: {a: \"=normal(0, 1)\", b: 2}}   # drift)");
        REQUIRE(outcome.root.has_value());
        const Node& set = *outcome.root->find("do")->items[0].find("set");
        CHECK(set.entries.size() == 2);
        CHECK(set.find("a")->text == "=normal(0, 1)");
        CHECK(set.find("b")->text == "2");
    }

    TEST_CASE("what stands behind a cut is checked, too") {
        const Outcome outcome = read("a: {b: =pick(\"x\", \"y\"), c: 2}\nd: 1\nd: 2\n");
        REQUIRE(outcome.found.size() == 2);
        CHECK(outcome.found[0].hint == "Quote it: a: {b: '=pick(\"x\", \"y\")', c: 2}");
        CHECK(outcome.found[1].message == "Duplicate key: d");
    }

    TEST_CASE("lists, holes and conditions are cut alike") {
        CHECK(read("a: [=pick(x, y), z]\n").root->find("a")->items.size() == 2);
        CHECK(read("a: {t: id-$(pick(a, b)), u: 1}\n").root->find("a")->find("t")->text == "id-$(pick(a, b))");
        CHECK(read("a: {when: f(a, b) > 1, emit: y}\n").root->find("a")->find("when")->text == "f(a, b) > 1");
        const Outcome condition = read("a: {when: x in pick(\"a\", \"b\"), emit: y}\n");
        CHECK(condition.found.size() == 1);
        CHECK(condition.root->find("a")->find("when")->text == "x in pick(\"a\", \"b\")");
    }

    TEST_CASE("a comment and a colon cut, too") {
        CHECK(only(read("a: =pick(\"#1 #2\")\n")) ==
              "1:4 a: ` #` begins a comment and cuts the text: =pick(\"#1 "
              "(Quote it: a: '=pick(\"#1 #2\")')");
        CHECK(only(read("a: =if x then \"p: q\" else 1\n")) ==
              "1:4 a: `: ` cuts the text: =if x then \"p (Quote it: a: '=if x then \"p: q\" else 1')");
        CHECK(only(read("a: see: here\n")) == "1:4 a: `: ` cuts the text: see (Quote it: a: \"see: here\")");
        CHECK(only(read("a: {t: =\"[x]\"}\n")) ==
              "1:8 a.t: `[` cuts the text inside {...} or [...]: =\" "
              "(Quote it: a: {t: '=\"[x]\"'})");
    }

    TEST_CASE("a condition that begins with a quoted text is quoted as a whole") {
        CHECK(only(read("when: \"x\" == y\n")) ==
              "1:7 when: Text behind a closing quote: == y (Quote it: when: '\"x\" == y')");
        CHECK(only(read("a: {when: \"x\" == y, emit: z}\n")) ==
              "1:11 a.when: Text behind a closing quote: == y (Quote it: a: {when: '\"x\" == y', emit: z})");
    }

    TEST_CASE("a long row of blanks, which would take libfyaml minutes, is refused") {
        const std::string row(1000, ' ');
        CHECK(message_of("a: {b: 1}" + row + "\n")
                  .starts_with("1:10 Too many blanks and line ends in a row, allowed: 1000"));
        CHECK(message_of("a: |\n  b\n" + std::string(1000, '\n') + "  c\n").starts_with("2:4 Too many blanks"));
        CHECK(message_of("a: {b: 1}" + row.substr(1) + "\n") == "");
    }

    TEST_CASE("a key has a limit") {
        CHECK(message_of("? " + std::string(1024, 'k') + "\n: 1\n") == "");
        CHECK(message_of("? " + std::string(1025, 'k') + "\n: 1\n")
                  .starts_with("1:3 Key is longer than its limit in bytes, 1024: kk"));
    }

    TEST_CASE("a mended line of a very long line shows what lies near") {
        std::string text = "{";
        for (int i = 0; i < 10'000; ++i) text += "k" + std::to_string(i) + ": =f(a, b), ";
        const Outcome outcome = read(text + "z: 1}\n");
        REQUIRE(outcome.found.size() == Diagnostics::most + 1);
        CHECK(outcome.found[500].hint.size() < 900);
        CHECK(outcome.found[500].hint.find("\"=f(a, b)\"") != std::string::npos);
        CHECK(outcome.found.back().message == "Further mistakes are not listed");
    }

    TEST_CASE("prose is left alone") {
        CHECK(message_of("help: it's fine # don't\n") == "");
        CHECK(message_of("a: {help: it's fine, b: don't}\n") == "");
        CHECK(message_of("a: =f(x)   # (see below)\n") == "");
        CHECK(message_of("a: 12\" wide # (really)\n") == "");
        CHECK(message_of("a: \"=normal(0, 1)\"\n") == "");
        CHECK(message_of("url: http://x:80/b#c\n") == "");
    }

    TEST_CASE("an expression that is never closed is left to the expression's own parser") {
        const Outcome outcome = read("a: {b: =f(x, c: 2}\nd: =g(y\n");
        CHECK(outcome.found.empty());
        CHECK(outcome.root->find("d")->text == "=g(y");
    }
}
