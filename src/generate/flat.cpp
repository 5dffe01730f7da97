#include "generate/flat.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "base/check.h"
#include "generate/batch_maker.h"
#include "generate/rows_of_part.h"

namespace headwater {

namespace {

/// What all runs of a stream share.
struct FlatStream {
    FlatPlan plan;
    ProgramOptions options;
    std::vector<std::shared_ptr<const Schema>> schemas;
};

struct FlatScratch final : Scratch {
    explicit FlatScratch(const FlatStream& stream) : maker(stream.plan.program, stream.options) {
        HW_CHECK(stream.plan.program->inputs.size() == 2);
        batch.schema = stream.plan.schema;
    }

    BatchMaker maker;
    Batch batch;
};

class FlatSource final : public Source {
  public:
    FlatSource(std::shared_ptr<const FlatStream> stream, RowRange rows)
        : stream_(std::move(stream)), clock_(*stream_->plan.clock), rows_(rows) {}

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return stream_->schemas; }

    void plan(const Window& window, bool exact, std::vector<Task>& tasks) override {
        if (!is_placed_) next_ = row_at(window.from);
        is_placed_ = true;
        int64_t end = row_at(window.to);
        if (!exact && end < rows_.end) end = end / grain * grain;
        while (next_ < end) {
            const int64_t cut = std::min((next_ / grain + 1) * grain, end);
            tasks.push_back({next_, cut - next_, window});
            next_ = cut;
        }
    }

    void fill(const Task& task, Scratch& scratch, const BatchSink& out) override {
        auto& own = static_cast<FlatScratch&>(scratch);
        const int64_t end = task.first + task.count;
        for (int64_t first = task.first; first < end; first += own.maker.batch_rows()) {
            own.batch.rows = static_cast<uint32_t>(std::min<int64_t>(own.maker.batch_rows(), end - first));
            fill_batch(first, own);
            out(0, own.batch);
        }
    }

    bool skip(const Task&) override { return true; }

    std::unique_ptr<Scratch> scratch() const override { return std::make_unique<FlatScratch>(*stream_); }

    int64_t horizon(int64_t from, int64_t records) const override {
        const int64_t first = row_at(from);
        const bool is_last = records >= rows_.end - first;
        const int64_t row = is_last ? rows_.end - 1 : first + records;
        const int64_t time = clock_.time_of(std::max<int64_t>(row, 0));
        return std::max(time + (is_last && time < INT64_MAX ? 1 : 0), from + 1);
    }

    bool exhausted(int, int64_t from) const override {
        const int64_t row = row_at(from);
        return row >= rows_.end || clock_.time_of(row) == INT64_MAX;
    }

    void save(std::string& state) const override { state = is_placed_ ? std::to_string(next_) : ""; }

    Result<void> restore(const std::string& state) override {
        if (state.empty()) return {};
        const auto [end, error] = std::from_chars(state.data(), state.data() + state.size(), next_);
        is_placed_ =
            error == std::errc() && end == state.data() + state.size() && next_ >= rows_.begin && next_ <= rows_.end;
        if (!is_placed_)
            return fail(ErrorKind::invalid, "Not the state of stream " + stream_->plan.schema->stream + ": " + state);
        return {};
    }

  private:
    /// Gives the first row of this part at or after an instant.
    int64_t row_at(int64_t instant) const { return std::clamp(clock_.rows_by(instant), rows_.begin, rows_.end); }

    void fill_batch(int64_t first, FlatScratch& own) const {
        Batch& batch = own.batch;
        int64_t* numbers = own.maker.input(0);
        std::iota(numbers, numbers + batch.rows, first);
        clock_.times(first, batch.rows, own.maker.input(1));
        own.maker.run(batch.rows);
        own.maker.show(batch);
        batch.first_row = first;
        batch.order = nullptr;
        batch.label_names = &stream_->plan.labels;
        batch.times = own.maker.input(1);
        own.maker.label(stream_->plan, batch);
    }

    std::shared_ptr<const FlatStream> stream_;
    const RowClock& clock_;
    RowRange rows_;
    int64_t next_ = 0;        ///< rows before it are planned
    bool is_placed_ = false;  ///< next_ is known: by the first window, or restored
};

class FlatSourcePlan final : public SourcePlan {
  public:
    explicit FlatSourcePlan(std::shared_ptr<const FlatStream> stream) : stream_(std::move(stream)) {}

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return stream_->schemas; }

    Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const override {
        int64_t total = stream_->plan.count;
        if (!limits.counts.empty()) total = std::min(total, limits.counts[0]);
        if (limits.until != INT64_MAX) total = std::min(total, stream_->plan.clock->rows_by(limits.until));
        const auto rows = rows_of_part(total, limits);
        if (!rows) return std::unexpected(rows.error());
        return std::make_unique<FlatSource>(stream_, *rows);
    }

  private:
    std::shared_ptr<const FlatStream> stream_;
};

}  // namespace

std::shared_ptr<const SourcePlan> make_flat_source(FlatPlan plan, ProgramOptions options) {
    auto stream = std::make_shared<FlatStream>();
    stream->schemas = {plan.schema};
    stream->plan = std::move(plan);
    stream->options = options;
    return std::make_shared<FlatSourcePlan>(std::move(stream));
}

}  // namespace headwater
