// For the claim that entities that live go on from their kept state after a cut-off, not from their first instant.
#include <doctest/doctest.h>
#include <algorithm>

#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "base/temporary_folder.h"
#include "base/time.h"
#include "engine/journal.h"
#include "engine/json_fakes_test.h"
#include "engine/run.h"
#include "pack/load.h"

using namespace headwater;
using fakes::JsonComponents;
using fakes::Landing;

namespace {

/// What the tasks of a run were.
struct Watched {
    std::mutex mutex;
    int64_t earliest = INT64_MAX;  ///< begin of the earliest slice that was acted out
};

/// A source that tells what it is asked for.
class WatchedSource final : public Source {
  public:
    WatchedSource(std::unique_ptr<Source> inner, Watched& watched) : inner_(std::move(inner)), watched_(watched) {}
    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return inner_->schemas(); }
    void plan(const Window& window, bool exact, std::vector<Task>& tasks) override {
        inner_->plan(window, exact, tasks);
    }
    void fill(const Task& task, Scratch& scratch, const BatchSink& out) override {
        {
            const std::lock_guard lock(watched_.mutex);
            watched_.earliest = std::min(watched_.earliest, task.window.from);
        }
        inner_->fill(task, scratch, out);
    }
    std::unique_ptr<Scratch> scratch() const override { return inner_->scratch(); }
    int64_t horizon(int64_t from, int64_t records) const override { return inner_->horizon(from, records); }
    bool exhausted(int stream, int64_t from) const override { return inner_->exhausted(stream, from); }
    void save(std::string& state) const override { inner_->save(state); }
    Result<void> restore(const std::string& state) override { return inner_->restore(state); }

  private:
    std::unique_ptr<Source> inner_;
    Watched& watched_;
};

class WatchedPlan final : public SourcePlan {
  public:
    WatchedPlan(std::shared_ptr<const SourcePlan> inner, Watched& watched)
        : inner_(std::move(inner)), watched_(watched) {}
    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return inner_->schemas(); }
    Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const override {
        auto source = inner_->open(limits);
        if (!source) return source;
        return std::make_unique<WatchedSource>(std::move(*source), watched_);
    }

  private:
    std::shared_ptr<const SourcePlan> inner_;
    Watched& watched_;
};

Plan plan_of(LoadRequest request, const std::string& to, Watched& watched) {
    request.to = {"discard:"};
    request.output["format"] = "json";
    Loaded loaded = load(request);
    REQUIRE(loaded.plan);
    Plan plan = std::move(*loaded.plan);
    plan.outputs[0].to = to;
    plan.outputs[0].compression = "none";
    plan.outputs[0].layout = to == "objects:root" ? "chunked" : "";
    plan.outputs[0].target_size_bytes = plan.outputs[0].max_chunk_size_bytes = 700'000;
    for (auto& source : plan.sources) source = std::make_shared<WatchedPlan>(source, watched);
    return plan;
}

Plan sensors_to(const std::string& to, std::vector<std::string> streams, Watched& watched) {
    LoadRequest request{.what = "sensors"};
    request.set = {{"sensors", "300"}, {"silence", "20min"}};
    request.duration = "6h";
    request.streams = std::move(streams);
    return plan_of(std::move(request), to, watched);
}

struct Cut {
    int states = 0;
    int64_t earliest = INT64_MAX;
};

Result<RunSummary> execute(const Plan& plan, Landing& landing, const std::string& folder, Watched& watched, Cut& cut) {
    JsonComponents components(landing);
    SystemTime time;
    StopToken stop;
    Journal journal(folder);
    RunOptions options{.threads = 2, .window_records = 4000, .checkpoint_us = 0, .state_pause = 0};
    options.dead_letters = folder + "/dead-letters";
    options.pass = [&](std::string_view point) { cut.states += point == "state.kept" ? 1 : 0; };
    auto before = journal.read();
    REQUIRE(before);
    options.resume = std::move(*before);
    watched.earliest = INT64_MAX;
    auto run = Run::make(plan, std::move(options), components, time, stop);
    if (!run) FAIL(run.error().message);
    auto summary = (*run)->execute(&journal);
    cut.earliest = watched.earliest;
    return summary;
}

struct Interruptions {
    int cuts = 0;
    int gone_on = 0;  ///< of them, behind the first instant
};

