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
    bool only_damaged = false;        ///< leaves empty what is no damaged record
};

/// Makes a format whose records are entries of the shapes, found by the schemas' stream. It stands where a run has the format
/// of its output, so that what is expected goes every way that records go. A record of another schema than its shape's is
/// read from its bytes, as the copy is. One that is no record as it is delivered becomes a DamagedRecord instead of an entry;
/// see read_damaged(). All references must outlive the format.
std::unique_ptr<Format> make_entry_format(const std::vector<Shape>& shapes, EntryOptions options);

/// Reads what the format made of one record: true when it is a damaged one, and no entry. The record refers to `lines`.
bool read_damaged(std::string_view bytes, std::vector<uint64_t>& lines, DamagedRecord& record);

/// Hashes one value of a batch, slowly and generally.
ValueHash hash_value(const Field& field, const Batch& batch, uint32_t row);

}  // namespace headwater
