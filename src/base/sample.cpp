// For the samplers of base/sample.h one draw at a time.
#include "base/sample.h"

#include <algorithm>

#include "base/math.h"
#include "base/sample_inline.h"

namespace headwater {
namespace {

int64_t poisson_by_inversion(uint64_t word, double mean) {
    const double u = unit_of(word);
    double share = exp_of(-mean);
    double sum = share;
    int64_t k = 0;
    constexpr int64_t beyond_any = 200;  // for means below 30 the rest is far below 2^-52
    while (u >= sum && k < beyond_any) {
        ++k;
        share *= mean / static_cast<double>(k);
        sum += share;
    }
    return k;
}

int64_t poisson_by_rejection(uint64_t word, double mean) {
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double v_r = 0.9277 - 3.6224 / (b - 2);
    const double log_mean = log_of(mean);
    constexpr uint64_t attempts = 64;  // each fails with probability below 0.3
    for (uint64_t attempt = 0; attempt < attempts; ++attempt) {
        const double u = unit_of(further(word, 2 * attempt)) - 0.5;
        const double v = unit_of(further(word, 2 * attempt + 1));
        const double us = 0.5 - std::fabs(u);
        if (us <= 0) continue;
        const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r) return static_cast<int64_t>(k);
        if (k < 0 || (us < 0.013 && v > us)) continue;
        if (log_of(v * inverse_alpha / (a / (us * us) + b)) <= k * log_mean - mean - log_gamma_of(k + 1))
            return static_cast<int64_t>(k);
    }
    return static_cast<int64_t>(mean);
}

}  // namespace

int64_t poisson_of(uint64_t word, double mean) {
    constexpr double most = 1e9;
    constexpr double inversion_until = 30;
    if (!(mean > 0)) return 0;
    mean = std::min(mean, most);
    return mean < inversion_until ? poisson_by_inversion(word, mean) : poisson_by_rejection(word, mean);
}

Zipf::Zipf(double skew) : skew(skew), one_minus_skew(1 - skew) {
    bottom = integral(1.5) - 1;
    squeeze = 2 - inverse(integral(2.5) - density(2));
}

double Zipf::integral(double x) const {
    const double log_x = log_of(x);
    return sampling::exp_ratio(one_minus_skew * log_x) * log_x;
}

double Zipf::inverse(double y) const { return sampling::zipf_inverse(y, one_minus_skew); }

double Zipf::density(double x) const { return exp_of(-skew * log_of(x)); }

int64_t Zipf::draw(uint64_t word, int64_t size, double top) const {
    constexpr uint64_t attempts = 256;  // each fails with probability below a half
    for (uint64_t attempt = 0; attempt < attempts; ++attempt) {
        const double y = top + unit_of(further(word, attempt)) * (bottom - top);
        const double x = inverse(y);
        const double whole = std::floor(x + 0.5);
        const double k = whole < 1 ? 1 : whole > static_cast<double>(size) ? static_cast<double>(size) : whole;
        if (k - x <= squeeze || y >= integral(k + 0.5) - density(k)) return static_cast<int64_t>(k);
    }
    return 1;
}

int64_t zipf_of(uint64_t word, int64_t size, double skew) {
    const Zipf zipf(skew);
    constexpr int64_t largest = 1LL << 52;  // whole numbers of a double with a half beside them
    size = std::clamp<int64_t>(size, 1, largest);
    return zipf.draw(word, size, zipf.top(size));
}

int64_t permuted(int64_t number, int64_t size, uint64_t key) {
    if (size <= 1) return 0;
    auto value = static_cast<uint64_t>(floor_mod(number, size));
    const unsigned half = sampling::half_bits(static_cast<uint64_t>(size));
    do value = sampling::feistel(value, half, key);
    while (value >= static_cast<uint64_t>(size));
    return static_cast<int64_t>(value);
}

double noise_knot(uint64_t word, int64_t knot) {
    return normal_quantile(unit_of(mix(word + static_cast<uint64_t>(knot) * draw_step)));
}

double noise_between(double before, double after, double fraction) { return sampling::blend(before, after, fraction); }

double noise_of(int64_t micros, uint64_t word, int64_t period_us) {
    const int64_t knot = floor_div(micros, period_us);
    const double fraction = static_cast<double>(floor_mod(micros, period_us)) / static_cast<double>(period_us);
    return noise_between(noise_knot(word, knot), noise_knot(word, knot + 1), fraction);
}

}  // namespace headwater
