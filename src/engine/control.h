// For steering a run from outside while it goes on: holding it, letting it go on, changing its rate, handing it over.
#pragma once

#include <atomic>

namespace headwater {

/// Carries the wishes of a user to a run, which looks at them between windows and while it waits. Any thread may use it.
class RunControl {
  public:
    /// Asks the run to hold after what it has made is delivered.
    void pause() { is_paused_ = true; }
    /// Lets it go on.
    void go_on() { is_paused_ = false; }
    bool is_paused() const { return is_paused_; }
    /// Asks for records per real second over all streams; 0 = as fast as the targets take them.
    void set_rate(double rate) { rate_ = rate; }
    /// Gives the rate that was asked for; below 0 while none was.
    double rate() const { return rate_; }

    /// Asks the run to end where it is and leave everything to another one that goes on by its journal, of a plan that
    /// differs only in what comes later.
    void hand_over() { is_handed_over_ = true; }
    /// Lets the other one begin.
    void take_over() { is_handed_over_ = false; }
    bool is_handed_over() const { return is_handed_over_; }

  private:
    std::atomic<bool> is_paused_ = false;
    std::atomic<bool> is_handed_over_ = false;
    std::atomic<double> rate_ = -1;
};

}  // namespace headwater
