// For the cost of a record from plan to target: the engine against code written for one record, after their bytes are found equal.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/hand_written.h"
#include "bench/measure.h"
#include "data/batch_copy.h"
#include "engine/run.h"
#include "format/csv/csv.h"
#include "format/json/json.h"
#include "format/parquet/parquet.h"
#include "pack/load.h"
#include "sink/discard/discard.h"

namespace headwater::bench {
namespace {

constexpr int64_t compared_records = 200'000;
constexpr int64_t records_per_turn = 400'000;
constexpr int turns = 9;

/// Keeps the bytes of all records.
class KeepingSink final : public RecordSink {
  public:
    explicit KeepingSink(std::string& bytes) : bytes_(bytes) {}
    Result<void> open() override { return {}; }
    Result<void> write(const std::string&, const Payload& payload) override {
        bytes_ += payload.bytes;
        return {};
    }
    Result<void> flush() override { return {}; }

  private:
    std::string& bytes_;
};

/// Every format, and the target that throws everything away; or one that keeps the bytes in `kept`.
class BenchComponents final : public Components {
  public:
    explicit BenchComponents(std::string* kept = nullptr) : kept_(kept) {}

    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override {
        if (output.format == "parquet") return make_parquet_format({});
        if (output.format == "csv") return make_csv_format({.header = false});
        return make_json_format(false);
    }
    Result<Target> target(const OutputPlan&, const Format& format, const TargetUse&) const override {
        Target target{.name = "discard", .keeps_objects = false};
        if (format.makes_objects())
            target.objects = make_discard_object_sink();
        else if (kept_ != nullptr)
            target.records = std::make_unique<KeepingSink>(*kept_);
        else
            target.records = make_discard_sink();
        return target;
    }

  private:
    std::string* kept_;
};

Plan plan_of(const std::string& pack, const std::string& stream, const std::string& format, int64_t records) {
    LoadRequest request{.what = pack};
    request.counts = {std::to_string(records)};
    request.streams = {stream};
    request.to = {"discard:"};
    request.format = format;
    request.compression = "none";
    Loaded loaded = load(request);
    if (!loaded.plan) give_up("pack cannot be loaded: " + pack);
    return std::move(*loaded.plan);
}

/// Runs a plan as the program does, on one thread; gives the records made.
int64_t run_plan(const Plan& plan, const Components& components) {
    SystemTime time;
    StopToken stop;
    auto run = Run::make(plan, {.threads = 1}, components, time, stop);
    if (!run) give_up(run.error().message);
    auto summary = (*run)->execute();
    if (!summary) give_up(summary.error().message);
    return summary->progress.records;
}

/// Makes the batches of the first stream of a plan, without a format.
int64_t fill_batches(const Plan& plan, int64_t records, const BatchSink& out) {
    const auto source = plan.sources.at(0)->open({.start = plan.clock.start, .counts = {records}});
    if (!source) give_up(source.error().message);
    const auto scratch = (*source)->scratch();
    for (int64_t first = 0; first < records; first += Source::grain)
        (*source)->fill({.first = first, .count = std::min(Source::grain, records - first)}, *scratch, out);
    return records;
}

/// One measure; `make` makes records and tells how many.
struct Measure {
    std::string name;
    std::string hand;  ///< the measure that this one is a share of
    std::function<int64_t()> make;
    double best_ns = 1e18;
};

double cost_of(const std::function<int64_t()>& make) {
    const double began = cpu_ns();
    const int64_t records = make();
    return (cpu_ns() - began) / static_cast<double>(records);
}

/// Runs all measures in turns, so that what else the machine does hits all alike.
void measure(std::vector<Measure>& measures) {
    for (int turn = 0; turn < turns; ++turn)
        for (Measure& one : measures) one.best_ns = std::min(one.best_ns, cost_of(one.make));
    for (const Measure& one : measures) {
        const auto hand = std::ranges::find(measures, one.hand, &Measure::name);
        if (hand == measures.end())
            std::printf("%-26s %7.1f ns/record\n", one.name.c_str(), one.best_ns);
        else
            std::printf("%-26s %7.1f ns/record  %4.0f %% of hand-written\n", one.name.c_str(), one.best_ns,
                        100 * hand->best_ns / one.best_ns);
    }
}

/// The hand-written program of the record: generates and formats into one buffer, which stays in the cache.
class ByHand {
  public:
    explicit ByHand(const Plan& plan)
        : generator_(key_under(key_under(mix(plan.seed + draw_step), key_of("pack event")), key_of("stream events")),
                     plan.clock.start) {}

    template <class Put>
    int64_t make(int64_t records, Put put, std::string* kept = nullptr) {
        constexpr size_t buffer_size = 256 << 10;
        buffer_.resize(buffer_size + EventFormatter::max_size);
        char* at = buffer_.data();
        for (int64_t row = 0; row < records; ++row) {
            at = put(formatter_, at, generator_.make(static_cast<uint64_t>(row)));
            if (at < buffer_.data() + buffer_size) continue;
            at = empty(at, kept);
        }
        empty(at, kept);
        return records;
    }

