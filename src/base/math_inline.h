// For the bodies of base/math.h, so that loops over columns can inline and vectorise them to the same bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace headwater::math {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
/// Adding it to a double below 2^51 leaves the nearest integer in the low bits of the sum.
inline constexpr double integer_magic = 0x1.8p52;

/// Gives the double nearest to any 64-bit integer, as static_cast does, in operations that AVX2 has.
inline double real_of(int64_t value) {
    const uint64_t shifted = static_cast<uint64_t>(value) + (1ULL << 63);
    const double high = std::bit_cast<double>((shifted >> 32) | 0x4530000000000000ULL);           // 2^84 + high * 2^32
    const double low = std::bit_cast<double>((shifted & 0xffffffffULL) | 0x4330000000000000ULL);  // 2^52 + low
    return (high - (0x1p84 + 0x1p63 + 0x1p52)) + low;
}

/// Gives the integer that a whole double below 2^51 in magnitude stands for.
inline int64_t whole_of(double value) {
    return static_cast<int64_t>(std::bit_cast<uint64_t>(value + integer_magic) -
                                std::bit_cast<uint64_t>(integer_magic));
}

/// Rounds half away from zero; exact for every double.
inline double round_away(double x) {
    const double whole = std::trunc(x);
    const double step = std::fabs(x - whole) >= 0.5 ? std::copysign(1.0, x) : 0.0;
    return std::copysign(whole + step, x);
}

/// See exp_of. Rational approximation of Cephes (Moshier 1989) after taking off multiples of ln 2.
inline double exp_inline(double x) {
    double limited = x < -746.0 ? -746.0 : x;
    limited = limited > 710.0 ? 710.0 : limited;
    const double shifted = limited * 1.4426950408889634074 + integer_magic;
    const double n = shifted - integer_magic;
    const double r = (limited - n * 6.93145751953125e-1) - n * 1.42860682030941723212e-6;
    const double z = r * r;
    const double p = r * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z + 9.99999999999999999910e-1);
    const double q =
        ((3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z + 2.27265548208155028766e-1) * z + 2.0;
    const double fraction = 1.0 + 2.0 * (p / (q - p));
    // 2^n in two factors, so that results below the normal range are rounded once.
    const uint64_t biased = std::bit_cast<uint64_t>(shifted) - std::bit_cast<uint64_t>(integer_magic) + 2048;
    const uint64_t half = (biased >> 1) - 1024;
    const double first = std::bit_cast<double>((half + 1023) << 52);
    const double second = std::bit_cast<double>((biased - 2048 - half + 1023) << 52);
    return fraction * first * second;
}

