#include "generate/living.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/time.h"
#include "generate/living_record_maker.h"
#include "generate/living_waves.h"

namespace headwater {

namespace {

constexpr int64_t records_of_task = 8192;
constexpr int64_t wanted_shards = 64;
constexpr int64_t least_cells = 64;
constexpr int64_t most_cells = 16'384;
constexpr uint64_t snapshot_version = key_of("living entities, version 2");

struct LivingScratch final : Scratch {
    LivingScratch(const LivingPlan& plan, const LivingFacts& facts, const LivingOptions& options)
        : waves(plan, facts, options.one_by_one ? UINT32_MAX : options.few_cells) {
        for (const LivingStream& stream : plan.streams)
            makers.emplace_back(stream, plan.programs[static_cast<size_t>(stream.program)]);
    }

    LivingWaves waves;
    std::deque<LivingRecordMaker> makers;
};

/// How the cells of a plan are divided; the same for every run and part.
struct LivingCut {
    int64_t cells = least_cells;  ///< of a shard
    int64_t slice_us = micros_per_second;
    double records_per_us = 0;  ///< of all cells, about
};

/// A shard and the slices of it that are planned. Slices are acted out in order, whichever task comes first.
class ShardRun {
  public:
    ShardRun(const LivingPlan& plan, int64_t first, int64_t count) : shard(plan, first, count) {}

    /// Adds a slice that ends at an instant.
    void add(int64_t until) { slices_.push_back({until, nullptr}); }

    /// Acts until the slice that ends at `until` is over, and gives what was emitted in it.
    std::unique_ptr<LivingRecords> act(int64_t until, LivingWaves& waves) {
        const std::lock_guard lock(mutex_);
        const auto wanted =
            std::find_if(slices_.begin(), slices_.end(), [&](const Slice& slice) { return slice.until == until; });
        HW_CHECK(wanted != slices_.end());
        for (auto slice = slices_.begin(); slice <= wanted; ++slice) {
            if (slice->records) continue;
            slice->records = take_idle();
            waves.act(shard, slice->until, *slice->records);
        }
        std::unique_ptr<LivingRecords> records = std::move(wanted->records);
        slices_.erase(wanted);
        return records;
    }

    void give_back(std::unique_ptr<LivingRecords> records) {
        records->clear();
        const std::lock_guard lock(mutex_);
        idle_ = std::move(records);
    }

    LivingShard shard;

  private:
    struct Slice {
        int64_t until;
        std::unique_ptr<LivingRecords> records;  ///< once it is acted out
    };

    std::unique_ptr<LivingRecords> take_idle() { return idle_ ? std::move(idle_) : std::make_unique<LivingRecords>(); }

    std::mutex mutex_;  ///< guards the shard while tasks are filled, and the two below
    std::deque<Slice> slices_;
    std::unique_ptr<LivingRecords> idle_;
};

/// What all runs of a plan share.
struct LivingScript {
    LivingScript(LivingPlan given, LivingOptions chosen) : plan(std::move(given)), facts(plan), options(chosen) {}

    const LivingPlan plan;
    const LivingFacts facts;
    const LivingOptions options;
    std::vector<std::shared_ptr<const Schema>> schemas;
    LivingCut cut;
};

class LivingSource final : public Source {
  public:
    LivingSource(std::shared_ptr<const LivingScript> script, int64_t first, int64_t last)
        : script_(std::move(script)), plan_(script_->plan), reached_(plan_.start) {
        const int64_t cells = script_->cut.cells;
        for (int64_t root = first; root < last;) {
            const int64_t end = std::min((root / cells + 1) * cells, last);
            shards_.emplace_back(plan_, root + 1, end - root);
            root = end;
        }
        nexts_.assign(shards_.size(), plan_.start);
    }

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return script_->schemas; }

