// For the claims of base/math.h: error bounds, ends, and equal bits everywhere.
#include "base/math.h"

#include <doctest/doctest.h>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/math_inline.h"
#include "base/random.h"

using namespace headwater;

namespace {

/// Gives value i of a fixed sequence in low .. high.
double sample(uint64_t i, double low, double high) { return low + (high - low) * unit_of(draw(17, i)); }

double relative(double value, long double truth) {
    return static_cast<double>(fabsl((static_cast<long double>(value) - truth) / truth));
}

}  // namespace

TEST_CASE("exp_of keeps its error bound and its ends") {
    double worst = 0;
    for (uint64_t i = 0; i < 100'000; ++i) {
        const double x = sample(i, -700, 709);
        worst = std::fmax(worst, relative(exp_of(x), expl(x)));
    }
    CHECK(worst < 1e-15);
    CHECK(exp_of(0) == 1);
    CHECK(exp_of(-746) == 0);
    CHECK(exp_of(-1e300) == 0);
    CHECK(exp_of(709.79) == math::infinity);
    CHECK(exp_of(1e300) == math::infinity);
    CHECK(std::isnan(exp_of(std::nan(""))));
    CHECK(exp_of(-745) == std::exp(-745.0));
}

TEST_CASE("log_of keeps its error bound and its ends") {
    double worst = 0;
    for (uint64_t i = 0; i < 100'000; ++i) {
        const double wide = std::exp(sample(i, -740, 709));
        worst = std::fmax(worst, relative(log_of(wide), logl(wide)));
        const double near = sample(i, 0.5, 1.5);
        worst = std::fmax(worst, relative(log_of(near), logl(near)));
    }
    CHECK(worst < 1e-14);
    CHECK(std::bit_cast<uint64_t>(log_of(1)) == 0);
    CHECK(log_of(0) == -math::infinity);
    CHECK(log_of(-3) == -math::infinity);
    CHECK(log_of(math::infinity) == math::infinity);
    CHECK(std::isnan(log_of(std::nan(""))));
    CHECK(log_of(0x1p-1070) == doctest::Approx(-1070 * std::log(2.0)));
}

TEST_CASE("cos_of and its kin keep their error bounds") {
    double cosine = 0;
    double sine = 0;
    double arc = 0;
    for (uint64_t i = 0; i < 100'000; ++i) {
        const double x = sample(i, -1e6, 1e6);
        cosine = std::fmax(cosine, std::fabs(cos_of(x) - static_cast<double>(cosl(x))));
        sine = std::fmax(sine, std::fabs(math::sin_inline(x) - static_cast<double>(sinl(x))));
        const double y = sample(i, 0, 1);
        arc = std::fmax(arc, std::fabs(math::asin_inline(y) - static_cast<double>(asinl(y))));
    }
    CHECK(cosine < 1e-14);
    CHECK(sine < 1e-14);
    CHECK(arc < 1e-15);
    CHECK(math::asin_inline(1) == std::asin(1.0));
    CHECK(cos_of(1e300) == 1);
}

TEST_CASE("power_of multiplies small whole exponents out and takes the others by exp and log") {
    CHECK(power_of(3, 5) == 243);
    CHECK(power_of(-2, 3) == -8);
    CHECK(power_of(2, -2) == 0.25);
    CHECK(power_of(0, 0) == 1);
    CHECK(power_of(0, 0.5) == 0);
    CHECK(power_of(0, -0.5) == math::infinity);
    CHECK(std::isnan(power_of(-2, 0.5)));
    CHECK(power_of(2, 0.5) == doctest::Approx(std::sqrt(2.0)).epsilon(1e-14));
    CHECK(power_of(-1.01, 101) == doctest::Approx(std::pow(-1.01, 101)).epsilon(1e-12));
}

TEST_CASE("normal_quantile inverts the normal distribution within its bound") {
    double worst = 0;
    for (uint64_t i = 1; i < 100'000; ++i) {
        const double p = static_cast<double>(i) / 100'000;
        // One Newton step towards the truth tells the error.
        const double x = normal_quantile(p);
        const double error = (0.5 * std::erfc(-x / std::sqrt(2.0)) - p) * std::sqrt(2 * M_PI) * std::exp(x * x / 2);
        if (x != 0) worst = std::fmax(worst, std::fabs(error / x));
    }
    CHECK(worst < 1.2e-9);
    CHECK(normal_quantile(0.5) == 0);
    CHECK(normal_quantile(0) == doctest::Approx(-8.2095).epsilon(1e-4));
    CHECK(normal_quantile(1) == -normal_quantile(0));
}

TEST_CASE("log_gamma_of agrees with factorials") {
    double factorial_log = 0;
    for (int n = 2; n < 200; ++n) {
        factorial_log += std::log(n);
        CHECK(log_gamma_of(n + 1) == doctest::Approx(factorial_log).epsilon(1e-12));
    }
}

TEST_CASE("round_of goes away from zero at a half, and only there") {
    CHECK(round_of(2.5) == 3);
    CHECK(round_of(-2.5) == -3);
    CHECK(round_of(0.49999999999999994) == 0);
    CHECK(round_of(4503599627370497.5) == 4503599627370498.0);
    CHECK(round_of(-1e300) == -1e300);
}

TEST_CASE("real_of equals the conversion of the compiler over the whole range") {
    for (uint64_t i = 0; i < 20'000; ++i) {
        const auto value = static_cast<int64_t>(draw(3, i)) >> (i % 64);
        CHECK(math::real_of(value) == static_cast<double>(value));
    }
    CHECK(math::real_of(INT64_MIN) == -0x1p63);
    CHECK(math::real_of(INT64_MAX) == 0x1p63);
    CHECK(std::bit_cast<uint64_t>(math::real_of(0)) == 0);
}

TEST_CASE("distance_km knows how far Paris is from London") {
    CHECK(distance_km({48.8566, 2.3522}, {51.5074, -0.1278}) == doctest::Approx(343.56).epsilon(1e-3));
    CHECK(distance_km({0, 0}, {0, 180}) == doctest::Approx(20015.11).epsilon(1e-5));
    CHECK(distance_km({10, 20}, {10, 20}) == 0);
}

TEST_CASE("the bits of a million values are the same under every compiler and level of optimisation") {
    uint64_t digest = 0;
    const auto add = [&](double value) { digest = mix(digest ^ std::bit_cast<uint64_t>(value)); };
    for (uint64_t i = 0; i < 200'000; ++i) {
        add(exp_of(sample(i, -745, 709)));
        add(log_of(exp_of(sample(i, -700, 700))));
        add(cos_of(sample(i, -1e6, 1e6)));
        add(normal_quantile(sample(i, 0, 1)));
        add(power_of(sample(i, 0, 9), sample(i + 1, -9, 9)));
    }
    CHECK(digest == 14018697766692284881ULL);
}
