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
    std::vector<PackUse> packs(1);
    packs[0].name = "payments";
    packs[0].paces = {"payments_rate", "logs_rate"};
    PaceNotices low(packs), high(packs), fitting(packs), history(packs);
    const auto told = low.next(live(2000, 5000, 0));
    REQUIRE(told);
    CHECK(told->starts_with("Run will fall behind its clock, as about 5,000 records fall due in a second"));
    CHECK(told->find("lower how much happens by --set payments_rate, logs_rate") != std::string::npos);
    CHECK(told->ends_with(": 2,000/s"));
    CHECK(!low.next(live(2000, 5000, 0)));
    const auto idle = high.next(live(200'000, 5000, 0));
    REQUIRE(idle);
    CHECK(idle->starts_with("Rate only bounds a live run"));
    CHECK(idle->find("raise how much happens by --set payments_rate, logs_rate, or all of it by --speed") !=
          std::string::npos);
    CHECK(!fitting.next(live(5000, 5200, 0)));
    CHECK(!fitting.next(live(0, 5200, 0)));
    Progress past = live(2000, 0, 60'000'000);
    past.is_live = false;
    CHECK(!history.next(past));
}

TEST_CASE("parameters of one of several packs are named with their pack, and none where no parameter says how much") {
    std::vector<PackUse> packs(2);
    packs[0].name = "payments";
    packs[0].paces = {"payments_rate"};
    packs[1].name = "sensors";
    packs[1].paces = {"sensors"};
    const auto several = comparison_of(2000, 5000, packs);
    REQUIRE(several);
    CHECK(several->find("--set payments.payments_rate, sensors.sensors") != std::string::npos);
    const auto none = comparison_of(2000, 5000, {});
    REQUIRE(none);
    CHECK(none->find("by rates and counts in the pack") != std::string::npos);
}

TEST_CASE("a run that falls behind says so, and again each time it is twice as far behind") {
    const std::vector<PackUse> packs;
    PaceNotices notices(packs);
    CHECK(!notices.next(live(0, 0, 900'000)));
    const auto told = notices.next(live(0, 0, 1'200'000));
    REQUIRE(told);
    CHECK(*told == "Run is behind its clock, limited by rate: 1s 200ms");
    CHECK(!notices.next(live(0, 0, 2'000'000)));
    CHECK(notices.next(live(0, 0, 2'400'000)));
}
