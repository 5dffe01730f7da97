// For reading and waiting for real time; tests hand in a time of their own.
#pragma once

#include <cstdint>

#include "base/time.h"
#include "engine/stop.h"

namespace headwater {

/// Tells the present instant and a clock that never jumps, and waits.
class RealTime : public Clock {
  public:
    /// Gives microseconds that only grow, from an origin of its own.
    virtual int64_t elapsed() const = 0;
    /// Returns when elapsed() has reached `until`, or soon (20 ms) after a stop is asked for.
    virtual void wait(int64_t until, const StopToken& stop) = 0;
};

/// The time of this machine. Any thread may use it.
class SystemTime final : public RealTime {
  public:
    int64_t now() const override;
    int64_t elapsed() const override;
    void wait(int64_t until, const StopToken& stop) override;
};

}  // namespace headwater
