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

/// What stands for a record's position where a DamagedRecord follows.
constexpr uint64_t damaged_position = UINT64_MAX;
constexpr size_t longest_text = 200;

template <typename T>
void append_object(std::string& bytes, const T& object) {
    bytes.append(reinterpret_cast<const char*>(&object), sizeof object);
}

template <typename T>
T take_object(std::string_view& bytes) {
    T object;
    std::memcpy(&object, bytes.data(), sizeof object);
    bytes.remove_prefix(sizeof object);
    return object;
}

/// Writes a record that is delivered as other bytes: the front of an entry, who it is, its lines, how it begins.
std::string spell_damaged(Entry entry, const RowName& row, std::string_view bytes, bool in_lines) {
    entry.position = damaged_position;
    std::string spelled;
    append_object(spelled, entry);
    append_object(spelled, row);
    const std::vector<std::string_view> lines = landed_lines(bytes, in_lines);
    append_object(spelled, uint64_t{lines.size()});
    for (const std::string_view line : lines) append_object(spelled, line_hash(line));
    return spelled.append(bytes.substr(0, longest_text));
}

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
          bytes_(entry_bytes(shape_)),
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

    /// The record is an entry with its row and its bytes behind it; those are what is damaged.
    void damage(std::vector<std::string>& pieces, const DamageBytes& damage) override {
        const std::string whole = std::move(pieces.front());
        std::string_view behind = std::string_view(whole).substr(bytes_);
        const auto row = take_object<RowName>(behind);
        pieces.assign(1, std::string(behind));
        damage(pieces);
        std::string_view front = whole;
        const auto entry = take_object<Entry>(front);
        if (pieces.size() == 1 && pieces.front() == behind && entry.lane == 0) {
            pieces.front() = whole.substr(0, bytes_);
            return;
        }
        for (std::string& piece : pieces) piece = spell_damaged(entry, row, piece, options_.form.in_lines);
    }

  private:
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
        std::string& out = payload.bytes;
        if (!options_.only_damaged) out.reserve(out.size() + bytes_ * batch.rows);
        for (uint32_t i = 0; i < batch.rows; ++i) {
            const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
            const uint32_t struck = batch.struck != nullptr ? batch.struck[row] : 0;
            Entry entry{.digest = digests_[row], .identity = identities_[row], .mark = struck};
            if ((struck & wire_bits_) != 0) {
                // Whether it could be read before it was damaged; see damage().
                entry.lane = is_unreadable_[row];
                append_entry(out, entry, row);
                append_object(out, name_of(batch, row));
                out += text_->bytes_of(batch, row);
            } else if (is_unreadable_[row] != 0) {
                out += spell_damaged(entry, name_of(batch, row), text_->bytes_of(batch, row), options_.form.in_lines);
            } else if (!options_.only_damaged) {
                append_entry(out, entry, row);
            }
            payload.ends.push_back(static_cast<uint32_t>(out.size()));
            payload.times.push_back(batch.times != nullptr ? batch.times[row] : 0);
        }
    }

    void append_entry(std::string& out, const Entry& entry, uint32_t row) {
        const size_t start = out.size();
        out.resize(start + bytes_);
        std::memcpy(out.data() + start, &entry, sizeof entry);
        char* at = out.data() + start + sizeof entry;
        for (size_t leaf = 0; leaf <= shape_.leaves().size(); ++leaf, at += sizeof(uint32_t))
            std::memcpy(at, &shorts_[leaf * rows_ + row], sizeof(uint32_t));
    }

    Schema schema_;
    const Shape& shape_;
    const EntryOptions& options_;
    uint32_t wire_bits_;
    uint64_t stream_key_;
    size_t bytes_;
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

bool read_damaged(std::string_view bytes, std::vector<uint64_t>& lines, DamagedRecord& record) {
    if (bytes.size() < sizeof(Entry)) return false;
    const auto entry = take_object<Entry>(bytes);
    if (entry.position != damaged_position) return false;
    record = {.identity = entry.identity, .struck = entry.mark};
    record.row = take_object<RowName>(bytes);
    lines.resize(take_object<uint64_t>(bytes));
    for (uint64_t& line : lines) line = take_object<uint64_t>(bytes);
    record.lines = lines;
    record.text = bytes;
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
