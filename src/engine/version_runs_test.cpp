// For the claim that a batch is cut where the schema changes, and that its rows keep their order, place and labels.
#include "engine/version_runs.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

struct Run {
    uint32_t version, before;
    std::vector<uint32_t> rows, labels;
    bool operator==(const Run&) const = default;
};

std::vector<Run> runs_of(const std::vector<int64_t>& times, const std::vector<uint32_t>& order,
                         std::vector<Label> labels) {
    auto second = std::make_shared<Schema>(), first = std::make_shared<Schema>();
    second->version = 2;
    first->versions = {{100, second}};
    const auto stream = OutgoingStream::make(first, {});
    REQUIRE(stream);
    Batch batch;
    batch.schema = first;
    batch.rows = static_cast<uint32_t>(order.empty() ? times.size() : order.size());
    batch.order = order.empty() ? nullptr : order.data();
    batch.times = times.data();
    batch.labels = std::move(labels);
    std::vector<Run> runs;
    VersionRuns cutter;
    cutter.cut(**stream, batch, [&](uint32_t version, const Batch& rows, uint32_t before) {
        Run& run = runs.emplace_back(Run{version, before, {}, {}});
        for (uint32_t i = 0; i < rows.rows; ++i) run.rows.push_back(rows.order != nullptr ? rows.order[i] : i);
        for (const Label& label : rows.labels) run.labels.push_back(label.row);
    });
    return runs;
}

}  // namespace

TEST_CASE("a batch is cut where the schema of its stream changes") {
    CHECK((runs_of({98, 99, 100, 101}, {}, {{1, 0}, {3, 0}}) ==
           std::vector<Run>{{0, 0, {0, 1}, {1}}, {1, 2, {2, 3}, {3}}}));
    CHECK((runs_of({98, 99}, {}, {{1, 0}}) == std::vector<Run>{{0, 0, {0, 1}, {1}}}));
    CHECK((runs_of({100, 101}, {}, {}) == std::vector<Run>{{1, 0, {0, 1}, {}}}));
}

TEST_CASE("rows in an order of their own are cut in that order") {
    CHECK((runs_of({101, 98, 102, 99}, {1, 3, 0, 2}, {{0, 0}, {3, 0}}) ==
           std::vector<Run>{{0, 0, {1, 3}, {3}}, {1, 2, {0, 2}, {0}}}));
    CHECK((runs_of({98, 101, 99}, {0, 1, 2}, {{2, 0}}) ==
           std::vector<Run>{{0, 0, {0}, {}}, {1, 1, {1}, {}}, {0, 2, {2}, {2}}}));
}
