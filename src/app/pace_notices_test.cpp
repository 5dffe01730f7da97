// For the claims about what is told of a pace that cannot be kept.
#include "app/pace_notices.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

Progress live(double rate, double due_rate, int64_t lag_us) {
    Progress progress;
    progress.is_live = true;
    progress.rate = rate;
    progress.due_rate = due_rate;
    progress.lag_us = lag_us;
    progress.limited_by = "rate";
    return progress;
}

}  // namespace

TEST_CASE("a rate that is too low for what falls due, or bounds nothing, is told once, when the run becomes live") {
    PaceNotices low, high, fitting, history;
    const auto told = low.next(live(2000, 5000, 0));
    REQUIRE(told);
    CHECK(told->starts_with("Run will fall behind its clock, as about 5,000 records fall due in a second"));
    CHECK(told->ends_with(": 2,000/s"));
    CHECK(!low.next(live(2000, 5000, 0)));
    const auto idle = high.next(live(200'000, 5000, 0));
    REQUIRE(idle);
    CHECK(idle->starts_with("Rate only bounds a live run"));
    CHECK(!fitting.next(live(5000, 5200, 0)));
    CHECK(!fitting.next(live(0, 5200, 0)));
    Progress past = live(2000, 0, 60'000'000);
    past.is_live = false;
    CHECK(!history.next(past));
}

TEST_CASE("a run that falls behind says so, and again each time it is twice as far behind") {
    PaceNotices notices;
    CHECK(!notices.next(live(0, 0, 900'000)));
    const auto told = notices.next(live(0, 0, 1'200'000));
    REQUIRE(told);
    CHECK(*told == "Run is behind its clock, limited by rate: 1s 200ms");
    CHECK(!notices.next(live(0, 0, 2'000'000)));
    CHECK(notices.next(live(0, 0, 2'400'000)));
}
