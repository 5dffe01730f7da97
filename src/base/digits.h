// For turning small unsigned numbers into ASCII digits without a division per digit; the inner loops of every printer.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace headwater {

static_assert(std::endian::native == std::endian::little, "digit words are written as little-endian memory");

/// Holds 0000 to 9999 as four characters each.
struct FourDigits {
    alignas(64) std::array<char, 40000> text{};

    constexpr FourDigits() {
        for (unsigned i = 0; i < 10000; ++i) {
            text[4 * i] = static_cast<char>('0' + i / 1000);
            text[4 * i + 1] = static_cast<char>('0' + i / 100 % 10);
            text[4 * i + 2] = static_cast<char>('0' + i / 10 % 10);
            text[4 * i + 3] = static_cast<char>('0' + i % 10);
        }
    }
};
inline constexpr FourDigits four_digits;

/// Powers of ten that fit 64 bits.
inline constexpr std::array<uint64_t, 20> power_of_ten = [] {
    std::array<uint64_t, 20> powers{};
    uint64_t power = 1;
    for (auto& p : powers) {
        p = power;
        power *= 10;
    }
    return powers;
}();

/// Gives the characters of `value` < 10^4 with leading zeros, first digit in the lowest byte.
inline uint32_t digits4(uint32_t value) {
    uint32_t word;
    std::memcpy(&word, four_digits.text.data() + 4 * value, 4);
    return word;
}

/// Gives the characters of `value` < 10^8 with leading zeros, first digit in the lowest byte.
inline uint64_t digits8(uint32_t value) {
    return digits4(value / 10000) | static_cast<uint64_t>(digits4(value % 10000)) << 32;
}

/// By the position of the highest bit: (count of digits << 32) less the first value that has so many (Lemire 2021).
inline constexpr std::array<uint64_t, 32> digit_count_table = [] {
    std::array<uint64_t, 32> table{};
    for (unsigned bit = 0; bit < 32; ++bit) {
        unsigned count = 1;
        while (count < 10 && power_of_ten[count] <= (1ULL << bit)) ++count;
        const uint64_t next = power_of_ten[count];
        const bool grows = next < (2ULL << bit);
        table[bit] = (static_cast<uint64_t>(grows ? count + 1 : count) << 32) - (grows ? next : 0);
    }
    return table;
}();

/// Counts the decimal digits of a value; 1 for 0. Short in latency: where the next value goes waits for it.
inline unsigned digit_count(uint32_t value) {
    return static_cast<unsigned>(
        (digit_count_table[31U - static_cast<unsigned>(std::countl_zero(value | 1U))] + value) >> 32);
}

/// Writes `value` < 10^8; stores 8 bytes at `out`; returns the end.
inline char* write_below_1e8(char* out, uint32_t value) {
    const unsigned count = digit_count(value);
    const uint64_t word = digits8(value) >> (64 - 8 * count);
    std::memcpy(out, &word, 8);
    return out + count;
}

/// Writes `value` < 10^8 with all eight digits; returns the end.
inline char* write_eight(char* out, uint32_t value) {
    const uint64_t word = digits8(value);
    std::memcpy(out, &word, 8);
    return out + 8;
}

/// Writes any unsigned value; may store up to 7 bytes behind the end; returns the end.
inline char* write_unsigned(char* out, uint64_t value) {
    if (value < 100'000'000) return write_below_1e8(out, static_cast<uint32_t>(value));
    const uint64_t high = value / 100'000'000;
    const auto low = static_cast<uint32_t>(value % 100'000'000);
    if (high < 100'000'000) {
        out = write_below_1e8(out, static_cast<uint32_t>(high));
    } else {
        out = write_below_1e8(out, static_cast<uint32_t>(high / 100'000'000));
        out = write_eight(out, static_cast<uint32_t>(high % 100'000'000));
    }
    return write_eight(out, low);
}

/// Gives the magnitude of a signed value; right for INT64_MIN too.
inline uint64_t magnitude_of(int64_t value) {
    return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
}

/// Writes any signed value; may store up to 7 bytes behind the end; returns the end.
inline char* write_signed(char* out, int64_t value) {
    *out = '-';
    return write_unsigned(out + (value < 0), magnitude_of(value));
}

/// Writes `value` with exactly `count` <= 18 digits, leading zeros included; may store up to 7 bytes behind the end.
inline char* write_padded(char* out, uint64_t value, unsigned count) {
    if (count > 8) {
        const uint64_t low = value % 100'000'000;
        out = write_padded(out, value / 100'000'000, count - 8);
        return write_eight(out, static_cast<uint32_t>(low));
    }
    if (count == 0) return out;
    const uint64_t word = digits8(static_cast<uint32_t>(value)) >> (8 * (8 - count));
    std::memcpy(out, &word, 8);
    return out + count;
}

/// Writes value / 10^scale with `scale` <= 18 digits behind the point; may store up to 7 bytes behind the end.
inline char* write_decimal(char* out, int64_t value, unsigned scale) {
    *out = '-';
    out += value < 0;
    const uint64_t magnitude = magnitude_of(value);
    if (scale == 0) return write_unsigned(out, magnitude);
    const uint64_t unit = power_of_ten[scale];
    out = write_unsigned(out, magnitude / unit);
    *out = '.';
    return write_padded(out + 1, magnitude % unit, scale);
}

/// Spreads the eight nibbles of `value` over eight bytes as lower-case hex digits, highest first in memory.
inline uint64_t hex_word(uint32_t value) {
    uint64_t x = value;
    x = (x | x << 16) & 0x0000ffff0000ffffULL;
    x = (x | x << 8) & 0x00ff00ff00ff00ffULL;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0fULL;
    const uint64_t letters = ((x + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL) * ('a' - '0' - 10);
    return __builtin_bswap64(x + letters + 0x3030303030303030ULL);
}

/// Writes all sixteen hex digits of `value`; returns the end.
inline char* write_hex(char* out, uint64_t value) {
    const uint64_t high = hex_word(static_cast<uint32_t>(value >> 32)), low = hex_word(static_cast<uint32_t>(value));
    std::memcpy(out, &high, 8);
    std::memcpy(out + 8, &low, 8);
    return out + 16;
}

}  // namespace headwater
