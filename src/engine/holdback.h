// For records that are held back, late or by a fault: they wait until their stream has come far enough, then go on their way.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "engine/parcel.h"

namespace headwater {

/// Keeps what is held back of one stream on its way to one lane, in memory. Parcels come in the order of the stream.
class Holdback {
  public:
    /// Takes the rows of a parcel that it holds back, and gives what is to be delivered in its place: `out`, which is empty
    /// before, or the parcel itself, in which case `out` stays empty and the answer is false.
    bool pass(Parcel& parcel, Parcel& out);
    /// Gives what is due before an instant; no older record comes any more.
    void advance(int64_t instant, Parcel& out);
    /// Gives everything.
    void release_all(Parcel& out);

    bool is_empty() const { return by_time_.empty() && by_passes_.empty(); }
    /// Gives the ordinal of the oldest record held; INT64_MAX when there is none.
    int64_t oldest() const { return ordinals_.empty() ? INT64_MAX : *ordinals_.begin(); }

  private:
    /// One record: encoded, or a row of columns.
    struct Held {
        int64_t ordinal = 0;
        int64_t due = 0;  ///< INT64_MIN: not held by time
        Payload payload;
        std::unique_ptr<BatchCopies> columns;
    };
    /// When, then which: instant or ordinal, the record's own ordinal, and the order in which they came.
    using Place = std::tuple<int64_t, int64_t, int64_t>;

    void put(Held held, int64_t passes);
    void release_before(int64_t time, int64_t ordinal, Parcel& out);
    void release(Held& held, Parcel& out);

    std::map<Place, Held> by_time_;
    std::map<Place, Held> by_passes_;  ///< these may have to wait for an instant afterwards
    std::multiset<int64_t> ordinals_;
    int64_t count_ = 0;
};

}  // namespace headwater
