// For the entries of records that are generated: every column is hashed as its type has it, without a format in between.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "data/batch.h"
#include "format/format.h"
#include "verify/damaged_lines.h"
#include "verify/delivered_text.h"
#include "verify/entry.h"

namespace headwater {

/// Sees a batch before its entries are made, with their identities by physical row. Called on any worker.
using BatchWitness = std::function<void(const Batch& batch, const std::vector<ValueHash>& identities,
                                        const std::vector<ValueHash>& digests)>;

/// How entries are made.
struct EntryOptions {
    BatchWitness witness;
    DeliveredForm form;               ///< of records that faults of schema and wire struck
    std::vector<uint32_t> wire_bits;  ///< by shape: faults that damage bytes
    bool only_damaged = false;        ///< makes no short hashes, for nobody takes the entries
};

/// Makes a format that tells a SentRecord of each record, in Payload::words; shapes are found by the schemas' stream. It stands
/// where a run has the format of its output, so that what is expected goes every way that records go. Bytes, in the run's own
/// format, are made of records alone that a fault of the wire is to damage, or that cannot be read; a record of another schema
/// than its shape's is read from its bytes, as the copy is. All references must outlive the format.
std::unique_ptr<Format> make_entry_format(const std::vector<Shape>& shapes, EntryOptions options);

/// Says whether a record is delivered as bytes that are no record, or another one: `bytes`, which the DamagedRecord then
/// describes, referring to them and to `lines`.
bool is_damaged(const SentRecord& sent, std::string_view bytes, bool in_lines, std::vector<uint64_t>& lines,
                DamagedRecord& damaged);

/// Hashes one value of a batch, slowly and generally.
ValueHash hash_value(const Field& field, const Batch& batch, uint32_t row);

}  // namespace headwater
