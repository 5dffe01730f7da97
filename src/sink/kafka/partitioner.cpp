// For choosing partitions as Java's clients do, so that topics written by both can be joined.
#include "sink/kafka/partitioner.h"

#include <cstring>

namespace headwater {

namespace {

constexpr uint32_t seed = 0x9747b28c;
constexpr uint32_t multiplier = 0x5bd1e995;

int32_t turn_of(int64_t number, int32_t partitions) {
    return static_cast<int32_t>(static_cast<uint64_t>(number) % static_cast<uint64_t>(partitions));
}

}  // namespace

uint32_t murmur2(std::string_view key) {
    const auto length = static_cast<uint32_t>(key.size());
    uint32_t hash = seed ^ length;
    const char* at = key.data();
    for (uint32_t words = length / 4; words > 0; --words, at += 4) {
        uint32_t word = 0;
        std::memcpy(&word, at, 4);
        word *= multiplier;
        word ^= word >> 24;
        hash = (hash * multiplier) ^ (word * multiplier);
    }
    const uint32_t rest = length % 4;
    if (rest > 0) {
        for (uint32_t i = rest; i-- > 0;) hash ^= static_cast<uint32_t>(static_cast<uint8_t>(at[i])) << (8 * i);
        hash *= multiplier;
    }
    hash ^= hash >> 13;
    hash *= multiplier;
    return hash ^ (hash >> 15);
}

void choose_partitions(const Payload& payload, int32_t partitions, std::vector<int32_t>& chosen) {
    const size_t rows = payload.ends.size();
    chosen.resize(rows);
    if (payload.key_ends.size() == rows) {
        uint32_t begin = 0;
        for (size_t i = 0; i < rows; ++i) {
            std::string_view key(payload.key_bytes.data() + begin, payload.key_ends[i] - begin);
            begin = payload.key_ends[i];
            chosen[i] = static_cast<int32_t>((murmur2(key) & 0x7fffffff) % static_cast<uint32_t>(partitions));
        }
    } else if (payload.entities.size() == rows) {
        for (size_t i = 0; i < rows; ++i) chosen[i] = turn_of(payload.entities[i], partitions);
    } else if (payload.numbers.size() == rows) {
        for (size_t i = 0; i < rows; ++i) chosen[i] = turn_of(payload.numbers[i] / rows_of_a_run, partitions);
    } else {
        for (size_t i = 0; i < rows; ++i)
            chosen[i] = turn_of((payload.first_row + static_cast<int64_t>(i)) / rows_of_a_run, partitions);
    }
}

}  // namespace headwater
