// For reading columns of Arrow as records of a stream, whatever library made them.
#include "verify/arrow_records.h"

#include <algorithm>
#include <cmath>

#include "verify/arrow_cells.h"

namespace headwater {

namespace {

/// True for how a real that is no number is spelled; such ones are null, as JSON cannot hold them.
bool is_no_number(std::string_view text) { return text == "null" || text.ends_with("nan") || text.ends_with("inf"); }

/// Instants are compared by what their type keeps: a file may hold more of them than was asked for.
ValueHash hash_instant(const Type& type, const ArrowTime& time) {
    const auto micros = time.micros();
    if (!micros) return hash_bytes(std::to_string(time.count), foreign_tag);
    // Parquet has no seconds: what is finer than them was never sent.
    return type.unit == TimeUnit::second ? hash_stored(type, *micros) : hash_integer(*micros);
}

ValueHash hash_at(const Type* type, const ArrowSchema& schema, const ArrowArray& array, int64_t row);

/// True for lists that hold what a map would: those who have no maps write them so.
bool holds_pairs(const ArrowSchema& list) {
    const ArrowSchema& item = *list.children[0];
    return std::string_view(item.format) == "+s" && item.n_children == 2;
}

ValueHash hash_pairs(const Type* type, const ArrowCell& map, const ArrowItems& rows) {
    const ArrowSchema& schema = *map.schema->children[0];
    const ArrowArray& pairs = *map.array->children[0];
    const Type* value_type =
        type != nullptr && type->kind == Kind::map && !type->fields.empty() ? &type->fields[0].type : nullptr;
    ValueHash sum{map_tag, ~map_tag};
    for (int64_t i = rows.from; i < rows.to; ++i) {
        // The rows of a struct with an offset of its own stand that much further in its children.
        const int64_t at = i + pairs.offset;
        const auto key = cell_at(*schema.children[0], *pairs.children[0], at);
        sum += placed(hash_at(value_type, *schema.children[1], *pairs.children[1], at),
                      key_of(key ? scalar_of(*key).text : ""));
    }
    return sum;
}

ValueHash hash_items(const Type* type, const ArrowCell& list, const ArrowItems& rows) {
    const bool is_map = type != nullptr && type->kind == Kind::map;
    if (list.format() == "+m" || (is_map && holds_pairs(*list.schema))) return hash_pairs(type, list, rows);
    const Type* item_type =
        type != nullptr && type->kind == Kind::list && !type->fields.empty() ? &type->fields[0].type : nullptr;
    ValueHash hash = list_start;
    for (int64_t i = rows.from; i < rows.to; ++i)
        add_item(hash, hash_at(item_type, *list.schema->children[0], *list.array->children[0], i));
    return hash;
}

ValueHash hash_struct(const Type* type, const ArrowCell& record) {
    const bool is_map = type != nullptr && type->kind == Kind::map && !type->fields.empty();
    ValueHash sum = is_map ? ValueHash{map_tag, ~map_tag} : ValueHash{record_tag, ~record_tag};
    for (int64_t i = 0; i < record.schema->n_children; ++i) {
        const ArrowSchema& child = *record.schema->children[i];
        const Type* inner = is_map ? &type->fields[0].type : nullptr;
        if (!is_map && type != nullptr) {
            auto field = std::ranges::find(type->fields, child.name, &Field::name);
            if (field != type->fields.end()) inner = &field->type;
        }
        sum += placed(hash_at(inner, child, *record.array->children[i], record.row + record.array->offset),
                      key_of(child.name));
    }
    return sum;
}

/// Hashes a value of a type that holds no others.
ValueHash hash_scalar(const Type& type, const ArrowCell& cell) {
    if (const auto bytes = bytes_of(cell)) {
        if (type.kind == Kind::uuid && bytes->size() == 16)
            return hash_stored_uuid(type, reinterpret_cast<const unsigned char*>(bytes->data()));
        return hash_rendered(type, Rendering::text, *bytes);
    }
    if (type.kind == Kind::integer)
        if (const auto integer = integer_of(cell)) return hash_integer(*integer);
    if (type.kind == Kind::real)
        if (const auto real = real_of(cell)) return std::isfinite(*real) ? hash_real(*real) : ValueHash{};
    if (type.kind == Kind::decimal)
        if (const auto decimal = decimal_of(cell); decimal && decimal->scale == type.scale)
            if (decimal->digits >= INT64_MIN && decimal->digits <= INT64_MAX)
                return hash_integer(static_cast<int64_t>(decimal->digits));
    if (type.kind == Kind::instant)
        if (const auto time = instant_of(cell)) return hash_instant(type, *time);
    const Scalar scalar = scalar_of(cell);
    if (scalar.rendering == Rendering::number && is_no_number(scalar.text)) return {};
    return hash_rendered(type, scalar.rendering, scalar.text);
}

ValueHash hash_at(const Type* type, const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const auto cell = cell_at(schema, array, row);
    if (!cell) return {};
    if (cell->format() == "+s") return hash_struct(type, *cell);
    if (const auto items = items_of(*cell)) return hash_items(type, *cell, *items);
    if (type != nullptr) return hash_scalar(*type, *cell);
    const Scalar scalar = scalar_of(*cell);
    return hash_untyped(scalar.rendering, scalar.text);
}

/// Hashes a value of a field that has another type in other versions of its schema.
ValueHash hash_retyped(const Type& type, const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const auto cell = cell_at(schema, array, row);
    if (!cell) return {};
    if (cell->format().starts_with("+")) return hash_at(&type, schema, array, row);
    return hash_rendered(type, Rendering::any, scalar_of(*cell).text);
}

/// Spells any value for people.
std::string text_at(const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const auto cell = cell_at(schema, array, row);
    if (!cell) return "null";
    const std::string_view format = cell->format();
    if (format.starts_with("+"))
        return "(" + std::string(format == "+m" ? "map" : format == "+s" ? "record" : "list") + ")";
    const Scalar scalar = scalar_of(*cell);
    return scalar.rendering == Rendering::text ? "\"" + scalar.text + "\"" : scalar.text;
}

/// Adds the columns of a batch, or of a record in it, to a record.
class ColumnWalk {
  public:
    explicit ColumnWalk(LandedRecord& record) : record_(record) {}

