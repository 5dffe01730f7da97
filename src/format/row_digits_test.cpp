// For holding the printers of whole columns to the one that prints a value at a time.
#include "format/row_digits.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "base/print.h"
#include "base/random.h"

namespace headwater {
namespace {

/// Values around every power of ten, then random ones of every size, below `end` and above `low`.
std::vector<int32_t> samples(int64_t low, int64_t end) {
    std::vector<int32_t> values;
    const auto add = [&](int64_t value) {
        if (value >= low && value < end && value <= INT32_MAX) values.push_back(static_cast<int32_t>(value));
    };
    for (int64_t power = 1; power <= end; power *= 10)
        for (int64_t value : {power - 1, power, power + 1, -power, 1 - power, -power - 1}) add(value);
    for (uint64_t i = 0; i < 5000; ++i) add((static_cast<int64_t>(mix(i)) >> (32 + i % 32)) % end);
    return values;
}

std::string text(uint64_t word, uint8_t size) { return {reinterpret_cast<const char*>(&word), size}; }

std::string integer(int64_t value) {
    char buffer[32];
    return {buffer, static_cast<size_t>(print_integer(buffer, value) - buffer)};
}

std::string decimal(int64_t value, unsigned scale) {
    char buffer[32];
    return {buffer, static_cast<size_t>(print_decimal(buffer, value, scale) - buffer)};
}

TEST_SUITE("format/row_digits") {
    TEST_CASE("columns of integers print as integers do") {
        const auto plain = samples(0, digits8_end), both = samples(1 - signed_digits8_end, signed_digits8_end);
        std::vector<uint64_t> words(plain.size() + both.size());
        std::vector<uint8_t> sizes(words.size());
        print_integers(reinterpret_cast<const uint32_t*>(plain.data()), static_cast<uint32_t>(plain.size()),
                       words.data(), sizes.data());
        for (size_t i = 0; i < plain.size(); ++i) REQUIRE(text(words[i], sizes[i]) == integer(plain[i]));
        print_signed_integers(both.data(), static_cast<uint32_t>(both.size()), words.data(), sizes.data());
        for (size_t i = 0; i < both.size(); ++i) REQUIRE(text(words[i], sizes[i]) == integer(both[i]));
    }

    TEST_CASE("columns of decimals print as decimals do, for every scale") {
        for (const bool is_short : {false, true})
            for (unsigned scale = 1; scale <= decimal_max_scale; ++scale) {
                int64_t end = is_short ? decimal_short_end : decimal_whole_end;
                for (unsigned i = 0; i < scale; ++i) end *= 10;
                const auto values = samples(1 - end, end);
                std::vector<uint64_t> words(values.size());
                std::vector<uint8_t> sizes(values.size());
                std::vector<uint32_t> fractions(values.size());
                (is_short ? print_short_decimals : print_decimals)(values.data(), static_cast<uint32_t>(values.size()),
                                                                   scale, words.data(), sizes.data(), fractions.data());
                for (size_t i = 0; i < values.size(); ++i)
                    REQUIRE(text(words[i], sizes[i]) + text(fractions[i], static_cast<uint8_t>(scale)) ==
                            decimal(values[i], scale));
            }
    }

    TEST_CASE("instants of one second leave their milliseconds") {
        const int64_t second = -7'000'000;
        const std::vector<int64_t> micros = {second, second + 1'999, second + 999'999, second + 123'000};
        std::vector<uint32_t> words(micros.size());
        CHECK(share_second(micros.data(), 4, second));
        CHECK_FALSE(share_second(micros.data(), 4, second + 1));
        CHECK_FALSE(share_second(micros.data(), 4, second - 1));
        print_millis(micros.data(), 4, second, words.data());
        const char* const expected[] = {"000Z", "001Z", "999Z", "123Z"};
        for (size_t i = 0; i < 4; ++i) CHECK(text(words[i], 4) == expected[i]);
    }
}

}  // namespace
}  // namespace headwater
