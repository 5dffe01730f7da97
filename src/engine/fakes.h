// For testing the engine without packs, formats and targets: the smallest source, format and sinks that keep the contracts.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/components.h"
#include "engine/real_time.h"
#include "pack/plan.h"

namespace headwater::fakes {

/// A stream with a record every `interval` microseconds from `origin`, valued by its row; every `label_every`th has a label.
struct StreamSpec {
    std::string name;
    int64_t interval = 1000;
    int64_t total = INT64_MAX;  ///< the stream's own end
    int64_t label_every = 0;
    bool ignores_counts = false;  ///< makes more than it is asked for, as sources of entities may
    int64_t origin = 0;
};

class FlatSource final : public Source {
  public:
    FlatSource(StreamSpec spec, std::vector<std::shared_ptr<const Schema>> schemas, const SourceLimits& limits)
        : spec_(std::move(spec)), schemas_(std::move(schemas)) {
        end_ = std::min({spec_.total, limits.until == INT64_MAX ? INT64_MAX : rows_by(limits.until),
                         spec_.ignores_counts ? INT64_MAX : limits.counts[0]});
        if (limits.parts > 1) {
            next_ = end_ * limits.part / limits.parts;
            end_ = end_ * (limits.part + 1) / limits.parts;
        }
    }

    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return schemas_; }

    void plan(const Window& window, bool exact, std::vector<Task>& tasks) override {
        int64_t to = std::min(rows_by(window.to), end_);
        if (!exact && to < end_) to = to / grain * grain;
        while (next_ < to) {
            int64_t cut = std::min((next_ / grain + 1) * grain, to);
            tasks.push_back({next_, cut - next_, window});
            next_ = cut;
        }
    }

    void fill(const Task& task, Scratch&, const BatchSink& out) override {
        std::vector<int64_t> values(Batch::max_rows + 8), times(Batch::max_rows);
        static const std::vector<std::string> names{"odd"};
        for (int64_t first = task.first; first < task.first + task.count; first += Batch::max_rows) {
            Batch batch;
            batch.schema = schemas_[0];
            batch.first_row = first;
            batch.rows = static_cast<uint32_t>(std::min<int64_t>(Batch::max_rows, task.first + task.count - first));
            for (uint32_t i = 0; i < batch.rows; ++i) {
                values[i] = first + i;
                times[i] = spec_.origin + values[i] * spec_.interval;
                if (spec_.label_every > 0 && values[i] % spec_.label_every == 0) batch.labels.push_back({i, 0});
            }
            batch.slots = {Slot{values.data(), nullptr, nullptr, batch.rows}};
            batch.times = times.data();
            batch.label_names = &names;
            out(0, batch);
        }
    }

    std::unique_ptr<Scratch> scratch() const override { return std::make_unique<Scratch>(); }
    bool skip(const Task&) override { return true; }
    int64_t horizon(int64_t from, int64_t records) const override {
        return from + std::max<int64_t>(1, std::min(records, int64_t{1} << 40) * spec_.interval);
    }
    bool exhausted(int, int64_t from) const override { return rows_by(from) >= end_; }

  private:
    int64_t rows_by(int64_t instant) const {
        return std::max<int64_t>(0, (instant - spec_.origin + spec_.interval - 1) / spec_.interval);
    }

    StreamSpec spec_;
    std::vector<std::shared_ptr<const Schema>> schemas_;
    int64_t end_;
    int64_t next_ = 0;
};

class FakeFlatPlan final : public SourcePlan {
  public:
    explicit FakeFlatPlan(StreamSpec spec) : spec_(std::move(spec)) {
        auto schema = std::make_shared<Schema>();
        schema->stream = "pack." + spec_.name;
        Field field;
        field.name = "n";
        field.type.kind = Kind::integer;
        field.slot = 0;
        schema->fields = {field};
        schema->slot_count = 1;
        schema->key = "n";
        schemas_ = {schema};
    }
    const std::vector<std::shared_ptr<const Schema>>& schemas() const override { return schemas_; }
    Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const override {
        return std::make_unique<FlatSource>(spec_, schemas_, limits);
    }

