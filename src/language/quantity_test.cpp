// For the claims about numbers with units in slots.
#include <doctest/doctest.h>

#include "base/time.h"
#include "language/expression.h"

using namespace headwater;

namespace {

using Kind = Quantity::Kind;

Quantity read(std::string_view text) {
    Quantity quantity;
    REQUIRE_MESSAGE(read_quantity(text, quantity), std::string(text));
    return quantity;
}

bool is_refused(std::string_view text) {
    Quantity quantity{.kind = Kind::size, .value = 7};
    const bool is_read = read_quantity(text, quantity);
    return !is_read && quantity.kind == Kind::size && quantity.value == 7;
}

}  // namespace

TEST_SUITE("language/quantity") {
    TEST_CASE("numbers keep their digits behind the point and know whether they are whole") {
        CHECK(read("12.50").value == 12.5);
        CHECK(read("12.50").scale == 2);
        CHECK_FALSE(read("12.50").whole);
        CHECK(read("-7").value == -7);
        CHECK(read("-7").whole);
        CHECK(read("0").whole);
        CHECK(read("1e3").value == 1000);
        CHECK(read("2k").value == 2000);
        CHECK(read("2k").whole);
        CHECK(read("1.5k").whole);
        CHECK_FALSE(read("1.0005k").whole);
        CHECK(read("1M").value == 1e6);
        CHECK(read("3G").value == 3e9);
    }

    TEST_CASE("shares are the nearest double of what is written") {
        CHECK(read("70%").kind == Kind::share);
        CHECK(read("70%").value == 0.7);
        CHECK(read("0.1%").value == 0.001);
        CHECK(read("1.5%").value == 0.015);
        CHECK(read("100%").value == 1.0);
    }

    TEST_CASE("durations are amounts of units of time, without blanks") {
        CHECK(read("30s").kind == Kind::duration);
        CHECK(read("30s").micros == 30 * micros_per_second);
        CHECK(read("1.5h").micros == 90 * micros_per_minute);
        CHECK(read("250ms").micros == 250'000);
        CHECK(read("1y").micros == 365 * micros_per_day);
        CHECK(read("-2min").micros == -2 * micros_per_minute);
        CHECK(read("1h30m").micros == 90 * micros_per_minute);
        CHECK(read("PT1H30M").micros == 90 * micros_per_minute);
        CHECK(read("5m").micros == 5 * micros_per_minute);
        CHECK(is_refused("5 min"));
        CHECK(is_refused("1h30"));
    }

    TEST_CASE("rates are per second") {
        CHECK(read("200/s").kind == Kind::rate);
        CHECK(read("200/s").value == 200);
        CHECK(read("5k/s").value == 5000);
        CHECK(read("6/min").value == 0.1);
        CHECK(read("1/5d").value == 1.0 / (5 * 86400));
        CHECK(read("10/2s").value == 5);
        CHECK(is_refused("200/"));
        CHECK(is_refused("/s"));
        CHECK(is_refused("2/0s"));
        CHECK(is_refused("2s/s"));
        CHECK(is_refused("50%/s"));
    }

    TEST_CASE("sizes are bytes, with or without a space") {
        CHECK(read("8 MiB").kind == Kind::size);
        CHECK(read("8 MiB").value == 8.0 * 1024 * 1024);
        CHECK(read("8MiB").value == 8.0 * 1024 * 1024);
        CHECK(read("512B").value == 512);
        CHECK(read("1.5 GB").value == 1.5e9);
        CHECK(read("1kB").value == 1000);
        CHECK(read("1KB").value == 1000);
        CHECK(read("2 TB").value == 2e12);
        CHECK(read("1.5TiB").value == 1.5 * 1024 * 1024 * 1024 * 1024);
        CHECK(is_refused("1.0005kB"));
        CHECK(is_refused("8  MiB"));
        CHECK(is_refused("8 s"));
    }

    TEST_CASE("instants are dates with or without a time") {
        CHECK(read("2026-11-01T00:00:00Z").kind == Kind::instant);
        CHECK(read("2026-11-01").micros == days_of({2026, 11, 1}) * micros_per_day);
        CHECK(is_refused("2026-02-30"));
    }

    TEST_CASE("anything else is none, and leaves the quantity as it was") {
        for (const char* text : {"", "abc", "1.", ".5", "1..2", "+5", "0x10", "007", "1,000", "inf", "nan", "--1", "5 ",
                                 " 5", "1e", "5e3s", "1e999", "%", "s"}) {
            CHECK_MESSAGE(is_refused(text), text);
        }
        CHECK(is_refused(std::string(100, '9')));
        CHECK(is_refused("99999999999999999y"));
    }
}
