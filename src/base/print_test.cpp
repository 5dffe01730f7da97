// For holding the printers of numbers, instants and text to their contracts.
#include "base/print.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>

#include "base/digits.h"
#include "base/random.h"

namespace headwater {
namespace {

/// Runs a printer over a guarded buffer and fails when it wrote behind `limit` bytes.
std::string printed(size_t limit, const std::function<char*(char*)>& print) {
    std::array<char, 80> buffer;
    buffer.fill('#');
    char* const end = print(buffer.data());
    const bool stayed_inside =
        std::all_of(buffer.begin() + static_cast<std::ptrdiff_t>(limit), buffer.end(), [](char c) { return c == '#'; });
    REQUIRE(stayed_inside);
    return {buffer.data(), static_cast<size_t>(end - buffer.data())};
}

std::string integer(int64_t v) {
    return printed(20, [&](char* p) { return print_integer(p, v); });
}
std::string decimal(int64_t v, unsigned scale) {
    return printed(22, [&](char* p) { return print_decimal(p, v, scale); });
}
std::string real(double v) {
    return printed(32, [&](char* p) { return print_real(p, v); });
}
std::string date(int64_t v) {
    return printed(10, [&](char* p) { return print_date(p, v); });
}
std::string duration(int64_t v) {
    return printed(40, [&](char* p) { return print_duration(p, v); });
}
std::string instant(int64_t v, unsigned digits, std::string_view suffix) {
    return printed(40, [&](char* p) { return print_instant(p, v, digits, suffix); });
}
std::string escaped(std::string_view text) {
    std::string out = "<";
    append_json_escaped(out, text);
    return out.substr(1);
}

TEST_SUITE("base/print") {
    TEST_CASE("an integer prints as the C library prints it") {
        for (int64_t v : {int64_t{0}, int64_t{7}, int64_t{-1}, int64_t{99999999}, int64_t{100000000},
                          int64_t{-100000001}, int64_t{10000000000000000}, INT64_MAX, INT64_MIN})
            CHECK(integer(v) == std::to_string(v));
        for (uint64_t i = 0; i < 20000; ++i) {
            const auto v = static_cast<int64_t>(mix(i)) >> (i % 64);
            REQUIRE(integer(v) == std::to_string(v));
        }
    }

    TEST_CASE("digits are counted right on both sides of every power of ten") {
        CHECK(digit_count(0) == 1);
        for (unsigned count = 1; count < 10; ++count) {
            CHECK(digit_count(static_cast<uint32_t>(power_of_ten[count]) - 1) == count);
            CHECK(digit_count(static_cast<uint32_t>(power_of_ten[count])) == count + 1);
        }
        CHECK(digit_count(UINT32_MAX) == 10);
        for (unsigned bit = 0; bit < 32; ++bit) CHECK(digit_count(1U << bit) == std::to_string(1U << bit).size());
    }

    TEST_CASE("a decimal prints all its digits") {
        CHECK(decimal(0, 2) == "0.00");
        CHECK(decimal(-5, 2) == "-0.05");
        CHECK(decimal(123456, 2) == "1234.56");
        CHECK(decimal(42, 0) == "42");
        CHECK(decimal(1, 18) == "0.000000000000000001");
        CHECK(decimal(INT64_MIN, 18) == "-9.223372036854775808");
        CHECK(decimal(INT64_MAX, 9) == "9223372036.854775807");
        CHECK(decimal(12345678901234567, 10) == "1234567.8901234567");
    }

    TEST_CASE("padded digits keep their zeros for every width") {
        for (unsigned count = 0; count <= 18; ++count) {
            const std::string text =
                printed(count + 8, [&](char* p) { return write_padded(p, count > 0 ? 7 : 0, count); });
            CHECK(text == (count == 0 ? "" : std::string(count - 1, '0') + "7"));
        }
    }

    TEST_CASE("a real prints the shortest text that reads back") {
        CHECK(real(0.1) == "0.1");
        CHECK(real(5) == "5.0");
        CHECK(real(0) == "0.0");
        CHECK(real(-0.0) == "-0.0");
        CHECK(real(-1234.5) == "-1234.5");
        CHECK(real(1e15) == "1000000000000000.0");
        CHECK(real(9007199254740993) == "9007199254740992.0");
        CHECK(real(1e16) == "1e16");
        CHECK(real(1e30) == "1e30");
        CHECK(real(0.00001) == "0.00001");
        CHECK(real(0.0000123456) == "0.0000123456");
        CHECK(real(1.5e-6) == "1.5e-6");
        CHECK(real(5e-324) == "5e-324");
        CHECK(real(-std::numeric_limits<double>::max()) == "-1.7976931348623157e308");
        CHECK(real(std::nan("")) == "null");
        CHECK(real(-INFINITY) == "null");
        for (uint64_t i = 0; i < 20000; ++i) {
            double v;
            const uint64_t bits = mix(i);
            std::memcpy(&v, &bits, 8);
            if (i % 2 == 0) v = unit_of(bits) * 1e6;
            if (std::isfinite(v)) REQUIRE(std::strtod(real(v).c_str(), nullptr) == v);
        }
    }

    TEST_CASE("dates and instants print in the ISO calendar, before 1970 too") {
        CHECK(date(0) == "1970-01-01");
        CHECK(date(-1) == "1969-12-31");
        CHECK(date(20758) == "2026-11-01");
        CHECK(date(-719162) == "0001-01-01");
        CHECK(date(2932896) == "9999-12-31");
        CHECK(date(INT64_MAX) == "9999-12-31");
        CHECK(instant(1'793'491'200'000'000, 3, "Z") == "2026-11-01T00:00:00.000Z");
        CHECK(instant(1'793'491'200'123'456, 0, "") == "2026-11-01T00:00:00");
        CHECK(instant(1'793'491'200'123'456, 3, "+00:00") == "2026-11-01T00:00:00.123+00:00");
        CHECK(instant(1'793'491'200'000'456, 6, "Z") == "2026-11-01T00:00:00.000456Z");
        CHECK(instant(-1, 6, "Z") == "1969-12-31T23:59:59.999999Z");
        CHECK(instant(INT64_MIN, 6, "Z") == "0001-01-01T00:00:00.000000Z");
        CHECK(instant(INT64_MAX, 0, "Z") == "9999-12-31T23:59:59Z");
    }

    TEST_CASE("a duration prints its units from days down and leaves out what is zero") {
        CHECK(duration(0) == "PT0S");
        CHECK(duration(500'000) == "PT0.5S");
        CHECK(duration(86'400'000'000) == "P1D");
        CHECK(duration(93'784'500'000) == "P1DT2H3M4.5S");
        CHECK(duration(3'600'000'000) == "PT1H");
        CHECK(duration(-90'000'001) == "-PT1M30.000001S");
        CHECK(duration(INT64_MIN) == "-P106751991DT4H54.775808S");
    }

    TEST_CASE("a uuid prints in groups of 8-4-4-4-12") {
        std::array<unsigned char, 16> bytes;
        for (unsigned i = 0; i < 16; ++i) bytes[i] = static_cast<unsigned char>(i * 17);
        CHECK(printed(36, [&](char* p) { return print_uuid(p, bytes.data()); }) ==
              "00112233-4455-6677-8899-aabbccddeeff");
    }

    TEST_CASE("hex prints sixteen digits, zeros in front included") {
        CHECK(printed(16, [](char* p) { return write_hex(p, 0x0123456789abcdef); }) == "0123456789abcdef");
        CHECK(printed(16, [](char* p) { return write_hex(p, 0xf0); }) == "00000000000000f0");
    }

    TEST_CASE("JSON escapes what RFC 8259 asks for and nothing else") {
        CHECK(escaped("plain / text") == "plain / text");
        CHECK(escaped("a\"b\\c") == "a\\\"b\\\\c");
        CHECK(escaped("\b\f\n\r\t") == "\\b\\f\\n\\r\\t");
        CHECK(escaped(std::string_view("\0\x1f", 2)) == "\\u0000\\u001f");
        CHECK(escaped("Zürich 東京 \x7f") == "Zürich 東京 \x7f");
        CHECK(is_plain("plain ~ text"));
        for (const char* text : {"\"", "\\", "\n", "ü", "\x7f"}) CHECK_FALSE(is_plain(text));
    }

    TEST_CASE("numbers for people have thousands") {
        CHECK(with_thousands(1234567) == "1,234,567");
        CHECK(with_thousands(-123) == "-123");
        CHECK(with_thousands(-1234) == "-1,234");
        CHECK(with_thousands(0) == "0");
    }
}

}  // namespace
}  // namespace headwater
