// For the entries of records that are generated: every column is hashed as its type has it, without a format in between.
#include "verify/batch_entries.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/check.h"
#include "data/print.h"
#include "verify/canonical.h"

namespace headwater {

namespace {

ValueHash hash_record(const Field& field, const Batch& batch, uint32_t row) {
    ValueHash sum{record_tag, ~record_tag};
    for (const Field& child : field.children) sum += placed(hash_value(child, batch, row), key_of(child.name));
    return sum;
}

ValueHash hash_list(const Field& field, const Batch& batch, uint32_t row) {
    const uint32_t* offsets = slot_of(field, batch)->offsets;
    ValueHash list = list_start;
    for (uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) add_item(list, hash_value(field.children[0], batch, i));
    return list;
}

ValueHash hash_map(const Field& field, const Batch& batch, uint32_t row) {
    const uint32_t* offsets = slot_of(field, batch)->offsets;
    ValueHash sum{map_tag, ~map_tag};
    std::string key;
    for (uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) {
        key.clear();
        append_value(key, field.children[0], batch, i);
        sum += placed(hash_value(field.children[1], batch, i), key_of(key));
    }
    return sum;
}

/// One leaf of a schema: where it lies, and what of it is known before any row.
struct EntryColumn {
    const Field* field = nullptr;
    int leaf = 0;
    std::vector<const Field*> parents;  ///< records around it, each of which may be null
    std::vector<ValueHash> known;       ///< by index of the dictionary; of a literal its one value
};

class EntryEncoder final : public RecordEncoder {
  public:
    EntryEncoder(const Schema& schema, const Shape& shape, const BatchWitness& witness)
        : schema_(schema),
          shape_(shape),
          witness_(witness),
          stream_key_(key_of(schema.stream)),
          bytes_(entry_bytes(shape)) {
        std::vector<const Field*> parents;
        add(schema_.fields, parents);
    }

    void encode(const Batch& batch, Payload& payload) override {
        begin(batch);
        for (const EntryColumn& column : columns_) add_column(column, batch);
        if (witness_) witness_(batch, identities_, digests_);
        append(batch, payload);
    }

  private:
    void add(const std::vector<Field>& fields, std::vector<const Field*>& parents) {
        for (const Field& field : fields) {
            if (field.storage == Storage::record) {
                parents.push_back(&field);
                add(field.children, parents);
                parents.pop_back();
                continue;
            }
            EntryColumn column{.field = &field, .leaf = leaves_++, .parents = parents};
            if (field.dictionary != nullptr && (field.storage == Storage::index8 || field.storage == Storage::index32))
                for (const std::string& value : field.dictionary->values)
                    column.known.push_back(hash_rendered(field.type, Rendering::any, value));
            if (field.storage == Storage::literal)
                column.known.push_back(field.type.kind == Kind::null
                                           ? ValueHash{}
                                           : hash_rendered(field.type, Rendering::any, field.literal));
            if (!shape_.leaves()[static_cast<size_t>(column.leaf)].is_ignored) columns_.push_back(std::move(column));
        }
    }

    void begin(const Batch& batch) {
        rows_ = rows_in_memory(batch);
        digests_.assign(rows_, {});
        identities_.resize(rows_);
        values_.resize(rows_);
        shorts_.assign(shape_.leaves().size() * rows_, 0);
        for (uint32_t row = 0; row < rows_; ++row) {
            RowName name{batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row, -1};
            if (batch.entities != nullptr) name.entity = batch.entities[row];
            identities_[row] = identity_of(stream_key_, name);
        }
    }

    void add_column(const EntryColumn& column, const Batch& batch) {
        absent_.assign(rows_, 0);
        for (const Field* parent : column.parents) mark_absent(*parent, batch);
        mark_absent(*column.field, batch);
        hash_column(column, batch);
        const uint64_t place = shape_.leaves()[static_cast<size_t>(column.leaf)].place;
        uint32_t* shorts = shorts_.data() + static_cast<size_t>(column.leaf) * rows_;
        for (uint32_t row = 0; row < rows_; ++row) {
            const ValueHash at = absent_[row] != 0 ? ValueHash{} : placed(values_[row], place);
            digests_[row] += at;
            shorts[row] = short_hash(at);
        }
    }

    /// What stands in a row that is null, or whose record is, may be anything.
    void mark_absent(const Field& field, const Batch& batch) {
        const Slot* slot = slot_of(field, batch);
        if (slot == nullptr || slot->null == nullptr) return;
        for (uint32_t row = 0; row < rows_; ++row) absent_[row] |= slot->null[row];
    }

    template <typename T>
    void hash_numbers(const Field& field, const Slot& slot, uint32_t rows) {
        const T* values = static_cast<const T*>(slot.values);
        const bool is_plain = field.type.kind == Kind::integer || field.type.kind == Kind::decimal;
        for (uint32_t row = 0; row < rows; ++row) {
            if (is_plain)
                values_[row] = hash_integer(static_cast<int64_t>(values[row]));
            else if (absent_[row] == 0)
                values_[row] = hash_stored(field.type, static_cast<int64_t>(values[row]));
        }
    }

    template <typename T>
    void look_up(const EntryColumn& column, const Slot& slot, uint32_t rows) {
        const T* values = static_cast<const T*>(slot.values);
        for (uint32_t row = 0; row < rows; ++row)
            if (absent_[row] == 0) values_[row] = column.known[static_cast<size_t>(values[row])];
    }

