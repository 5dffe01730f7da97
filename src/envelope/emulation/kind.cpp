// For the shape in which an emulation's records travel: {emulation_id, timestamp, data: {the record}}.
#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "envelope/envelope.h"

namespace headwater {

namespace {

struct EmulationOptions {
    std::string key_field;
};

class Emulation final : public Envelope {
  public:
    Emulation(std::shared_ptr<const Schema> schema, int slot)
        : schema_(std::move(schema)), slot_(static_cast<size_t>(slot)) {}

    const std::shared_ptr<const Schema>& schema() const override { return schema_; }
    Enveloped wrap(const Batch& batch) override {
        const uint32_t rows = rows_in_memory(batch);
        HW_CHECK(batch.times != nullptr && rows <= Batch::max_rows);
        std::copy_n(batch.times, rows, times_.begin());
        view_ = batch;
        view_.schema = schema_;
        view_.slots.resize(std::max(view_.slots.size(), slot_ + 1));
        view_.slots[slot_] = {.values = times_.data(), .rows = rows};
        return {&view_, nullptr};
    }

  private:
    const std::shared_ptr<const Schema> schema_;
    const size_t slot_;                                 ///< of the times
    Batch view_;                                        ///< memory, used again
    std::array<int64_t, Batch::max_rows + 8> times_{};  ///< with what may be read behind a column
};

Field field_of_kind(std::string name, Kind kind, Storage storage) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    field.storage = storage;
    return field;
}

/// The id, the event's time in seconds since 1970 with 6 digits, and the record as it was.
std::shared_ptr<const Schema> enveloped(const Schema& record, const std::string& run, const std::string& key_field) {
    auto schema = std::make_shared<Schema>();
    schema->stream = record.stream;
    schema->version = record.version;
    Field id = field_of_kind("emulation_id", Kind::text, Storage::literal);
    id.literal = run;
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
    if (std::ranges::find(record.fields, key_field, &Field::name) != record.fields.end())
        schema->key = "data." + key_field;
    return schema;
}

std::unique_ptr<Envelope> make(std::shared_ptr<const Schema> schema, const EnvelopeRequest& request);

}  // namespace

extern const EnvelopeKind emulation_kind;
const EnvelopeKind emulation_kind{
    .name = "emulation",
    .help = "The id of an emulation, the time of the event, and the record.",
    .options = {{.name = "key_field",
                 .help = "Field whose value is the key of the records that have it.",
                 .set = into<&EmulationOptions::key_field>}},
    .is_offered = false,
    .make = make,
};

namespace {

std::unique_ptr<Envelope> make(std::shared_ptr<const Schema> schema, const EnvelopeRequest& request) {
    const auto options = read_options<EmulationOptions>(emulation_kind.options, request.options, "Envelope emulation");
    HW_CHECK(options);  // texts, of which all are fine
    return std::make_unique<Emulation>(enveloped(*schema, request.run, options->key_field), schema->slot_count);
}

}  // namespace

}  // namespace headwater
