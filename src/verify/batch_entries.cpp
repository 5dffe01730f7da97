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
    const Type* retyped = nullptr;      ///< where versions of the schema differ in its type: as what its text is read
    std::vector<const Field*> parents;  ///< records around it, each of which may be null
    std::vector<ValueHash> known;       ///< by index of the dictionary; of a literal its one value
};

constexpr size_t longest_text = 200;

/// Stands for the bytes of a record; never 0.
uint64_t bytes_hash(std::string_view bytes) { return line_hash(bytes) | 1; }

/// True when the records of a schema have the fields of a version of it, so that their columns tell what a reader reads.
bool is_of_shape(const std::vector<Field>& fields, const std::string& prefix, const Shape& shape,
                 const std::vector<int>& leaves, size_t& next) {
    for (const Field& field : fields) {
        const std::string path = prefix + field.name;
        if (field.storage == Storage::record) {
            if (!is_of_shape(field.children, path + ".", shape, leaves, next)) return false;
            continue;
        }
        if (next >= leaves.size()) return false;
        const Leaf& leaf = shape.leaves()[static_cast<size_t>(leaves[next++])];
        if (leaf.path != path) return false;
        const Kind kind = leaf.type.kind;
        const bool is_text = kind == Kind::text || kind == Kind::uuid || kind == Kind::enumeration;
        const bool is_as_said = field.type.kind == kind || (is_text && field.storage == Storage::text);
        if (!is_as_said && !leaf.is_retyped) return false;
    }
    return true;
}

bool is_of_shape(const Schema& schema, const Shape& shape) {
    const std::vector<int>& leaves = shape.leaves_of(schema.version);
    size_t next = 0;
    return is_of_shape(schema.fields, "", shape, leaves, next) && next == leaves.size();
}

class EntryEncoder final : public RecordEncoder {
  public:
    EntryEncoder(const Schema& schema, const std::vector<Shape>& shapes, int index, const EntryOptions& options)
        : schema_(schema),
          shape_(shapes[static_cast<size_t>(index)]),
          options_(options),
          wire_bits_(options.wire_bits.empty() ? 0 : options.wire_bits[static_cast<size_t>(index)]),
          stream_key_(key_of(schema.stream)),
          words_(static_cast<uint32_t>((sizeof(SentRecord) + short_bytes()) / sizeof(uint64_t))),
          is_of_shape_(options.form.format == nullptr || is_of_shape(schema, shape_)) {
        if (options.form.format != nullptr && (!is_of_shape_ || wire_bits_ != 0))
            text_ = std::make_unique<DeliveredText>(shapes, index, schema_, options.form);
        std::vector<const Field*> parents;
        if (is_of_shape_) add(schema_.fields, "", parents);
    }

    void encode(const Batch& batch, Payload& payload) override {
        begin(batch);
        if (!is_of_shape_)
            read_rows(batch);
        else if (!options_.only_damaged)
            for (const EntryColumn& column : columns_) add_column(column, batch);
        if (options_.witness) options_.witness(batch, identities_, digests_);
        append(batch, payload);
    }

  private:
    /// Bytes of the short hashes of an entry.
    size_t short_bytes() const { return options_.only_damaged ? 0 : entry_bytes(shape_) - sizeof(Entry); }

    void add(const std::vector<Field>& fields, const std::string& prefix, std::vector<const Field*>& parents) {
        for (const Field& field : fields) {
            const std::string path = prefix + field.name;
            if (field.storage == Storage::record) {
                parents.push_back(&field);
                add(field.children, path + ".", parents);
                parents.pop_back();
                continue;
            }
            EntryColumn column{.field = &field, .leaf = shape_.leaf_at(path), .parents = parents};
            const Leaf& leaf = shape_.leaves().at(static_cast<size_t>(column.leaf));
            if (leaf.is_ignored) continue;
            if (leaf.is_retyped) {
                column.retyped = &leaf.type;
                columns_.push_back(std::move(column));
                continue;
            }
            if (field.dictionary != nullptr && (field.storage == Storage::index8 || field.storage == Storage::index32))
                for (const std::string& value : field.dictionary->values)
                    column.known.push_back(hash_rendered(field.type, Rendering::any, value));
            if (field.storage == Storage::literal)
                column.known.push_back(field.type.kind == Kind::null
                                           ? ValueHash{}
                                           : hash_rendered(field.type, Rendering::any, field.literal));
            columns_.push_back(std::move(column));
        }
    }

