// For the claim that history goes on as live without a seam: neither a gap nor a record twice, flat or alive.
#include <doctest/doctest.h>

#include <set>
#include <sstream>
#include <string>

#include "base/temporary_folder.h"
#include "base/time.h"
#include "engine/json_fakes_test.h"
#include "engine/run.h"
#include "pack/load.h"

using namespace headwater;
using fakes::JsonComponents;
using fakes::Landing;

namespace {

constexpr int64_t present = 1'767'614'400'000'000;  // 2026-01-05T12:00:00Z

/// Seventy minutes of a stream, of which the last ten are live at 600 times the speed, or none.
std::string poured(const std::string& pack, const std::string& stream, bool is_live) {
    LoadRequest request{.what = pack};
    request.streams = {stream};
    request.to = {"discard:"};
    request.output["format"] = "json";
    request.now = is_live ? present : present + 10 * micros_per_minute;
    request.history = is_live ? "60min" : "70min";
    if (is_live) {
        request.live = true;
        request.speed = "600";
        request.until = "2026-01-05T12:10:00Z";
    }
    Loaded loaded = load(request);
    for (const Diagnostic& diagnostic : loaded.diagnostics.sorted()) CAPTURE(diagnostic.message);
    REQUIRE(loaded.plan);
    Plan plan = std::move(*loaded.plan);
    CHECK(plan.clock.start == present - micros_per_hour);
    plan.outputs[0].to = "records:";
    plan.outputs[0].compression = "none";
    plan.outputs[0].layout = "";
    Landing landing;
    JsonComponents components(landing);
    fakes::SteppedTime time(request.now);
    StopToken stop;
    TemporaryFolder folder;
    RunOptions options{.threads = 2};
    options.dead_letters = folder.path() / "dead-letters";
    auto run = Run::make(plan, std::move(options), components, time, stop);
    REQUIRE(run);
    auto summary = (*run)->execute();
    REQUIRE(summary);
    if (is_live) CHECK(time.elapsed() >= micros_per_second * 9 / 10);  // ten minutes, 600 times as fast
    return landing.text;
}

}  // namespace

TEST_SUITE("history that goes on as live") {
    TEST_CASE("an hour of history and ten live minutes are seventy minutes of history, byte by byte") {
        const std::string history = poured("payments", "transactions", false);
        CHECK(history.size() > 1'000'000);
        CHECK((poured("payments", "transactions", true) == history));
    }

    TEST_CASE("entities that live make the same records; live ones come window by window") {
        const auto history = fakes::lines_of(poured("sensors", "telemetry", false));
        CHECK(history.size() > 400'000);
        CHECK((fakes::lines_of(poured("sensors", "telemetry", true)) == history));
    }
}
