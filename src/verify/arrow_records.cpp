// For reading columns of Arrow as records of a stream, whatever library made them.
#include "verify/arrow_records.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/print.h"
#include "base/time.h"
#include "verify/canonical.h"

namespace headwater {

namespace {

std::string_view format_of(const ArrowSchema& schema) { return schema.format; }

bool is_null(const ArrowArray& array, int64_t row) {
    if (array.null_count == 0 || array.n_buffers == 0 || array.buffers[0] == nullptr) return false;
    const int64_t at = row + array.offset;
    return (static_cast<const uint8_t*>(array.buffers[0])[at / 8] >> (at % 8) & 1) == 0;
}

template <typename T>
T value_at(const ArrowArray& array, int64_t row) {
    T value;
    std::memcpy(&value,
                static_cast<const char*>(array.buffers[1]) + static_cast<size_t>(row + array.offset) * sizeof(T),
                sizeof value);
    return value;
}

template <typename Offset>
std::string_view bytes_at(const ArrowArray& array, int64_t row) {
    const auto* offsets = static_cast<const Offset*>(array.buffers[1]) + row + array.offset;
    return {static_cast<const char*>(array.buffers[2]) + offsets[0], static_cast<size_t>(offsets[1] - offsets[0])};
}

/// A whole number in a column, if the format is one of those.
std::optional<int64_t> integer_at(std::string_view format, const ArrowArray& array, int64_t row) {
    switch (format[0]) {
        case 'c': return value_at<int8_t>(array, row);
        case 'C': return value_at<uint8_t>(array, row);
        case 's': return value_at<int16_t>(array, row);
        case 'S': return value_at<uint16_t>(array, row);
        case 'i': return value_at<int32_t>(array, row);
        case 'I': return value_at<uint32_t>(array, row);
        case 'l': return value_at<int64_t>(array, row);
        case 'L': {
            const auto value = value_at<uint64_t>(array, row);
            return value <= INT64_MAX ? std::optional(static_cast<int64_t>(value)) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

std::string print_shortest(double value) {
    char buffer[32];
    return {buffer, print_real(buffer, value)};
}

/// A scalar as text, and how a source of JSON would have rendered it.
struct Scalar {
    std::string text;
    Rendering rendering = Rendering::text;
};

int64_t micros_in(char unit, int64_t value, bool& is_exact) {
    switch (unit) {
        case 's': return value * 1'000'000;
        case 'm': return value * 1'000;
        case 'u': return value;
        default: is_exact = value % 1000 == 0; return value / 1000 - (value % 1000 < 0);
    }
}

std::string print_time(int64_t micros) {
    char buffer[40];
    return {buffer, print_instant(buffer, micros, 6, "Z")};
}

/// Prints a 128-bit decimal.
std::string print_wide_decimal(const ArrowArray& array, int64_t row, int scale) {
    __int128 value = 0;
    std::memcpy(&value, static_cast<const char*>(array.buffers[1]) + (row + array.offset) * 16, 16);
    const bool is_negative = value < 0;
    auto magnitude = static_cast<unsigned __int128>(is_negative ? -value : value);
    std::string digits;
    for (; magnitude > 0 || static_cast<int>(digits.size()) <= scale; magnitude /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), ".");
    return (is_negative ? "-" : "") + digits;
}

int scale_of(std::string_view format) {
    const size_t comma = format.find(',');
    int scale = 0;
    if (comma != std::string_view::npos)
        std::from_chars(format.data() + comma + 1, format.data() + format.size(), scale);
    return scale;
}

/// Spells a value that is not null and holds no others.
Scalar scalar_at(const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const std::string_view format = format_of(schema);
    if (schema.dictionary != nullptr) {
        const auto index = integer_at(format, array, row);
        return scalar_at(*schema.dictionary, *array.dictionary, index.value_or(0));
    }
    if (auto integer = integer_at(format, array, row)) return {std::to_string(*integer), Rendering::number};
    switch (format[0]) {
        case 'L': return {std::to_string(value_at<uint64_t>(array, row)), Rendering::number};
        case 'b': {
            const int64_t at = row + array.offset;
            const bool is_set = (static_cast<const uint8_t*>(array.buffers[1])[at / 8] >> (at % 8) & 1) != 0;
            return {is_set ? "true" : "false", Rendering::truth};
        }
        case 'f': {
            char buffer[32];
            const float value = value_at<float>(array, row);
            return {{buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr}, Rendering::number};
        }
        case 'g': return {print_shortest(value_at<double>(array, row)), Rendering::number};
        case 'u':
        case 'z': return {std::string(bytes_at<int32_t>(array, row))};
        case 'U':
        case 'Z': return {std::string(bytes_at<int64_t>(array, row))};
        case 'd': return {print_wide_decimal(array, row, scale_of(format)), Rendering::number};
        default: break;
    }
    if (format.starts_with("w:")) {
        size_t width = 0;
        std::from_chars(format.data() + 2, format.data() + format.size(), width);
        const char* at = static_cast<const char*>(array.buffers[1]) + static_cast<size_t>(row + array.offset) * width;
        if (width != 16) return {std::string(at, width)};
        char buffer[36];
        return {{buffer, print_uuid(buffer, reinterpret_cast<const unsigned char*>(at))}};
    }
    bool is_exact = true;
    if (format == "tdD") return {print_time(value_at<int32_t>(array, row) * micros_per_day).substr(0, 10)};
    if (format == "tdm") return {print_time(value_at<int64_t>(array, row) * 1000)};
    if (format.starts_with("ts")) {
        const int64_t value = value_at<int64_t>(array, row);
        const int64_t micros = micros_in(format[2], value, is_exact);
        return is_exact ? Scalar{print_time(micros)} : Scalar{std::to_string(value) + " ns"};
    }
    if (format.starts_with("tD")) {
        char buffer[40];
        const int64_t value = value_at<int64_t>(array, row);
        const int64_t micros = micros_in(format[2], value, is_exact);
        return is_exact ? Scalar{{buffer, print_duration(buffer, micros)}} : Scalar{std::to_string(value) + " ns"};
    }
    return {"column of Arrow's format " + std::string(format)};
}

/// Instants are compared by what their type keeps: a file may hold more of them than was asked for.
ValueHash hash_instant(const Type& type, char unit, int64_t value) {
    bool is_exact = true;
    const int64_t micros = micros_in(unit, value, is_exact);
    if (!is_exact) return hash_bytes(std::to_string(value), foreign_tag);
    // Parquet has no seconds: what is finer than them was never sent.
    return type.unit == TimeUnit::second ? hash_stored(type, micros) : hash_integer(micros);
}

ValueHash hash_at(const Type* type, const ArrowSchema& schema, const ArrowArray& array, int64_t row);

ValueHash hash_items(const Type* type, const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const bool is_large = format_of(schema) == "+L";
    int64_t from = 0, to = 0;
    if (is_large) {
        const auto* offsets = static_cast<const int64_t*>(array.buffers[1]) + row + array.offset;
        from = offsets[0], to = offsets[1];
    } else {
        const auto* offsets = static_cast<const int32_t*>(array.buffers[1]) + row + array.offset;
        from = offsets[0], to = offsets[1];
    }
    const ArrowSchema& item_schema = *schema.children[0];
    const ArrowArray& items = *array.children[0];
    if (format_of(schema) == "+m") {
        const Type* value_type =
            type != nullptr && type->kind == Kind::map && !type->fields.empty() ? &type->fields[0].type : nullptr;
        ValueHash sum{map_tag, ~map_tag};
        for (int64_t i = from; i < to; ++i) {
            // The rows of a struct with an offset of its own stand that much further in its children.
            const int64_t at = i + items.offset;
            const Scalar key = scalar_at(*item_schema.children[0], *items.children[0], at);
            sum += placed(hash_at(value_type, *item_schema.children[1], *items.children[1], at), key_of(key.text));
        }
        return sum;
    }
    const Type* item_type =
        type != nullptr && type->kind == Kind::list && !type->fields.empty() ? &type->fields[0].type : nullptr;
    ValueHash list = list_start;
    for (int64_t i = from; i < to; ++i) add_item(list, hash_at(item_type, item_schema, items, i));
    return list;
}

ValueHash hash_struct(const Type* type, const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const bool is_map = type != nullptr && type->kind == Kind::map && !type->fields.empty();
    ValueHash sum = is_map ? ValueHash{map_tag, ~map_tag} : ValueHash{record_tag, ~record_tag};
    for (int64_t i = 0; i < schema.n_children; ++i) {
        const std::string_view name = schema.children[i]->name;
        const Type* inner = is_map ? &type->fields[0].type : nullptr;
        if (!is_map && type != nullptr) {
            auto field = std::ranges::find(type->fields, name, &Field::name);
            if (field != type->fields.end()) inner = &field->type;
        }
        sum += placed(hash_at(inner, *schema.children[i], *array.children[i], row + array.offset), key_of(name));
    }
    return sum;
}

ValueHash hash_at(const Type* type, const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    if (format_of(schema) == "n" || is_null(array, row)) return {};
    const std::string_view format = format_of(schema);
    if (format == "+l" || format == "+L" || format == "+m") return hash_items(type, schema, array, row);
    if (format == "+s") return hash_struct(type, schema, array, row);
    if (type == nullptr) {
        const Scalar scalar = scalar_at(schema, array, row);
        return hash_untyped(scalar.rendering, scalar.text);
    }
    if (schema.dictionary != nullptr)
        return hash_at(type, *schema.dictionary, *array.dictionary, integer_at(format, array, row).value_or(0));
    const bool is_whole = type->kind == Kind::integer;
    if (is_whole)
        if (auto integer = integer_at(format, array, row)) return hash_integer(*integer);
    if (type->kind == Kind::real && format == "g") {
        const double value = value_at<double>(array, row);
        return std::isfinite(value) ? hash_real(value) : ValueHash{};
    }
    if (format == "u") return hash_rendered(*type, Rendering::text, bytes_at<int32_t>(array, row));
    const bool is_wide = format.find(',') != format.rfind(',');
    if (format[0] == 'd' && !is_wide && type->kind == Kind::decimal && scale_of(format) == type->scale) {
        const auto value = value_at<__int128>(array, row);
        if (value >= INT64_MIN && value <= INT64_MAX) return hash_integer(static_cast<int64_t>(value));
    }
    if (format.starts_with("ts") && type->kind == Kind::instant)
        return hash_instant(*type, format[2], value_at<int64_t>(array, row));
    const Scalar scalar = scalar_at(schema, array, row);
    if (scalar.rendering == Rendering::number && (scalar.text == "nan" || scalar.text == "null")) return {};
    return hash_rendered(*type, scalar.rendering, scalar.text);
}

/// Hashes a value of a field that has another type in other versions of its schema.
ValueHash hash_retyped(const Type& type, const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const std::string_view format = format_of(schema);
    if (format == "n" || is_null(array, row)) return {};
    if (format.starts_with("+")) return hash_at(&type, schema, array, row);
    return hash_rendered(type, Rendering::any, scalar_at(schema, array, row).text);
}

/// Spells any value for people.
std::string text_at(const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    const std::string_view format = format_of(schema);
    if (format == "n" || is_null(array, row)) return "null";
    if (format.starts_with("+"))
        return "(" + std::string(format == "+m" ? "map" : format == "+s" ? "record" : "list") + ")";
    const Scalar scalar = scalar_at(schema, array, row);
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
            } else if (node != nullptr && format_of(column) == "+s") {
                if (!is_null(values, at)) walk(column, values, at, node->children, prefix + node->name + ".");
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
        if (path == "_headwater" && format_of(column) == "u" && !is_null(values, row)) {
            record_.claim(bytes_at<int32_t>(values, row));
            return;
        }
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
