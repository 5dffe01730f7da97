// For the first records of each stream of a plan, without a target.
#include "engine/first_records.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/time.h"
#include "data/print.h"
#include "generate/source.h"

namespace headwater {

namespace {

/// Windows to look through for a stream that is still without its records, and how long.
constexpr int most_windows = 10'000;
constexpr int64_t most_us = 2 * micros_per_second;

/// Collects the first records of the streams of one source.
class Collector {
  public:
    Collector(std::unique_ptr<Source> source, int records, const RealTime& time)
        : source_(std::move(source)),
          records_(static_cast<size_t>(records)),
          rows_(source_->schemas().size()),
          time_(time) {}

    void collect(int64_t from, int64_t until) {
        auto scratch = source_->scratch();
        const int64_t end_us = time_.elapsed() + most_us;
        for (int window = 0; window < most_windows && from < until && !is_done(from); ++window) {
            if (time_.elapsed() >= end_us) break;
            int64_t to = std::min(until, source_->horizon(from, static_cast<int64_t>(records_)));
            std::vector<Task> tasks;
            source_->plan({from, to}, true, tasks);
            for (const Task& task : tasks)
                source_->fill(task, *scratch, [&](int stream, Batch& batch) { add(stream, batch); });
            from = to;
        }
        reached_ = from;
    }

    /// Gives the instant up to which a stream was waited for in vain; none where it has all there is.
    std::optional<int64_t> waits_at(int stream, int64_t until) const {
        const bool is_whole = reached_ >= until || source_->exhausted(stream, reached_);
        return rows(stream).size() >= records_ || is_whole ? std::nullopt : std::optional(reached_);
    }
    std::vector<Alive> alive() const { return source_->alive(); }

    const std::vector<FirstRecord>& rows(int stream) const { return rows_[static_cast<size_t>(stream)]; }

  private:
    bool is_done(int64_t from) const {
        for (size_t stream = 0; stream < rows_.size(); ++stream)
            if (rows_[stream].size() < records_ && !source_->exhausted(static_cast<int>(stream), from)) return false;
        return true;
    }

    void add(int stream, const Batch& batch) {
        auto& rows = rows_[static_cast<size_t>(stream)];
        for (uint32_t i = 0; i < batch.rows && rows.size() < records_; ++i) {
            const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
            FirstRecord& record = rows.emplace_back();
            record.schema = &version_at(*batch.schema, batch.times != nullptr ? batch.times[row] : 0);
            for (const Field& field : record.schema->fields)
                append_json(record.cells.emplace_back(), field, batch, row);
            for (const auto& label : batch.labels)
                if (label.row == row) record.labels.push_back((*batch.label_names)[label.name]);
        }
    }

    std::unique_ptr<Source> source_;
    size_t records_;
    std::vector<std::vector<FirstRecord>> rows_;  ///< by stream of the source
    const RealTime& time_;
    int64_t reached_ = 0;  ///< records before it were looked for
};

std::set<int> streams_of(const Plan& plan) {
    std::set<int> streams;
    for (const OutputPlan& output : plan.outputs) streams.insert(output.streams.begin(), output.streams.end());
    for (size_t i = 0; streams.empty() && i < plan.streams.size(); ++i) streams.insert(static_cast<int>(i));
    return streams;
}

Result<Collector> collect(const Plan& plan, int source, int records, const RealTime& time) {
    const SourcePlan& one = *plan.sources[static_cast<size_t>(source)];
    SourceLimits limits{.start = plan.clock.start, .until = plan.clock.until.value_or(INT64_MAX)};
    limits.counts.assign(one.schemas().size(), records);
    auto opened = one.open(limits);
    if (!opened) return std::unexpected(opened.error());
    Collector collector(std::move(*opened), records, time);
    collector.collect(limits.start, limits.until);
    return collector;
}

}  // namespace

Result<std::vector<FirstRecords>> first_records(const Plan& plan, int records, const RealTime& time) {
    std::vector<FirstRecords> all;
    std::map<int, Collector> collectors;
    for (int index : streams_of(plan)) {
        const StreamPlan& stream = plan.streams[static_cast<size_t>(index)];
        if (!collectors.contains(stream.source)) {
            auto collector = collect(plan, stream.source, records, time);
            if (!collector) return std::unexpected(collector.error());
            collectors.emplace(stream.source, std::move(*collector));
        }
        const Collector& collector = collectors.at(stream.source);
        FirstRecords& first = all.emplace_back();
        first.stream = index;
        first.records = collector.rows(stream.source_stream);
        first.waits_at = collector.waits_at(stream.source_stream, plan.clock.until.value_or(INT64_MAX));
        if (first.waits_at) first.alive = collector.alive();
    }
    return all;
}

}  // namespace headwater
