// For CSV as lists are written in it.
#include "pack/csv.h"

#include <doctest/doctest.h>

namespace headwater {

namespace {

struct Outcome {
    std::shared_ptr<const ConstantList> list;
    std::vector<Diagnostic> found;
};

Outcome read(std::string_view text) {
    Diagnostics diagnostics;
    auto list = list_of_csv("sizes", text, Reading{"sizes.csv", &diagnostics});
    return {std::move(list), diagnostics.sorted()};
}

std::string mistake_in(std::string_view text) {
    const Outcome outcome = read(text);
    REQUIRE(outcome.found.size() == 1);
    return std::to_string(outcome.found[0].at.line) + ": " + outcome.found[0].message;
}

Kind kind_of(const std::vector<std::string>& cells) {
    Type type;
    column_of_texts(cells, &type);
    return type.kind;
}

}  // namespace

TEST_SUITE("csv") {
    TEST_CASE("commas, quotes and line ends inside quotes belong to the cell") {
        const auto list = read("name,note\r\nS,\"a, b\"\r\nM,\"say \"\"hi\"\"\"\r\nL,\"two\nlines\"\r\n").list;
        REQUIRE(list);
        CHECK(list->size == 3);
        CHECK(list->columns == std::vector<std::string>{"name", "note"});
        CHECK(list->values[1]->text == std::vector<std::string>{"a, b", "say \"hi\"", "two\nlines"});
    }

    TEST_CASE("a byte order mark and a missing last line end are no part of it") {
        const auto list = read("\xef\xbb\xbfname\nS").list;
        REQUIRE(list);
        CHECK(list->columns[0] == "name");
        CHECK(list->values[0]->text == std::vector<std::string>{"S"});
    }

    TEST_CASE("a column has the type that fits all its cells") {
        CHECK(kind_of({"1", "-2"}) == Kind::integer);
        CHECK(kind_of({"1", "2.5"}) == Kind::real);
        CHECK(kind_of({"true", "false"}) == Kind::boolean);
        CHECK(kind_of({"true", "maybe"}) == Kind::text);
        CHECK(kind_of({"1", ""}) == Kind::text);
        CHECK(kind_of({"007", "12"}) == Kind::text);
        CHECK(kind_of({"12345678901234567890"}) != Kind::integer);
    }

    TEST_CASE("a column named weight weighs the rows") {
        const auto list = read("name,weight\nS,1\nM,3\n").list;
        REQUIRE(list);
        REQUIRE(list->weights);
        CHECK(list->weights->f64 == std::vector<double>{1, 3});
        CHECK(!read("name,size\nS,1\n").list->weights);
    }

    TEST_CASE("a mistake names its line") {
        CHECK(mistake_in("name,weight\nS,1\nM\n") == "3: A row has 1 cell where the header has 2");
        CHECK(mistake_in("name,weight\nS,1\nM,-1\n") == "3: A weight is a number not below 0: -1");
        CHECK(mistake_in("name,weight\nS,0\n") == "1: All weights are 0: sizes");
        CHECK(mistake_in("name,name\nS,T\n") == "1: A column stands twice: name");
        CHECK(mistake_in("name\n") == "1: A list needs a header and at least one row: sizes");
    }
}

}  // namespace headwater
