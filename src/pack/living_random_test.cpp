// For the laws of entities that live on packs that nobody wrote: waves and single events agree, however the work is cut.
#include <doctest/doctest.h>
#include <set>
#include <string>

#include "base/time.h"
#include "pack/living_random_pack.h"
#include "pack/living_test.h"

using namespace headwater;

namespace {

constexpr int64_t start = LivingPack::start;
constexpr int64_t second = micros_per_second, span = 4 * micros_per_minute;

struct Made {
    std::vector<LivingRecord> records;
    std::string state;
};

Made make(const LivingPack& pack, const LivingOptions& options, int64_t window, bool exact) {
    const auto plan = pack.source(options);
    LivingReader reader(*plan, {.start = start, .until = start + span});
    reader.read_until(start, start + span, window, exact);
    return {in_order(reader.records), reader.source->snapshot()};
}

}  // namespace

TEST_SUITE("entities that live: random packs") {
    TEST_CASE("waves and single events give the same records, whatever windows, shards and restarts") {
        size_t records = 0;
        std::set<int> streams;
        std::set<std::string> labels;
        for (uint64_t seed = 1; seed <= 60; ++seed) {
            const std::string text = RandomPack(seed).text();
            CAPTURE(seed);
            CAPTURE(text);
            const LivingPack pack(
                text, seed,
                "[{run: rush, at: 10s..2min, times: 3}, {run: slump, at: 50s}, {run: slump, at: 1min, "
                "every: 1min, times: 2}]");
            for (const Diagnostic& diagnostic : pack.diagnostics.sorted())
                if (diagnostic.severity == Diagnostic::Severity::error)
                    FAIL(diagnostic.path << ": " << diagnostic.message);
            const Made reference =
                make(pack, {.cells_of_shard = 7, .slice_us = 60 * second, .one_by_one = true}, span, false);
            CHECK(make(pack, {.cells_of_shard = 7, .slice_us = 60 * second, .few_cells = 0}, span, false).records ==
                  reference.records);
            CHECK(make(pack, {.cells_of_shard = 1000, .slice_us = 10 * second, .few_cells = 3}, 7 * second, true)
                      .records == reference.records);
            records += reference.records.size();
            for (const LivingRecord& record : reference.records) {
                streams.insert(record.stream);
                labels.insert(record.labels.begin(), record.labels.end());
            }

            const auto plan = pack.source({.cells_of_shard = 16, .few_cells = 1});
            LivingReader before(*plan, {.start = start, .until = start + span}),
                after(*plan, {.start = start, .until = start + span});
            before.read_until(start, start + span / 2, 20 * second, true);
            REQUIRE(after.source->restore(before.source->snapshot()));
            after.read_until(start + span / 2, start + span, 50 * second);
            before.records.insert(before.records.end(), after.records.begin(), after.records.end());
            CHECK(in_order(before.records) == reference.records);
        }
        CHECK(records > 10'000);
        CHECK(streams.size() == 6);
        CHECK(labels == std::set<std::string>{"odd", "rush", "slump"});
    }
}
