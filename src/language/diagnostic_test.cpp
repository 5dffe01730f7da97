// For the claims about collecting and printing mistakes.
#include "language/diagnostic.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace headwater;

TEST_SUITE("language/diagnostic") {
    TEST_CASE("mistakes come in order of file, line and column, without repetitions") {
        Diagnostics diagnostics;
        diagnostics.error("b.yaml", {1, 1}, "", "last");
        diagnostics.warn("a.yaml", {2, 5}, "", "third");
        diagnostics.error("a.yaml", {2, 3}, "", "second");
        diagnostics.error("a.yaml", {1, 9}, "", "first");
        diagnostics.error("a.yaml", {2, 3}, "", "second");
        diagnostics.error("a.yaml", {2, 3}, "", "another at the same place");
        diagnostics.error("a.yaml", {2, 3}, "", "second");
        std::string order;
        for (const Diagnostic& d : diagnostics.sorted()) order += d.message + '|';
        CHECK(order == "first|second|another at the same place|third|last|");
        CHECK(diagnostics.has_errors());
        CHECK(diagnostics.error_count() == 6);
    }

    TEST_CASE("warnings alone are no errors") {
        Diagnostics diagnostics;
        diagnostics.warn("a.yaml", {1, 1}, "", "advice");
        CHECK_FALSE(diagnostics.has_errors());
    }

    TEST_CASE("a mistake is shown with its line, a caret, its path and a hint") {
        Diagnostics diagnostics;
        diagnostics.error("p.yaml", {2, 4}, "streams.t", "unknown key: feilds", "did you mean \"fields\"?");
        const std::string source = "streams:\n\té feilds: 1\r\n";
        CHECK(render(diagnostics.sorted(), false, {{"p.yaml", source}}) ==
              "p.yaml:2:4: error: unknown key: feilds\n"
              "  2 |  é feilds: 1\n"
              "    |    ^\n"
              "  in streams.t\n"
              "  hint: did you mean \"fields\"?\n");
    }

    TEST_CASE("without a source, a place or a path the rest is shown") {
        Diagnostics diagnostics;
        diagnostics.error("", {}, "", "no pack given");
        diagnostics.warn("p.yaml", {}, "", "odd");
        diagnostics.error("p.yaml", {9, 0}, "", "gone");
        CHECK(render(diagnostics.sorted(), false, {{"p.yaml", "a: 1\n"}}) ==
              "error: no pack given\np.yaml: warning: odd\np.yaml:9:1: error: gone\n");
    }

    TEST_CASE("a long line is cut to what stands around the caret, and controls are not printed") {
        Diagnostics diagnostics;
        diagnostics.error("p.yaml", {1, 501}, "", "here");
        const std::string source = std::string(500, 'a') + "\x1b" + std::string(500, 'b');
        const std::string shown = render(diagnostics.sorted(), false, {{"p.yaml", source}});
        CHECK(shown.find("  1 | ..." + std::string(70, 'a') + "\xEF\xBF\xBD" + std::string(39, 'b') + "...\n") !=
              std::string::npos);
        CHECK(shown.find("    | " + std::string(73, ' ') + "^\n") != std::string::npos);
    }

    TEST_CASE("colours are codes around the same words") {
        Diagnostics diagnostics;
        diagnostics.error("p.yaml", {1, 1}, "a", "wrong", "mend");
        const std::string shown = render(diagnostics.sorted(), true, {{"p.yaml", "a: 1\n"}});
        CHECK(shown.find("\033[1;31merror:\033[0m wrong") != std::string::npos);
        CHECK(shown.find("\033[1;31m^\033[0m") != std::string::npos);
    }

    TEST_CASE("editors get JSON, also of bytes that are no text") {
        Diagnostics diagnostics;
        diagnostics.error("p.yaml", {3, 7}, "streams.t", "unknown key: \xFF\"", "hint");
        const auto list = nlohmann::json::parse(render_json(diagnostics.sorted()));
        REQUIRE(list.size() == 1);
        CHECK(list[0]["severity"] == "error");
        CHECK(list[0]["file"] == "p.yaml");
        CHECK(list[0]["line"] == 3);
        CHECK(list[0]["column"] == 7);
        CHECK(list[0]["path"] == "streams.t");
        CHECK(list[0]["message"] == "unknown key: \xEF\xBF\xBD\"");
        CHECK(list[0]["hint"] == "hint");
        CHECK(render_json({}) == "[]\n");
    }

    TEST_CASE("the nearest name is close, and nothing is guessed when nothing is") {
        const std::vector<std::string> known{"amount", "account", "currency", "id"};
        CHECK(nearest("amuont", known) == "amount");
        CHECK(nearest("amounts", known) == "amount");
        CHECK(nearest("currencies", known) == "currency");
        CHECK(nearest("zebra", known) == "");
        CHECK(nearest("xy", known) == "");
        CHECK(nearest("", known) == "");
        CHECK(nearest("abcdefgh", {"abcdefxx"}) == "abcdefxx");
        CHECK(nearest("abcdefgh", {"abcdexxx"}) == "");
    }

    TEST_CASE("a suggestion names the nearest, else what is allowed") {
        CHECK(suggest("amuont", {"amount", "id"}) == "Did you mean \"amount\"?");
        CHECK(suggest("zebra", {"amount", "id"}) == "Allowed: amount, id");
        CHECK(suggest("zebra", {}) == "");
        CHECK(suggest("zebra", std::vector<std::string>(20, "x")).ends_with(" and 8 more"));
    }

    TEST_CASE("very many mistakes with very long texts take little memory") {
        Diagnostics diagnostics;
        const std::string text = "x" + std::string(3000, 'y');
        std::string wide = "x";
        for (int i = 0; i < 1000; ++i) wide += "\u00e9";
        for (int i = 1; i <= 5000; ++i) diagnostics.error("a.yaml", {i, 1}, text, wide, text);
        CHECK(diagnostics.error_count() == 5000);
        const auto sorted = diagnostics.sorted();
        REQUIRE(sorted.size() == Diagnostics::most + 1);
        CHECK(sorted.back().message == "Further mistakes are not listed");
        CHECK(sorted.front().path == text.substr(0, Diagnostics::longest) + "...");
        CHECK(sorted.front().message == wide.substr(0, Diagnostics::longest - 1) + "...");
        CHECK(nlohmann::json::parse(render_json(sorted)).size() == Diagnostics::most + 1);
    }
}
