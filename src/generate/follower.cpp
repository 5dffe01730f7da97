// For streams that follow another: parents choose how many copies they have and when; those due in a window become records.
#include <algorithm>
#include <charconv>
#include <deque>
#include <mutex>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "generate/batch_maker.h"
#include "generate/flat.h"
#include "generate/pending_copies.h"
#include "generate/rows_of_part.h"

namespace headwater {

namespace {

constexpr int64_t never = INT64_MAX;

/// Takes a delay off an instant, no further than to the first one there is.
int64_t earlier(int64_t instant, int64_t delay) {
    int64_t result = 0;
    return __builtin_sub_overflow(instant, delay, &result) ? INT64_MIN : result;
}

/// Adds a delay to an instant, no further than to `never`.
int64_t later(int64_t instant, int64_t delay) {
    int64_t result = 0;
    return __builtin_add_overflow(instant, delay, &result) ? never : result;
}

/// What all runs of a stream share.
struct FollowerStream {
    FollowerPlan plan;
    ProgramOptions options;
    std::vector<std::shared_ptr<const Schema>> schemas;
};

/// Runs the choosing program over parents.
class Chooser {
  public:
    explicit Chooser(const FollowerStream& stream) : plan_(stream.plan), maker_(plan_.choose, stream.options) {
        HW_CHECK(plan_.choose->inputs.size() == 2);
        HW_CHECK(plan_.delay == no_reg || plan_.choose->frame_of[plan_.delay] == plan_.frame);
    }

    /// Gives the copies of parents begin .. end - 1 to `found`, in order of number.
    template <typename Found>
    void choose(int64_t begin, int64_t end, Found found) {
        for (int64_t first = begin; first < end; first += maker_.batch_rows()) {
            const auto rows = static_cast<uint32_t>(std::min<int64_t>(maker_.batch_rows(), end - first));
            int64_t* numbers = maker_.input(0);
            std::iota(numbers, numbers + rows, first);
            plan_.parent.clock->times(first, rows, maker_.input(1));
            maker_.run(rows);
            for (uint32_t row = 0; row < rows; ++row) give_copies(row, found);
        }
    }

  private:
    template <typename Found>
    void give_copies(uint32_t row, Found& found) {
        const int64_t parent = maker_.input(0)[row];
        const int64_t time = maker_.input(1)[row];
        const auto* delays = plan_.delay == no_reg ? nullptr : static_cast<const int64_t*>(maker_.values(plan_.delay));
        const int64_t copies = copies_of(row);
        const uint32_t first = plan_.frame == 0 ? row : maker_.offsets(plan_.frame)[row];
        for (int64_t index = 0; index < copies; ++index) {
            const int64_t drawn = delays == nullptr ? 0 : delays[plan_.frame == 0 ? first : first + index];
            const int64_t delay = std::clamp(drawn, plan_.least_delay, plan_.most_delay);
            found(ChosenCopy{later(time, delay), parent * plan_.most_copies + index, time});
        }
    }

    int64_t copies_of(uint32_t row) const {
        int64_t copies = plan_.most_copies;
        if (plan_.copies != no_reg)
            copies = std::min(copies, static_cast<const int64_t*>(maker_.values(plan_.copies))[row]);
        if (plan_.frame == 0) return copies;
        const uint32_t* offsets = maker_.offsets(plan_.frame);
        return std::min<int64_t>(copies, offsets[row + 1] - offsets[row]);
    }

    const FollowerPlan& plan_;
    BatchMaker maker_;
};

struct FollowerScratch final : Scratch {
    explicit FollowerScratch(const FollowerStream& stream)
        : maker(stream.plan.own.program, stream.options), numbers(maker.batch_rows()) {
        HW_CHECK(stream.plan.own.program->inputs.size() == 4);
        batch.schema = stream.plan.own.schema;
    }

    BatchMaker maker;
    Batch batch;
    std::vector<int64_t> numbers;
};

/// The copies of one task. Used again when the task is done.
using Chunk = std::vector<ChosenCopy>;

/// Parents are chosen while windows are planned, each once; tasks sort their copies and make the records. Tasks are slices
/// of time that end where every grain-th parent is due, so that what is made of a task does not depend on windows.
class FollowerSource final : public Source {
  public:
    FollowerSource(std::shared_ptr<const FollowerStream> stream, RowRange parents)
        : stream_(std::move(stream)),
          plan_(stream_->plan),
          clock_(*plan_.parent.clock),
          parents_(parents),
          chooser_(*stream_),
          pending_(plan_.most_delay - plan_.least_delay) {}

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return stream_->schemas; }

