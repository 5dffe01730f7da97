// For the callable forms of our own elementary functions.
#include "base/math.h"

#include "base/math_inline.h"

namespace headwater {

double exp_of(double x) { return math::exp_inline(x); }

double log_of(double x) { return math::log_inline(x); }

double cos_of(double x) { return math::cos_inline(x); }

double round_of(double x) { return math::round_away(x); }

double normal_quantile(double p) {
    return math::quantile_is_outside(p) ? math::quantile_outside(p) : math::quantile_centre(p);
}

double log_gamma_of(double x) {
    // Raised to where the series converges fast: gamma(x) = gamma(x + n) / (x (x + 1) ... (x + n - 1)).
    double product = 1;
    while (x < 10) product *= x++;
    const double r = 1 / (x * x);
    const double series = (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r * (1.0 / 1188))))) / x;
    return (x - 0.5) * log_of(x) - x + 0.91893853320467274178 + series - log_of(product);
}

double power_of(double base, double exponent) {
    constexpr double exact_until = 64;
    if (std::trunc(exponent) == exponent && std::fabs(exponent) <= exact_until) {
        double result = 1;
        double factor = base;
        for (auto n = static_cast<unsigned>(std::fabs(exponent)); n != 0; n >>= 1) {
            if ((n & 1) != 0) result *= factor;
            if (n > 1) factor *= factor;
        }
        return exponent < 0 ? 1 / result : result;
    }
    if (base > 0) return exp_of(exponent * log_of(base));
    if (base == 0) return exponent > 0 ? 0 : math::infinity;
    if (std::trunc(exponent) != exponent) return std::numeric_limits<double>::quiet_NaN();
    const double magnitude = exp_of(exponent * log_of(-base));
    return std::fmod(exponent, 2) != 0 ? -magnitude : magnitude;
}

double distance_km(Place from, Place to) {
    return math::distance_inline(from.latitude, from.longitude, to.latitude, to.longitude);
}

}  // namespace headwater