/// See log_of. Method and coefficients of fdlibm's e_log.c (Sun Microsystems 1993), without its branches.
inline double log_inline(double x) {
    const bool tiny = x < 0x1p-1022;
    const double scaled = x * 0x1p54;
    const uint64_t bits = std::bit_cast<uint64_t>(tiny ? scaled : x);
    constexpr uint64_t root_half = 0x3fe6a09e667f3bcdULL;  // sqrt(1/2): the mantissa is taken from there to sqrt(2)
    const uint64_t exponent = (bits - root_half + (1024ULL << 52)) >> 52;
    const double m = std::bit_cast<double>(bits - ((exponent - 1024) << 52));
    const double k =
        (std::bit_cast<double>(exponent | 0x4330000000000000ULL) - (0x1p52 + 1024.0)) - (tiny ? 54.0 : 0.0);
    const double f = m - 1.0;
    const double s = f / (2.0 + f);
    const double z = s * s;
    const double w = z * z;
    const double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const double odd =
        z * (6.666666666666735130e-01 +
             w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    const double half_square = 0.5 * f * f;
    const double result = k * 6.93147180369123816490e-01 -
                          ((half_square - (s * (half_square + (even + odd)) + k * 1.90821492927058770002e-10)) - f);
    const double finite = x < infinity ? result : x;  // infinity and NaN are their own logarithms
    return x <= 0 ? -infinity : finite;
}

/// Gives sin(x + quarter * pi/2). Reduction and polynomials of fdlibm (Sun Microsystems 1993); 0 is taken for |x| >= 2^40.
inline double sine_of_quarters(double x, uint64_t quarter) {
    const double limited = std::fabs(x) < 0x1p40 ? x : 0.0;
    const double shifted = limited * 6.36619772367581382433e-01 + integer_magic;
    const double n = shifted - integer_magic;
    const double r =
        ((limited - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) - n * 2.02226624879595063154e-21;
    const uint64_t place = std::bit_cast<uint64_t>(shifted) + quarter;
    const double z = r * r;
    const double sine = r + r * z *
                                (-1.66666666666666324348e-01 +
                                 z * (8.33333333332248946124e-03 +
                                      z * (-1.98412698298579493134e-04 +
                                           z * (2.75573137070700676789e-06 +
                                                z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))));
    const double cosine =
        (1.0 - 0.5 * z) + z * z *
                              (4.16666666666666019037e-02 +
                               z * (-1.38888888888741095749e-03 +
                                    z * (2.48015872894767294178e-05 +
                                         z * (-2.75573143513906633035e-07 +
                                              z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
    const double value = (place & 1) != 0 ? cosine : sine;
    return std::bit_cast<double>(std::bit_cast<uint64_t>(value) ^ ((place & 2) << 62));
}

/// See cos_of.
inline double cos_inline(double x) { return sine_of_quarters(x, 1); }
/// Gives the sine of x radians with the bounds of cos_of.
inline double sin_inline(double x) { return sine_of_quarters(x, 0); }

/// Gives the arc sine for 0 <= x <= 1, absolute error below 1e-15 (fdlibm e_asin.c, Sun Microsystems 1993).
inline double asin_inline(double x) {
    const bool steep = x > 0.5;
    const double folded = (1.0 - x) * 0.5;
    const double z = steep ? folded : x * x;
    const double y = steep ? std::sqrt(folded) : x;
    const double p = z * (1.66666666666666657415e-01 +
                          z * (-3.25565818622400915405e-01 +
                               z * (2.01212532134862925881e-01 +
                                    z * (-4.00555345006794114027e-02 +
                                         z * (7.91534994289814532176e-04 + z * 3.47933107596021167570e-05)))));
    const double q =
        1.0 +
        z * (-2.40339491173441421878e+00 +
             z * (2.02094576023350569471e+00 + z * (-6.88283971605453293030e-01 + z * 7.70381505559019352791e-02)));
    const double angle = y + y * (p / q);
    return steep ? 1.57079632679489655800e+00 - 2.0 * angle : angle;
}

/// See distance_km; degrees.
inline double distance_inline(double from_latitude, double from_longitude, double to_latitude, double to_longitude) {
    constexpr double radians = 0.017453292519943295;
    constexpr double diameter_km = 2 * 6371.0088;
    const double up = sin_inline((to_latitude - from_latitude) * (radians / 2));
    const double along = sin_inline((to_longitude - from_longitude) * (radians / 2));
    const double h = up * up + cos_inline(from_latitude * radians) * cos_inline(to_latitude * radians) * along * along;
    const double root = std::sqrt(h);
    return diameter_km * asin_inline(root < 1 ? root : 1.0);
}

/// Below this probability, and above one less it, the quantile is computed by its tail formula.
inline constexpr double quantile_tail = 0.02425;

/// Gives the quantile inside the tails: quantile_tail <= p <= 1 - quantile_tail.
inline double quantile_centre(double p) {
    const double q = p - 0.5;
    const double r = q * q;
    const double a = ((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
                       1.383577518672690e+02) *
                          r -
                      3.066479806614716e+01) *
                         r +
                     2.506628277459239e+00;
    const double b = ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
                       6.680131188771972e+01) *
                          r -
                      1.328068155288572e+01) *
                         r +
                     1.0;
    return a * q / b;
}

/// Gives the quantile in either tail; p is kept within 2^-53 and 1 - 2^-53.
inline double quantile_outside(double p) {
    double t = p < 0.5 ? p : 1.0 - p;
    t = t < 0x1p-53 ? 0x1p-53 : t;
    const double q = std::sqrt(-2.0 * log_inline(t));
    const double c = ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q -
                       2.549732539343734e+00) *
                          q +
                      4.374664141464968e+00) *
                         q +
                     2.938163982698783e+00;
    const double d = (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q +
                      3.754408661907416e+00) *
                         q +
                     1.0;
    const double low = c / d;
    return p < 0.5 ? low : -low;
}

/// True where the tail formula holds.
inline bool quantile_is_outside(double p) { return p < quantile_tail || p > 1.0 - quantile_tail; }

}  // namespace headwater::math
