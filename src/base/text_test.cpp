#include "base/text.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

using Pieces = std::vector<std::string_view>;

}  // namespace

TEST_SUITE("base/text") {
    TEST_CASE("blanks go from the ends, and from nowhere else") {
        CHECK(trimmed(" \t a b\r\n") == "a b");
        CHECK(trimmed(" \t\r\n").empty());
        CHECK(trimmed("").empty());
        CHECK(trimmed("\va\f") == "\va\f");
        CHECK(trimmed_end(" 12 \n") == " 12");
    }

    TEST_CASE("case is that of A to Z, and bytes beyond stay") {
        CHECK(lower("Ab[Z]Ä") == "ab[z]Ä");
        CHECK(upper("aB{z}ä") == "AB{Z}ä");
        CHECK(is_same_but_case("SASL_ssl", "sasl_SSL"));
        CHECK_FALSE(is_same_but_case("sasl", "sasl_ssl"));
        CHECK_FALSE(is_same_but_case("[", "{"));
    }

    TEST_CASE("pieces stand between marks, empty ones too, and the last takes what is left") {
        CHECK(split("a,,b,", ',') == Pieces{"a", "", "b", ""});
        CHECK(split("", ',') == Pieces{""});
        CHECK(split("a", ',') == Pieces{"a"});
        CHECK(split("name=a=b", '=', 2) == Pieces{"name", "a=b"});
        CHECK(split("a=b", '=', 1) == Pieces{"a=b"});
    }

    TEST_CASE("bytes have two hex digits, a word sixteen") {
        CHECK(hex_of(std::string_view("\0\x7f\xff", 3)) == "007fff");
        CHECK(hex_of(0x0123456789abcdefULL) == "0123456789abcdef");
        CHECK(hex_of(uint64_t{0xf0}) == "00000000000000f0");
        std::string escaped;
        append_percent(escaped, '\xe4');
        CHECK(escaped == "%E4");
        int sum = 0;
        for (int c = 0; c < 256; ++c) sum += hex_value(static_cast<char>(c));
        CHECK(sum == 2 * 75 + 45 - (256 - 22));
        CHECK(hex_value('a') == 10);
        CHECK(hex_value('F') == 15);
    }

    TEST_CASE("sizes are bytes, with or without a unit, a blank or a fraction") {
        CHECK(parse_size("500") == 500);
        CHECK(parse_size("0") == 0);
        CHECK(parse_size("1 B") == 1);
        CHECK(parse_size("64kB") == 64'000);
        CHECK(parse_size("64KB") == 64'000);
        CHECK(parse_size("3MB") == 3'000'000);
        CHECK(parse_size("1GB") == 1'000'000'000);
        CHECK(parse_size("2 TB") == 2'000'000'000'000);
        CHECK(parse_size("64 KiB") == 65'536);
        CHECK(parse_size("8MiB") == 8ULL << 20);
        CHECK(parse_size("5 GiB") == 5ULL << 30);
        CHECK(parse_size("3TiB") == 3ULL << 40);
        CHECK(parse_size("1.5 GB") == 1'500'000'000);
        CHECK(parse_size("0.125KiB") == 128);
        CHECK(parse_size("18446744073709551615") == UINT64_MAX);
    }

    TEST_CASE("what is no whole number of bytes is no size") {
        for (const char* wrong : {"",
                                  "MiB",
                                  "-1",
                                  "+1",
                                  "8 mib",
                                  "8  MiB",
                                  "8 ",
                                  " 8",
                                  "8MiB ",
                                  "1.",
                                  ".5MiB",
                                  "1..5MiB",
                                  "1.5.2MB",
                                  "007",
                                  "1e3B",
                                  "256M",
                                  "5k",
                                  "0.1KiB",
                                  "1.5",
                                  "1.0005kB",
                                  "18446744073709551616",
                                  "99999999999999999999",
                                  "99999999999GiB",
                                  "999999999999999999999999999999999999999999TiB"})
            CHECK_MESSAGE(!parse_size(wrong), wrong);
    }

    TEST_CASE("bytes for people have one digit behind the point") {
        CHECK(human_bytes(0) == "0 B");
        CHECK(human_bytes(1023) == "1023 B");
        CHECK(human_bytes(1024) == "1.0 KiB");
        CHECK(human_bytes(12'897'486) == "12.3 MiB");
        CHECK(human_bytes(UINT64_MAX) == "15.9 EiB");
    }
}
