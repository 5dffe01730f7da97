// For deciding when the next window of simulated time may be generated: history, paced, live; a run waits only here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "engine/real_time.h"
#include "engine/stop.h"
#include "generate/source.h"
#include "pack/plan.h"

namespace headwater {

/// What the pacer is asked to keep to.
struct PaceOptions {
    int64_t until = INT64_MAX;             ///< end of simulated time, exclusive
    bool live = false;                     ///< from the present instant on, simulated time follows the clock
    double speed = 1;                      ///< simulated seconds per real second when live
    double rate = 0;                       ///< records per real second at most; 0 = not bounded
    int64_t window_records = 1 << 18;      ///< records of a window that nobody waits for
    int64_t tick_us = 20'000;              ///< real length of a live or paced window
    std::optional<int64_t> real_limit_us;  ///< ends the run: real time since it began, when live since it became so
    std::function<bool()> look_up{};  ///< called about ten times a second while next() waits; true ends the waiting
};

/// A window that may be generated now.
struct DueWindow {
    Window window;
    bool exact = false;  ///< its last rows are due now: see Source::plan
};

/// Hands out windows one after the other and waits until each is due. Used by one thread.
class Pacer {
  public:
    /// Suggests the end of a window from `from` that holds about `records` records.
    using Horizon = std::function<int64_t(int64_t from, int64_t records)>;

    /// `time` and `stop` must outlive the pacer.
    Pacer(const PaceOptions& options, RealTime& time, const StopToken& stop);

    /// Waits until a window that begins at `from` is due; `made` counts the records so far.
    /// Gives none when the real time of the run is over or a stop was asked for, and when look_up ended the waiting.
    std::optional<DueWindow> next(int64_t from, int64_t made, const Horizon& horizon);

    /// Goes on at another rate, by which record number `made` is due now.
    void set_rate(double rate, int64_t made);
    /// Waits until look_up says so or a stop is asked for. It is no part of the run's real time; a live run comes behind
    /// its clock by it and catches up, as after a target was away.
    void hold();
    /// True when the run's real time is over or a stop was asked for.
    bool is_over() const;

    /// Says how long next has waited in all, microseconds.
    int64_t waited_us() const { return waited_us_; }
    /// Says how long hold has waited in all, microseconds.
    int64_t held_us() const { return held_us_; }
    /// Says how much of real_limit_us is used up.
    int64_t used_us() const {
        return options_.live && !live_ ? 0 : time_.elapsed() - began_ - (held_us_ - held_before_us_);
    }
    /// Says how far the last window was behind its due time, real microseconds.
    int64_t lag_us() const { return lag_us_; }
    /// True once simulated time follows the clock.
    bool is_live() const { return live_; }

  private:
    bool counts_time() const { return options_.real_limit_us && (live_ || !options_.live); }
    bool wait(int64_t until);
    bool wait_for_rate(int64_t made);
    int64_t present() const;
    void go_live(int64_t origin);

    PaceOptions options_;
    RealTime& time_;
    const StopToken& stop_;
    int64_t began_ = 0;        ///< elapsed() at the start; when live at the start of that
    int64_t rate_origin_ = 0;  ///< elapsed() at which record rate_base_ was due
    int64_t rate_base_ = 0;
    bool live_ = false;
    int64_t live_origin_ = 0;  ///< simulated instant at which the run became live
    int64_t waited_us_ = 0;
    int64_t held_us_ = 0;
    int64_t held_before_us_ = 0;  ///< until began_
    int64_t lag_us_ = 0;
};

}  // namespace headwater