/// Cuts a run off after so many writes, and some more each time, and lets it go on until it is over.
Interruptions interrupted(const Plan& plan, Landing& landing, const std::string& folder, Watched& watched, int writes) {
    Interruptions all;
    for (bool is_over = false; !is_over; ++all.cuts) {
        int left = writes + all.cuts * std::max(1, writes / 16);
        landing.on_write = [&]() -> Result<void> {
            return --left < 0 ? fail(ErrorKind::invalid, "Cut off: by the test") : Result<void>{};
        };
        Cut cut;
        is_over = execute(plan, landing, folder, watched, cut).has_value();
        all.gone_on += cut.earliest != INT64_MAX && cut.earliest > plan.clock.start ? 1 : 0;
        REQUIRE(all.cuts < 200);
    }
    return all;
}

}  // namespace

TEST_SUITE("entities that live: going on after a cut-off") {
    TEST_CASE("what was cut off goes on from its state and leaves what an undisturbed run leaves") {
        for (const std::string to : {"records:", "rows:", "objects:root"}) {
            CAPTURE(to);
            Watched watched;
            const Plan plan = sensors_to(to, {"telemetry"}, watched);
            Landing whole, landing;
            TemporaryFolder undisturbed, folder;
            Cut cut;
            REQUIRE(execute(plan, whole, undisturbed.path(), watched, cut));
            CHECK(cut.states > 3);
            CHECK(cut.earliest == plan.clock.start);

            const auto [cuts, gone_on] = interrupted(plan, landing, folder.path(), watched, 5);
            CHECK(cuts > 3);
            CHECK(gone_on > 1);
            CHECK(landing.objects == whole.objects);
            CHECK((landing.text == whole.text));
        }
    }

    TEST_CASE("flat streams beside entities go on with them") {
        Watched watched;
        LoadRequest request{.what = HEADWATER_SOURCE_DIR "/docs/examples/busy_users.yaml"};
        request.duration = "1d";
        const Plan plan = plan_of(std::move(request), "records:", watched);
        REQUIRE(plan.streams.size() == 2);
        Landing whole, landing;
        TemporaryFolder undisturbed, folder;
        Cut cut;
        REQUIRE(execute(plan, whole, undisturbed.path(), watched, cut));
        const auto [cuts, gone_on] = interrupted(plan, landing, folder.path(), watched, 20);
        CHECK(cuts > 2);
        CHECK(gone_on > 1);
        CHECK((fakes::lines_of(landing.text) == fakes::lines_of(whole.text)));
    }

    TEST_CASE("what is late when a run is cut off is made again from a state that is old enough") {
        Watched watched;
        LoadRequest request{.what = HEADWATER_SOURCE_DIR "/tests/packs/weather/weather.yaml"};
        request.duration = "2h";
        request.streams = {"levels", "readings"};
        request.set = {{"second", "40min"}};
        for (const std::string to : {"records:", "rows:", "objects:root"}) {
            CAPTURE(to);
            const Plan plan = plan_of(request, to, watched);
            Landing whole, landing;
            TemporaryFolder undisturbed, folder;
            Cut cut;
            int written = 0;
            whole.on_write = [&]() -> Result<void> {
                ++written;
                return {};
            };
            REQUIRE(execute(plan, whole, undisturbed.path(), watched, cut));
            const int writes = to == "rows:" ? written / 8 : 30;  // rows come batch by batch
            const auto [cuts, gone_on] = interrupted(plan, landing, folder.path(), watched, writes);
            CHECK(cuts > 2);
            CHECK(gone_on > 1);
            CHECK(landing.objects == whole.objects);
            CHECK((fakes::lines_of(landing.text) == fakes::lines_of(whole.text)));
        }
    }

    TEST_CASE("a state that is damaged is passed over") {
        Watched watched;
        const Plan plan = sensors_to("records:", {"telemetry"}, watched);
        Landing whole, landing;
        TemporaryFolder undisturbed, folder;
        Cut cut;
        REQUIRE(execute(plan, whole, undisturbed.path(), watched, cut));
        int left = 12;
        landing.on_write = [&]() -> Result<void> {
            return --left < 0 ? fail(ErrorKind::invalid, "Cut off: by the test") : Result<void>{};
        };
        REQUIRE(!execute(plan, landing, folder.path(), watched, cut));
        REQUIRE(cut.states > 0);
        for (const char* name : {"state-0", "state-1"}) {
            const std::filesystem::path path = folder.path() / name;
            if (std::filesystem::exists(path)) std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
        }
        landing.on_write = nullptr;
        REQUIRE(execute(plan, landing, folder.path(), watched, cut));
        CHECK(cut.earliest == plan.clock.start);
        CHECK((landing.text == whole.text));
    }
}
