#include "generate/living.h"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/checksum.h"
#include "base/random.h"
#include "base/time.h"
#include "generate/living_cut.h"
#include "generate/living_record_maker.h"
#include "generate/living_waves.h"

namespace headwater {

namespace {

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
    LivingSource(std::shared_ptr<const LivingScript> script, int part, int parts)
        : script_(std::move(script)), plan_(script_->plan), part_(part), parts_(parts), reached_(plan_.start) {
        const int64_t cells = script_->cut.cells;
        opened_ = part * cells;
        if (plan_.births) return;
        const auto cut = [&](int at) { return static_cast<int64_t>(static_cast<__int128>(plan_.roots) * at / parts); };
        for (int64_t root = cut(part); root < cut(part + 1);) {
            const int64_t end = std::min((root / cells + 1) * cells, cut(part + 1));
            shards_.push_back(std::make_unique<ShardRun>(plan_, root + 1, end - root));
            root = end;
        }
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
        ShardRun& shard = *shards_[static_cast<size_t>(task.first)];
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
        const int64_t most = wait < static_cast<double>(LivingCut::longest_slice_us) ? static_cast<int64_t>(wait)
                                                                                     : LivingCut::longest_slice_us;
        return std::max(from, plan_.start) + std::max<int64_t>(most, 1);
    }

    /// True when nothing will ever happen again. What is not planned yet is still to come.
    bool exhausted(int, int64_t) const override {
        return next_opening() == never_due && std::all_of(shards_.begin(), shards_.end(), [](const auto& one) {
                   return one->shard.next_of_all() == never_due;
               });
    }

    std::vector<Alive> alive() const override {
        std::vector<Alive> all;
        for (size_t kind = 0; kind < plan_.kinds.size(); ++kind) {
            std::map<uint16_t, int64_t> counts;
            for (const auto& run : shards_) {
                const LivingRows& rows = run->shard.rows[kind];
                for (size_t row = 0; row < rows.size(); ++row)
                    if (rows.lives[row] != 0) ++counts[rows.phase[row]];
            }
            for (const auto& [phase, count] : counts)
                all.push_back({plan_.kinds[kind].name, phase_name(plan_.kinds[kind], phase), count});
        }
        return all;
    }

    void save(std::string& state) const override {
        state.clear();
        put(state, snapshot_version);
        put(state, identity());
        put(state, static_cast<uint64_t>(reached_));
        put(state, static_cast<uint64_t>(opened_));
        put(state, shards_.size());
        for (const auto& run : shards_) {
            put(state, static_cast<uint64_t>(run->shard.first));
            run->shard.save(state);
        }
        put(state, checksum_of(state));
    }

    Result<void> restore(const std::string& state) override {
        if (state.empty()) return {};
        const auto wrong = [&](const char* what) {
            return fail(ErrorKind::invalid, std::string(what) + ": " + plan_.kinds[0].name);
        };
        constexpr size_t head_bytes = 40, sum_bytes = 8;
        if (state.size() < head_bytes + sum_bytes ||
            number_at(state, state.size() - 8) != checksum_of(std::string_view(state).substr(0, state.size() - 8)))
            return wrong("The state of these entities is damaged");
        if (number_at(state, 0) != snapshot_version || number_at(state, 8) != identity())
            return wrong("The state is of another version, pack or part of these entities");
        reached_ = static_cast<int64_t>(number_at(state, 16));
        opened_ = static_cast<int64_t>(number_at(state, 24));
        const uint64_t shards = number_at(state, 32);
        std::string_view rest = std::string_view(state).substr(head_bytes, state.size() - head_bytes - sum_bytes);
        if (plan_.births) shards_.clear();
        for (uint64_t i = 0; i < shards; ++i) {
            if (rest.size() < 8) return wrong("The state is cut off");
            const auto first = static_cast<int64_t>(number_at(rest, 0));
            rest.remove_prefix(8);
            if (plan_.births) shards_.push_back(std::make_unique<ShardRun>(plan_, first, script_->cut.cells));
            if (i >= shards_.size() || shards_[i]->shard.first != first) return wrong("The state is of other cells");
            if (auto read = shards_[i]->shard.load(rest); !read) return read;
        }
        return {};
    }

  private:
    static std::string phase_name(const LivingKind& kind, uint16_t phase) {
        if (kind.is_journey) return "step " + std::to_string(phase + 1);
        return phase < kind.phase_names.size() ? kind.phase_names[phase] : "";
    }

    static void put(std::string& out, uint64_t value) {
        for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
    }

