// For the cost of an event of living entities: the source against a heap and an interpreter, after their bytes are found equal.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "bench/heap_and_interpreter.h"
#include "bench/measure.h"
#include "format/json/json.h"
#include "generate/living_record_maker.h"
#include "language/yaml.h"
#include "pack/living_script.h"

namespace headwater::bench {
namespace {

constexpr int64_t start = 1'767'571'200'000'000;  // 2026-01-05T00:00:00Z
constexpr int turns = 7;

/// A pack of this folder, with other defaults, and its only tree of kinds compiled.
struct CompiledPack {
    Diagnostics diagnostics;
    std::unique_ptr<World> world;
    std::shared_ptr<SourceFile> file = std::make_shared<SourceFile>();
    LivingPlan plan;

    CompiledPack(const std::string& name, const std::vector<std::pair<std::string, std::string>>& changes) {
        std::ifstream in(std::string(HEADWATER_SOURCE_DIR "/bench/") + name);
        file->name = name;
        file->text.assign(std::istreambuf_iterator<char>(in), {});
        for (const auto& [from, to] : changes) {
            const size_t at = file->text.find(from);
            if (at == std::string::npos) give_up("not in " + name + ": " + from);
            file->text.replace(at, from.size(), to);
        }
        auto root = parse_yaml(file->text, file->name, diagnostics);
        if (!root) give_up("pack cannot be read: " + name);
        file->root = std::move(*root);
        world = std::make_unique<World>(diagnostics, 42, start);
        Pack& pack = add_pack(*world, file, {});
        LivingScript script(*world, pack, pack.kinds.at(0));
        plan = script.compile();
        if (diagnostics.has_errors()) give_up(name + ": " + diagnostics.sorted().at(0).message);
    }
};

/// Turns batches into JSON in one buffer that stays in the cache; keeps the bytes where somebody wants them.
class JsonOut {
  public:
    explicit JsonOut(const LivingPlan& plan) : format_(make_json_format(false)) {
        for (const LivingStream& stream : plan.streams)
            encoders_.push_back(format_->record_encoder(*stream.schema, {}));
    }

    BatchSink sink() {
        return [this](int stream, Batch& batch) {
            payload_.clear();
            encoders_[static_cast<size_t>(stream)]->encode(batch, payload_);
            records += batch.rows;
            if (kept != nullptr) *kept += payload_.bytes;
        };
    }

    int64_t records = 0;
    std::string* kept = nullptr;

  private:
    std::unique_ptr<Format> format_;
    std::vector<std::unique_ptr<RecordEncoder>> encoders_;
    Payload payload_;
};

/// The source as the engine uses it, on one thread, window after window.
class BySource {
  public:
    explicit BySource(const LivingPlan& plan, LivingOptions options = {}) : json(plan) {
        plan_ = make_living_source(plan, options);
        auto opened = plan_->open({.start = start});
        if (!opened) give_up(opened.error().message);
        source = std::move(*opened);
        scratch_ = source->scratch();
    }

    void advance(int64_t until) {
        std::vector<Task> tasks;
        source->plan({reached_, until}, true, tasks);
        const BatchSink out = json.sink();
        for (const Task& task : tasks) source->fill(task, *scratch_, out);
        reached_ = until;
    }

    JsonOut json;
    std::unique_ptr<Source> source;

  private:
    std::shared_ptr<const SourcePlan> plan_;
    std::unique_ptr<Scratch> scratch_;
    int64_t reached_ = start;
};

/// The rival: a heap for each shard, and the same making of records behind it.
class ByHeap {
  public:
    ByHeap(const LivingPlan& plan, int64_t entities_of_shard) : json(plan) {
        for (int64_t first = 1; first <= plan.roots; first += entities_of_shard)
            shards_.emplace_back(plan, first, std::min(entities_of_shard, plan.roots + 1 - first));
        for (const LivingStream& stream : plan.streams)
            makers_.emplace_back(stream, plan.programs[static_cast<size_t>(stream.program)]);
    }

    void advance(int64_t until) {
        for (HeapOfEntities& shard : shards_) {
            events += shard.act(until);
            for (size_t stream = 0; stream < makers_.size(); ++stream)
                makers_[stream].make(shard.records().streams[stream], static_cast<int>(stream), json.sink());
            shard.records().clear();
        }
    }

