#include "engine/silence.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

constexpr int64_t second = micros_per_second;

}  // namespace

TEST_CASE("a run that makes records is left alone, however much time passes between them") {
    Silence silence;
    for (int64_t made = 0; made < 10; ++made)
        CHECK(silence.look(made, made * 365 * micros_per_day, made * 100 * second, false) == Silence::Advice::go_on);
}

TEST_CASE("a silence is told once, and again after the next record") {
    Silence silence;
    CHECK(silence.look(0, 0, 0, false) == Silence::Advice::go_on);
    CHECK(silence.look(0, 100, 3 * second, false) == Silence::Advice::tell);
    CHECK(silence.look(0, 200, 4 * second, false) == Silence::Advice::go_on);
    CHECK(silence.look(1, 300, 5 * second, false) == Silence::Advice::go_on);
    CHECK(silence.since() == 300);
    CHECK(silence.look(1, 400, 9 * second, false) == Silence::Advice::tell);
}

TEST_CASE("a silence of a month of work ends a run, and so does a minute of work") {
    Silence month, minute;
    month.look(5, 0, 0, false);
    CHECK(month.look(5, 31 * micros_per_day, 3 * second, false) == Silence::Advice::tell);
    CHECK(month.look(5, 31 * micros_per_day, 9 * second, false) == Silence::Advice::end);
    minute.look(5, 0, 0, false);
    CHECK(minute.look(5, micros_per_day, 59 * second, false) != Silence::Advice::end);
    CHECK(minute.look(5, micros_per_day, 61 * second, false) == Silence::Advice::end);
}

TEST_CASE("a run whose time has an end is never ended by a silence") {
    Silence silence;
    silence.look(0, 0, 0, true);
    CHECK(silence.look(0, 400 * micros_per_day, 300 * second, true) == Silence::Advice::tell);
    CHECK(silence.look(0, 800 * micros_per_day, 900 * second, true) == Silence::Advice::go_on);
}
