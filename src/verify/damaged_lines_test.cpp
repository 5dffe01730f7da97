// For holding the table of damaged lines to its counts.
#include "verify/damaged_lines.h"

#include <doctest/doctest.h>

#include "verify/delivered_text.h"

namespace headwater {

TEST_SUITE("lines of damaged records") {
    TEST_CASE("a line lands as often as it is expected, and no more") {
        DamagedLines lines;
        CHECK(lines.is_empty());
        CHECK_FALSE(lines.knows(7));
        lines.expect(7);
        lines.expect(7);
        CHECK(lines.knows(7));
        CHECK_FALSE(lines.knows(8));
        CHECK(lines.land(7));
        CHECK(lines.land(7));
        CHECK_FALSE(lines.land(7));
    }

    TEST_CASE("many lines stay apart, also those that fall on one place") {
        DamagedLines lines;
        constexpr uint64_t many = 10'000;
        for (uint64_t i = 0; i < many; ++i) lines.expect(i << 20);
        for (uint64_t i = 0; i < many; i += 2) CHECK(lines.land(i << 20));
        std::vector<LandedLine> again;
        uint64_t there = 0;
        for (uint64_t i = 0; i < many; ++i) {
            const uint64_t line = i << 20;
            there += lines.settle({&line, 1}, again);
        }
        CHECK(there == many / 2);
        CHECK(again.empty());
    }

    TEST_CASE("a record is there when all its lines are, and tells once where they are again") {
        DamagedLines lines;
        for (const uint64_t line : {1, 2, 3}) lines.expect(line);
        CHECK(lines.land(1));
        CHECK(lines.land(2));
        lines.land_again(2, {4, 5});
        const uint64_t whole[] = {1, 2}, missing[] = {3};
        std::vector<LandedLine> again;
        CHECK(lines.settle(whole, again));
        REQUIRE(again.size() == 1);
        CHECK(again[0].lane == 4);
        CHECK(again[0].position == 5);
        again.clear();
        CHECK_FALSE(lines.settle(missing, again));
        CHECK(again.empty());
    }

    TEST_CASE("bytes are cut into lines as objects are, and are one in a message") {
        const std::string_view bytes = " {\"a\":1}\r\n\n  \n{\"b\"";
        const std::vector<std::string_view> lines = landed_lines(bytes, true);
        REQUIRE(lines.size() == 2);
        CHECK(lines[0] == "{\"a\":1}");
        CHECK(lines[1] == "{\"b\"");
        CHECK(landed_lines(bytes, false).size() == 1);
        CHECK(landed_lines("", true).empty());
        CHECK(landed_lines("", false).size() == 1);
    }
}

}  // namespace headwater
