#include "base/json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace headwater;

TEST_CASE("JSON that is read is spelled alike, with its keys in their order") {
    const std::string text = R"({"b":1,"a":[true,null,"x"]})";
    CHECK(spell_json(parse_json(text)) == text);
    CHECK(spell_json(parse_json("[1]"), 2) == "[\n  1\n]");
}

TEST_CASE("a text that is no JSON throws, or gives a value that tells so") {
    CHECK_THROWS_AS(parse_json("{"), nlohmann::ordered_json::parse_error);
    CHECK(parse_json_or_discard("{").is_discarded());
    CHECK(parse_json_or_discard("{}").is_object());
}

TEST_CASE("bytes that are no UTF-8 are replaced in what is spelled") {
    CHECK(quote_json("a\"b\n") == R"("a\"b\n")");
    CHECK(quote_json("\xff") == "\"\xEF\xBF\xBD\"");
}
