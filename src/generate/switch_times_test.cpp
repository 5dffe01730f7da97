#include "generate/switch_times.h"

#include <doctest/doctest.h>
#include <cmath>

#include "base/time.h"
#include "generate/rate_clock.h"

using namespace headwater;

namespace {

constexpr int64_t second = micros_per_second;

std::shared_ptr<const RateSpec> constant(double rate) {
    RateSpec spec;
    spec.constant = rate;
    return std::make_shared<const RateSpec>(std::move(spec));
}

/// Ten a second; from 100 s on none; from 160.25 s on 70 a second; from 200 s on ten again.
RateSpec switched() {
    RateSpec spec = *constant(10);
    spec.key = 7;
    const auto ten = constant(10);
    spec.switches = {{100 * second, constant(0)}, {160'250'000, constant(70)}, {200 * second, ten}};
    return spec;
}

}  // namespace

TEST_SUITE("switches") {
    TEST_CASE("ranges that touch or overlap are one, and an end is no longer part of it") {
        const SwitchTimes times({{50, 60}, {10, 20}, {15, 30}, {30, 31}, {70, 70}});
        CHECK(times.ranges() == std::vector<TimeRange>{{10, 31}, {50, 60}});
        for (const int64_t on : {10, 30, 50, 59}) CHECK(times.is_on(on));
        for (const int64_t off : {9, 31, 49, 60, 70}) CHECK(!times.is_on(off));
        CHECK(times.rows_by(10) == 0);
        CHECK(times.rows_by(11) == 1);
        CHECK(times.time_of(3) == 60);
        CHECK(times.time_of(4) == INT64_MAX);
    }

    TEST_CASE("a rate that switches makes the expected number of rows in each piece, and none while it is 0") {
        const auto clock = make_rate_clock(switched());
        const auto rows = [&](int64_t from, int64_t to) {
            return static_cast<double>(clock->rows_by(to) - clock->rows_by(from));
        };
        const auto is_near = [](double made, double expected) {
            return std::abs(made - expected) <= 4 * std::sqrt(expected);
        };
        CHECK(is_near(rows(0, 100 * second), 1000));
        CHECK(rows(100 * second, 160'250'000) == 0);
        CHECK(is_near(rows(160'250'000, 200 * second), 70 * 39.75));
        CHECK(is_near(rows(200 * second, 400 * second), 2000));
    }

    TEST_CASE("before its first switch a rate makes the rows that it makes without one") {
        for (const bool is_even : {false, true}) {
            RateSpec spec = switched(), plain = switched();
            spec.even = plain.even = is_even;
            spec.constant = plain.constant = 9.7;
            plain.switches.clear();
            const auto with = make_rate_clock(spec), without = make_rate_clock(plain);
            const int64_t rows = with->rows_by(100 * second);
            REQUIRE(rows > 850);
            REQUIRE(rows == without->rows_by(100 * second));
            for (int64_t row = 0; row < rows; ++row) CHECK(with->time_of(row) == without->time_of(row));
        }
    }

    TEST_CASE("rows and instants of a rate that switches agree in both directions, singly and in runs") {
        for (const bool is_even : {false, true}) {
            RateSpec spec = switched();
            spec.even = is_even;
            const auto clock = make_rate_clock(spec);
            constexpr uint32_t count = 6000;
            std::vector<int64_t> times(count);
            clock->times(0, count, times.data());
            for (uint32_t row = 0; row < count; ++row) {
                CHECK(clock->time_of(row) == times[row]);
                if (row > 0) CHECK(times[row - 1] <= times[row]);
                CHECK(clock->rows_by(times[row]) <= row);
                CHECK(clock->rows_by(times[row] + 1) > row);
            }
        }
    }
}