    /// Makes room for the rows from the first that is asked for to the last.
    void begin(const Batch& batch) {
        rows_ = rows_in_memory(batch);
        first_ = batch.order == nullptr ? 0 : rows_;
        for (uint32_t i = 0; batch.order != nullptr && i < batch.rows; ++i) first_ = std::min(first_, batch.order[i]);
        digests_.resize(rows_);
        identities_.resize(rows_);
        values_.resize(rows_);
        absent_.resize(rows_);
        is_unreadable_.assign(rows_, 0);
        shorts_.resize((shape_.leaves().size() + 1) * rows_);
        std::fill(digests_.begin() + first_, digests_.end(), ValueHash{});
        for (size_t leaf = 0; leaf <= shape_.leaves().size(); ++leaf)
            std::fill(shorts_of(leaf) + first_, shorts_of(leaf) + rows_, 0);
        for (uint32_t row = first_; row < rows_; ++row)
            identities_[row] = identity_of(stream_key_, name_of(batch, row));
    }

    uint32_t* shorts_of(size_t leaf) { return shorts_.data() + leaf * rows_; }

    static RowName name_of(const Batch& batch, uint32_t row) {
        RowName name{batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row, -1};
        if (batch.entities != nullptr) name.entity = batch.entities[row];
        return name;
    }

    /// Reads records of another schema from their bytes.
    void read_rows(const Batch& batch) {
        for (uint32_t i = 0; i < batch.rows; ++i) {
            const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
            LandedRecord* record = text_->read(text_->bytes_of(batch, row));
            is_unreadable_[row] = record == nullptr;
            if (record == nullptr) continue;
            digests_[row] = record->entry()->digest;
            for (size_t leaf = 0; leaf <= shape_.leaves().size(); ++leaf)
                shorts_of(leaf)[row] = record->entry()->fields()[leaf];
        }
    }

    void add_column(const EntryColumn& column, const Batch& batch) {
        std::fill(absent_.begin() + first_, absent_.end(), 0);
        for (const Field* parent : column.parents) mark_absent(*parent, batch);
        mark_absent(*column.field, batch);
        hash_column(column, batch);
        const uint64_t place = shape_.leaves()[static_cast<size_t>(column.leaf)].place;
        uint32_t* shorts = shorts_of(static_cast<size_t>(column.leaf));
        for (uint32_t row = first_; row < rows_; ++row) {
            const ValueHash at = absent_[row] != 0 ? ValueHash{} : placed(values_[row], place);
            digests_[row] += at;
            shorts[row] = short_hash(at);
        }
    }

    /// What stands in a row that is null, or whose record is, may be anything.
    void mark_absent(const Field& field, const Batch& batch) {
        const Slot* slot = slot_of(field, batch);
        if (slot == nullptr || slot->null == nullptr) return;
        for (uint32_t row = first_; row < rows_; ++row) absent_[row] |= slot->null[row];
    }

    template <typename T>
    void hash_numbers(const Field& field, const Slot& slot) {
        const T* values = static_cast<const T*>(slot.values);
        const bool is_plain = field.type.kind == Kind::integer || field.type.kind == Kind::decimal;
        for (uint32_t row = first_; row < rows_; ++row) {
            if (is_plain)
                values_[row] = hash_integer(static_cast<int64_t>(values[row]));
            else if (absent_[row] == 0)
                values_[row] = hash_stored(field.type, static_cast<int64_t>(values[row]));
        }
    }

    template <typename T>
    void look_up(const EntryColumn& column, const Slot& slot) {
        const T* values = static_cast<const T*>(slot.values);
        for (uint32_t row = first_; row < rows_; ++row)
            if (absent_[row] == 0) values_[row] = column.known[static_cast<size_t>(values[row])];
    }

    /// A fault that writes values makes text of an identifier: what a reader takes it for, the shape tells.
    void hash_texts(const EntryColumn& column, const Slot& slot) {
        const auto* values = static_cast<const TextView*>(slot.values);
        const Type& type = shape_.leaves()[static_cast<size_t>(column.leaf)].type;
        const bool is_plain = type.kind == Kind::text || type.kind == Kind::enumeration;
        for (uint32_t row = first_; row < rows_; ++row) {
            if (absent_[row] != 0) continue;
            const std::string_view text(values[row].data, values[row].size);
            values_[row] = is_plain ? hash_text(text) : hash_rendered(type, Rendering::any, text);
        }
    }

    void hash_as(const Type& type, const Field& field, const Batch& batch) {
        std::string text;
        for (uint32_t row = first_; row < rows_; ++row) {
            if (absent_[row] != 0 || is_null(field, batch, row)) continue;
            text.clear();
            append_value(text, field, batch, row);
            values_[row] = hash_rendered(type, Rendering::any, text);
        }
    }

