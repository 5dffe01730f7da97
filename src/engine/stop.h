// For asking a run to end from outside: by a signal, a timer, or a test.
#pragma once

#include <atomic>

namespace headwater {

/// Carries the wish to stop. Any thread and any signal handler may ask; everybody may look.
class StopToken {
  public:
    void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
    bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

  private:
    std::atomic<bool> requested_{false};
    static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");
};

}  // namespace headwater
