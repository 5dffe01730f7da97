// For noticing that a run makes nothing any more: what it waits for may never come.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace headwater {

/// Watches one run. A run whose time has an end is told of alone; another one is to end.
class Silence {
  public:
    enum class Advice { go_on, tell, end };

    /// Says what is to be done by a run that has made so many records in all, whose simulated time and real time are these.
    Advice look(int64_t records, int64_t instant, int64_t elapsed_us, bool ends_by_itself) {
        if (records != records_ || !has_begun_) {
            has_begun_ = true;
            records_ = records;
            instant_ = instant;
            elapsed_us_ = elapsed_us;
            is_told_ = false;
        }
        const int64_t silent_us = elapsed_us - elapsed_us_;
        const bool is_long = instant - instant_ >= long_simulated_us && silent_us >= long_real_us;
        if (!ends_by_itself && (is_long || silent_us >= longest_real_us)) return Advice::end;
        if (is_told_ || silent_us < tells_after_us) return Advice::go_on;
        is_told_ = true;
        return Advice::tell;
    }
    /// Gives the simulated instant at which it began.
    int64_t since() const { return instant_; }

  private:
    static constexpr int64_t tells_after_us = 2 * micros_per_second;
    // What comes seldom passes in no time, as nothing is made meanwhile: much work for a month without a record is in vain.
    static constexpr int64_t long_simulated_us = 30 * micros_per_day;
    static constexpr int64_t long_real_us = 8 * micros_per_second;
    static constexpr int64_t longest_real_us = 60 * micros_per_second;

    bool has_begun_ = false;
    bool is_told_ = false;
    int64_t records_ = 0;
    int64_t instant_ = 0;
    int64_t elapsed_us_ = 0;
};

}  // namespace headwater