  private:
    StreamSpec spec_;
    std::vector<std::shared_ptr<const Schema>> schemas_;
};

/// Writes `<stream> <number>` lines, or for the answer key `<stream> #<row>`.
class LineEncoder final : public RecordEncoder {
  public:
    explicit LineEncoder(const Schema& schema) : stream_(schema.stream), is_answer_key_(schema.fields.size() > 1) {}
    void encode(const Batch& batch, Payload& payload) override {
        const auto* values = static_cast<const int64_t*>(batch.slots[0].values);
        for (uint32_t i = 0; i < batch.rows; ++i) {
            payload.bytes += stream_ + (is_answer_key_ ? " #" : " ") + std::to_string(values[i]) + "\n";
            payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
            payload.times.push_back(batch.times[i]);
        }
        payload.rows += batch.rows;
    }

  private:
    std::string stream_;
    bool is_answer_key_;
};

/// As LineEncoder, but as objects with a footer.
class LineObjectEncoder final : public ObjectEncoder {
  public:
    LineObjectEncoder(const Schema& schema, ByteSink write) : lines_(schema), write_(std::move(write)) {}
    Result<void> add(const Batch& batch) override {
        Payload payload;
        lines_.encode(batch, payload);
        return write_(payload.bytes);
    }
    size_t size_bytes() const override { return 0; }
    size_t overhead_bytes() const override { return 4; }
    void weigh(const Batch& batch, std::vector<uint64_t>& weights) const override {
        weights.insert(weights.end(), batch.rows, 16);
    }
    Result<void> finish() override { return write_("end\n"); }

  private:
    LineEncoder lines_;
    ByteSink write_;
};

inline const FormatKind lines_kind{.name = "lines", .extension = "txt", .content_type = "text/plain"};
inline const FormatKind columns_kind{
    .name = "columns", .extension = "txt", .content_type = "text/plain", .makes_objects = true};

class LineFormat final : public Format {
  public:
    explicit LineFormat(bool makes_objects) : Format(makes_objects ? columns_kind : lines_kind) {}

    std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema, const IdentityOptions&) const override {
        return std::make_unique<LineEncoder>(schema);
    }
    Result<std::unique_ptr<ObjectEncoder>> object_encoder(const Schema& schema, const IdentityOptions&,
                                                          ByteSink write) const override {
        return std::make_unique<LineObjectEncoder>(schema, std::move(write));
    }
};

/// Spells row `i` of a batch as LineEncoder does.
inline std::string line_of_number(const std::string& stream, const Batch& batch, uint32_t i) {
    const bool is_answer_key = batch.schema->fields.size() > 1;
    const auto* values = static_cast<const int64_t*>(batch.slots[0].values);
    return stream + (is_answer_key ? " #" : " ") + std::to_string(values[batch.order != nullptr ? batch.order[i] : i]) +
           "\n";
}

/// What all fake targets of one test receive and how they behave.
struct Landing {
    std::mutex mutex;
    std::string text;                            ///< of targets of records, as written
    std::map<std::string, std::string> objects;  ///< by root/name
    std::function<Result<void>()> on_write;      ///< asked before each write of records and each finished object
    std::function<void()> on_flush;              ///< called by each flush of records
    int opened = 0;
    ErrorKind open_error = ErrorKind::invalid;
    bool refuses_open = false;
    std::set<std::string> tables;  ///< of targets of rows: streams whose schemas they know
    /// Spells a row of a target of rows.
    std::function<std::string(const std::string& stream, const Batch& batch, uint32_t i)> line_of = line_of_number;
};

/// Gives the lines of a text in an order that does not hang on which came first.
inline std::multiset<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::multiset<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.insert(line);
    return lines;
}

