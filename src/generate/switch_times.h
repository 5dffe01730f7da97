// For what is on for a while and then off again: when it switches, and the labels of what is made meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/program.h"

namespace headwater {

/// From an instant to just before another one, in microseconds.
struct TimeRange {
    int64_t from = 0;
    int64_t until = 0;

    bool operator==(const TimeRange&) const = default;
};

/// Tells at which instants something is on. As a clock its rows are the instants at which it is switched, so that
/// programs find out by Op::rows_by. Immutable; any thread.
class SwitchTimes final : public RowClock {
  public:
    /// `ranges` may overlap and come in any order.
    explicit SwitchTimes(std::vector<TimeRange> ranges);

    bool is_on(int64_t instant) const { return rows_by(instant + 1) % 2 != 0; }
    /// Gives the instants of switching: on, off, on, ...
    const std::vector<int64_t>& instants() const { return instants_; }
    /// Gives the ranges without overlaps, in order of time.
    std::vector<TimeRange> ranges() const;

    int64_t time_of(int64_t row) const override;
    int64_t rows_by(int64_t instant) const override;
    void times(int64_t first, uint32_t count, int64_t* times) const override;

  private:
    std::vector<int64_t> instants_;
};

/// A label of the records for which a kept u8 register of their program holds.
struct LabelMask {
    Reg holds = no_reg;
    uint32_t name = 0;  ///< index into the names of labels
};

}  // namespace headwater
