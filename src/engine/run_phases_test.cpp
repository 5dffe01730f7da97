// For the claims about outputs of one phase: each record lies in the outputs of its phase, and the history ends at the seam.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "engine/fakes.h"
#include "engine/run.h"

using namespace headwater;
using fakes::Landing;
using fakes::plan_of;

namespace {

constexpr int64_t rows = 10'000, seam_row = 4'000;

/// Ten seconds of a stream: the history into objects, what comes live into one text.
Plan plan_of_phases() {
    Plan plan = plan_of({{"a", 1000}}, "objects:past");
    plan.clock.until = plan.clock.start + 10 * micros_per_second;
    plan.clock.seam = plan.clock.start + 4 * micros_per_second;
    plan.outputs.front().phase = "history";
    plan.outputs.push_back(plan.outputs.front());
    plan.outputs.back().to = "records:";
    plan.outputs.back().phase = "live";
    return plan;
}

Result<RunSummary> execute(const Plan& plan, Landing& landing, RunOptions options = {}) {
    fakes::FakeComponents components(landing);
    SystemTime time;
    StopToken stop;
    auto run = Run::make(plan, std::move(options), components, time, stop);
    if (!run) return std::unexpected(run.error());
    return (*run)->execute();
}

std::string lines(int64_t from, int64_t to) {
    std::string text;
    for (int64_t row = from; row < to; ++row) text += "pack.a " + std::to_string(row) + "\n";
    return text;
}

std::string text_of_objects(const Landing& landing) {
    std::string text;
    for (const auto& [name, bytes] : landing.objects)
        if (name.find("manifest") == std::string::npos) text += bytes;
    return text;
}

}  // namespace

TEST_CASE("each record goes to the outputs of its phase, for any number of threads and any window") {
    for (const int threads : {1, 3}) {
        for (const int64_t window : {700, 1 << 18}) {
            Landing landing;
            const auto summary = execute(plan_of_phases(), landing, {.threads = threads, .window_records = window});
            REQUIRE(summary);
            CHECK(text_of_objects(landing) == lines(0, seam_row));
            CHECK(landing.text == lines(seam_row, rows));
            CHECK(summary->streams.front().tally.rows == rows);
            CHECK(summary->streams.front().phases ==
                  std::map<std::string, int64_t>{{"history", seam_row}, {"live", rows - seam_row}});
        }
    }
}

TEST_CASE("the manifest of the history is there before the first live record, and says what lies there") {
    Landing landing;
    RunOptions options;
    std::string at_the_seam;
    options.pass = [&](std::string_view point) {
        if (point == "manifest.written") at_the_seam = landing.text;
    };
    REQUIRE(execute(plan_of_phases(), landing, std::move(options)));
    CHECK(at_the_seam.empty());
    const auto found = std::ranges::find_if(landing.objects,
                                            [](const auto& object) { return object.first.ends_with("manifest.json"); });
    REQUIRE(found != landing.objects.end());
    const auto manifest = nlohmann::json::parse(found->second);
    CHECK(manifest.at("phase") == "history");
    CHECK(manifest.at("state") == "completed");
    CHECK(manifest.at("reached") == manifest.at("seam"));
    CHECK(manifest.at("streams").at(0).at("rows") == seam_row);
    CHECK(manifest.at("streams").at(0).at("ended") == "seam reached");
}

TEST_CASE("an output of both phases gets all, beside those of one") {
    Plan plan = plan_of_phases();
    plan.outputs.back().phase = "";
    Landing landing;
    const auto summary = execute(plan, landing);
    REQUIRE(summary);
    CHECK(text_of_objects(landing) == lines(0, seam_row));
    CHECK(landing.text == lines(0, rows));
    CHECK(summary->streams.front().tally.rows == rows);
}

TEST_CASE("history that no output takes is passed over") {
    Plan plan = plan_of_phases();
    plan.outputs.erase(plan.outputs.begin());
    Landing landing;
    const auto summary = execute(plan, landing);
    REQUIRE(summary);
    CHECK(landing.text == lines(seam_row, rows));
}

TEST_CASE("a phase of a run without a seam is refused") {
    Plan plan = plan_of_phases();
    plan.clock.seam.reset();
    Landing landing;
    const auto summary = execute(plan, landing);
    REQUIRE(!summary);
    CHECK(summary.error().kind == ErrorKind::invalid);
    CHECK(summary.error().message == "A run that does not go live, and has no seam, has one phase only: history");
}