class LandingRecordSink final : public RecordSink {
  public:
    explicit LandingRecordSink(Landing& landing) : landing_(landing) {}
    Result<void> open() override {
        ++landing_.opened;
        if (landing_.refuses_open) return fail(landing_.open_error, "Target is away: fake");
        return {};
    }
    Result<void> write(const std::string&, const Payload& payload) override {
        if (landing_.on_write) {
            if (auto allowed = landing_.on_write(); !allowed) return allowed;
        }
        std::lock_guard lock(landing_.mutex);
        uint32_t begin = 0;
        for (uint32_t end : payload.ends) {
            std::string record = payload.bytes.substr(begin, end - begin);
            begin = end;
            if (landed_.erase(record) == 0) landing_.text += record;
        }
        return {};
    }
    Result<void> flush() override {
        if (landing_.on_flush) landing_.on_flush();
        return {};
    }
    bool takes_messages() const override { return true; }
    std::string cursor() const override {
        std::string text = std::to_string(landing_.text.size()) + "\n";
        for (const std::string& record : landed_) text += record;
        return text;
    }
    Result<void> resume(const std::string& cursor) override {
        std::istringstream tail(cursor.substr(cursor.find('\n') + 1) + landing_.text.substr(std::stoul(cursor)));
        for (std::string line; std::getline(tail, line);) landed_.insert(line + "\n");
        return {};
    }

  private:
    Landing& landing_;
    std::set<std::string> landed_;  ///< found by resume, not come again; records are different from each other
};

class LandingObjectWriter final : public ObjectWriter {
  public:
    LandingObjectWriter(Landing& landing, std::string root) : landing_(landing), root_(std::move(root)) {}
    Result<void> write(std::string_view bytes) override {
        text_ += bytes;
        return {};
    }
    Result<ObjectReceipt> finish(const std::string& name) override {
        if (landing_.on_write) {
            if (auto allowed = landing_.on_write(); !allowed) return std::unexpected(allowed.error());
        }
        std::lock_guard lock(landing_.mutex);
        landing_.objects[root_ + "/" + name] = text_;
        return ObjectReceipt{name, text_.size(), "digest"};
    }

  private:
    Landing& landing_;
    std::string root_, text_;
};

class LandingObjectSink final : public ObjectSink {
  public:
    LandingObjectSink(Landing& landing, std::string root) : landing_(landing), root_(std::move(root)) {}
    Result<void> open() override { return {}; }
    Result<std::unique_ptr<ObjectWriter>> create(const std::string&) override {
        return std::make_unique<LandingObjectWriter>(landing_, root_);
    }
    Result<void> flush() override { return {}; }
    Result<std::vector<std::string>> recover(const std::string& prefix, const std::string& ending) override {
        std::lock_guard lock(landing_.mutex);
        std::vector<std::string> names;
        for (auto& [path, text] : landing_.objects) {
            if (path.starts_with(root_ + "/" + prefix) && path.ends_with(ending))
                names.push_back(path.substr(root_.size() + 1));
        }
        return names;
    }
    Result<void> remove(const std::string& name) override {
        std::lock_guard lock(landing_.mutex);
        landing_.objects.erase(root_ + "/" + name);
        return {};
    }
    Result<std::optional<std::string>> read(const std::string& name) override {
        std::lock_guard lock(landing_.mutex);
        auto found = landing_.objects.find(root_ + "/" + name);
        return found == landing_.objects.end() ? std::nullopt : std::optional(found->second);
    }

  private:
    Landing& landing_;
    std::string root_;
};

