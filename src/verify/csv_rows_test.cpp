// For reading CSV as RFC 4180 has it, wherever a piece of it ends.
#include "verify/csv_rows.h"

#include <doctest/doctest.h>

namespace headwater {
namespace {

std::vector<std::string> cells_of(std::string_view text) {
    CsvRow row(',');
    REQUIRE(row.read(text, true) == text.size());
    std::vector<std::string> cells;
    for (const CsvCell& cell : row.cells()) cells.push_back((cell.is_quoted ? "q:" : "") + std::string(cell.text));
    return cells;
}

TEST_CASE("csv rows: cells, quotes, and the difference between nothing and the empty text") {
    using Cells = std::vector<std::string>;
    CHECK(cells_of("a,b,c\n") == Cells{"a", "b", "c"});
    CHECK(cells_of("a,,\r\n") == Cells{"a", "", ""});
    CHECK(cells_of("\"a,b\",\"\",\"c\"\"d\"\"\"") == Cells{"q:a,b", "q:", "q:c\"d\""});
    CHECK(cells_of("\"two\nlines\",x") == Cells{"q:two\nlines", "x"});
}

TEST_CASE("csv rows: a row is read when all of it is there, not before") {
    const std::string text = "1,\"a\"\"b\nc\",\"d\"\r\n2,e,f\n";
    constexpr size_t first = 16;
    for (size_t size = 0; size < first; ++size)
        CHECK(CsvRow(',').read(std::string_view(text).substr(0, size), false) == 0);
    CsvRow row(',');
    CHECK(row.read(text, false) == first);
    CHECK(row.cells().size() == 3);
    CHECK(row.cells()[1].text == "a\"b\nc");
}

TEST_CASE("csv rows: an open quote makes a broken row of all that is left") {
    CsvRow row(',');
    CHECK(row.read("1,\"open\n2,x\n", true) == 12);
    CHECK(row.is_broken());
    CHECK(row.read("1,\"closed\"x\n", true) == 12);
    CHECK(row.is_broken());
    CHECK(row.read("1,\"closed\"\n", true) == 11);
    CHECK_FALSE(row.is_broken());
}

}  // namespace
}  // namespace headwater
