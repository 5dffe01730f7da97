// For integrating a rate over simulated time: how many rows are expected by an instant, and by which instant so many are.
#pragma once

#include <cstdint>
#include <memory>

#include "generate/rate_clock.h"

namespace headwater {

/// Instants from here on, the year 148,000, never come.
inline constexpr int64_t end_of_time = int64_t{1} << 62;

/// Relates instants and the integral of a rate since the start. Both directions are pure; safe to use from any thread.
class RateCurve {
  public:
    virtual ~RateCurve() = default;
    /// Gives the instants, floored to microseconds and never before the start, at which the integral reaches each of the
    /// `count` given amounts; INT64_MAX where it never does. The greater the amount, the later the instant.
    virtual void instants(const double* amounts, uint32_t count, int64_t* times) const = 0;
    /// Gives the integral from the start to an instant after it, to within rounding.
    virtual double amount_by(int64_t instant) const = 0;
};

/// Rows per second above which a rate is taken for this one: a thousand in a microsecond.
inline constexpr double highest_rate = 1e9;

/// Makes a rate one that can be integrated: 0 for what is no rate, at most highest_rate.
constexpr double usable_rate(double rate) { return rate > 0 ? (rate < highest_rate ? rate : highest_rate) : 0; }

/// Makes the curve of a rate: a closed form when constant, one table when it repeats, else a table that grows as it is
/// asked for, to most_grown_us after the origin; later rows never come. Where it switches, one curve after the other.
std::unique_ptr<RateCurve> make_rate_curve(const RateSpec& spec);

/// How far a rate that does not repeat is followed: 20 years of 365.25 days.
inline constexpr int64_t most_grown_us = 20 * 31'557'600'000'000;

}  // namespace headwater