/// A target of rows as a database is one: what is written stands in a transaction, which a cut-off undoes, and is there for
/// good, as lines like those of LineEncoder, or as JSON, once that is committed.
class LandingRowSink final : public RowSink {
  public:
    explicit LandingRowSink(Landing& landing) : landing_(landing) {}
    Result<void> open(const std::vector<std::shared_ptr<const Schema>>& schemas) override {
        ++landing_.opened;
        if (landing_.refuses_open) return fail(landing_.open_error, "Target is away: fake");
        for (const auto& schema : schemas) landing_.tables.insert(schema->stream);
        return {};
    }
    Result<void> write(const std::string& stream, const Batch& rows) override {
        if (!landing_.tables.contains(stream)) return fail(ErrorKind::invalid, "Table does not exist: " + stream);
        if (landing_.on_write) {
            if (auto allowed = landing_.on_write(); !allowed) return allowed;
        }
        for (uint32_t i = 0; i < rows.rows; ++i) {
            const std::string line = landing_.line_of(stream, rows, i);
            if (landed_.contains(line))
                landed_.erase(landed_.find(line));
            else
                transaction_ += line;
        }
        if (++writes_ % writes_of_a_transaction == 0) commit();
        return {};
    }
    Result<void> flush() override {
        commit();
        return {};
    }
    std::string cursor() const override {
        std::string text = std::to_string(landing_.text.size()) + "\n";
        for (const std::string& line : landed_) text += line;
        return text;
    }
    Result<void> resume(const std::string& cursor) override {
        std::istringstream tail(cursor.substr(cursor.find('\n') + 1) + landing_.text.substr(std::stoul(cursor)));
        for (std::string line; std::getline(tail, line);) landed_.insert(line + "\n");
        return {};
    }

  private:
    static constexpr int writes_of_a_transaction = 3;

    void commit() {
        std::lock_guard lock(landing_.mutex);
        landing_.text += std::exchange(transaction_, "");
    }

    Landing& landing_;
    std::string transaction_;
    int writes_ = 0;
    std::multiset<std::string> landed_;  ///< found by resume, not come again
};

/// `records:`, `rows:` and `objects:ROOT` targets; formats `lines` and `columns`.
class FakeComponents : public Components {
  public:
    explicit FakeComponents(Landing& landing) : landing_(landing) {}
    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override {
        return std::make_unique<LineFormat>(output.format == "columns");
    }
    Result<Target> target(const OutputPlan& output, const Format&, const TargetUse&) const override {
        Target target;
        target.name = output.to.substr(0, output.to.find(':'));
        if (target.name == "records") {
            target.records = std::make_unique<LandingRecordSink>(landing_);
            return target;
        }
        if (target.name == "rows") {
            target.rows = std::make_unique<LandingRowSink>(landing_);
            return target;
        }
        target.root = output.to.substr(output.to.find(':') + 1);
        target.folder = "$(stream)";
        target.objects = std::make_unique<LandingObjectSink>(landing_, target.root);
        return target;
    }

  private:
    Landing& landing_;
};

/// A time that passes only while somebody waits.
class SteppedTime final : public RealTime {
  public:
    explicit SteppedTime(int64_t now = 0) : now_(now) {}
    int64_t now() const override { return now_ + elapsed_; }
    int64_t elapsed() const override { return elapsed_; }
    void wait(int64_t until, const StopToken& stop) override {
        if (on_wait) on_wait();
        if (!stop.requested()) elapsed_ = std::max(elapsed_.load(), until);
    }
    std::function<void()> on_wait;

  private:
    int64_t now_;
    std::atomic<int64_t> elapsed_{0};
};

/// Makes a plan of flat streams, all to `to` in format `format`.
inline Plan plan_of(const std::vector<StreamSpec>& specs, std::string to, std::string format = "lines") {
    Plan plan;
    plan.scenario = "test";
    OutputPlan output;
    output.to = std::move(to);
    output.format = std::move(format);
    for (const StreamSpec& spec : specs) {
        auto source = std::make_shared<FakeFlatPlan>(spec);
        StreamPlan stream{.pack = "pack", .name = spec.name, .schema = source->schemas()[0]};
        stream.source = static_cast<int>(plan.sources.size());
        output.streams.push_back(static_cast<int>(plan.streams.size()));
        if (spec.total != INT64_MAX) stream.count = spec.total;
        plan.sources.push_back(std::move(source));
        plan.streams.push_back(std::move(stream));
    }
    plan.outputs.push_back(std::move(output));
    return plan;
}

}  // namespace headwater::fakes
