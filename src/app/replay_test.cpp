// For the claims about the command that makes a run again.
#include "app/replay.h"

#include <doctest/doctest.h>

#include "base/shell_word.h"

using namespace headwater;

namespace {

Plan sample_plan() {
    Plan plan;
    plan.seed = 7;
    plan.clock.start = 1'000'000;
    return plan;
}

}  // namespace

TEST_CASE("seed and start are written out, threads and logs are not") {
    Arguments arguments;
    arguments.plan.what = {"payments"};
    arguments.plan.set = {"name=it's"};
    arguments.console.quiet = true;
    arguments.run.threads = 8;
    arguments.run.counts = {"1M"};
    arguments.run.to = {"file:out?format=csv"};
    CHECK(
        replay_command(arguments, sample_plan(), std::nullopt) ==
        R"(headwater run payments --set 'name=it'\''s' --seed 7 --start 1970-01-01T00:00:01Z --count 1M --to 'file:out?format=csv')");
}

TEST_CASE("a run that was cut off is made again as history up to that instant") {
    Arguments arguments;
    arguments.plan.what = {"payments"};
    arguments.run.live = true;
    arguments.run.rate = "5k/s";
    arguments.run.duration = "60s";
    arguments.run.parts = 4;
    arguments.run.part = 2;
    CHECK(replay_command(arguments, sample_plan(), 3'500'000) ==
          "headwater run payments --seed 7 --start 1970-01-01T00:00:01Z --until 1970-01-01T00:00:03.500Z --parts 4 "
          "--part 2");
    Plan plan = sample_plan();
    plan.clock.until = 9'000'000;
    CHECK(
        replay_command(arguments, plan, std::nullopt) ==
        "headwater run payments --seed 7 --start 1970-01-01T00:00:01Z --until 1970-01-01T00:00:09Z --parts 4 --part 2");
}

TEST_CASE("words are quoted for a shell only where they need it") {
    CHECK(shell_quoted("file:out/a-b_c.json") == "file:out/a-b_c.json");
    CHECK(shell_quoted("a b") == "'a b'");
    CHECK(shell_quoted("$(stream)") == "'$(stream)'");
    CHECK(shell_quoted("") == "''");
}
