// For `headwater preview`: the first records of each stream, readable, without a target.
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "app/commands.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/request.h"
#include "data/print.h"
#include "engine/real_time.h"

namespace headwater {

namespace {

/// A record that is wider than this is printed with one field a line.
constexpr size_t widest_line = 160;
/// Windows to look through for a stream that is still without its records.
constexpr int most_windows = 10'000;

using Cells = std::vector<std::string>;

/// Collects the first records of the streams of one source, as printed fields.
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

    const std::vector<Cells>& rows(int stream) const { return rows_[static_cast<size_t>(stream)]; }

  private:
    bool is_done(int64_t from) const {
        for (size_t stream = 0; stream < rows_.size(); ++stream)
            if (rows_[stream].size() < records_ && !source_->exhausted(static_cast<int>(stream), from)) return false;
        return true;
    }

    void add(int stream, const Batch& batch) {
        auto& rows = rows_[static_cast<size_t>(stream)];
        for (uint32_t i = 0; i < batch.rows && rows.size() < records_; ++i) {
            Cells& cells = rows.emplace_back();
            for (const Field& field : batch.schema->fields)
                append_json(cells.emplace_back(), field, batch, batch.order != nullptr ? batch.order[i] : i);
        }
    }

    std::unique_ptr<Source> source_;
    size_t records_;
    std::vector<std::vector<Cells>> rows_;  ///< by stream of the source
};

/// Aligns equal fields under each other: records on one line each, or fields on one line each.
std::string spell_rows(const Schema& schema, const std::vector<Cells>& rows) {
    std::vector<size_t> widths(schema.fields.size());
    size_t line = 2, names = 0;
    for (size_t field = 0; field < widths.size(); ++field) {
        for (const Cells& cells : rows) widths[field] = std::max(widths[field], cells[field].size());
        line += widths[field] + schema.fields[field].name.size() + 6;
        names = std::max(names, schema.fields[field].name.size());
    }
    bool is_wide = line > widest_line;
    std::string text;
    for (const Cells& cells : rows) {
        text += is_wide ? "{\n" : "{";
        for (size_t field = 0; field < widths.size(); ++field) {
            const std::string& name = schema.fields[field].name;
            bool is_last = field + 1 == widths.size();
            text += (is_wide ? "  \"" : "\"") + name + "\": ";
            if (is_wide) text.append(names - name.size(), ' ');
            text += cells[field] + (is_last ? "" : ",");
            if (is_wide)
                text += '\n';
            else if (!is_last)
                text.append(widths[field] - cells[field].size() + 1, ' ');
        }
        text += "}\n";
    }
    return text;
}

std::string heading_of(const StreamPlan& stream) {
    std::string heading = "# " + stream.qualified();
    if (!stream.schema->key.empty()) heading += "  (key " + stream.schema->key + ")";
    if (!stream.summary.empty()) heading += "  " + stream.summary;
    return heading + "\n";
}

/// The streams that some output names, or all of them.
std::set<int> streams_of(const Plan& plan) {
    std::set<int> streams;
    for (const OutputPlan& output : plan.outputs) streams.insert(output.streams.begin(), output.streams.end());
    for (size_t i = 0; streams.empty() && i < plan.streams.size(); ++i) streams.insert(static_cast<int>(i));
    return streams;
}

/// Opens a source and collects the first records of its streams.
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

int preview_command(const Arguments& arguments) {
    Console console(arguments.console);
    auto request = request_of(arguments, arguments.plan.what.front(), SystemTime().now());
    if (!request) {
        console.log(LogLevel::error, request.error().message);
        return exit_bad_input;
    }
    request->counts = {std::to_string(arguments.records)};
    auto plan = load_and_tell(*request, console);
    if (!plan) return exit_bad_input;

    std::map<int, Collector> collectors;
    for (int index : streams_of(*plan)) {
        const StreamPlan& stream = plan->streams[static_cast<size_t>(index)];
        if (!collectors.contains(stream.source)) {
            auto collector = collect(*plan, stream.source, arguments.records);
            if (!collector) {
                console.log(LogLevel::error, collector.error().message);
                return exit_bad_input;
            }
            collectors.emplace(stream.source, std::move(*collector));
        }
        std::string text = heading_of(stream) +
                           spell_rows(*stream.schema, collectors.at(stream.source).rows(stream.source_stream)) + "\n";
        std::fwrite(text.data(), 1, text.size(), stdout);
    }
    return exit_done;
}

}  // namespace headwater