    JsonOut json;
    int64_t events = 0;

  private:
    std::deque<HeapOfEntities> shards_;
    std::deque<LivingRecordMaker> makers_;
};

void compare() {
    const CompiledPack pack("entities.yaml", {{"default: 100k", "default: 3k"}});
    constexpr int64_t window = 10 * micros_per_second;
    BySource source(pack.plan, {.cells_of_shard = 1000, .slice_us = window});
    ByHeap heap(pack.plan, 1000);
    std::string by_source, by_heap;
    source.json.kept = &by_source;
    heap.json.kept = &by_heap;
    for (int64_t until = start + window; until <= start + 12 * window; until += window) {
        source.advance(until);
        heap.advance(until);
    }
    if (by_source != by_heap) {
        const auto differs = std::ranges::mismatch(by_source, by_heap).in1 - by_source.begin();
        give_up("bytes differ from heap and interpreter at byte " + std::to_string(differs) + " of " +
                std::to_string(by_heap.size()));
    }
    std::printf("bytes equal to heap and interpreter: %lld records\n", static_cast<long long>(source.json.records));
}

/// Best CPU time of one turn, in ns.
struct Best {
    double ns = 1e18;
    void take(const std::function<void()>& turn) {
        const double began = cpu_ns();
        turn();
        ns = std::min(ns, cpu_ns() - began);
    }
};

/// Measures both in turns and gives ns per event of the source.
double measure(const std::string& count, double entities) {
    const CompiledPack pack("entities.yaml", {{"default: 100k", "default: " + count}});
    const auto window = static_cast<int64_t>(8e6 / entities * micros_per_second) + micros_per_second;
    BySource source(pack.plan);
    ByHeap heap(pack.plan, 16'384);
    source.advance(start + micros_per_minute);
    heap.advance(start + micros_per_minute);
    Best by_source, by_heap;
    const int64_t events = heap.events, records = source.json.records;
    int64_t reached = start + micros_per_minute;
    for (int turn = 0; turn < turns; ++turn) {
        reached += window;
        by_source.take([&] { source.advance(reached); });
        by_heap.take([&] { heap.advance(reached); });
    }
    const double events_of_turn = static_cast<double>(heap.events - events) / turns;
    const double records_of_turn = static_cast<double>(source.json.records - records) / turns;
    const double per_event = by_source.ns / events_of_turn;
    std::printf("%-6s entities, json      %7.1f ns/event  %6.2f M events/s  %7.1f ns/record\n", count.c_str(),
                per_event, 1e3 / per_event, by_source.ns / records_of_turn);
    std::printf("       heap, interpreter   %7.1f ns/event  %6.2f times as much\n", by_heap.ns / events_of_turn,
                by_heap.ns / by_source.ns);
    std::string state;
    Best copy;
    for (int turn = 0; turn < turns; ++turn) copy.take([&] { source.source->save(state); });
    std::printf("       state copy          %7.1f ms        %6.1f MB\n", copy.ns / 1e6,
                static_cast<double>(state.size()) / 1e6);
    return per_event;
}

void measure_shared(const std::string& shops, const std::string& customers) {
    const CompiledPack pack("entities_shared.yaml",
                            {{"default: 1k", "default: " + shops}, {"default: 100", "default: " + customers}});
    BySource source(pack.plan);
    source.advance(start + micros_per_minute);
    double per_record = 1e18;
    for (int turn = 1; turn <= turns; ++turn) {
        const int64_t before = source.json.records;
        const double began = cpu_ns();
        source.advance(start + micros_per_minute + turn * 40 * micros_per_second);
        per_record = std::min(per_record, (cpu_ns() - began) / static_cast<double>(source.json.records - before));
    }
    std::printf("%-5s cells of %-5s, json   %7.1f ns/event  %6.2f M events/s\n", shops.c_str(), customers.c_str(),
                per_record, 1e3 / per_record);
}

}  // namespace
}  // namespace headwater::bench

int main() {
    using namespace headwater::bench;
    compare();
    const double few = measure("10k", 1e4);
    measure("100k", 1e5);
    const double many = measure("1M", 1e6);
    std::printf("growth of cost from 10k to 1M entities: %.2f\n", many / few);
    measure_shared("1k", "100");
    measure_shared("10k", "10");
    measure_shared("10", "1k");
    measure_shared("1", "10k");
    return 0;
}
