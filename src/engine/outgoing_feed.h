// For encoding the records of an outgoing stream: each in its own shape, as often as it is delivered, damaged where asked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "chaos/outgoing_stream.h"
#include "engine/parcel.h"
#include "engine/record_maker.h"

namespace headwater {

/// One worker's encoders for one feed of an outgoing stream.
class OutgoingFeed {
  public:
    /// The encoding must outlive it.
    OutgoingFeed(std::shared_ptr<const OutgoingStream> stream, const FeedEncoding& encoding);

    /// Adds what is delivered of a batch, whose schema has a version; `before` counts the stream's records of the task so far.
    void add(const OutgoingBatch& outgoing, uint32_t version, int64_t before, Parcel& parcel);

  private:
    RecordMaker& maker_of(uint32_t version, uint32_t shape);
    void damage(const OutgoingBatch& outgoing, uint32_t version, size_t from, size_t to, size_t first, Parcel& parcel);

    std::shared_ptr<const OutgoingStream> stream_;
    const FeedEncoding& encoding_;
    std::map<std::pair<uint32_t, uint32_t>, RecordMaker> makers_;  ///< by version and shape
    std::vector<uint32_t> order_;
    Parcel whole_;  ///< memory, used again
};

}  // namespace headwater
