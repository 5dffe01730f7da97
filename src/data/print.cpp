// For printing one value of a column by its type, slowly and generally: keys, labels, previews, texts.
#include "data/print.h"

#include <array>
#include <utility>

#include "base/digits.h"
#include "base/print.h"

namespace headwater {

bool is_quoted(const Type& type) {
    switch (type.kind) {
        case Kind::text:
        case Kind::uuid:
        case Kind::date:
        case Kind::duration:
        case Kind::enumeration: return true;
        case Kind::instant: return type.form != InstantForm::epoch;
        default: return false;
    }
}

namespace {

std::string_view suffix_of(InstantForm form) {
    switch (form) {
        case InstantForm::iso: return "Z";
        case InstantForm::offset: return "+00:00";
        default: return "";
    }
}

char* print_time(char* out, const Type& type, int64_t micros) {
    const unsigned digits = type.unit == TimeUnit::second ? 0 : type.unit == TimeUnit::milli ? 3 : 6;
    if (type.form != InstantForm::epoch) return print_instant(out, micros, digits, suffix_of(type.form));
    const int64_t unit = type.unit == TimeUnit::second ? 1'000'000 : type.unit == TimeUnit::milli ? 1'000 : 1;
    return print_integer(out, micros / unit - (micros % unit < 0));
}

bool holds_others(Storage storage) {
    return storage == Storage::record || storage == Storage::list || storage == Storage::map;
}

/// Appends a value that is not null and holds no others, without quotes.
void append_scalar(std::string& out, const Field& field, const Batch& batch, uint32_t row) {
    const Slot* slot = slot_of(field, batch);
    std::array<char, 64> buffer;
    char* const at = buffer.data();
    switch (field.storage) {
        case Storage::text: {
            const TextView& text = static_cast<const TextView*>(slot->values)[row];
            out.append(text.data, text.size);
            return;
        }
        case Storage::index8:
        case Storage::index32:
            out += field.dictionary->values.at(static_cast<size_t>(integer_of(field.storage, slot->values, row)));
            return;
        case Storage::literal: out += field.literal; return;
        case Storage::cut:
            for (const Field& part : field.children) append_value(out, part, batch, row);
            return;
        case Storage::f64:
            out.append(
                at, print_scalar(at, field.type, Phys::f64, 0, static_cast<const double*>(slot->values)[row], nullptr));
            return;
        case Storage::uuid:
            out.append(at, print_uuid(at, static_cast<const unsigned char*>(slot->values) + size_t{16} * row));
            return;
        case Storage::hex64: out.append(at, write_hex(at, static_cast<const uint64_t*>(slot->values)[row])); return;
        default: break;
    }
    const int64_t value = integer_of(field.storage, slot->values, row);
    if (field.type.kind == Kind::enumeration) {
        out += field.type.symbols.at(static_cast<size_t>(value));
        return;
    }
    out.append(at, print_scalar(at, field.type, Phys::i64, value, 0, nullptr));
}

void append_list(std::string& out, const Field& field, const Batch& batch, uint32_t row) {
    const Slot* slot = slot_of(field, batch);
    out += '[';
    for (uint32_t i = slot->offsets[row]; i < slot->offsets[row + 1]; ++i) {
        if (i > slot->offsets[row]) out += ',';
        append_json(out, field.children[0], batch, i);
    }
    out += ']';
}

void append_map(std::string& out, const Field& field, const Batch& batch, uint32_t row) {
    const Slot* slot = slot_of(field, batch);
    out += '{';
    for (uint32_t i = slot->offsets[row]; i < slot->offsets[row + 1]; ++i) {
        if (i > slot->offsets[row]) out += ',';
        append_json(out, field.children[0], batch, i);
        out += ':';
        append_json(out, field.children[1], batch, i);
    }
    out += '}';
}

void append_record(std::string& out, const Field& field, const Batch& batch, uint32_t row) {
    out += '{';
    for (const Field& child : field.children) {
        if (&child != field.children.data()) out += ',';
        out += '"';
        append_json_escaped(out, child.name);
        out += "\":";
        append_json(out, child, batch, row);
    }
    out += '}';
}

const Field* find_among(const std::vector<Field>& fields, std::string_view path) {
    for (const Field& field : fields) {
        if (field.name == path) return &field;
        const bool inside =
            path.size() > field.name.size() && path.starts_with(field.name) && path[field.name.size()] == '.';
        if (!inside || field.storage != Storage::record) continue;
        if (const Field* found = find_among(field.children, path.substr(field.name.size() + 1))) return found;
    }
    return nullptr;
}

}  // namespace

void append_value(std::string& out, const Field& field, const Batch& batch, uint32_t row) {
    if (is_null(field, batch, row)) return;
    if (holds_others(field.storage)) return append_json(out, field, batch, row);
    const size_t start = out.size();
    append_scalar(out, field, batch, row);
    if (field.storage == Storage::f64 && out.compare(start, std::string::npos, "null") == 0) out.resize(start);
}

void append_json(std::string& out, const Field& field, const Batch& batch, uint32_t row) {
    if (is_null(field, batch, row)) {
        out += "null";
        return;
    }
    switch (field.storage) {
        case Storage::record: return append_record(out, field, batch, row);
        case Storage::list: return append_list(out, field, batch, row);
        case Storage::map: return append_map(out, field, batch, row);
        default: break;
    }
    if (!is_quoted(field.type)) return append_scalar(out, field, batch, row);
    std::string text;
    append_scalar(text, field, batch, row);
    out += '"';
    append_json_escaped(out, text);
    out += '"';
}

Payload row_as_record(const Batch& batch, uint32_t i) {
    const uint32_t row = batch.order != nullptr ? batch.order[i] : i;
    Payload record;
    for (const Field& field : batch.schema->fields) {
        record.bytes += record.bytes.empty() ? "{\"" : ",\"";
        append_json_escaped(record.bytes, field.name);
        record.bytes += "\":";
        append_json(record.bytes, field, batch, row);
    }
    record.bytes += record.bytes.empty() ? "{}" : "}";
    record.ends.push_back(static_cast<uint32_t>(record.bytes.size()));
    record.first_row = batch.row_numbers != nullptr ? batch.row_numbers[row] : batch.first_row + row;
    record.rows = 1;
    return record;
}

const Field* find_field(const Schema& schema, std::string_view path) {
    if (const Field* field = find_among(schema.fields, path)) return field;
    return find_among(schema.hidden, path);
}

Field* find_field(Schema& schema, std::string_view path) {
    return const_cast<Field*>(find_field(std::as_const(schema), path));
}

char* print_scalar(char* out, const Type& type, Phys phys, int64_t integer, double real, const unsigned char* uuid) {
    if (phys == Phys::text) return out;
    if (phys == Phys::uuid) return print_uuid(out, uuid);
    if (phys == Phys::f64) return print_real(out, real);
    switch (type.kind) {
        case Kind::boolean: {
            const std::string_view text = integer != 0 ? "true" : "false";
            return out + text.copy(out, text.size());
        }
        case Kind::decimal: return print_decimal(out, integer, type.scale);
        case Kind::date: return print_date(out, integer);
        case Kind::instant: return print_time(out, type, integer);
        case Kind::duration: return print_duration(out, integer);
        default: return print_integer(out, integer);
    }
}

}  // namespace headwater
