// For relating row numbers and instants of a flat stream, or births of a kind: quickly in both directions, at any place.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/program.h"

namespace headwater {

struct RateSpec;

/// Another rate from an instant on.
struct RateSwitch {
    int64_t at = 0;
    std::shared_ptr<const RateSpec> to;  ///< of the same start; its key, spacing and switches are not used
};

/// Describes when things happen.
struct RateSpec {
    int64_t start = 0;    ///< instant of row position 0, microseconds
    uint64_t key = 0;     ///< address of the draws
    bool even = false;    ///< equal distances instead of random instants (Poisson inside blocks of 64 rows)
    double constant = 0;  ///< rows per second when `rates` is empty
    /// Gives the rate (rows per second, >= 0) in slices first .. first + count - 1; slice i covers
    /// [origin + i * slice_us, origin + (i + 1) * slice_us). Called from one thread at a time. May be slow.
    std::function<void(int64_t first, uint32_t count, double* rates)> rates;
    int64_t origin = 0;  ///< a Monday midnight at or before start when `period_slices` is set; else start
    int64_t slice_us = 60'000'000;
    int64_t period_slices = 0;           ///< rates repeat after so many slices; 0 when they do not
    std::vector<RateSwitch> switches{};  ///< other rates from instants after the start on, in order of time
};

/// Makes a clock. Row i lies in block i / 64; inside a block instants are sorted exponential spacings in the integrated
/// rate, so that any row is reached without the ones before it and the number by an instant is known at once.
/// A row that never comes (the rate stays 0) has time INT64_MAX.
std::shared_ptr<const RowClock> make_rate_clock(RateSpec spec);

}  // namespace headwater
