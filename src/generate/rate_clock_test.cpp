// For the laws of clocks: both directions agree at every instant, and any rows are reached alone.
#include "generate/rate_clock.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/time.h"

using namespace headwater;

namespace {

constexpr int64_t start = 1'767'225'600'000'000 + 37'123'456;  // in a Thursday's first minute

struct Named {
    std::string name;
    RateSpec spec;
    int64_t rows;  ///< rows among which it is tried
};

RateSpec constant(double rate, bool even = false) { return {.start = start, .key = 7, .even = even, .constant = rate}; }

RateSpec varying(std::function<double(int64_t)> rate_of, int64_t period, int64_t slice_us, bool even = false) {
    RateSpec spec{.start = start, .key = 11, .even = even};
    spec.rates = [rate_of](int64_t first, uint32_t count, double* rates) {
        for (uint32_t i = 0; i < count; ++i) rates[i] = rate_of(first + i);
    };
    spec.origin = period > 0 ? start - start % micros_per_day - 3 * micros_per_day : start;
    spec.slice_us = slice_us;
    spec.period_slices = period;
    return spec;
}

double by_hour(int64_t slice) { return slice % 24 < 6 ? 0 : 0.1 * static_cast<double>(slice % 24); }
double in_bursts(int64_t slice) { return slice / 7 % 40 == 3 ? 900.0 : slice % 2 == 0 ? 0.25 : 0.0; }
double once(int64_t slice) { return slice >= 2000 && slice < 5000 ? 0.5 : 0; }

std::vector<Named> clocks() {
    return {{"random", constant(1000), 1 << 20},
            {"random, rare", constant(1.0 / 3600), 1 << 20},
            {"random, many in a microsecond", constant(4.2e7), 1 << 24},
            {"even", constant(1000, true), 1 << 20},
            {"even, not a divisor", constant(7, true), 1 << 20},
            {"even, thousandths", constant(0.3, true), 1 << 20},
            {"even, crooked", constant(0.12345678901, true), 1 << 20},
            {"even, many in a microsecond", constant(3e6, true), 1 << 24},
            {"weekly", varying(by_hour, 168, micros_per_hour), 1 << 22},
            {"weekly, even", varying(by_hour, 168, micros_per_hour, true), 1 << 22},
            {"growing", varying(in_bursts, 0, micros_per_minute), 1 << 20},
            {"growing, even", varying(in_bursts, 0, micros_per_minute, true), 1 << 20},
            {"growing, for a while", varying(once, 0, micros_per_minute), 90'100}};
}

}  // namespace

TEST_CASE("a clock counts before an instant exactly the rows whose time is before it") {
    for (const Named& named : clocks()) {
        CAPTURE(named.name);
        const auto clock = make_rate_clock(named.spec);
        CHECK(clock->rows_by(start) == 0);
        for (uint64_t i = 0; i < 300; ++i) {
            const auto row = static_cast<int64_t>(below(draw(1, i), static_cast<uint64_t>(named.rows)));
            const int64_t time = clock->time_of(row);
            if (time == INT64_MAX) continue;
            const auto beside = static_cast<int64_t>(below(draw(2, i), 3)) - 1;
            for (const int64_t instant :
                 {time, time + 1, time + beside, time + static_cast<int64_t>(draw(3, i) >> 40)}) {
                const int64_t rows = clock->rows_by(instant);
                CAPTURE(row);
                CAPTURE(instant - start);
                if (rows > 0) REQUIRE(clock->time_of(rows - 1) < instant);
                REQUIRE(clock->time_of(rows) >= instant);
            }
        }
    }
}

TEST_CASE("rows of a clock never go back in time, nor before the start, wherever one begins to read") {
    for (const Named& named : clocks()) {
        CAPTURE(named.name);
        const auto clock = make_rate_clock(named.spec);
        for (uint64_t i = 0; i < 40; ++i) {
            const auto first = i == 0 ? 0 : static_cast<int64_t>(below(draw(4, i), static_cast<uint64_t>(named.rows)));
            const auto count = static_cast<uint32_t>(1 + below(draw(5, i), 700));
            std::vector<int64_t> times(count);
            clock->times(first, count, times.data());
            REQUIRE(times[0] >= start);
            REQUIRE(std::is_sorted(times.begin(), times.end()));
            for (uint32_t k = 0; k < count; k += 1 + k / 8) REQUIRE(times[k] == clock->time_of(first + k));
        }
    }
}

TEST_CASE("even rows begin at the start and keep their distance to the microsecond") {
    const auto sevenths = make_rate_clock(constant(7, true));
    for (const int64_t row : {0, 1, 6, 7, 1000, 7'000'001})
        CHECK(sevenths->time_of(row) == start + row * 1'000'000 / 7);
    const auto minutes = make_rate_clock(constant(1.0 / 60, true));
    CHECK(minutes->time_of(60) == start + micros_per_hour);
    CHECK(minutes->rows_by(start + micros_per_hour) == 60);
    const auto tenths = make_rate_clock(constant(0.3, true));
    CHECK(tenths->time_of(3) == start + 10 * micros_per_second);
}

TEST_CASE("random rows lie as those of a Poisson process inside their blocks") {
    const double rate = 500;
    const auto clock = make_rate_clock(constant(rate));
    constexpr int64_t rows = 640'000;
    CHECK(clock->rows_by(start + 128 * micros_per_second) == 64'000);  // 1,000 blocks, whole
    std::vector<int64_t> times(rows);
    for (int64_t first = 0; first < rows; first += 64'000) clock->times(first, 64'000, times.data() + first);
    double sum = 0, squares = 0;
    int64_t longer_than_mean = 0;
    for (size_t i = 1; i < times.size(); ++i) {
        const double gap = static_cast<double>(times[i] - times[i - 1]) * rate / 1e6;
        sum += gap;
        squares += gap * gap;
        longer_than_mean += gap > 1 ? 1 : 0;
    }
    const double gaps = rows - 1;
    CHECK(sum / gaps == doctest::Approx(1.0).epsilon(0.001));
    // Within a block of n = 64 a gap is Beta(1, n): variance of 64 gaps n / (n + 2); across blocks it is that of two ends.
    CHECK(squares / gaps - 1 == doctest::Approx(0.97).epsilon(0.02));
    CHECK(static_cast<double>(longer_than_mean) / gaps == doctest::Approx(0.3679).epsilon(0.01));
}

TEST_CASE("as many rows come as the rate amounts to") {
    const auto weekly = make_rate_clock(varying(by_hour, 168, micros_per_hour));
    const int64_t midnight = start - start % micros_per_day + micros_per_day;
    double expected = 0;
    for (int hour = 0; hour < 24; ++hour) expected += by_hour(hour) * 3600;
    for (const int day : {0, 1, 6, 300}) {
        const int64_t from = midnight + day * micros_per_day;
        const auto rows = static_cast<double>(weekly->rows_by(from + micros_per_day) - weekly->rows_by(from));
        CHECK(std::abs(rows - expected) <= 64);
        CHECK(weekly->rows_by(from + 6 * micros_per_hour) == weekly->rows_by(from));
    }
    const auto bursts = make_rate_clock(varying(in_bursts, 0, micros_per_minute));
    const auto rows = bursts->rows_by(start + 28 * micros_per_minute) - bursts->rows_by(start + 21 * micros_per_minute);
    CHECK(std::abs(static_cast<double>(rows) - 7 * 60 * 900.0) <= 64);
}

TEST_CASE("rows that never come have no time") {
    CHECK(make_rate_clock(constant(0))->time_of(0) == INT64_MAX);
    CHECK(make_rate_clock(constant(0, true))->rows_by(INT64_MAX) == 0);
    const auto silent = make_rate_clock(varying([](int64_t) { return 0.0; }, 168, micros_per_hour));
    CHECK(silent->time_of(0) == INT64_MAX);
    CHECK(silent->rows_by(start + micros_per_day) == 0);
    const auto while_it_lasts = make_rate_clock(varying(once, 0, micros_per_minute));
    const int64_t all = while_it_lasts->rows_by(INT64_MAX);  // 90,000, which is not a whole number of blocks
    CHECK(std::abs(all - 90'000) <= 64);
    CHECK(while_it_lasts->time_of(all - 1) < start + 5000 * micros_per_minute);
    CHECK(while_it_lasts->time_of(all) == INT64_MAX);
    const auto broken = make_rate_clock(varying([](int64_t) { return std::nan(""); }, 24, micros_per_hour));
    CHECK(broken->time_of(0) == INT64_MAX);
}

TEST_CASE("a rate that repeats gives the rows of the same rate written out") {
    const int64_t hour = micros_per_hour;
    RateSpec repeated = varying(by_hour, 24, hour), written_out = varying(by_hour, 0, hour);
    repeated.start = repeated.origin = written_out.start = written_out.origin = start - start % micros_per_day;
    const auto one = make_rate_clock(repeated), other = make_rate_clock(written_out);
    int64_t most = 0;
    for (int64_t row = 0; row < 3'000'000; row += 9'973)
        most = std::max(most, std::abs(one->time_of(row) - other->time_of(row)));
    CHECK(most <= 1);
}

TEST_CASE("far rows are reached like near ones") {
    const auto random = make_rate_clock(constant(1000));
    CHECK(std::abs(random->time_of(1'000'000'000'000) - (start + 1'000'000'000 * micros_per_second)) <= 64'000);
    const auto even = make_rate_clock(constant(1000, true));
    CHECK(even->time_of(1'000'000'000'000) == start + 1'000'000'000 * micros_per_second);
    CHECK(even->rows_by(start + 1'000'000'000 * micros_per_second) == 1'000'000'000'000);
    CHECK(even->time_of(INT64_MAX) == INT64_MAX);
    CHECK(random->rows_by(INT64_MAX) > 1'000'000'000'000);
}