    void hash_column(const EntryColumn& column, const Batch& batch) {
        const Field& field = *column.field;
        const Slot* slot = slot_of(field, batch);
        if (column.retyped != nullptr) return hash_as(*column.retyped, field, batch);
        switch (field.storage) {
            case Storage::literal: std::fill(values_.begin() + first_, values_.end(), column.known[0]); return;
            case Storage::index8: return look_up<uint8_t>(column, *slot);
            case Storage::index32: return look_up<int32_t>(column, *slot);
            case Storage::u8: return hash_numbers<uint8_t>(field, *slot);
            case Storage::i32: return hash_numbers<int32_t>(field, *slot);
            case Storage::i64: return hash_numbers<int64_t>(field, *slot);
            case Storage::text: return hash_texts(column, *slot);
            case Storage::uuid:
                for (uint32_t row = first_; row < rows_; ++row)
                    values_[row] = hash_stored_uuid(field.type,
                                                    static_cast<const unsigned char*>(slot->values) + size_t{16} * row);
                return;
            default: break;
        }
        for (uint32_t row = first_; row < rows_; ++row)
            if (absent_[row] == 0) values_[row] = hash_value(field, batch, row);
    }

    void append(const Batch& batch, Payload& payload) {
        payload.words_each = words_;
        payload.words.reserve(payload.words.size() + size_t{words_} * batch.rows);
        for (uint32_t i = 0; i < batch.rows; ++i) {
            const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
            const uint32_t struck = batch.struck != nullptr ? batch.struck[row] : 0;
            SentRecord sent{.row = name_of(batch, row),
                            .entry = {.digest = digests_[row], .identity = identities_[row], .mark = struck}};
            if ((struck & wire_bits_) != 0 || is_unreadable_[row] != 0) {
                const std::string& bytes = text_->bytes_of(batch, row);
                sent.bytes_hash = bytes_hash(bytes);
                sent.entry.lane = is_unreadable_[row];
                payload.bytes += bytes;
            }
            append_words(payload.words, sent, row);
            payload.ends.push_back(static_cast<uint32_t>(payload.bytes.size()));
            payload.times.push_back(batch.times != nullptr ? batch.times[row] : 0);
        }
    }

    void append_words(std::vector<uint64_t>& words, const SentRecord& sent, uint32_t row) {
        const size_t start = words.size();
        words.resize(start + words_);
        char* at = reinterpret_cast<char*>(words.data() + start);
        std::memcpy(at, &sent, sizeof sent);
        if (options_.only_damaged) return;
        at += sizeof sent;
        for (size_t leaf = 0; leaf <= shape_.leaves().size(); ++leaf, at += sizeof(uint32_t))
            std::memcpy(at, &shorts_[leaf * rows_ + row], sizeof(uint32_t));
    }

    Schema schema_;
    const Shape& shape_;
    const EntryOptions& options_;
    uint32_t wire_bits_;
    uint64_t stream_key_;
    uint32_t words_;  ///< of a record
    bool is_of_shape_;
    std::unique_ptr<DeliveredText> text_;  ///< where records are read from their bytes, or damaged
    uint32_t first_ = 0;                   ///< row that is asked for
    uint32_t rows_ = 0;                    ///< of the batch, in memory
    std::vector<EntryColumn> columns_;
    std::vector<ValueHash> digests_, identities_, values_;  ///< by physical row
    std::vector<uint8_t> absent_;                           ///< by physical row, of the column at hand
    std::vector<uint8_t> is_unreadable_;                    ///< by physical row
    std::vector<uint32_t> shorts_;                          ///< by leaf, and one for unknown fields, then row
};

const FormatKind entries_kind{.name = "entries", .extension = "entries", .content_type = "application/octet-stream"};

class EntryFormat final : public Format {
  public:
    EntryFormat(const std::vector<Shape>& shapes, EntryOptions options)
        : Format(entries_kind), shapes_(shapes), options_(std::move(options)) {}

    std::unique_ptr<RecordEncoder> record_encoder(const Schema& schema, const IdentityOptions&) const override {
        for (size_t i = 0; i < shapes_.size(); ++i)
            if (shapes_[i].stream() == schema.stream)
                return std::make_unique<EntryEncoder>(schema, shapes_, static_cast<int>(i), options_);
        HW_CHECK(!"every stream of the plan has a shape");
        return nullptr;
    }

  private:
    const std::vector<Shape>& shapes_;
    EntryOptions options_;
};

}  // namespace

std::unique_ptr<Format> make_entry_format(const std::vector<Shape>& shapes, EntryOptions options) {
    return std::make_unique<EntryFormat>(shapes, std::move(options));
}

bool is_damaged(const SentRecord& sent, std::string_view bytes, bool in_lines, std::vector<uint64_t>& lines,
                DamagedRecord& damaged) {
    if (sent.bytes_hash == 0) return false;
    if (sent.entry.lane == 0 && sent.bytes_hash == bytes_hash(bytes)) return false;
    lines.clear();
    for (const std::string_view line : landed_lines(bytes, in_lines)) lines.push_back(line_hash(line));
    damaged = {.identity = sent.entry.identity, .struck = sent.entry.mark, .row = sent.row, .lines = lines};
    damaged.text = bytes.substr(0, longest_text);
    return true;
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