    int64_t values(int64_t records) const {
        for (int64_t row = 0; row < records; ++row) {
            Event event = generator_.make(static_cast<uint64_t>(row));
            asm volatile("" : : "r"(&event) : "memory");
        }
        return records;
    }

  private:
    char* empty(char* at, std::string* kept) {
        if (kept != nullptr) kept->append(buffer_.data(), at);
        asm volatile("" : : "r"(buffer_.data()) : "memory");
        return buffer_.data();
    }

    EventGenerator generator_;
    EventFormatter formatter_;
    std::string buffer_;
};

constexpr auto put_json = [](EventFormatter& formatter, char* at, const Event& event) {
    return formatter.json(at, event);
};
constexpr auto put_csv = [](EventFormatter& formatter, char* at, const Event& event) {
    return formatter.csv(at, event);
};

template <class Put>
void compare(const std::string& pack, const std::string& format, Put put) {
    const Plan plan = plan_of(pack, "events", format, compared_records);
    std::string by_engine, by_hand;
    run_plan(plan, BenchComponents(&by_engine));
    ByHand(plan).make(compared_records, put, &by_hand);
    if (by_engine == by_hand) return;
    const auto differs = std::ranges::mismatch(by_engine, by_hand).in1 - by_engine.begin();
    give_up(format + ": bytes differ from hand-written at byte " + std::to_string(differs));
}

void measure_event(const std::string& pack) {
    compare(pack, "json", put_json);
    compare(pack, "csv", put_csv);
    std::printf("bytes equal to hand-written: json, csv\n");
    const Plan json = plan_of(pack, "events", "json", records_per_turn);
    const Plan csv = plan_of(pack, "events", "csv", records_per_turn);
    const Plan parquet = plan_of(pack, "events", "parquet", records_per_turn);
    const BenchComponents components;
    ByHand hand(json);
    std::vector<Measure> measures = {
        {"hand-written json", "", [&] { return hand.make(records_per_turn, put_json); }},
        {"json", "hand-written json", [&] { return run_plan(json, components); }},
        {"hand-written csv", "", [&] { return hand.make(records_per_turn, put_csv); }},
        {"csv", "hand-written csv", [&] { return run_plan(csv, components); }},
        {"hand-written values", "", [&] { return hand.values(records_per_turn); }},
        {"values", "hand-written values", [&] { return fill_batches(json, records_per_turn, [](int, Batch&) {}); }},
        {"columnar", "hand-written values",
         [&] {
             BatchCopies copies;
             return fill_batches(json, records_per_turn, [&](int, Batch& batch) {
                 if (copies.size() == 16) copies.clear();
                 copies.append(batch);
             });
         }},
        {"parquet zstd", "", [&] { return run_plan(parquet, components); }},
    };
    measure(measures);
}

void measure_payments() {
    const BenchComponents components;
    std::vector<Plan> plans;
    std::vector<Measure> measures;
    const std::vector<std::string> streams = {"transactions", "user_profiles", "device_logs"};
    plans.reserve(streams.size());
    for (const std::string& stream : streams) {
        const Plan& plan = plans.emplace_back(plan_of("payments", stream, "json", records_per_turn / 2));
        measures.push_back({"payments." + stream, "", [&plan, &components] { return run_plan(plan, components); }});
    }
    measure(measures);
}

/// Shows that a record costs the same however many there are.
void measure_flatness(const std::string& pack, bool is_long) {
    const BenchComponents components;
    std::vector<std::pair<int64_t, double>> costs = {{100'000, 1e18}, {1'000'000, 1e18}, {10'000'000, 1e18}};
    if (is_long) costs.emplace_back(100'000'000, 1e18);
    for (auto& [records, best_ns] : costs) {
        const Plan plan = plan_of(pack, "events", "json", records);
        const int64_t repeats = std::clamp<int64_t>(40'000'000 / records, 1, 60);
        for (int64_t i = 0; i < repeats; ++i)
            best_ns = std::min(best_ns, cost_of([&] { return run_plan(plan, components); }));
    }
    for (const auto& [records, best_ns] : costs)
        std::printf("%-26s %7.1f ns/record  %+4.1f %% against 1000000\n", ("json, " + std::to_string(records)).c_str(),
                    best_ns, 100 * (best_ns / costs[1].second - 1));
}

}  // namespace
}  // namespace headwater::bench

int main() {
    const std::string pack = HEADWATER_SOURCE_DIR "/bench/event.yaml";
    headwater::bench::measure_event(pack);
    headwater::bench::measure_payments();
    headwater::bench::measure_flatness(pack, std::getenv("HEADWATER_LONG") != nullptr);
    return 0;
}
