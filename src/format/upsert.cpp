#include "format/upsert.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace headwater {

namespace {

/// Finds the row behind a change; null where a fault has taken it away.
const Field* row_of(const Schema& schema) {
    const auto after = std::ranges::find_if(schema.fields, [](const Field& field) {
        return field.name == "after" && field.storage == Storage::record && field.nullable;
    });
    return schema.is_of_table && after != schema.fields.end() ? &*after : nullptr;
}

class UpsertEncoder final : public RecordEncoder {
  public:
    UpsertEncoder(std::unique_ptr<RecordEncoder> rows, std::shared_ptr<const Schema> schema, int slot)
        : rows_(std::move(rows)), slot_(static_cast<size_t>(slot)) {
        view_.schema = std::move(schema);
    }

    void encode(const Batch& batch, Payload& payload) override {
        std::shared_ptr<const Schema> schema = std::move(view_.schema);
        view_ = batch;
        view_.schema = std::move(schema);
        const size_t first = payload.ends.size();
        rows_->encode(view_, payload);
        payload.has_tombstones = true;
        if (const uint8_t* gone = batch.slots[slot_].null) empty_gone(batch, gone, first, payload);
    }
    std::string_view head() const override { return rows_->head(); }
    std::string_view between() const override { return rows_->between(); }
    std::string_view tail() const override { return rows_->tail(); }
    uint32_t line_end_bytes() const override { return rows_->line_end_bytes(); }
    void damage(std::vector<std::string>& pieces, const DamageBytes& damage) override { rows_->damage(pieces, damage); }

  private:
    /// Leaves of each record whose row is gone the line end alone.
    void empty_gone(const Batch& batch, const uint8_t* gone, size_t first, Payload& payload) const {
        uint32_t from = first == 0 ? 0 : payload.ends[first - 1], to = from;
        for (uint32_t i = 0; i < batch.rows; ++i) {
            uint32_t& end = payload.ends[first + i];
            const bool is_gone = gone[batch.order ? batch.order[i] : i] != 0;
            const uint32_t kept_from = is_gone ? end - rows_->line_end_bytes() : from;
            const uint32_t size = end - kept_from;
            std::memmove(payload.bytes.data() + to, payload.bytes.data() + kept_from, size);
            from = end;
            end = to += size;
        }
        payload.bytes.resize(to);
    }

    std::unique_ptr<RecordEncoder> rows_;
    const size_t slot_;  ///< of the row behind the change
    Batch view_;         ///< memory, used again
};

class UpsertFormat final : public Format {
  public:
    explicit UpsertFormat(std::unique_ptr<Format> rows) : rows_(std::move(rows)) {}

    std::string_view name() const override { return rows_->name(); }
    std::string_view extension() const override { return rows_->extension(); }
    std::string_view content_type() const override { return rows_->content_type(); }
    bool makes_objects() const override { return false; }

    std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema,
                                                  const IdentityOptions& identity) const override {
        const Field* row = row_of(schema);
        if (row == nullptr) return rows_->record_encoder(schema, identity);
        auto inner = std::make_shared<Schema>(schema);
        inner->fields = row->children;
        auto encoder = rows_->record_encoder(*inner, identity);
        return std::make_unique<UpsertEncoder>(std::move(encoder), std::move(inner), row->slot);
    }
    Result<std::unique_ptr<ObjectEncoder>> object_encoder(const Schema&, const IdentityOptions&,
                                                          ByteSink) const override {
        return fail(ErrorKind::invalid, "Objects hold no tombstones: " + std::string(name()));
    }

  private:
    std::unique_ptr<Format> rows_;
};

}  // namespace

std::unique_ptr<Format> make_upsert_format(std::unique_ptr<Format> rows) {
    return std::make_unique<UpsertFormat>(std::move(rows));
}

}  // namespace headwater