    void plan(const Window& window, bool exact, std::vector<Task>& tasks) override {
        look_at_shards();
        while (reached_ < window.to) {
            int64_t to = slice_end(reached_);
            if (to > window.to) {
                if (!exact) return;
                to = window.to;
            }
            add_slice(to, tasks);
            reached_ = to;
        }
    }

    void fill(const Task& task, Scratch& scratch, const BatchSink& out) override {
        auto& own = static_cast<LivingScratch&>(scratch);
        ShardRun& shard = shards_[static_cast<size_t>(task.first)];
        auto records = shard.act(task.window.to, own.waves);
        for (size_t stream = 0; stream < records->streams.size(); ++stream)
            own.makers[stream].make(records->streams[stream], static_cast<int>(stream), out);
        shard.give_back(std::move(records));
    }

    std::unique_ptr<Scratch> scratch() const override {
        return std::make_unique<LivingScratch>(plan_, script_->facts, script_->options);
    }

    int64_t horizon(int64_t from, int64_t records) const override {
        const double wait = static_cast<double>(records) / std::max(script_->cut.records_per_us, 1e-12);
        const int64_t most =
            wait < static_cast<double>(longest_slice_us) ? static_cast<int64_t>(wait) : longest_slice_us;
        return std::max(from, plan_.start) + std::max<int64_t>(most, 1);
    }

    /// True when nothing will ever happen again. What is not planned yet is still to come.
    bool exhausted(int, int64_t) const override {
        return std::all_of(shards_.begin(), shards_.end(),
                           [](const ShardRun& one) { return one.shard.next_of_all() == never_due; });
    }

    std::string snapshot() const override {
        std::string state;
        put(state, snapshot_version);
        put(state, identity());
        put(state, static_cast<uint64_t>(reached_));
        for (const ShardRun& shard : shards_) shard.shard.save(state);
        put(state, key_of(state));
        return state;
    }

    Result<void> restore(const std::string& state) override {
        if (state.empty()) return {};
        const auto wrong = [&](const char* what) {
            return fail(ErrorKind::invalid, std::string(what) + ": " + plan_.kinds[0].name);
        };
        if (state.size() < 32 ||
            number_at(state, state.size() - 8) != key_of(std::string_view(state).substr(0, state.size() - 8)))
            return wrong("The state of these entities is damaged");
        if (number_at(state, 0) != snapshot_version || number_at(state, 8) != identity())
            return wrong("The state is of another version, pack or part of these entities");
        reached_ = static_cast<int64_t>(number_at(state, 16));
        std::string_view rest = std::string_view(state).substr(24, state.size() - 32);
        for (ShardRun& shard : shards_)
            if (auto read = shard.shard.load(rest); !read) return read;
        return {};
    }

    static constexpr int64_t longest_slice_us = micros_per_day;

  private:
    static void put(std::string& out, uint64_t value) {
        for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
    }

    static uint64_t number_at(const std::string& state, size_t at) {
        uint64_t value = 0;
        for (size_t i = 0; i < 8; ++i)
            value |= static_cast<uint64_t>(static_cast<unsigned char>(state[at + i])) << (8 * i);
        return value;
    }

    /// Tells plans and parts apart whose states do not fit each other.
    uint64_t identity() const {
        uint64_t key = key_under(static_cast<uint64_t>(plan_.start), shards_.size());
        for (const ShardRun& shard : shards_)
            key = key_under(key_under(key, shard.shard.cells()), static_cast<uint64_t>(shard.shard.first));
        for (const LivingKind& kind : plan_.kinds)
            key = key_under(key_under(key_under(key, kind.key), static_cast<uint64_t>(kind.words)),
                            static_cast<uint64_t>(kind.texts));
        return key;
    }

    int64_t slice_end(int64_t from) const {
        const int64_t slice = script_->cut.slice_us;
        return plan_.start + ((from - plan_.start) / slice + 1) * slice;
    }

    void look_at_shards() {
        for (size_t i = 0; i < shards_.size(); ++i) nexts_[i] = shards_[i].shard.next_of_all();
    }

