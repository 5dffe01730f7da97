// For copying and printing short values fast; stores may go up to 32 bytes behind the end they return.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/digits.h"
#include "base/print.h"

#if defined(__AVX2__) && !defined(HEADWATER_PORTABLE)
#include <immintrin.h>
#define HEADWATER_ROW_AVX2 1
#endif

namespace headwater {

/// Bytes behind the end of a value that its printer may write.
inline constexpr size_t row_slack = 32;

#if defined(HEADWATER_ROW_AVX2)
/// Holds 32 bytes in a register.
using Block32 = __m256i;
inline Block32 load32(const char* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
inline void store32(char* out, Block32 block) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), block); }
#else
/// Holds 32 bytes.
struct Block32 {
    char bytes[32];
};
inline Block32 load32(const char* from) {
    Block32 block;
    std::memcpy(block.bytes, from, 32);
    return block;
}
inline void store32(char* out, const Block32& block) { std::memcpy(out, block.bytes, 32); }
#endif

/// Copies 32 bytes, by one load and one store where the processor has them.
inline void store32(char* out, const char* from) { store32(out, load32(from)); }

/// True when 32 bytes can be read at `data` without entering another page, where nothing may be mapped.
inline bool reads_32(const char* data) {
#if defined(__SANITIZE_ADDRESS__)
    static_cast<void>(data);
    return false;
#else
    return (reinterpret_cast<uintptr_t>(data) & 4095) <= 4096 - 32;
#endif
}

/// Copies a text of any length whose memory ends where it ends; returns the end.
inline char* copy_text(char* out, const char* data, uint32_t size) {
    if (size <= 32 && reads_32(data)) [[likely]]
        store32(out, data);
    else
        std::memcpy(out, data, size);
    return out + size;
}

#if defined(HEADWATER_ROW_AVX2)

/// Turns 16 bytes into 32 hex digits.
inline __m256i hex_of(__m128i bytes) {
    const __m128i low = _mm_and_si128(bytes, _mm_set1_epi8(15));
    const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
    const __m256i nibbles = _mm256_set_m128i(_mm_unpackhi_epi8(high, low), _mm_unpacklo_epi8(high, low));
    const __m256i digits = _mm256_broadcastsi128_si256(
        _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'));
    return _mm256_shuffle_epi8(digits, nibbles);
}

/// Writes 36 bytes: the 16 bytes of a uuid as 8-4-4-4-12 hex digits.
inline char* write_uuid(char* out, const unsigned char* value) {
    const __m256i hex = hex_of(_mm_loadu_si128(reinterpret_cast<const __m128i*>(value)));
    const __m128i low = _mm256_castsi256_si128(hex), high = _mm256_extracti128_si256(hex, 1);
    const __m128i first =
        _mm_or_si128(_mm_shuffle_epi8(low, _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, -1, 8, 9, 10, 11, -1, 12, 13)),
                     _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, '-', 0, 0, 0, 0, '-', 0, 0));
    const __m128i second =
        _mm_or_si128(_mm_shuffle_epi8(_mm_alignr_epi8(high, low, 14),
                                      _mm_setr_epi8(0, 1, -1, 2, 3, 4, 5, -1, 6, 7, 8, 9, 10, 11, 12, 13)),
                     _mm_setr_epi8(0, 0, '-', 0, 0, 0, 0, '-', 0, 0, 0, 0, 0, 0, 0, 0));
    const uint32_t last = static_cast<uint32_t>(_mm_extract_epi32(high, 3));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16), second);
    std::memcpy(out + 32, &last, 4);
    return out + 36;
}

/// Writes all sixteen hex digits of `value`.
inline char* write_hex_fast(char* out, uint64_t value) {
    const __m128i bytes = _mm_cvtsi64_si128(static_cast<long long>(__builtin_bswap64(value)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(hex_of(bytes)));
    return out + 16;
}

/// Marks the bytes of a block that are below `floor` or equal to one of three characters.
inline uint32_t marked_32(const char* data, char floor, char a, char b, char c) {
    const __m256i block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data));
    const __m256i below = _mm256_cmpeq_epi8(_mm256_max_epu8(block, _mm256_set1_epi8(floor)), block);  // 0 where below
    __m256i equal = _mm256_cmpeq_epi8(block, _mm256_set1_epi8(a));
    equal = _mm256_or_si256(equal, _mm256_cmpeq_epi8(block, _mm256_set1_epi8(b)));
    equal = _mm256_or_si256(equal, _mm256_cmpeq_epi8(block, _mm256_set1_epi8(c)));
    return static_cast<uint32_t>(_mm256_movemask_epi8(equal)) | ~static_cast<uint32_t>(_mm256_movemask_epi8(below));
}

#else

inline char* write_uuid(char* out, const unsigned char* value) { return print_uuid(out, value); }
inline char* write_hex_fast(char* out, uint64_t value) { return write_hex(out, value); }

#endif

/// True when a byte of `text` is below `floor` or one of three characters.
inline bool has_marked(const char* data, uint32_t size, char floor, char a, char b, char c) {
    uint32_t i = 0;
#if defined(HEADWATER_ROW_AVX2)
    for (; i + 32 <= size; i += 32)
        if (marked_32(data + i, floor, a, b, c) != 0) return true;
    if (i < size && reads_32(data + i)) return (marked_32(data + i, floor, a, b, c) & ((1U << (size - i)) - 1)) != 0;
#endif
    for (; i < size; ++i) {
        const char x = data[i];
        if (static_cast<unsigned char>(x) < static_cast<unsigned char>(floor) || x == a || x == b || x == c)
            return true;
    }
    return false;
}

/// True when JSON must escape something in `text`.
inline bool needs_json_escape(const char* data, uint32_t size) { return has_marked(data, size, ' ', '"', '\\', '\\'); }

/// True when a CSV cell with this text needs quotes. An empty text does, or it would read as null.
inline bool needs_csv_quotes(const char* data, uint32_t size, char delimiter) {
    if (size == 0 || data[0] == ' ' || data[size - 1] == ' ') return true;
    return has_marked(data, size, 0, delimiter, '"', '\n') || std::memchr(data, '\r', size) != nullptr;
}

/// Writes a text with quotes around and doubled inside, as RFC 4180 has it; needs 2 * size + 2 bytes.
inline char* write_csv_quoted(char* out, const char* data, uint32_t size) {
    *out++ = '"';
    for (uint32_t i = 0; i < size; ++i) {
        if (data[i] == '"') *out++ = '"';
        *out++ = data[i];
    }
    *out++ = '"';
    return out;
}

}  // namespace headwater
