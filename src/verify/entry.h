// For what is kept of a record until it is matched: who it is, where it stood, and a hash of each field.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "verify/shape.h"
#include "verify/value_hash.h"

namespace headwater {

/// The front of an entry; behind it stands a short hash of each leaf, and one of all fields that the stream does not know.
struct Entry {
    ValueHash digest;       ///< of all fields
    ValueHash identity;     ///< of stream and row; null where the copy has none
    uint64_t position = 0;  ///< expected: ordinal among the records of the stream; landed: within the lane
    uint32_t lane = 0;      ///< expected: index of the part; landed: of the object or partition
    uint32_t mark = 0;      ///< expected: bits of the faults that struck it; landed: a LandedMark

    uint32_t* fields() { return reinterpret_cast<uint32_t*>(this + 1); }
    const uint32_t* fields() const { return reinterpret_cast<const uint32_t*>(this + 1); }
};
static_assert(sizeof(Entry) == 48);

/// What a landed record says of itself.
enum LandedMark : uint32_t {
    has_no_identity,
    has_identity,
    of_another_run,
    of_damaged,  ///< the bytes of a damaged record, once more than they were sent
};

/// Gives the bytes of an entry of a stream.
inline size_t entry_bytes(const Shape& shape) {
    return sizeof(Entry) + (sizeof(uint32_t) * (shape.leaves().size() + 1) + 7) / 8 * 8;
}

/// Names a record of a stream by its row, or by entity and ordinal.
struct RowName {
    int64_t number = 0;
    int64_t entity = -1;  ///< -1 for flat streams
    bool operator==(const RowName&) const = default;
};

/// What is told of a record that is made again; behind it stand the short hashes of its entry.
struct SentRecord {
    RowName row;
    uint64_t bytes_hash = 0;  ///< of its bytes as they were before any damage; 0 where nobody asks for its bytes
    Entry entry;              ///< `lane` is 1 where those bytes cannot be read
};
static_assert(sizeof(SentRecord) == 72);

/// Hashes who a record is.
inline ValueHash identity_of(uint64_t stream_key, const RowName& row) {
    const ValueHash number = hash_word(static_cast<uint64_t>(row.number), stream_key);
    const ValueHash entity = hash_word(static_cast<uint64_t>(row.entity), ~stream_key);
    return {mix(number.low + entity.high), mix(number.high ^ entity.low)};
}

}  // namespace headwater