    void plan(const Window& window, bool exact, std::vector<Task>& tasks) override {
        if (!is_placed_) place(window.from);
        const bool may_leave = !exact && !exhausted(0, window.to);
        cut_slices(window.to, may_leave);
        if (ends_.empty()) return;
        const int64_t to = ends_.back();
        slices_.clear();
        for (size_t i = 0; i < ends_.size(); ++i) slices_.push_back(take_chunk());
        pending_.take(to, [&](const ChosenCopy& copy) { put(copy); });
        choose_before(to, [&](const ChosenCopy& copy) {
            if (copy.time < to)
                put(copy);
            else
                pending_.add(copy);
        });
        int64_t from = reached_;
        for (size_t i = 0; i < ends_.size(); ++i) {
            const auto count = static_cast<int64_t>(slices_[i].copies->size());
            if (count > 0)
                tasks.push_back({slices_[i].index, count, {from, ends_[i]}});
            else
                give_back(slices_[i].index);
            from = ends_[i];
        }
        reached_ = to;
    }

    void fill(const Task& task, Scratch& scratch, const BatchSink& out) override {
        auto& own = static_cast<FollowerScratch&>(scratch);
        Chunk& copies = chunk(task.first);
        std::sort(copies.begin(), copies.end());
        for (size_t first = 0; first < copies.size(); first += own.maker.batch_rows()) {
            own.batch.rows = static_cast<uint32_t>(std::min<size_t>(own.maker.batch_rows(), copies.size() - first));
            fill_batch(copies.data() + first, own);
            out(0, own.batch);
        }
        give_back(task.first);
    }

    bool skip(const Task& task) override {
        give_back(task.first);
        return true;
    }

    std::unique_ptr<Scratch> scratch() const override { return std::make_unique<FollowerScratch>(*stream_); }

    int64_t horizon(int64_t from, int64_t records) const override {
        if (is_placed_ && next_parent_ >= parents_.end) return std::max(horizon_of_pending(from, records), from + 1);
        const double share = chosen_parents_ < Batch::max_rows
                                 ? 1 / static_cast<double>(plan_.most_copies)
                                 : static_cast<double>(chosen_parents_) / static_cast<double>(chosen_copies_ + 1);
        const auto wanted = static_cast<double>(records);
        const auto parents = static_cast<int64_t>(std::clamp(wanted * share, 1.0, most_parents_per_record * wanted));
        const int64_t row = later(std::max(clock_.rows_by(from), parents_.begin), parents);
        int64_t to = row < parents_.end ? clock_.time_of(row) : due_after(parents_.end - 1, plan_.least_delay);
        if (to == never) to = due_after(std::min(clock_.rows_by(never), parents_.end) - 1, plan_.most_delay);
        return std::max(to, from + 1);
    }

    /// True when no parent is left whose copies may come so late.
    bool exhausted(int, int64_t from) const override {
        const int64_t row = first_parent_for(from);
        return row >= parents_.end || clock_.time_of(row) == never;
    }

    void save(std::string& state) const override { state = is_placed_ ? std::to_string(reached_) : ""; }

    Result<void> restore(const std::string& state) override {
        if (state.empty()) return {};
        int64_t reached = 0;
        const auto [end, error] = std::from_chars(state.data(), state.data() + state.size(), reached);
        if (error != std::errc() || end != state.data() + state.size())
            return fail(ErrorKind::invalid, "Not the state of stream " + plan_.own.schema->stream + ": " + state);
        place(reached);
        return {};
    }

  private:
    /// Bounds the parents of a window where few of them have copies.
    static constexpr double most_parents_per_record = 16;

    /// A slice of the window that is being planned.
    struct Slice {
        int64_t index = 0;  ///< of its chunk
        Chunk* copies = nullptr;
    };

    /// Gives the instant right after a copy of a parent that is delayed by so much; the start of time when there is none.
    int64_t due_after(int64_t parent, int64_t delay) const {
        return parent < 0 ? INT64_MIN : later(later(clock_.time_of(parent), delay), 1);
    }

    /// Takes what is pending as spread evenly until the last of it is due.
    int64_t horizon_of_pending(int64_t from, int64_t records) const {
        const int64_t last = due_after(parents_.end - 1, plan_.most_delay);
        const auto waiting = static_cast<double>(pending_.size());
        if (last <= from || waiting <= static_cast<double>(records)) return last;
        return later(from,
                     static_cast<int64_t>(static_cast<double>(last - from) * (static_cast<double>(records) / waiting)));
    }

    /// Gives the first parent of this part that can have copies at or after an instant.
    int64_t first_parent_for(int64_t instant) const {
        return std::clamp(clock_.rows_by(earlier(instant, plan_.most_delay)), parents_.begin, parents_.end);
    }

    /// Begins at an instant: parents before it may have copies after it.
    void place(int64_t instant) {
        is_placed_ = true;
        reached_ = instant;
        next_parent_ = first_parent_for(instant);
        pending_.clear();
        choose_before(instant, [&](const ChosenCopy& copy) {
            if (copy.time >= instant) pending_.add(copy);
        });
    }

    /// Chooses all parents that can have copies before an instant and are not chosen yet.
    template <typename Found>
    void choose_before(int64_t instant, Found found) {
        const int64_t end = std::min(clock_.rows_by(earlier(instant, plan_.least_delay)), parents_.end);
        if (end <= next_parent_) return;
        chooser_.choose(next_parent_, end, [&](const ChosenCopy& copy) {
            ++chosen_copies_;
            found(copy);
        });
        chosen_parents_ += end - next_parent_;
        next_parent_ = end;
    }