    static uint64_t number_at(std::string_view state, size_t at) {
        uint64_t value = 0;
        for (size_t i = 0; i < 8; ++i)
            value |= static_cast<uint64_t>(static_cast<unsigned char>(state[at + i])) << (8 * i);
        return value;
    }

    /// Tells plans and parts apart whose states do not fit each other.
    uint64_t identity() const {
        uint64_t key = key_under(static_cast<uint64_t>(plan_.start), static_cast<uint64_t>(plan_.roots));
        for (const int64_t number :
             {static_cast<int64_t>(part_), static_cast<int64_t>(parts_), script_->cut.cells, script_->cut.slice_us})
            key = key_under(key, static_cast<uint64_t>(number));
        for (const LivingKind& kind : plan_.kinds)
            key = key_under(key_under(key_under(key, kind.key), static_cast<uint64_t>(kind.words)),
                            static_cast<uint64_t>(kind.texts));
        return key;
    }

    int64_t slice_end(int64_t from) const {
        const int64_t slice = script_->cut.slice_us;
        return plan_.start + ((from - plan_.start) / slice + 1) * slice;
    }

    /// Gives when the next shard of roots that arrive is opened. Part k of n has every n-th shard.
    int64_t next_opening() const { return plan_.births ? plan_.born(opened_ + 1) : never_due; }

    void open_shards(int64_t until) {
        const int64_t cells = script_->cut.cells;
        while (next_opening() < until) {
            shards_.push_back(std::make_unique<ShardRun>(plan_, opened_ + 1, cells));
            nexts_.push_back(next_opening());
            opened_ += cells * parts_;
        }
    }

    void look_at_shards() {
        if (plan_.births) std::erase_if(shards_, [](const auto& one) { return one->shard.next_of_all() == never_due; });
        nexts_.resize(shards_.size());
        for (size_t i = 0; i < shards_.size(); ++i) nexts_[i] = shards_[i]->shard.next_of_all();
    }

    /// Shards in which nothing happens before the first slice that is planned have no task in it.
    void add_slice(int64_t to, std::vector<Task>& tasks) {
        open_shards(to);
        for (size_t i = 0; i < shards_.size(); ++i) {
            if (nexts_[i] >= to) continue;
            shards_[i]->add(to);
            tasks.push_back({.first = static_cast<int64_t>(i), .count = 0, .window = {reached_, to}});
        }
    }

    std::shared_ptr<const LivingScript> script_;
    const LivingPlan& plan_;
    int part_, parts_;
    std::vector<std::unique_ptr<ShardRun>> shards_;
    std::vector<int64_t> nexts_;  ///< by shard: when something happens next, as of the last window
    int64_t reached_;             ///< slices before it are planned
    int64_t opened_ = 0;          ///< roots that arrive: those up to here have had their shards
};

class LivingSourcePlan final : public SourcePlan {
  public:
    explicit LivingSourcePlan(std::shared_ptr<const LivingScript> script) : script_(std::move(script)) {}

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return script_->schemas; }

    Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const override {
        if (limits.parts > 1 && limits.until == INT64_MAX)
            return fail(ErrorKind::invalid, "Parts of entities that live need an end in time: give --until or --for");
        return std::make_unique<LivingSource>(script_, limits.part, limits.parts);
    }

    /// Estimates the memory of one that is opened.
    uint64_t memory_bytes() const {
        // A child or two for each that has any, the queue of a cell, and the records of a slice.
        constexpr uint64_t of_cell = 256;
        const LivingPlan& plan = script_->plan;
        uint64_t of_root = of_cell;
        for (const LivingKind& kind : plan.kinds) of_root += LivingShard::row_bytes(kind);
        return static_cast<uint64_t>(plan.roots) * of_root;
    }

  private:
    std::shared_ptr<const LivingScript> script_;
};

}  // namespace

uint64_t memory_bytes_of(const SourcePlan& source) {
    const auto* living = dynamic_cast<const LivingSourcePlan*>(&source);
    return living == nullptr ? 0 : living->memory_bytes();
}

std::shared_ptr<const SourcePlan> make_living_source(LivingPlan plan, LivingOptions options) {
    HW_CHECK(!plan.kinds.empty() && plan.kinds[0].parent < 0 && plan.roots >= 0);
    auto script = std::make_shared<LivingScript>(std::move(plan), options);
    for (const LivingStream& stream : script->plan.streams) script->schemas.push_back(stream.schema);
    script->cut = cut_of(script->plan, options);
    return std::make_shared<LivingSourcePlan>(std::move(script));
}

}  // namespace headwater
