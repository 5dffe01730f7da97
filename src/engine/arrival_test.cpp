// For the claim that when a record arrives hangs on the records alone: not on threads, windows, or the pace of real time.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/temporary_folder.h"
#include "engine/json_fakes_test.h"
#include "engine/run.h"
#include "pack/load.h"

using namespace headwater;
using fakes::JsonComponents;
using fakes::Landing;

namespace {

/// Half an hour of a stream whose records are late and whose schema changes twice; `speed` is that of its second half.
std::string poured(const std::string& stream, int threads, int64_t window_records, const std::string& speed = "",
                   const std::string& to = "records:") {
    constexpr int64_t start = 1'767'614'400'000'000;  // 2026-01-05T12:00:00Z
    LoadRequest request{.what = HEADWATER_SOURCE_DIR "/tests/packs/weather/weather.yaml"};
    request.streams = {stream};
    request.to = {"discard:"};
    request.output["format"] = "json";
    request.now = start + 15 * micros_per_minute;
    request.history = "15min";
    request.until = "2026-01-05T12:30:00Z";
    request.live = !speed.empty();
    if (request.live) request.speed = speed;
    Loaded loaded = load(request);
    REQUIRE(loaded.plan);
    Plan plan = std::move(*loaded.plan);
    REQUIRE(plan.clock.start == start);
    plan.outputs[0].to = to;
    plan.outputs[0].compression = "none";
    Landing landing;
    JsonComponents components(landing);
    fakes::SteppedTime time(request.now);
    StopToken stop;
    TemporaryFolder folder;
    RunOptions options{.threads = threads, .window_records = window_records};
    options.dead_letters = folder.path() / "dead-letters";
    auto run = Run::make(plan, std::move(options), components, time, stop);
    REQUIRE(run);
    REQUIRE((*run)->execute());
    return landing.text;
}

}  // namespace

TEST_CASE("late records of every version arrive in one order whatever the threads, windows and pace") {
    for (const std::string stream : {"readings", "echoes", "levels"}) {
        CAPTURE(stream);
        const std::string whole = poured(stream, 1, 50'000);
        CHECK(whole.size() > 1'000'000);
        for (const int threads : {2, 3, 8})
            for (const int64_t window_records : {500, 4000}) CHECK((poured(stream, threads, window_records) == whole));
        // Live records of entities come window by window, but none is missing or another one.
        const std::string live = poured(stream, 2, 4000, "600");
        CHECK((fakes::lines_of(live) == fakes::lines_of(whole)));
        if (stream != "levels") CHECK((live == whole));
    }
}

TEST_CASE("rows of every version arrive as late, and in the same order, as records do") {
    for (const std::string stream : {"readings", "echoes", "levels"}) {
        CAPTURE(stream);
        const std::string whole = poured(stream, 1, 50'000, "", "rows:");
        CHECK(whole.size() > 1'000'000);
        for (const int threads : {2, 8}) CHECK((poured(stream, threads, 4000, "", "rows:") == whole));
        // JSON lines leave out what is null; everything else is spelled as one row of a table is.
        CHECK(std::ranges::count(whole, '\n') == std::ranges::count(poured(stream, 2, 4000), '\n'));
    }
}