    /// Shards in which nothing happens before the first slice that is planned have no task in it.
    void add_slice(int64_t to, std::vector<Task>& tasks) {
        for (size_t i = 0; i < shards_.size(); ++i) {
            if (nexts_[i] >= to) continue;
            shards_[i].add(to);
            tasks.push_back({.first = static_cast<int64_t>(i), .count = 0, .window = {reached_, to}});
        }
    }

    std::shared_ptr<const LivingScript> script_;
    const LivingPlan& plan_;
    std::deque<ShardRun> shards_;
    std::vector<int64_t> nexts_;  ///< by shard: when something happens next, as of the last window
    int64_t reached_;             ///< slices before it are planned
};

/// Looks at what the first cells do, so that tasks are of a good size.
LivingCut cut_of(const LivingPlan& plan, const LivingFacts& facts, const LivingOptions& options) {
    constexpr int64_t sampled_cells = 8;
    constexpr size_t enough_records = 512;
    constexpr int64_t enough_events = 20'000;
    LivingCut cut;
    const int64_t cells = std::min(plan.roots, sampled_cells);
    LivingShard shard(plan, 1, cells);
    LivingActor actor(plan, facts);
    LivingRecords records;
    size_t made = 0;
    int64_t step = micros_per_second, reached = plan.start;
    while (made < enough_records && actor.events() < enough_events &&
           reached - plan.start < LivingSource::longest_slice_us && cells > 0) {
        reached += step;
        actor.act(shard, reached, records);
        for (const EmittedRows& rows : records.streams) made += rows.size();
        records.clear();
        step *= 2;
    }
    const double span = static_cast<double>(std::max<int64_t>(reached - plan.start, 1));
    cut.records_per_us = static_cast<double>(made + 1) / span * static_cast<double>(plan.roots) /
                         static_cast<double>(std::max<int64_t>(cells, 1));
    cut.cells = options.cells_of_shard > 0 ? options.cells_of_shard
                                           : std::clamp(plan.roots / wanted_shards, least_cells, most_cells);
    const double of_shard = cut.records_per_us *
                            static_cast<double>(std::min(cut.cells, std::max<int64_t>(plan.roots, 1))) /
                            static_cast<double>(std::max<int64_t>(plan.roots, 1));
    const double seconds = std::min(static_cast<double>(records_of_task) / std::max(of_shard, 1e-12),
                                    static_cast<double>(LivingSource::longest_slice_us)) /
                           micros_per_second;
    cut.slice_us = options.slice_us > 0 ? options.slice_us
                                        : std::max<int64_t>(static_cast<int64_t>(seconds), 1) * micros_per_second;
    return cut;
}

class LivingSourcePlan final : public SourcePlan {
  public:
    explicit LivingSourcePlan(std::shared_ptr<const LivingScript> script) : script_(std::move(script)) {}

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return script_->schemas; }

    Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const override {
        if (limits.parts > 1 && limits.until == INT64_MAX)
            return fail(ErrorKind::invalid, "Parts of entities that live need an end in time: give --until or --for");
        const auto cut = [&](int part) {
            return static_cast<int64_t>(static_cast<__int128>(script_->plan.roots) * part / limits.parts);
        };
        return std::make_unique<LivingSource>(script_, cut(limits.part), cut(limits.part + 1));
    }

  private:
    std::shared_ptr<const LivingScript> script_;
};

}  // namespace

std::shared_ptr<const SourcePlan> make_living_source(LivingPlan plan, LivingOptions options) {
    HW_CHECK(!plan.kinds.empty() && plan.kinds[0].parent < 0 && plan.roots >= 0);
    auto script = std::make_shared<LivingScript>(std::move(plan), options);
    for (const LivingStream& stream : script->plan.streams) script->schemas.push_back(stream.schema);
    script->cut = cut_of(script->plan, script->facts, options);
    return std::make_shared<LivingSourcePlan>(std::move(script));
}

}  // namespace headwater
