// For what flows: some rows of one stream as columns, and the bytes made of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/type.h"

namespace headwater {

/// Where the memory of one column lies. Valid until the batch's producer makes its next batch.
struct Slot {
    const void* values = nullptr;       ///< `rows` values of the field's storage; 64 bytes may be read past the end
    const uint8_t* null = nullptr;      ///< one byte a row, 1 = null; nullptr when none is null
    const uint32_t* offsets = nullptr;  ///< list, map: rows + 1 offsets into the child slots
    uint32_t rows = 0;                  ///< of this slot; child slots of lists have their own count
};

/// One label of one record for the answer key.
struct Label {
    uint32_t row = 0;   ///< within the batch
    uint32_t name = 0;  ///< index into Batch::label_names
};

/// Some rows of one stream, as columns of Arrow-like layout. At most `max_rows` top-level rows.
struct Batch {
    static constexpr uint32_t max_rows = 512;

    std::shared_ptr<const Schema> schema;
    uint32_t rows = 0;
    std::vector<Slot> slots;  ///< by Field::slot
    const uint32_t* order =
        nullptr;  ///< the rows as they are delivered, or nullptr for 0, 1, 2, ...; it may leave rows
                  ///< out or name some twice, and is `rows` long

    // Record identity: stream and row; for entities the row is replaced by (entity, ordinal).
    int64_t first_row = 0;  ///< row i has number first_row + i when `row_numbers` is null
    const int64_t* row_numbers = nullptr;
    const int64_t* entities = nullptr;  ///< entity number per row, or nullptr for flat streams
    const int64_t* times = nullptr;     ///< event time per row, microseconds
    const uint32_t* struck = nullptr;   ///< per row, bits of the faults that struck it; nullptr where none can

    std::vector<Label> labels;  ///< in order of rows
    const std::vector<std::string>* label_names = nullptr;
};

/// Counts the rows that lie in memory, as far as the order names them.
inline uint32_t rows_in_memory(const Batch& batch) {
    if (batch.order == nullptr) return batch.rows;
    uint32_t rows = 0;
    for (uint32_t i = 0; i < batch.rows; ++i) rows = std::max(rows, batch.order[i] + 1);
    return rows;
}

/// Finds the memory of a field, or null where it has none of its own.
inline const Slot* slot_of(const Field& field, const Batch& batch) {
    return field.slot < 0 ? nullptr : &batch.slots[static_cast<size_t>(field.slot)];
}

inline bool is_null(const Field& field, const Batch& batch, uint32_t row) {
    if (field.storage == Storage::literal && field.type.kind == Kind::null) return true;
    const Slot* slot = slot_of(field, batch);
    return slot != nullptr && slot->null != nullptr && slot->null[row] != 0;
}

/// Reads an integer column, or the indices of one that refers to a dictionary.
inline int64_t integer_of(Storage storage, const void* values, uint32_t row) {
    switch (storage) {
        case Storage::u8:
        case Storage::index8: return static_cast<const uint8_t*>(values)[row];
        case Storage::i32:
        case Storage::index32: return static_cast<const int32_t*>(values)[row];
        default: return static_cast<const int64_t*>(values)[row];
    }
}

/// Bytes of some records of one stream, ready for a sink.
struct Payload {
    std::string bytes;
    std::vector<uint32_t> ends;      ///< end of each record in `bytes`
    std::vector<int64_t> times;      ///< event time of each record, microseconds
    std::string key_bytes;           ///< keys of the records, one after the other, where the receiver wants them
    std::vector<uint32_t> key_ends;  ///< end of each key in `key_bytes`
    std::vector<int64_t> numbers;  ///< row, or ordinal within the entity, of each record, where the receiver wants them
    std::vector<int64_t> entities;  ///< entity of each record, beside `numbers`; empty for records of no entity
    std::vector<int32_t> versions;  ///< version of the schema of each record, where the stream has several
    std::vector<uint64_t> words;    ///< what a format tells of each record beside its bytes, `words_each` for each
    uint32_t words_each = 0;
    int64_t first_row = 0;
    uint32_t rows = 0;
    uint32_t line_end_bytes = 0;  ///< at the end of every record: what only separates it from the next one
    bool has_tombstones = false;  ///< records of nothing but their line end have a key and no value

    void clear() {
        bytes.clear();
        ends.clear();
        times.clear();
        key_bytes.clear();
        key_ends.clear();
        numbers.clear();
        entities.clear();
        versions.clear();
        words.clear();
        rows = 0;
        has_tombstones = false;
    }
};

}  // namespace headwater
