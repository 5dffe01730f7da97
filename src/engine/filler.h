// For making the records of one task: the source fills batches, encoders turn them into parcels.
#pragma once

#include <memory>
#include <vector>

#include "chaos/answer_key.h"
#include "chaos/outgoing_stream.h"
#include "engine/parcel.h"
#include "engine/record_maker.h"
#include "generate/source.h"

namespace headwater {

/// One opened source with the feeds of its streams.
struct SourceRun {
    std::unique_ptr<Source> source;
    std::vector<int> streams;  ///< by stream of the source: index into Plan::streams, or -1 when not used
    /// By stream of the source: with its last record all streams of the source end. Empty where each ends by itself.
    std::vector<bool> ends_all;
    std::vector<Feed> feeds;
    std::vector<FeedEncoding> encodings;                        ///< by feed
    std::vector<std::shared_ptr<const OutgoingStream>> faults;  ///< by stream of the source; null: nothing befalls it
};

/// One worker's memory and encoders. Used by one thread.
class Filler {
  public:
    /// `sources` must outlive the filler.
    explicit Filler(const std::vector<SourceRun>& sources);
    ~Filler();

    /// Runs the job's task and fills its parcels and row counts.
    void fill(Job& job);

  private:
    struct Memory;
    Memory& memory(int source);

    const std::vector<SourceRun>& sources_;
    std::vector<std::unique_ptr<Memory>> memories_;  ///< by source, made at first use
};

}  // namespace headwater
