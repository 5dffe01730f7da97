// For the shape in which an emulation's records travel: {emulation_id, timestamp, data: {the record}}.
#include "service/envelope.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace headwater {

namespace {

using Schemas = std::vector<std::shared_ptr<const Schema>>;

/// Room for the times of a batch, and for what may be read behind a column.
struct Times {
    std::array<int64_t, Batch::max_rows + 8> values{};
};

class EnvelopeScratch final : public Scratch {
  public:
    explicit EnvelopeScratch(std::unique_ptr<Scratch> inner) : inner(std::move(inner)) {}
    std::unique_ptr<Scratch> inner;
    Times times;
};

/// Wraps each batch on its way: one more column, and another schema over the same memory.
class EnvelopeSource final : public Source {
  public:
    EnvelopeSource(std::unique_ptr<Source> inner, const Schemas& schemas)
        : inner_(std::move(inner)), schemas_(schemas) {}

    const Schemas& schemas() const override { return schemas_; }
    void plan(const Window& window, bool exact, std::vector<Task>& tasks) override {
        inner_->plan(window, exact, tasks);
    }
    std::unique_ptr<Scratch> scratch() const override { return std::make_unique<EnvelopeScratch>(inner_->scratch()); }
    bool skip(const Task& task) override { return inner_->skip(task); }
    int64_t horizon(int64_t from, int64_t records) const override { return inner_->horizon(from, records); }
    bool exhausted(int stream, int64_t from) const override { return inner_->exhausted(stream, from); }
    void save(std::string& state) const override { inner_->save(state); }
    Result<void> restore(const std::string& state) override { return inner_->restore(state); }

    void fill(const Task& task, Scratch& scratch, const BatchSink& out) override {
        auto& own = static_cast<EnvelopeScratch&>(scratch);
        inner_->fill(task, *own.inner, [&](int stream, Batch& batch) {
            HW_CHECK(batch.times != nullptr && batch.rows <= Batch::max_rows);
            std::copy_n(batch.times, batch.rows, own.times.values.begin());
            const auto record = std::exchange(batch.schema, schemas_[static_cast<size_t>(stream)]);
            batch.slots.push_back({.values = own.times.values.data(), .rows = batch.rows});
            out(stream, batch);
            batch.slots.pop_back();
            batch.schema = record;
        });
    }

  private:
    std::unique_ptr<Source> inner_;
    const Schemas& schemas_;
};

Field field_of_kind(std::string name, Kind kind, Storage storage) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    field.storage = storage;
    return field;
}

std::shared_ptr<const Schema> enveloped(const Schema& record, const std::string& emulation,
                                        const std::string& key_field) {
    auto schema = std::make_shared<Schema>();
    schema->stream = record.stream;
    schema->version = record.version;
    Field id = field_of_kind("emulation_id", Kind::text, Storage::literal);
    id.literal = emulation;
    id.plain = true;
    Field timestamp = field_of_kind("timestamp", Kind::decimal, Storage::i64);
    timestamp.type.scale = 6;
    timestamp.slot = record.slot_count;
    Field data = field_of_kind("data", Kind::record, Storage::record);
    data.children = record.fields;
    for (const Field& field : record.fields) {
        Field bare;
        bare.name = field.name;
        bare.type = field.type;
        bare.nullable = field.nullable;
        bare.pii = field.pii;
        data.type.fields.push_back(std::move(bare));
    }
    schema->fields = {std::move(id), std::move(timestamp), std::move(data)};
    schema->slot_count = record.slot_count + 1;
    schema->hidden = record.hidden;
    const bool has_field = std::ranges::any_of(record.fields, [&](const Field& one) { return one.name == key_field; });
    if (has_field) schema->key = "data." + key_field;
    return schema;
}

class EnvelopePlan final : public SourcePlan {
  public:
    EnvelopePlan(std::shared_ptr<const SourcePlan> inner, const std::string& emulation, const std::string& key_field)
        : inner_(std::move(inner)) {
        for (const auto& record : inner_->schemas()) schemas_.push_back(enveloped(*record, emulation, key_field));
    }

    const Schemas& schemas() const override { return schemas_; }

    Result<std::unique_ptr<Source>> open(const SourceLimits& limits) const override {
        auto opened = inner_->open(limits);
        if (!opened) return std::unexpected(opened.error());
        return std::make_unique<EnvelopeSource>(std::move(*opened), schemas_);
    }

  private:
    std::shared_ptr<const SourcePlan> inner_;
    Schemas schemas_;
};

}  // namespace

void put_in_envelopes(Plan& plan, const std::string& emulation, const std::string& key_field) {
    for (auto& source : plan.sources) source = std::make_shared<EnvelopePlan>(source, emulation, key_field);
    for (StreamPlan& stream : plan.streams)
        stream.schema =
            plan.sources[static_cast<size_t>(stream.source)]->schemas()[static_cast<size_t>(stream.source_stream)];
}

}  // namespace headwater
