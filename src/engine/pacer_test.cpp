// For the claims about time: when windows come, how long they are, and when a run is over.
#include "engine/pacer.h"

#include <doctest/doctest.h>

#include "engine/fakes.h"

using namespace headwater;

namespace {

/// A record every millisecond.
int64_t every_ms(int64_t from, int64_t records) { return from + records * 1000; }

}  // namespace

TEST_CASE("history comes in windows of the asked size without waiting, the last one exact") {
    fakes::SteppedTime time;
    StopToken stop;
    Pacer pacer({.until = 2'500'000, .window_records = 1000}, time, stop);
    auto first = pacer.next(0, 0, every_ms);
    REQUIRE(first);
    CHECK(first->window.to == 1'000'000);
    CHECK(!first->exact);
    auto last = pacer.next(2'000'000, 2000, every_ms);
    CHECK(last->window.to == 2'500'000);
    CHECK(last->exact);
    CHECK(pacer.waited_us() == 0);
}

TEST_CASE("a rate spreads records over real time and the first one is not waited for") {
    fakes::SteppedTime time;
    StopToken stop;
    Pacer pacer({.rate = 5000, .tick_us = 20'000}, time, stop);
    auto due = pacer.next(0, 0, every_ms);
    CHECK(due->window.to == 100'000);  // 5000/s for 20 ms = 100 records
    CHECK(due->exact);
    CHECK(time.elapsed() == 0);
    pacer.next(100'000, 100, every_ms);
    CHECK(time.elapsed() == 20'000);
    pacer.next(200'000, 5000, every_ms);
    CHECK(time.elapsed() == 1'000'000);
}

TEST_CASE("a low rate still hands out one record at a time") {
    fakes::SteppedTime time;
    StopToken stop;
    Pacer pacer({.rate = 2}, time, stop);
    CHECK(pacer.next(0, 0, every_ms)->window.to == 1000);
    CHECK(pacer.next(1000, 1, every_ms)->window.to == 2000);
    CHECK(time.elapsed() == 500'000);
}

TEST_CASE("a paced run that fell behind catches up by one second at most") {
    fakes::SteppedTime time;
    StopToken stop;
    Pacer pacer({.rate = 1000}, time, stop);
    pacer.next(0, 0, every_ms);
    time.wait(60 * micros_per_second, stop);
    pacer.next(1000, 10, every_ms);
    CHECK(pacer.lag_us() == 59'990'000);
    pacer.next(1000, 1010, every_ms);
    CHECK(time.elapsed() == 60 * micros_per_second);
    pacer.next(1000, 1510, every_ms);
    CHECK(time.elapsed() == 60'500'000);
}

TEST_CASE("history runs into live without a seam") {
    fakes::SteppedTime time(10 * micros_per_second);
    StopToken stop;
    Pacer pacer({.live = true, .window_records = 4000, .tick_us = 20'000}, time, stop);
    int64_t from = 0;
    for (int windows = 0; windows < 2; ++windows) from = pacer.next(from, 0, every_ms)->window.to;
    CHECK(from == 8 * micros_per_second);
    CHECK(time.elapsed() == 0);
    auto last_of_history = pacer.next(from, 0, every_ms);
    CHECK(last_of_history->window.to == 10 * micros_per_second);
    CHECK(last_of_history->exact);
    CHECK(!pacer.is_live());
    auto live = pacer.next(10 * micros_per_second, 0, every_ms);
    CHECK(pacer.is_live());
    CHECK(live->window.from == 10 * micros_per_second);
    CHECK(live->window.to == 10 * micros_per_second + 20'000);
    CHECK(live->exact);
}

TEST_CASE("speed stretches live windows") {
    fakes::SteppedTime time(0);
    StopToken stop;
    Pacer pacer({.live = true, .speed = 60, .tick_us = 20'000}, time, stop);
    CHECK(pacer.next(5000, 0, every_ms)->window.to == 5000 + 60 * 20'000);
}

TEST_CASE("a clock that goes on does not keep a run in history") {
    fakes::SteppedTime time(micros_per_second);
    StopToken stop;
    Pacer pacer({.live = true, .tick_us = 20'000}, time, stop);
    int64_t from = 0;
    int windows = 0;
    while (!pacer.is_live() && ++windows < 100) {
        from = pacer.next(from, 0, every_ms)->window.to;
        time.wait(time.elapsed() + 7, stop);
    }
    CHECK(windows < 4);
    CHECK(from >= micros_per_second + 20'000);
}

TEST_CASE("live windows last a tick even when a little time has passed already") {
    fakes::SteppedTime time(0);
    StopToken stop;
    Pacer pacer({.live = true, .tick_us = 20'000}, time, stop);
    int64_t from = pacer.next(1000, 0, every_ms)->window.to;
    time.wait(time.elapsed() + 7, stop);
    CHECK(pacer.next(from, 0, every_ms)->window.to >= from + 20'000);
    time.wait(time.elapsed() + 300'000, stop);
    CHECK(pacer.next(from, 0, [](int64_t at, int64_t) { return at + 5; })->window.to == from + 5);
    CHECK(pacer.lag_us() > 250'000);
}

TEST_CASE("a limit of real time ends a paced run, and a live one counted from where it became live") {
    fakes::SteppedTime time(10 * micros_per_second);
    StopToken stop;
    Pacer paced({.rate = 1, .real_limit_us = 3 * micros_per_second}, time, stop);
    CHECK(paced.next(0, 0, every_ms));
    CHECK(paced.next(1000, 2, every_ms));
    CHECK(!paced.next(2000, 30, every_ms));
    CHECK(time.elapsed() == 3 * micros_per_second);

    Pacer live({.live = true, .real_limit_us = 1 * micros_per_second}, time, stop);
    int64_t from = 0;
    while (auto due = live.next(from, 0, every_ms)) from = due->window.to;
    CHECK(from >= 13'900'000);  // the present when it began, and a second
    CHECK(from <= 14'000'000);
}

TEST_CASE("a stop ends the wait") {
    fakes::SteppedTime time;
    StopToken stop;
    Pacer pacer({.rate = 1}, time, stop);
    pacer.next(0, 0, every_ms);
    time.on_wait = [&] { stop.request(); };
    CHECK(!pacer.next(1000, 1000, every_ms));
    CHECK(time.elapsed() == 0);
}

TEST_CASE("another rate holds from the record it was asked at, without a burst for what came before") {
    fakes::SteppedTime time;
    StopToken stop;
    Pacer pacer({.rate = 1000}, time, stop);
    pacer.next(0, 0, every_ms);
    pacer.next(1000, 500, every_ms);
    CHECK(time.elapsed() == 500'000);
    pacer.set_rate(10, 500);
    pacer.next(2000, 500, every_ms);
    CHECK(time.elapsed() == 500'000);
    pacer.next(3000, 510, every_ms);
    CHECK(time.elapsed() == 1'500'000);
    pacer.set_rate(0, 510);
    pacer.next(4000, 1'000'000, every_ms);
    CHECK(time.elapsed() == 1'500'000);
}

TEST_CASE("a long wait is ended by looking up") {
    fakes::SteppedTime time;
    StopToken stop;
    int looks = 0;
    Pacer pacer({.rate = 0.001, .look_up = [&] { return ++looks == 5; }}, time, stop);
    CHECK(!pacer.next(0, 1, every_ms));
    CHECK(!pacer.is_over());
    CHECK(time.elapsed() == 500'000);
    CHECK(pacer.waited_us() == 500'000);
}

TEST_CASE("a pause is no part of the time that a run has, and is not caught up with by a paced run") {
    fakes::SteppedTime time;
    StopToken stop;
    int64_t until = 0;
    Pacer pacer({.rate = 1000, .real_limit_us = 2'000'000, .look_up = [&] { return time.elapsed() >= until; }}, time,
                stop);
    pacer.next(0, 0, every_ms);
    until = 60 * micros_per_second;
    pacer.hold();
    until = INT64_MAX;
    CHECK(pacer.held_us() == 60 * micros_per_second);
    CHECK(pacer.used_us() == 0);
    CHECK(pacer.next(1000, 1000, every_ms));
    CHECK(time.elapsed() == 61 * micros_per_second);
    CHECK(pacer.lag_us() == 0);
    CHECK(!pacer.next(2000, 3000, every_ms));
    CHECK(pacer.is_over());
    CHECK(time.elapsed() == 62 * micros_per_second);
}

TEST_CASE("a live run that was held comes behind its clock and catches up") {
    fakes::SteppedTime time(micros_per_second);
    StopToken stop;
    int64_t until = 0;
    Pacer pacer({.live = true, .look_up = [&] { return time.elapsed() >= until; }}, time, stop);
    int64_t from = pacer.next(0, 0, every_ms)->window.to;
    until = 5 * micros_per_second;
    pacer.hold();
    until = INT64_MAX;
    const auto due = pacer.next(from, 0, every_ms);
    REQUIRE(due);
    CHECK(due->window.to == 6 * micros_per_second);
    CHECK(time.elapsed() == 5 * micros_per_second);
}
