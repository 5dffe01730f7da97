// For telling bytes that were damaged from those that were written. Not a key, and no protection against intent.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/random.h"

namespace headwater {

/// Sums up bytes in four lanes of 64 bits; the same on every little-endian machine.
inline uint64_t checksum_of(std::string_view bytes) {
    constexpr size_t lanes = 4, word_bytes = 8;
    uint64_t sums[lanes] = {1, 2, 3, 4};
    const size_t whole = bytes.size() / (lanes * word_bytes) * lanes;
    for (size_t i = 0; i < whole; i += lanes) {
        for (size_t lane = 0; lane < lanes; ++lane) {
            uint64_t word = 0;
            std::memcpy(&word, bytes.data() + (i + lane) * word_bytes, word_bytes);
            sums[lane] = std::rotl(sums[lane] ^ word, 29) * row_step;
        }
    }
    uint64_t sum = key_under(key_of(bytes.substr(whole * word_bytes)), bytes.size());
    for (const uint64_t lane : sums) sum = key_under(sum, lane);
    return sum;
}

}  // namespace headwater
