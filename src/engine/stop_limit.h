// For bounding the time in which a run that is stopped delivers what it has made.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/real_time.h"
#include "engine/stop.h"

namespace headwater {

/// Tells when a stop has had its time. Any thread may ask; the time begins when the first one sees the stop.
class StopLimit {
  public:
    /// `time` and `stop` must outlive it.
    StopLimit(RealTime& time, const StopToken& stop, int64_t limit_us)
        : time_(time), stop_(stop), limit_us_(limit_us) {}

    int64_t limit_us() const { return limit_us_; }
    /// True when a stop was asked for and its time is over.
    bool is_over() {
        if (!stop_.requested()) return false;
        int64_t seen = unseen;
        const int64_t now = time_.elapsed();
        if (seen_us_.compare_exchange_strong(seen, now)) seen = now;
        return now - seen >= limit_us_;
    }

  private:
    static constexpr int64_t unseen = INT64_MIN;

    RealTime& time_;
    const StopToken& stop_;
    int64_t limit_us_;
    std::atomic<int64_t> seen_us_ = unseen;
};

}  // namespace headwater
