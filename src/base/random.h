// For draws by address: a random word is a pure function of where it is used, never of a turn.
#pragma once

#include <cstdint>
#include <string_view>

namespace headwater {

/// Golden-ratio increment of SplitMix64 (Steele, Lea, Flood 2014).
inline constexpr uint64_t draw_step = 0x9e3779b97f4a7c15ULL;
/// Multiplier that spreads row numbers before they are mixed (Steele and Vigna 2021, LCG multiplier).
inline constexpr uint64_t row_step = 0xd1342543de82ef95ULL;

/// Mixes 64 bits (SplitMix64 finaliser, Stafford variant 13).
constexpr uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/// Gives the address key of a name; equal names give equal keys on every machine (FNV-1a, then mixed).
constexpr uint64_t key_of(std::string_view name) {
    uint64_t hash = 0xcbf29ce484222325ULL;
    for (char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
    return mix(hash);
}

/// Puts a child address under a parent one: seed -> pack -> stream.
constexpr uint64_t key_under(uint64_t parent, uint64_t child) { return mix(parent + child * draw_step); }

/// Gives the base of all draws of row or entity `number` under `key`.
constexpr uint64_t base_of(uint64_t key, uint64_t number) { return mix(key ^ (number * row_step)); }

/// Draws the word at `place` of a row; `place` is key_of the path of keys.
constexpr uint64_t draw(uint64_t base, uint64_t place) { return mix(base + place); }

/// Turns a word into [0, 1) with 52 bits.
inline double unit_of(uint64_t word) { return static_cast<double>(static_cast<int64_t>(word >> 12)) * 0x1p-52; }

/// Turns a word into 0 .. range-1 by multiply-shift; range 0 stands for 2^64.
inline uint64_t below(uint64_t word, uint64_t range) {
    if (range == 0) return word;
    if (range <= 0xffffffffULL) return ((word >> 32) * range) >> 32;
    return static_cast<uint64_t>((static_cast<unsigned __int128>(word) * range) >> 64);
}

}  // namespace headwater
