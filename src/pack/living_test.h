// For tests of entities that live: a pack from text, its source with chosen cuts, and what it emits as lines.
#pragma once

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "data/print.h"
#include "generate/living.h"
#include "language/yaml.h"
#include "pack/incidents.h"
#include "pack/living_script.h"

namespace headwater {

/// A pack compiled from text.
struct LivingPack {
    Diagnostics diagnostics;
    std::unique_ptr<World> world;
    std::shared_ptr<SourceFile> file = std::make_shared<SourceFile>();
    std::vector<std::string> streams;
    std::optional<LivingPlan> plan;                          ///< when nothing was wrong
    static constexpr int64_t start = 1'767'571'200'000'000;  // Monday, 2026-01-05T00:00:00Z

    /// `runs` says when incidents happen, as a list of a scenario.
    explicit LivingPack(const std::string& text, uint64_t seed = 42, const std::string& runs = "") {
        file->name = "test.yaml";
        file->text = text;
        auto root = parse_yaml(file->text, file->name, diagnostics);
        HW_CHECK(root);
        file->root = std::move(*root);
        world = std::make_unique<World>(diagnostics, seed, start);
        const auto listed = runs.empty() ? std::nullopt : parse_yaml(runs, "runs", diagnostics);
        if (listed) world->incident_runs = read_incident_runs(Reading{"runs", &diagnostics}, &*listed);
        Pack& pack = add_pack(*world, file, {});
        LivingScript script(*world, pack, pack.kinds.at(0));
        LivingPlan compiled = script.compile();
        streams = script.stream_names();
        if (!diagnostics.has_errors()) plan = std::move(compiled);
    }

    std::shared_ptr<const SourcePlan> source(LivingOptions options = {}) const {
        for (const Diagnostic& diagnostic : diagnostics.sorted())
            std::fprintf(stderr, "%s: %s\n", diagnostic.path.c_str(), diagnostic.message.c_str());
        HW_CHECK(plan);
        return make_living_source(*plan, options);
    }
};

/// One record that came out.
struct LivingRecord {
    int stream;
    int64_t cell, ordinal, time;
    std::string text;  ///< its fields as JSON, one after the other, each followed by a blank
    std::vector<std::string> labels;

    bool operator==(const LivingRecord&) const = default;
};

/// Reads windows of one run.
struct LivingReader {
    std::unique_ptr<Source> source;
    std::unique_ptr<Scratch> scratch;
    std::vector<LivingRecord> records;
    bool fills_backwards = false;

    LivingReader(const SourcePlan& plan, const SourceLimits& limits) {
        auto opened = plan.open(limits);
        HW_CHECK(opened);
        source = std::move(*opened);
        scratch = source->scratch();
    }

    void read(Window window, bool exact) {
        std::vector<Task> tasks;
        source->plan(window, exact, tasks);
        std::vector<std::vector<LivingRecord>> made(tasks.size());
        for (size_t i = 0; i < tasks.size(); ++i) {
            const size_t task = fills_backwards ? tasks.size() - 1 - i : i;
            source->fill(tasks[task], *scratch, [&](int stream, Batch& batch) { add(stream, batch, made[task]); });
        }
        for (auto& some : made) records.insert(records.end(), some.begin(), some.end());
    }

    /// Reads from the start, or where it stands, in windows of one size.
    LivingReader& read_until(int64_t from, int64_t until, int64_t window, bool exact = false) {
        for (int64_t at = from; at < until; at += window) {
            const int64_t to = std::min(at + window, until);
            read({at, to}, exact || to == until);
        }
        return *this;
    }

    static void add(int stream, const Batch& batch, std::vector<LivingRecord>& out) {
        HW_CHECK(batch.rows > 0);
        const size_t first = out.size();
        for (uint32_t row = 0; row < batch.rows; ++row) {
            LivingRecord record{stream, batch.entities[row], batch.row_numbers[row], batch.times[row], "", {}};
            for (const Field& field : batch.schema->fields) {
                append_json(record.text, field, batch, row);
                record.text += ' ';
            }
            out.push_back(std::move(record));
        }
        for (const Label& label : batch.labels)
            out[first + label.row].labels.push_back((*batch.label_names)[label.name]);
    }
};

/// Puts records in an order that no cut changes.
inline std::vector<LivingRecord> in_order(std::vector<LivingRecord> records) {
    std::sort(records.begin(), records.end(), [](const LivingRecord& a, const LivingRecord& b) {
        return a.cell != b.cell ? a.cell < b.cell : a.ordinal < b.ordinal;
    });
    return records;
}

/// Gives what a pack emits from its start, in order of cells.
inline std::vector<LivingRecord> records_of(const LivingPack& pack, int64_t duration_us) {
    const auto plan = pack.source();
    LivingReader reader(*plan, {.start = LivingPack::start, .until = LivingPack::start + duration_us});
    return in_order(reader.read_until(LivingPack::start, LivingPack::start + duration_us, duration_us, true).records);
}

}  // namespace headwater
