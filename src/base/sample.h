// For the samplers that take a word and more than a line: one draw each, a pure function of its arguments.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace headwater {

/// Gives word `k` of the sequence that starts with `word`: the word itself, then mix(word + k).
constexpr uint64_t further(uint64_t word, uint64_t k) { return k == 0 ? word : mix(word + k); }

/// Draws from the Poisson distribution; the mean is kept within 0 and 1e9 (NaN counts as 0).
/// Inversion below a mean of 30, transformed rejection PTRS (Hörmann 1993) above.
int64_t poisson_of(uint64_t word, double mean);

/// Holds what rejection-inversion for P(k) ~ k^-skew needs whatever the largest k (Hörmann and Derflinger 1996).
struct Zipf {
    explicit Zipf(double skew);

    /// Gives the integral of x^-skew from 1 to x.
    double integral(double x) const;
    /// Inverse of integral.
    double inverse(double y) const;
    /// Gives x^-skew.
    double density(double x) const;
    /// Gives the upper end of the range that is drawn from, for 1 .. size.
    double top(int64_t size) const { return integral(static_cast<double>(size) + 0.5); }
    /// Draws from 1 .. size, where `top` is top(size).
    int64_t draw(uint64_t word, int64_t size, double top) const;

    double skew;
    double one_minus_skew;
    double bottom;   ///< lower end of the range that is drawn from
    double squeeze;  ///< x within this of k is accepted at once
};

/// Draws from 1 .. max(size, 1) with P(k) ~ k^-skew, skew > 0.
int64_t zipf_of(uint64_t word, int64_t size, double skew);

/// Gives the place of `number` mod size in a permutation of 0 .. size-1 that depends on the key; size below 1 counts as 1.
/// Feistel network on the next power of four, walked until the place is inside (Black and Rogaway 2002).
int64_t permuted(int64_t number, int64_t size, uint64_t key);

/// Gives smooth noise at `micros`: independent standard normals, keyed by `word`, stand at whole multiples of `period_us`
/// and are joined by the quintic s(f) = 6f^5 - 15f^4 + 10f^3 (Perlin 2002). The blend z0 (1 - s) + z1 s has the mean variance
/// 181/231 over a period, by whose root it is divided. Mean 0, deviation 1.
double noise_of(int64_t micros, uint64_t word, int64_t period_us);
/// Gives the standard normal that stands at multiple `knot` of the period.
double noise_knot(uint64_t word, int64_t knot);
/// Blends two neighbouring knots at 0 <= fraction < 1.
double noise_between(double before, double after, double fraction);

/// Divides and floors; `by` > 0.
constexpr int64_t floor_div(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }
/// Gives the remainder of floor_div, 0 .. by-1.
constexpr int64_t floor_mod(int64_t value, int64_t by) {
    const int64_t rest = value % by;
    return rest < 0 ? rest + by : rest;
}

}  // namespace headwater
