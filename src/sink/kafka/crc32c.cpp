#include "sink/kafka/crc32c.h"

#include <array>
#include <cstring>
#ifdef __SSE4_2__
#include <immintrin.h>
#endif

namespace headwater {

namespace {

constexpr uint32_t polynomial = 0x82f63b78;  // bit i stands for the power 31 - i
constexpr uint32_t one = 0x80000000;

/// Multiplies two polynomials over GF(2), modulo that of the checksum.
constexpr uint32_t multiply(uint32_t a, uint32_t b) {
    uint32_t product = 0;
    for (uint32_t bit = one; bit != 0; bit >>= 1) {
        if ((a & bit) != 0) product ^= b;
        b = (b & 1) != 0 ? (b >> 1) ^ polynomial : b >> 1;
    }
    return product;
}

/// Gives x to the power of eight times `bytes`: what a checksum is multiplied with when that many bytes come behind it.
constexpr uint32_t power_of(size_t bytes) {
    uint32_t square = one >> 8, power = one;
    for (size_t left = bytes; left > 0; left >>= 1, square = multiply(square, square))
        if ((left & 1) != 0) power = multiply(power, square);
    return power;
}

#ifdef __SSE4_2__

/// Multiplies by a fixed power, byte by byte of the checksum.
struct Shift {
    std::array<std::array<uint32_t, 256>, 4> of{};

    constexpr explicit Shift(size_t bytes) {
        const uint32_t power = power_of(bytes);
        for (uint32_t place = 0; place < 4; ++place)
            for (uint32_t value = 0; value < 256; ++value) of[place][value] = multiply(power, value << (8 * place));
    }
    uint32_t operator()(uint32_t crc) const {
        return of[0][crc & 255] ^ of[1][crc >> 8 & 255] ^ of[2][crc >> 16 & 255] ^ of[3][crc >> 24];
    }
};

constexpr size_t lane_bytes = 1024;
constexpr Shift by_one_lane(lane_bytes);
constexpr Shift by_two_lanes(2 * lane_bytes);

uint64_t word_at(const char* at) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

uint32_t update(uint32_t crc, const char* at, size_t bytes) {
    // The instruction answers after three cycles and can be asked in each: three lanes side by side.
    for (; bytes >= 3 * lane_bytes; bytes -= 3 * lane_bytes, at += 3 * lane_bytes) {
        uint64_t a = crc, b = 0, c = 0;
        for (size_t i = 0; i < lane_bytes; i += 8) {
            a = _mm_crc32_u64(a, word_at(at + i));
            b = _mm_crc32_u64(b, word_at(at + lane_bytes + i));
            c = _mm_crc32_u64(c, word_at(at + 2 * lane_bytes + i));
        }
        crc = by_two_lanes(static_cast<uint32_t>(a)) ^ by_one_lane(static_cast<uint32_t>(b)) ^ static_cast<uint32_t>(c);
    }
    uint64_t wide = crc;
    for (; bytes >= 8; bytes -= 8, at += 8) wide = _mm_crc32_u64(wide, word_at(at));
    crc = static_cast<uint32_t>(wide);
    for (; bytes > 0; --bytes, ++at) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(*at));
    return crc;
}

#else

constexpr std::array<uint32_t, 256> table_of_bytes() {
    std::array<uint32_t, 256> table{};
    for (uint32_t value = 0; value < 256; ++value) {
        table[value] = value;
        for (int bit = 0; bit < 8; ++bit)
            table[value] = (table[value] & 1) != 0 ? (table[value] >> 1) ^ polynomial : table[value] >> 1;
    }
    return table;
}

constexpr std::array<uint32_t, 256> by_byte = table_of_bytes();

uint32_t update(uint32_t crc, const char* at, size_t bytes) {
    for (; bytes > 0; --bytes, ++at) crc = (crc >> 8) ^ by_byte[(crc ^ static_cast<uint8_t>(*at)) & 255];
    return crc;
}

#endif

}  // namespace

uint32_t crc32c(std::string_view bytes) { return ~update(0xffffffff, bytes.data(), bytes.size()); }

uint32_t crc32c_of_both(uint32_t first, uint32_t second, size_t second_bytes) {
    return multiply(power_of(second_bytes), first) ^ second;
}

}  // namespace headwater
