// For the entries of records that are generated: every column is hashed as its type has it, without a format in between.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "data/batch.h"
#include "format/format.h"
#include "verify/entry.h"

namespace headwater {

/// Sees a batch before its entries are made, with their identities by physical row. Called on any worker.
using BatchWitness = std::function<void(const Batch& batch, const std::vector<ValueHash>& identities,
                                        const std::vector<ValueHash>& digests)>;

/// Makes a format whose records are entries of the shapes, found by the schemas' stream. It stands where a run has the format
/// of its output, so that what is expected goes every way that records go. All references must outlive the format.
std::unique_ptr<Format> make_entry_format(const std::vector<Shape>& shapes, BatchWitness witness);

/// Hashes one value of a batch, slowly and generally.
ValueHash hash_value(const Field& field, const Batch& batch, uint32_t row);

}  // namespace headwater
