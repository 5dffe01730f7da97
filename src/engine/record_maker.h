// For making records of the rows of one schema: what goes around them, then their bytes.
#pragma once

#include <memory>

#include "engine/parcel.h"
#include "envelope/envelopes.h"
#include "format/format.h"

namespace headwater {

/// How a feed's records are made.
struct FeedEncoding {
    std::shared_ptr<const Format> format;
    IdentityOptions identity;
    bool as_batches = false;  ///< columns are kept for a lane that makes objects of them
    bool with_keys = false;
    bool with_identity = false;
    std::shared_ptr<const EnvelopeStage> envelope{};  ///< null: records go out as they are
};

/// Used by one worker, for one schema.
class RecordMaker {
  public:
    /// `whole` is the schema before faults broke it, which tells the key. The encoding must outlive it.
    RecordMaker(const std::shared_ptr<const Schema>& schema, const std::shared_ptr<const Schema>& whole,
                const FeedEncoding& encoding);

    /// Appends the rows of a batch, in its order, to a parcel.
    void add(const Batch& batch, bool has_versions, Parcel& parcel);
    /// Null where columns are kept.
    RecordEncoder* encoder() { return encoder_.get(); }

  private:
    const FeedEncoding& encoding_;
    std::shared_ptr<const Schema> keyed_;  ///< tells the key of what goes out
    const Field* key_ = nullptr;           ///< of it; null where there is none, or nobody wants it
    std::unique_ptr<Envelope> envelope_;   ///< null: the rows go out as they are
    std::unique_ptr<RecordEncoder> encoder_;
};

}  // namespace headwater
