#include "service/json_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace headwater;
using Json = nlohmann::ordered_json;

namespace {

std::string complaint_about(const std::string& text) {
    Json json;
    return read_json(text, json).value_or("");
}

}  // namespace

TEST_CASE("JSON is read as it stands, with the order of its names") {
    Json json;
    REQUIRE(!read_json(R"( {"b": [1, -2.5, "x\u00e9", true, null, {}], "a": {"c": 18446744073709551615}} )", json));
    CHECK(json.dump() == R"({"b":[1,-2.5,"xé",true,null,{}],"a":{"c":18446744073709551615}})");
    REQUIRE(!read_json("[[[]]]", json));
    CHECK(json.dump() == "[[[]]]");
}

TEST_CASE("what others read in two ways is refused") {
    CHECK(complaint_about(R"({"a": 1, "b": {"a": 2}, "a": 3})") == "Name is given twice: a");
    CHECK(complaint_about("\xef\xbb\xbf{}") == "Body begins with a byte order mark");
    CHECK(complaint_about(std::string("123\0", 4)) == "Body is no JSON: it holds a NUL byte");
    CHECK(complaint_about("\"" + std::string(longest_json_text + 1, 'x') + "\"").starts_with("Text is too long"));
    for (const char* text :
         {"", "{", "{}x", "{\"a\": 01}", "[1,]", "{'a': 1}", "NaN", "[Infinity]", "\"\xff\"", "\"\\ud800\"",
          "{\"a\" 1}", "nul", "[1e400]", "99999999999999999999999", "\"a\nb\"", "// x\n1"}) {
        CAPTURE(text);
        CHECK(complaint_about(text) != "");
    }
}

TEST_CASE("depth, names and items have limits") {
    auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(complaint_about(nested(deepest_json)) == "");
    CHECK(complaint_about(nested(deepest_json + 1)) == "Body is nested too deep: 64 levels are allowed");
    CHECK(complaint_about(nested(500'000)) != "");
    std::string names, items;
    for (size_t i = 0; i <= most_json_names; ++i) names += (i ? ",\"" : "\"") + std::to_string(i) + "\":1";
    for (size_t i = 0; i <= most_json_items; ++i) items += i ? ",1" : "1";
    CHECK(complaint_about("{" + names + "}") == "Object has too many names");
    CHECK(complaint_about("[" + items + "]") == "Array has too many items");
}