    void hash_texts(const Field& field, const Slot& slot, uint32_t rows) {
        const auto* values = static_cast<const TextView*>(slot.values);
        const bool is_plain = field.type.kind == Kind::text;
        for (uint32_t row = 0; row < rows; ++row) {
            if (absent_[row] != 0) continue;
            const std::string_view text(values[row].data, values[row].size);
            values_[row] = is_plain ? hash_text(text) : hash_rendered(field.type, Rendering::any, text);
        }
    }

    void hash_column(const EntryColumn& column, const Batch& batch) {
        const Field& field = *column.field;
        const Slot* slot = slot_of(field, batch);
        switch (field.storage) {
            case Storage::literal: std::fill(values_.begin(), values_.end(), column.known[0]); return;
            case Storage::index8: return look_up<uint8_t>(column, *slot, rows_);
            case Storage::index32: return look_up<int32_t>(column, *slot, rows_);
            case Storage::u8: return hash_numbers<uint8_t>(field, *slot, rows_);
            case Storage::i32: return hash_numbers<int32_t>(field, *slot, rows_);
            case Storage::i64: return hash_numbers<int64_t>(field, *slot, rows_);
            case Storage::text: return hash_texts(field, *slot, rows_);
            case Storage::uuid:
                for (uint32_t row = 0; row < rows_; ++row)
                    values_[row] = hash_stored_uuid(field.type,
                                                    static_cast<const unsigned char*>(slot->values) + size_t{16} * row);
                return;
            default: break;
        }
        for (uint32_t row = 0; row < rows_; ++row)
            if (absent_[row] == 0) values_[row] = hash_value(field, batch, row);
    }

    void append(const Batch& batch, Payload& payload) {
        const size_t start = payload.bytes.size();
        const size_t leaves = shape_.leaves().size();
        payload.bytes.resize(start + bytes_ * batch.rows);
        char* at = payload.bytes.data() + start;
        for (uint32_t i = 0; i < batch.rows; ++i, at += bytes_) {
            const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
            const Entry entry{.digest = digests_[row], .identity = identities_[row]};
            std::memcpy(at, &entry, sizeof entry);
            for (size_t leaf = 0; leaf < leaves; ++leaf)
                std::memcpy(at + sizeof entry + sizeof(uint32_t) * leaf, &shorts_[leaf * rows_ + row],
                            sizeof(uint32_t));
            payload.ends.push_back(static_cast<uint32_t>(start + bytes_ * (i + 1)));
            payload.times.push_back(batch.times != nullptr ? batch.times[row] : 0);
        }
    }

    Schema schema_;
    const Shape& shape_;
    const BatchWitness& witness_;
    uint64_t stream_key_;
    size_t bytes_;
    int leaves_ = 0;
    uint32_t rows_ = 0;  ///< of the batch, in memory
    std::vector<EntryColumn> columns_;
    std::vector<ValueHash> digests_, identities_, values_;  ///< by physical row
    std::vector<uint8_t> absent_;                           ///< by physical row, of the column at hand
    std::vector<uint32_t> shorts_;                          ///< by leaf, then row
};

class EntryFormat final : public Format {
  public:
    EntryFormat(const std::vector<Shape>& shapes, BatchWitness witness)
        : shapes_(shapes), witness_(std::move(witness)) {}

    std::string_view name() const override { return "entries"; }
    std::string_view extension() const override { return "entries"; }
    std::string_view content_type() const override { return "application/octet-stream"; }
    bool makes_objects() const override { return false; }
    std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema, const IdentityOptions&) const override {
        for (const Shape& shape : shapes_)
            if (shape.stream() == schema.stream) return std::make_unique<EntryEncoder>(schema, shape, witness_);
        HW_CHECK(!"every stream of the plan has a shape");
        return nullptr;
    }
    Result<std::unique_ptr<ObjectEncoder>> object_encoder(const Schema&, const IdentityOptions&,
                                                          ByteSink) const override {
        return fail(ErrorKind::invalid, "Format writes records, not objects: entries");
    }

  private:
    const std::vector<Shape>& shapes_;
    BatchWitness witness_;
};

}  // namespace

std::unique_ptr<Format> make_entry_format(const std::vector<Shape>& shapes, BatchWitness witness) {
    return std::make_unique<EntryFormat>(shapes, std::move(witness));
}

ValueHash hash_value(const Field& field, const Batch& batch, uint32_t row) {
    if (is_null(field, batch, row)) return {};
    const Slot* slot = slot_of(field, batch);
    switch (field.storage) {
        case Storage::record: return hash_record(field, batch, row);
        case Storage::list: return hash_list(field, batch, row);
        case Storage::map: return hash_map(field, batch, row);
        case Storage::u8: return hash_stored(field.type, int64_t{static_cast<const uint8_t*>(slot->values)[row]});
        case Storage::i32: return hash_stored(field.type, int64_t{static_cast<const int32_t*>(slot->values)[row]});
        case Storage::i64: return hash_stored(field.type, static_cast<const int64_t*>(slot->values)[row]);
        case Storage::f64: return hash_stored(field.type, static_cast<const double*>(slot->values)[row]);
        case Storage::uuid:
            return hash_stored_uuid(field.type, static_cast<const unsigned char*>(slot->values) + size_t{16} * row);
        default: break;
    }
    std::string text;
    append_value(text, field, batch, row);
    return hash_rendered(field.type, Rendering::any, text);
}

}  // namespace headwater
