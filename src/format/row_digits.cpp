// For turning whole columns of numbers into ASCII at once, in loops that a compiler makes vectors of.
#include "format/row_digits.h"

#include <algorithm>

#include "base/check.h"
#include "base/time.h"

namespace headwater {

namespace {

/// Rows worked on at a time, so that what lies between two loops stays in registers' reach.
constexpr uint32_t block = 64;

/// Gives the four digits of value < 10^4 as bytes 0 to 9, first digit lowest. The constants divide by 100 and 10 exactly there.
inline uint32_t digit_bytes(uint32_t value) {
    const uint32_t hundreds = (value * 5243) >> 19;
    const uint32_t pairs = hundreds | (value - hundreds * 100) << 16;
    const uint32_t tens = (pairs * 103) >> 10 & 0x000f000f;
    return tens | (pairs - tens * 10) << 8;
}

/// Counts the digits of value < 10^8.
inline uint32_t digits_below_1e8(uint32_t value) {
    const auto v = static_cast<int32_t>(value);
    return 1U + (v > 9) + (v > 99) + (v > 999) + (v > 9999) + (v > 99999) + (v > 999999) + (v > 9999999);
}

/// Gives the eight characters of value < 10^8, leading zeros included.
inline uint64_t eight_characters(uint32_t value) {
    const uint32_t high = value / 10000;
    const uint64_t word = digit_bytes(high) | static_cast<uint64_t>(digit_bytes(value - high * 10000)) << 32;
    return word | 0x3030303030303030ULL;
}

/// Puts a minus in front where `negative` is 1.
inline uint64_t with_sign(uint64_t word, uint32_t negative) {
    return word << (8 * negative) | (static_cast<uint64_t>('-') & (0 - static_cast<uint64_t>(negative)));
}

inline uint32_t magnitude_of(int32_t value) {
    const auto sign = static_cast<uint32_t>(value >> 31);
    return (static_cast<uint32_t>(value) ^ sign) - sign;
}

template <uint32_t unit, unsigned scale, bool is_short>
void split_decimals(const int32_t* __restrict values, uint32_t rows, uint64_t* __restrict words,
                    uint8_t* __restrict sizes, uint32_t* __restrict fractions) {
    // The whole part is printed with one digit more, which is made the point.
    constexpr uint64_t point = static_cast<uint64_t>('0' ^ '.') << 56;
    for (size_t start = 0; start < rows; start += block) {
        const size_t count = std::min<size_t>(rows - start, block);
        const int32_t* const value = values + start;
        uint64_t* const word = words + start;
        uint8_t* const size = sizes + start;
        uint32_t* const fraction = fractions + start;
        uint32_t wholes[block], counts[block], negative[block];
        for (size_t i = 0; i < count; ++i) {
            const uint32_t magnitude = magnitude_of(value[i]);
            wholes[i] = magnitude / unit;
            fraction[i] = (digit_bytes(magnitude - wholes[i] * unit) | 0x30303030U) >> (32 - 8 * scale);
        }
        for (size_t i = 0; i < count; ++i) counts[i] = digits_below_1e8(wholes[i]) + 1;
        for (size_t i = 0; i < count; ++i) negative[i] = static_cast<uint32_t>(value[i]) >> 31;
        if constexpr (is_short) {
            constexpr uint32_t digits_and_point = 0x30303030U ^ static_cast<uint32_t>('0' ^ '.') << 24;
            for (size_t i = 0; i < count; ++i)
                wholes[i] = (digit_bytes(wholes[i] * 10) | digits_and_point) >> (32 - 8 * counts[i]);
            for (size_t i = 0; i < count; ++i) word[i] = with_sign(wholes[i], negative[i]);
        } else {
            for (size_t i = 0; i < count; ++i)
                word[i] = with_sign((eight_characters(wholes[i] * 10) ^ point) >> (64 - 8 * counts[i]), negative[i]);
        }
        for (size_t i = 0; i < count; ++i) size[i] = static_cast<uint8_t>(counts[i] + negative[i]);
    }
}

}  // namespace

void print_integers(const uint32_t* __restrict values, uint32_t rows, uint64_t* __restrict words,
                    uint8_t* __restrict sizes) {
    for (size_t start = 0; start < rows; start += block) {
        const size_t count = std::min<size_t>(rows - start, block);
        const uint32_t* const value = values + start;
        uint64_t* const word = words + start;
        uint8_t* const size = sizes + start;
        uint32_t counts[block];
        for (size_t i = 0; i < count; ++i) counts[i] = digits_below_1e8(value[i]);
        for (size_t i = 0; i < count; ++i) word[i] = eight_characters(value[i]) >> (64 - 8 * counts[i]);
        for (size_t i = 0; i < count; ++i) size[i] = static_cast<uint8_t>(counts[i]);
    }
}

void print_signed_integers(const int32_t* __restrict values, uint32_t rows, uint64_t* __restrict words,
                           uint8_t* __restrict sizes) {
    for (size_t start = 0; start < rows; start += block) {
        const size_t count = std::min<size_t>(rows - start, block);
        const int32_t* const value = values + start;
        uint64_t* const word = words + start;
        uint8_t* const size = sizes + start;
        uint32_t counts[block], negative[block];
        for (size_t i = 0; i < count; ++i) counts[i] = digits_below_1e8(magnitude_of(value[i]));
        for (size_t i = 0; i < count; ++i) negative[i] = static_cast<uint32_t>(value[i]) >> 31;
        for (size_t i = 0; i < count; ++i)
            word[i] = with_sign(eight_characters(magnitude_of(value[i])) >> (64 - 8 * counts[i]), negative[i]);
        for (size_t i = 0; i < count; ++i) size[i] = static_cast<uint8_t>(counts[i] + negative[i]);
    }
}

void print_decimals(const int32_t* values, uint32_t rows, unsigned scale, uint64_t* words, uint8_t* sizes,
                    uint32_t* fractions) {
    switch (scale) {
        case 1: return split_decimals<10, 1, false>(values, rows, words, sizes, fractions);
        case 2: return split_decimals<100, 2, false>(values, rows, words, sizes, fractions);
        case 3: return split_decimals<1000, 3, false>(values, rows, words, sizes, fractions);
        case 4: return split_decimals<10000, 4, false>(values, rows, words, sizes, fractions);
        default: HW_CHECK(scale >= 1 && scale <= decimal_max_scale);
    }
}

void print_short_decimals(const int32_t* values, uint32_t rows, unsigned scale, uint64_t* words, uint8_t* sizes,
                          uint32_t* fractions) {
    switch (scale) {
        case 1: return split_decimals<10, 1, true>(values, rows, words, sizes, fractions);
        case 2: return split_decimals<100, 2, true>(values, rows, words, sizes, fractions);
        case 3: return split_decimals<1000, 3, true>(values, rows, words, sizes, fractions);
        case 4: return split_decimals<10000, 4, true>(values, rows, words, sizes, fractions);
        default: HW_CHECK(scale >= 1 && scale <= decimal_max_scale);
    }
}

bool share_second(const int64_t* micros, uint32_t rows, int64_t second) {
    int64_t lowest = INT64_MAX, highest = INT64_MIN;
    for (size_t i = 0; i < rows; ++i) {
        lowest = micros[i] < lowest ? micros[i] : lowest;
        highest = micros[i] > highest ? micros[i] : highest;
    }
    return lowest >= second && highest < second + micros_per_second;
}

void print_millis(const int64_t* __restrict micros, uint32_t rows, int64_t second, uint32_t* __restrict words) {
    for (size_t i = 0; i < rows; ++i) {
        const uint32_t millis = (static_cast<uint32_t>(micros[i]) - static_cast<uint32_t>(second)) / 1000;
        words[i] = (digit_bytes(millis) | 0x30303030U) >> 8 | static_cast<uint32_t>('Z') << 24;
    }
}

}  // namespace headwater
