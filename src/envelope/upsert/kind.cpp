// For rows of tables in topics that keep the latest record of each key: the row itself, and nothing but the key where it is gone.
#include <algorithm>
#include <utility>

#include "envelope/envelope.h"

namespace headwater {

namespace {

/// Finds the row behind a change, the field `after` of every table; null where a fault has taken it away.
const Field* row_of(const Schema& schema) {
    const auto after = std::ranges::find_if(schema.fields, [](const Field& field) {
        return field.name == "after" && field.storage == Storage::record && field.nullable;
    });
    return schema.is_of_table && after != schema.fields.end() ? &*after : nullptr;
}

class Upsert final : public Envelope {
  public:
    Upsert(std::shared_ptr<const Schema> rows, int slot) : rows_(std::move(rows)), slot_(static_cast<size_t>(slot)) {}

    const std::shared_ptr<const Schema>& schema() const override { return rows_; }
    Enveloped wrap(const Batch& batch) override {
        view_ = batch;
        view_.schema = rows_;
        return {&view_, batch.slots[slot_].null};
    }

  private:
    const std::shared_ptr<const Schema> rows_;
    const size_t slot_;  ///< of the row behind the change
    Batch view_;         ///< memory, used again
};

std::unique_ptr<Envelope> make(std::shared_ptr<const Schema> schema, const EnvelopeRequest&) {
    const Field* row = row_of(*schema);
    if (row == nullptr) return nullptr;
    auto rows = std::make_shared<Schema>(*schema);
    rows->fields = row->children;
    return std::make_unique<Upsert>(std::move(rows), row->slot);
}

}  // namespace

extern const EnvelopeKind upsert_kind;
const EnvelopeKind upsert_kind{
    .name = "upsert",
    .help = "Of tables: the row itself, and a key without a value where it is gone.",
    .is_of_tables = true,
    .keeps_latest = true,
    .make = make,
};

}  // namespace headwater
