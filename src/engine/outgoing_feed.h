// For encoding the records of an outgoing stream: each in its own shape, as often as it is delivered, damaged where asked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "chaos/outgoing_stream.h"
#include "engine/parcel.h"
#include "format/format.h"

namespace headwater {

/// Encodes the rows of a batch, in the order given, behind what a parcel holds.
using EncodeRows = std::function<void(RecordEncoder* encoder, const Batch& rows, Parcel& parcel)>;

/// One worker's encoders for one feed of an outgoing stream.
class OutgoingFeed {
  public:
    /// `format` is null where columns are kept instead of records.
    OutgoingFeed(std::shared_ptr<const OutgoingStream> stream, std::shared_ptr<const Format> format,
                 IdentityOptions identity);

    /// Adds what is delivered of a batch, whose schema has a version; `before` counts the stream's records of the task so far.
    void add(const OutgoingBatch& outgoing, uint32_t version, int64_t before, const EncodeRows& encode, Parcel& parcel);

  private:
    RecordEncoder* encoder_of(uint32_t version, uint32_t shape);
    void damage(const OutgoingBatch& outgoing, uint32_t version, size_t from, size_t to, size_t first, Parcel& parcel);

    std::shared_ptr<const OutgoingStream> stream_;
    std::shared_ptr<const Format> format_;
    IdentityOptions identity_;
    std::map<std::pair<uint32_t, uint32_t>, std::unique_ptr<RecordEncoder>> encoders_;  ///< by version and shape
    std::vector<uint32_t> order_;
    Parcel whole_;  ///< memory, used again
};

}  // namespace headwater
