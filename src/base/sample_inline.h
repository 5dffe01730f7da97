// For the inner formulas of base/sample.h that column loops inline and vectorise to the same bits.
#pragma once

#include "base/math_inline.h"
#include "base/random.h"

namespace headwater::sampling {

/// Gives log(1 + x) / x, and 1 at 0. Near 0 a series, as 1 + x would lose the digits of x.
inline double log_ratio(double x) {
    const double near = 1 - x * (1.0 / 2 - x * (1.0 / 3 - x * (1.0 / 4 - x * (1.0 / 5))));
    const double far = math::log_inline(1 + x) / x;
    return std::fabs(x) < 1e-3 ? near : far;
}

/// Gives (e^x - 1) / x, and 1 at 0.
inline double exp_ratio(double x) {
    const double near = 1 + x * (1.0 / 2) * (1 + x * (1.0 / 3) * (1 + x * (1.0 / 4) * (1 + x * (1.0 / 5))));
    const double far = (math::exp_inline(x) - 1) / x;
    return std::fabs(x) < 1e-3 ? near : far;
}

/// Inverts the integral of x^-skew.
inline double zipf_inverse(double y, double one_minus_skew) {
    double t = y * one_minus_skew;
    t = t < -1 ? -1 : t;
    return math::exp_inline(log_ratio(t) * y);
}

/// Number of rounds of the network; below four neighbours of small sizes stay visibly together.
inline constexpr unsigned feistel_rounds = 6;

/// Gives half the bits of the smallest power of four that holds 0 .. size-1.
inline unsigned half_bits(uint64_t size) {
    const auto bits = static_cast<unsigned>(std::bit_width(size - 1));
    return bits < 2 ? 1 : (bits + 1) / 2;
}

/// Sends `value` through the network of 2 * half bits.
inline uint64_t feistel(uint64_t value, unsigned half, uint64_t key) {
    const uint64_t mask = (1ULL << half) - 1;
    uint64_t left = value >> half;
    uint64_t right = value & mask;
    uint64_t round_key = key;
    for (unsigned round = 0; round < feistel_rounds; ++round) {
        round_key += draw_step;
        uint64_t z = (right ^ round_key) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 32)) * 0x94d049bb133111ebULL;
        const uint64_t next = left ^ (z >> (64 - half));
        left = right;
        right = next;
    }
    return left << half | right;
}

/// Blends two knots; see noise_of.
inline double blend(double before, double after, double f) {
    constexpr double scale = 1.1297092962008641;  // sqrt(231/181)
    const double s = f * f * f * (f * (f * 6 - 15) + 10);
    return (before * (1 - s) + after * s) * scale;
}

}  // namespace headwater::sampling
