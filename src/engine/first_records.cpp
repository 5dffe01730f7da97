// For the first records of each stream of a plan, without a target.
#include "engine/first_records.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "data/print.h"
#include "generate/source.h"

namespace headwater {

namespace {

/// Windows to look through for a stream that is still without its records.
constexpr int most_windows = 10'000;

/// Collects the first records of the streams of one source.
class Collector {
  public:
    Collector(std::unique_ptr<Source> source, int records)
        : source_(std::move(source)), records_(static_cast<size_t>(records)), rows_(source_->schemas().size()) {}

    void collect(int64_t from, int64_t until) {
        auto scratch = source_->scratch();
        for (int window = 0; window < most_windows && from < until && !is_done(from); ++window) {
            int64_t to = std::min(until, source_->horizon(from, static_cast<int64_t>(records_)));
            std::vector<Task> tasks;
            source_->plan({from, to}, true, tasks);
            for (const Task& task : tasks)
                source_->fill(task, *scratch, [&](int stream, Batch& batch) { add(stream, batch); });
            from = to;
        }
    }

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
};

std::set<int> streams_of(const Plan& plan) {
    std::set<int> streams;
    for (const OutputPlan& output : plan.outputs) streams.insert(output.streams.begin(), output.streams.end());
    for (size_t i = 0; streams.empty() && i < plan.streams.size(); ++i) streams.insert(static_cast<int>(i));
    return streams;
}

Result<Collector> collect(const Plan& plan, int source, int records) {
    const SourcePlan& one = *plan.sources[static_cast<size_t>(source)];
    SourceLimits limits{.start = plan.clock.start, .until = plan.clock.until.value_or(INT64_MAX)};
    limits.counts.assign(one.schemas().size(), records);
    auto opened = one.open(limits);
    if (!opened) return std::unexpected(opened.error());
    Collector collector(std::move(*opened), records);
    collector.collect(limits.start, limits.until);
    return collector;
}

}  // namespace

Result<std::vector<FirstRecords>> first_records(const Plan& plan, int records) {
    std::vector<FirstRecords> all;
    std::map<int, Collector> collectors;
    for (int index : streams_of(plan)) {
        const StreamPlan& stream = plan.streams[static_cast<size_t>(index)];
        if (!collectors.contains(stream.source)) {
            auto collector = collect(plan, stream.source, records);
            if (!collector) return std::unexpected(collector.error());
            collectors.emplace(stream.source, std::move(*collector));
        }
        all.push_back({index, collectors.at(stream.source).rows(stream.source_stream)});
    }
    return all;
}

}  // namespace headwater