    void walk(const ArrowSchema& schema, const ArrowArray& array, int64_t row, const std::vector<ShapeNode>& nodes,
              const std::string& prefix) {
        size_t hint = 0;
        for (int64_t i = 0; i < schema.n_children; ++i) {
            const ArrowSchema& column = *schema.children[i];
            const ArrowArray& values = *array.children[i];
            const ShapeNode* node = Shape::find(nodes, column.name, hint);
            const int64_t at = row + array.offset;
            if (node != nullptr && node->leaf >= 0) {
                set(node->leaf, column, values, at);
            } else if (node != nullptr && std::string_view(column.format) == "+s") {
                if (cell_at(column, values, at)) walk(column, values, at, node->children, prefix + node->name + ".");
            } else {
                set_unknown(prefix + column.name, column, values, at);
            }
        }
    }

  private:
    void set(int leaf, const ArrowSchema& column, const ArrowArray& values, int64_t row) {
        const Leaf& one = record_.shape_of().leaves()[static_cast<size_t>(leaf)];
        record_.set(leaf, one.is_retyped ? hash_retyped(one.type, column, values, row)
                                         : hash_at(&one.type, column, values, row));
        if (record_.keeps_texts()) record_.add_text(one.path, text_at(column, values, row));
    }

    void set_unknown(const std::string& path, const ArrowSchema& column, const ArrowArray& values, int64_t row) {
        const auto identity = path == "_headwater" ? cell_at(column, values, row) : std::nullopt;
        if (const auto bytes = identity ? bytes_of(*identity) : std::nullopt) return record_.claim(*bytes);
        const int leaf = record_.shape_of().leaf_at(path);
        if (leaf >= 0) return set(leaf, column, values, row);
        record_.set_unknown(path, hash_at(nullptr, column, values, row));
        if (record_.keeps_texts()) record_.add_text(path, text_at(column, values, row));
    }

    LandedRecord& record_;
};

}  // namespace

std::vector<std::string> arrow_names(const ArrowSchema& schema) {
    std::vector<std::string> names;
    for (int64_t i = 0; i < schema.n_children; ++i) names.emplace_back(schema.children[i]->name);
    return names;
}

void read_arrow_row(const ArrowSchema& schema, const ArrowArray& batch, int64_t row, LandedRecord& record) {
    ColumnWalk(record).walk(schema, batch, row, record.shape_of().fields(), "");
}

}  // namespace headwater
