// For comparing values without keeping them: 128 bits stand for a value, a field, a record.
#pragma once

#include <xxhash.h>

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace headwater {

/// Stands for one value, or for the sum of the fields of a record. Zero stands for null, and so for a field that is not there.
struct ValueHash {
    uint64_t low = 0;
    uint64_t high = 0;

    bool operator==(const ValueHash&) const = default;
    bool is_null() const { return (low | high) == 0; }
    void operator+=(const ValueHash& other) {
        low += other.low;
        high += other.high;
    }
};

/// Hashes 64 bits; different words never meet. `tag` keeps kinds of values apart.
inline ValueHash hash_word(uint64_t word, uint64_t tag) {
    return {mix(word ^ tag), mix(word * row_step + tag + draw_step)};
}

/// Hashes bytes.
inline ValueHash hash_bytes(std::string_view bytes, uint64_t tag) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), tag);
    return {hash.low64, hash.high64 | 1};
}

/// Tags of values whose renderings may differ; a value that its type does not explain is `foreign`.
inline constexpr uint64_t integer_tag = key_of("integer");
inline constexpr uint64_t real_tag = key_of("real");
inline constexpr uint64_t text_tag = key_of("text");
inline constexpr uint64_t uuid_tag = key_of("uuid");
inline constexpr uint64_t list_tag = key_of("list");
inline constexpr uint64_t record_tag = key_of("record");
inline constexpr uint64_t map_tag = key_of("map");
inline constexpr uint64_t foreign_tag = key_of("foreign");

inline ValueHash hash_integer(int64_t value) { return hash_word(static_cast<uint64_t>(value), integer_tag); }
/// Hashes a double; both zeros are one.
inline ValueHash hash_real(double value) { return hash_word(std::bit_cast<uint64_t>(value + 0.0), real_tag); }
inline ValueHash hash_text(std::string_view text) { return hash_bytes(text, text_tag); }
/// Hashes the 16 bytes of a UUID.
inline ValueHash hash_uuid(uint64_t first, uint64_t second) {
    const ValueHash low = hash_word(first, uuid_tag), high = hash_word(second, ~uuid_tag);
    return {low.low + mix(high.low), high.high + mix(low.high + 1)};
}

/// Puts a value at a place: the same value in another field is another one. Null stays null.
inline ValueHash placed(const ValueHash& value, uint64_t place) {
    if (value.is_null()) return {};
    return {mix(value.low ^ place), mix(value.high + place)};
}

/// Adds an item to the hash of a list, which begins as `list_start`.
inline constexpr ValueHash list_start{list_tag, ~list_tag};
inline void add_item(ValueHash& list, const ValueHash& item) {
    list.low = mix(list.low * row_step + item.low + 1);
    list.high = mix(list.high * draw_step + item.high + 1);
}

/// Gives the 32 bits by which two values of a field are told apart; 0 for null alone.
inline uint32_t short_hash(const ValueHash& value) {
    const auto bits = static_cast<uint32_t>(value.low >> 32);
    return value.is_null() ? 0 : bits + (bits == 0);
}

}  // namespace headwater
