// For the claims of base/sample.h: distributions as statistics, permutations as laws.
#include "base/sample.h"

#include <doctest/doctest.h>
#include <cmath>
#include <vector>

#include "base/math.h"

using namespace headwater;

namespace {

/// Sums (seen - expected)^2 / expected over cells with enough expected; its mean is the number of cells, its variance twice that.
struct ChiSquare {
    double sum = 0;
    int cells = 0;
    void add(double seen, double expected) {
        if (expected < 10) return;
        sum += (seen - expected) * (seen - expected) / expected;
        ++cells;
    }
    double sigmas() const { return (sum - cells) / std::sqrt(2.0 * cells); }
};

constexpr int draws = 200'000;

double poisson_sigmas(double mean) {
    std::vector<double> seen(static_cast<size_t>(mean * 2 + 60));
    for (uint64_t i = 0; i < draws; ++i) ++seen.at(static_cast<size_t>(poisson_of(draw(5, i), mean)));
    ChiSquare test;
    for (size_t k = 0; k < seen.size(); ++k)
        test.add(seen[k], draws * std::exp(static_cast<double>(k) * std::log(mean) - mean -
                                           std::lgamma(static_cast<double>(k) + 1)));
    return test.sigmas();
}

double zipf_sigmas(int64_t size, double skew) {
    std::vector<double> seen(static_cast<size_t>(size) + 1);
    for (uint64_t i = 0; i < draws; ++i) ++seen.at(static_cast<size_t>(zipf_of(draw(6, i), size, skew)));
    double sum = 0;
    for (int64_t k = 1; k <= size; ++k) sum += std::pow(static_cast<double>(k), -skew);
    ChiSquare test;
    for (int64_t k = 1; k <= size; ++k)
        test.add(seen[static_cast<size_t>(k)], draws * std::pow(static_cast<double>(k), -skew) / sum);
    return test.sigmas();
}

}  // namespace

TEST_CASE("poisson_of follows its distribution on both sides of the change of method") {
    for (const double mean : {0.1, 1.0, 7.5, 29.9, 30.0, 45.5, 300.0}) {
        CAPTURE(mean);
        CHECK(std::fabs(poisson_sigmas(mean)) < 4.5);
    }
    CHECK(poisson_of(1, 0) == 0);
    CHECK(poisson_of(1, -3) == 0);
    CHECK(poisson_of(1, std::nan("")) == 0);
}

TEST_CASE("a large Poisson mean is met with its deviation, and a mean beyond the cap is capped") {
    double sum = 0;
    double squares = 0;
    for (uint64_t i = 0; i < 10'000; ++i) {
        const double z = (static_cast<double>(poisson_of(draw(8, i), 1e30)) - 1e9) / std::sqrt(1e9);
        sum += z;
        squares += z * z;
    }
    CHECK(std::fabs(sum / 100) < 4);
    CHECK(std::fabs(squares / 10'000 - 1) < 4 * std::sqrt(2.0 / 10'000));
}

TEST_CASE("zipf_of follows its distribution for every kind of skew") {
    for (const double skew : {0.3, 0.9999, 1.0, 1.0001, 1.1, 2.0, 5.0}) {
        for (const int64_t size : {1, 2, 10, 1000}) {
            CAPTURE(skew);
            CAPTURE(size);
            if (size > 1) CHECK(std::fabs(zipf_sigmas(size, skew)) < 4.5);
        }
    }
    CHECK(zipf_of(99, 1, 1.5) == 1);
    CHECK(zipf_of(99, -5, 1.5) == 1);
}

TEST_CASE("zipf_of reaches far into a huge range") {
    int64_t largest = 0;
    for (uint64_t i = 0; i < 10'000; ++i) {
        const int64_t k = zipf_of(draw(9, i), 1LL << 40, 1.0);
        CHECK_UNARY(k >= 1 && k <= (1LL << 40));
        largest = std::max(largest, k);
    }
    CHECK(largest > (1LL << 39));
}

TEST_CASE("permuted visits every place once, whatever the size and the key") {
    for (int64_t size = 1; size <= 2000; ++size) {
        std::vector<bool> seen(static_cast<size_t>(size));
        int64_t fresh = 0;
        for (int64_t i = 0; i < size; ++i) {
            const int64_t place = permuted(i, size, static_cast<uint64_t>(size) * 77);
            if (place >= 0 && place < size && !seen[static_cast<size_t>(place)]) {
                seen[static_cast<size_t>(place)] = true;
                ++fresh;
            }
        }
        REQUIRE(fresh == size);
    }
    CHECK(permuted(-1, 10, 4) == permuted(9, 10, 4));
    CHECK(permuted(5, 0, 4) == 0);
    CHECK(permuted(INT64_MAX - 1, INT64_MAX, 4) != permuted(INT64_MAX - 2, INT64_MAX, 4));
}

TEST_CASE("permuted scatters neighbours, and differently for another key") {
    constexpr int64_t size = 100'000;
    ChiSquare test;
    std::vector<double> steps(64);
    int same = 0;
    for (int64_t i = 0; i + 1 < size; ++i) {
        const int64_t step = floor_mod(permuted(i + 1, size, 1) - permuted(i, size, 1), size);
        ++steps[static_cast<size_t>(step * 64 / size)];
        same += permuted(i, size, 1) == permuted(i, size, 2) ? 1 : 0;
    }
    for (const double seen : steps) test.add(seen, static_cast<double>(size) / 64);
    CHECK(std::fabs(test.sigmas()) < 4.5);
    CHECK(same < 10);
}

TEST_CASE("noise_of has mean 0 and deviation 1, is continuous, and goes through its knots") {
    constexpr int64_t period = 1'000'000;
    double sum = 0;
    double squares = 0;
    constexpr int64_t steps = 16;
    constexpr int64_t knots = 20'000;
    for (int64_t i = 0; i < knots * steps; ++i) {
        const double value = noise_of(i * (period / steps), 42, period);
        sum += value;
        squares += value * value;
    }
    CHECK(std::fabs(sum / (knots * steps)) < 4.5 / std::sqrt(knots));
    CHECK(std::fabs(squares / (knots * steps) - 1) < 4.5 * 2 / std::sqrt(knots));
    CHECK(noise_of(-3 * period, 42, period) == doctest::Approx(noise_knot(42, -3) * std::sqrt(231.0 / 181)));
    CHECK(noise_of(5 * period - 1, 42, period) == doctest::Approx(noise_of(5 * period, 42, period)).epsilon(1e-6));
}

TEST_CASE("floor_div and floor_mod go towards minus infinity") {
    CHECK(floor_div(-1, 10) == -1);
    CHECK(floor_mod(-1, 10) == 9);
    CHECK(floor_div(-10, 10) == -1);
    CHECK(floor_mod(-10, 10) == 0);
    CHECK(floor_div(INT64_MIN, 1) == INT64_MIN);
}
