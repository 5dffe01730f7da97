// For the claims about the calendar, instants and durations.
#include "base/time.h"

#include <doctest/doctest.h>

using namespace headwater;

TEST_SUITE("base/time") {
    TEST_CASE("days count from 1970 and back, leap years included") {
        CHECK(days_of({1970, 1, 1}) == 0);
        CHECK(days_of({2000, 3, 1}) == 11017);
        CHECK(days_of({1969, 12, 31}) == -1);
        CHECK(days_of({1, 1, 1}) == -719162);
        int64_t day = days_of({1599, 12, 31});
        CivilDate before = civil_of(day);
        for (int i = 0; i < 300'000; ++i) {
            const CivilDate date = civil_of(++day);
            REQUIRE(days_of(date) == day);
            const bool is_next_day =
                date.year == before.year && date.month == before.month && date.day == before.day + 1;
            const bool is_next_month =
                date.year == before.year && date.month == before.month + 1 && date.day == 1 && before.day >= 28;
            const bool is_next_year = date.year == before.year + 1 && date.month == 1 && date.day == 1 &&
                                      before.month == 12 && before.day == 31;
            REQUIRE((is_next_day || is_next_month || is_next_year));
            before = date;
        }
        CHECK(civil_of(days_of({2000, 2, 29})).day == 29);
    }

    TEST_CASE("day_of floors") {
        CHECK(day_of(0) == 0);
        CHECK(day_of(micros_per_day - 1) == 0);
        CHECK(day_of(-1) == -1);
        CHECK(day_of(-micros_per_day) == -1);
    }

    TEST_CASE("instants are read with date, time, fraction and zone") {
        const int64_t day = days_of({2026, 11, 1}) * micros_per_day;
        CHECK(parse_instant("2026-11-01") == day);
        CHECK(parse_instant("2026-11-01T10:30:00") == day + 630 * micros_per_minute);
        CHECK(parse_instant("2026-11-01T10:30:00Z") == day + 630 * micros_per_minute);
        CHECK(parse_instant("2026-11-01T00:00:00.5Z") == day + 500'000);
        CHECK(parse_instant("2026-11-01T00:00:00.000001") == day + 1);
        CHECK(parse_instant("2026-11-01T02:00:00+02:00") == day);
        CHECK(parse_instant("2026-10-31T18:30:00-05:30") == day);
        CHECK(parse_instant("1969-12-31T23:59:59.999999Z") == -1);
    }

    TEST_CASE("what is no instant is refused") {
        for (const char* text : {"",
                                 "2026",
                                 "2026-11",
                                 "2026-13-01",
                                 "2026-00-01",
                                 "2026-02-29",
                                 "2026-04-31",
                                 "2026-11-01T",
                                 "2026-11-01T10:30",
                                 "2026-11-01T24:00:00",
                                 "2026-11-01T10:60:00",
                                 "2026-11-01T10:00:60",
                                 "2026-11-01T10:00:00.",
                                 "2026-11-01 10:00:00",
                                 "2026-11-01T10:00:00.1234567",
                                 "2026-11-01T10:00:00+2",
                                 "2026-11-01T10:00:00+24:00",
                                 "2026-11-01T10:00:00ZZ",
                                 "26-11-01",
                                 "0000-01-01",
                                 "2026-1-1",
                                 "2026-11-01Z"}) {
            CHECK_MESSAGE(!parse_instant(text).has_value(), text);
        }
    }

    TEST_CASE("durations are exact to the microsecond") {
        CHECK(parse_duration("30s") == 30 * micros_per_second);
        CHECK(parse_duration("1.5h") == 90 * micros_per_minute);
        CHECK(parse_duration("250ms") == 250'000);
        CHECK(parse_duration("7us") == 7);
        CHECK(parse_duration("2min") == 120 * micros_per_second);
        CHECK(parse_duration("3d") == 3 * micros_per_day);
        CHECK(parse_duration("1w") == 7 * micros_per_day);
        CHECK(parse_duration("1y") == 365 * micros_per_day);
        CHECK(parse_duration("-1s") == -micros_per_second);
        CHECK(parse_duration("0.1s") == 100'000);
        CHECK(parse_duration("0s") == 0);
        CHECK(parse_duration("0.0000005s") == 1);
        for (const char* text :
             {"", "5", "s", ".5s", "5.s", "1..2s", "1.2.3s", "5S", "+5s", "300000000y", "1h30", "1h-30m",
              "99999999999999999999s", "200000y 200000y", "5  s", "5s ", " 5s", "5M", "1mo"}) {
            CHECK_MESSAGE(!parse_duration(text).has_value(), text);
        }
    }

    TEST_CASE("durations are sums as Go and systemd write them") {
        CHECK(parse_duration("5m") == 5 * micros_per_minute);
        CHECK(parse_duration("5 s") == 5 * micros_per_second);
        CHECK(parse_duration("1m30s") == 90 * micros_per_second);
        CHECK(parse_duration("2h12s") == 2 * micros_per_hour + 12 * micros_per_second);
        CHECK(parse_duration("2h 12s") == 2 * micros_per_hour + 12 * micros_per_second);
        CHECK(parse_duration("1h30min") == 90 * micros_per_minute);
        CHECK(parse_duration("1.5h2.5s") == 90 * micros_per_minute + 2'500'000);
        CHECK(parse_duration("300ms20\u00b5s7us") == 300'027);
        CHECK(parse_duration("-1h1m") == -61 * micros_per_minute);
        CHECK(parse_duration("2 days 3 hours") == 51 * micros_per_hour);
        CHECK(parse_duration("1week 2msec") == 7 * micros_per_day + 2000);
        for (const int64_t micros : {int64_t{7}, int64_t{90} * micros_per_minute, 400 * micros_per_day + 1})
            CHECK(parse_duration(human_duration(micros)) == micros);
    }

    TEST_CASE("durations are read as ISO 8601 writes them") {
        CHECK(parse_duration("PT1H30M") == 90 * micros_per_minute);
        CHECK(parse_duration("P1DT12H") == 36 * micros_per_hour);
        CHECK(parse_duration("P2W") == 14 * micros_per_day);
        CHECK(parse_duration("P1Y2D") == 367 * micros_per_day);
        CHECK(parse_duration("PT0.5S") == 500'000);
        CHECK(parse_duration("-PT5S") == -5 * micros_per_second);
        for (const char* text : {"P", "PT", "P1DT", "P1M", "P1H", "PT1D", "1H", "T1H", "PT 1H", "PT1h", "PT1HT2M"})
            CHECK_MESSAGE(!parse_duration(text).has_value(), text);
    }

    TEST_CASE("durations are printed for people") {
        CHECK(human_duration(0) == "0s");
        CHECK(human_duration(90 * micros_per_minute) == "1h 30min");
        CHECK(human_duration(250'000) == "250ms");
        CHECK(human_duration(1) == "1us");
        CHECK(human_duration(8 * micros_per_day + 1) == "8d 1us");
        CHECK(human_duration(400 * micros_per_day) == "1y 35d");
        CHECK(human_duration(-micros_per_second) == "-1s");
        CHECK(human_duration(INT64_MIN).starts_with("-"));
    }

    TEST_CASE("instants are printed so that they read back") {
        CHECK(spell_instant(0) == "1970-01-01T00:00:00Z");
        CHECK(spell_instant(500'000) == "1970-01-01T00:00:00.500Z");
        CHECK(spell_instant(-1) == "1969-12-31T23:59:59.999999Z");
        for (int64_t micros = -50'000'000'000'000'000; micros < 100'000'000'000'000'000;
             micros += 1'234'567'890'123'457) {
            CHECK(parse_instant(spell_instant(micros)) == micros);
        }
    }
}
