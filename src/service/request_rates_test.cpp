#include "service/request_rates.h"

#include <doctest/doctest.h>

namespace headwater {

namespace {

/// Counts how many of so many requests, one each `step` microseconds from `from` on, are let through.
int taken(RequestRates& rates, const std::string& address, int64_t from, int64_t step, int count) {
    int result = 0;
    for (int i = 0; i < count; ++i) result += rates.take(address, from + i * step);
    return result;
}

}  // namespace

TEST_CASE("an address that asks too often is let through at its rate, and another is not hindered") {
    RequestRates rates(10);
    CHECK(taken(rates, "a", 0, 0, 100) == 20);
    CHECK(taken(rates, "a", 1'000'000, 10'000, 1000) == doctest::Approx(110).epsilon(0.02));
    CHECK(taken(rates, "b", 11'000'000, 0, 100) == 20);
    CHECK(taken(rates, "a", 100'000'000, 100'000, 1000) == 1000);
}

TEST_CASE("a rate below one a second lets a request through once in so many seconds") {
    RequestRates rates(0.1);
    CHECK(taken(rates, "a", 0, 1'000'000, 100) == 10);
}

TEST_CASE("no rate is no limit") {
    RequestRates rates(0);
    CHECK(taken(rates, "a", 0, 0, 10'000) == 10'000);
    CHECK(rates.size() == 0);
}

TEST_CASE("a clock that goes back gives nothing away") {
    RequestRates rates(1);
    CHECK(taken(rates, "a", 10'000'000, 0, 10) == 2);
    CHECK(taken(rates, "a", 0, 0, 10) == 0);
}

TEST_CASE("the addresses that are remembered are few, and a flood of them costs no memory") {
    RequestRates rates(1);
    for (int i = 0; i < 100'000; ++i) rates.take(std::to_string(i), i);
    CHECK(rates.size() <= RequestRates::most_addresses);
    // Those that ask on are remembered when the others are forgotten.
    RequestRates known(1);
    for (size_t i = 0; i < RequestRates::most_addresses; ++i) known.take("old" + std::to_string(i), 0);
    CHECK(taken(known, "busy", 60'000'000, 0, 10) == 2);
    CHECK(known.size() == 1);
    CHECK(!known.take("busy", 60'000'000));
}

}  // namespace headwater