    /// Sets the ends of the slices of the next window; the last one is `to`, or left out when it may be left. After the
    /// last parent windows alone make slices.
    void cut_slices(int64_t to, bool may_leave) {
        ends_.clear();
        if (to <= reached_) return;
        int64_t row = std::max(clock_.rows_by(reached_), parents_.begin) / grain * grain;
        int64_t cut = reached_;
        while (cut <= to) {
            if (cut > (ends_.empty() ? reached_ : ends_.back())) ends_.push_back(cut);
            row += grain;
            cut = row < parents_.end ? clock_.time_of(row) : never;
            may_leave = may_leave && cut != never;
            if (cut == never) break;
        }
        if (!may_leave && (ends_.empty() || ends_.back() < to)) ends_.push_back(to);
    }

    void put(const ChosenCopy& copy) {
        const auto slice = std::upper_bound(ends_.begin(), ends_.end(), copy.time) - ends_.begin();
        slices_[static_cast<size_t>(slice)].copies->push_back(copy);
    }

    void fill_batch(const ChosenCopy* copies, FollowerScratch& own) const {
        Batch& batch = own.batch;
        int64_t *parents = own.maker.input(0), *parent_times = own.maker.input(1);
        int64_t *indices = own.maker.input(2), *times = own.maker.input(3);
        const int64_t most_copies = plan_.most_copies;
        for (uint32_t i = 0; i < batch.rows; ++i) {
            const ChosenCopy& copy = copies[i];
            parents[i] = copy.number / most_copies;
            indices[i] = copy.number % most_copies;
            parent_times[i] = copy.parent_time;
            times[i] = copy.time;
            own.numbers[i] = copy.number;
        }
        own.maker.run(batch.rows);
        own.maker.show(batch);
        batch.first_row = own.numbers[0];
        batch.row_numbers = own.numbers.data();
        batch.order = nullptr;
        batch.times = times;
        batch.label_names = &plan_.own.labels;
        own.maker.label(plan_.own, batch);
    }

    Chunk& chunk(int64_t index) {
        const std::lock_guard lock(mutex_);
        return chunks_[static_cast<size_t>(index)];
    }

    Slice take_chunk() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) {
            idle_.push_back(static_cast<int64_t>(chunks_.size()));
            chunks_.emplace_back();
        }
        const int64_t index = idle_.back();
        idle_.pop_back();
        return {index, &chunks_[static_cast<size_t>(index)]};
    }

    void give_back(int64_t index) {
        const std::lock_guard lock(mutex_);
        chunks_[static_cast<size_t>(index)].clear();
        idle_.push_back(index);
    }

    std::shared_ptr<const FollowerStream> stream_;
    const FollowerPlan& plan_;
    const RowClock& clock_;
    RowRange parents_;
    Chooser chooser_;
    PendingCopies pending_;
    bool is_placed_ = false;
    int64_t reached_ = 0;      ///< copies before it are planned
    int64_t next_parent_ = 0;  ///< parents before it are chosen
    int64_t chosen_parents_ = 0;
    int64_t chosen_copies_ = 0;
    std::vector<int64_t> ends_;  ///< of the slices being planned
    std::vector<Slice> slices_;  ///< by end

    std::mutex mutex_;  ///< guards the two below; chunks stay where they are and belong to one task each
    std::deque<Chunk> chunks_;
    std::vector<int64_t> idle_;
};

class FollowerSourcePlan final : public SourcePlan {
  public:
    explicit FollowerSourcePlan(std::shared_ptr<const FollowerStream> stream) : stream_(std::move(stream)) {}

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return stream_->schemas; }

    Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const override {
        const FollowerPlan& plan = stream_->plan;
        int64_t total = std::min(plan.parent.count, limits.followed);
        if (limits.until != INT64_MAX)
            total = std::min(total, plan.parent.clock->rows_by(earlier(limits.until, plan.least_delay)));
        const auto parents = rows_of_part(total, limits);
        if (!parents) return std::unexpected(parents.error());
        // Which of all records come first, no part knows alone.
        const int64_t count = limits.counts.empty() ? INT64_MAX : limits.counts[0];
        if (limits.parts > 1 && total > count / plan.most_copies)
            return fail(ErrorKind::invalid, "Parts of a stream that follows another take no count of it: " +
                                                plan.own.schema->stream + "=" + std::to_string(count));
        return std::make_unique<FollowerSource>(stream_, *parents);
    }

  private:
    std::shared_ptr<const FollowerStream> stream_;
};

}  // namespace

std::shared_ptr<const SourcePlan> make_follower_source(FollowerPlan plan, ProgramOptions options) {
    HW_CHECK(plan.most_copies >= 1 && plan.least_delay >= 0 && plan.least_delay <= plan.most_delay);
    auto stream = std::make_shared<FollowerStream>();
    stream->schemas = {plan.own.schema};
    stream->plan = std::move(plan);
    stream->options = options;
    return std::make_shared<FollowerSourcePlan>(std::move(stream));
}

}  // namespace headwater
