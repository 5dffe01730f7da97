// For the schema of a broken record: the steps that schema faults are made of.
#include "chaos/schema_change.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "data/print.h"

namespace headwater {

namespace {

/// Takes out one of the fields, or of the fields in them.
bool erase(std::vector<Field>& fields, const Field* which) {
    for (size_t i = 0; i < fields.size(); ++i) {
        if (&fields[i] == which) {
            fields.erase(fields.begin() + static_cast<ptrdiff_t>(i));
            return true;
        }
        if (erase(fields[i].children, which)) return true;
    }
    return false;
}

bool holds_others(const Field& field) {
    return field.storage == Storage::record || field.storage == Storage::list || field.storage == Storage::map;
}

bool is_number(std::string_view text) {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// Gives a text that prints what the field would print.
Field as_text(const Field& field) {
    Field text;
    text.name = field.name;
    text.type.kind = Kind::text;
    text.nullable = field.nullable;
    text.storage = Storage::cut;
    text.slot = field.slot;  // of its null mask
    text.children = {field};
    text.children.front().nullable = false;
    return text;
}

}  // namespace

void remove_field(Schema& schema, const std::string& path) {
    if (const Field* field = find_field(schema, path)) erase(schema.fields, field);
}

void rename_field(Schema& schema, const std::string& path, const std::string& name) {
    if (Field* field = find_field(schema, path)) field->name = name;
}

void add_field(Schema& schema, const std::string& name, const std::string& value) {
    Field field;
    field.name = name;
    field.storage = Storage::literal;
    field.literal = value;
    field.type.kind = Kind::text;
    if (value == "true" || value == "false") field.type.kind = Kind::boolean;
    if (value == "null") field.type.kind = Kind::null;
    if (is_number(value)) field.type.kind = Kind::real;
    if (field.type.kind == Kind::null) field.literal.clear();
    schema.fields.push_back(std::move(field));
}

void retype_field(Schema& schema, const std::string& path, const std::string& type) {
    Field* found = find_field(schema, path);
    if (found == nullptr) return;
    Field& field = *found;
    if (type == "text") {
        // An earlier fault may have made a record or a text of it.
        if (!holds_others(field) && field.type.kind != Kind::text) field = as_text(field);
        return;
    }
    Field inner = std::exchange(field, Field{});
    field.name = inner.name;
    field.type.kind = Kind::record;
    field.storage = Storage::record;
    inner.name = "value";
    field.children = {std::move(inner)};
    field.type.fields = field.children;
}

Result<void> check_retype(const Field& field, const std::string& path, const std::string& type) {
    if (type != "text" && type != "record")
        return fail(ErrorKind::invalid, "A field becomes text or record, not " + type + ": " + path);
    if (type != "text") return {};
    if (holds_others(field))
        return fail(ErrorKind::invalid,
                    "Only a field of one value becomes text, not " + spell(field.type) + ": " + path);
    const Kind kind = field.type.kind;
    if (kind == Kind::text || kind == Kind::uuid || kind == Kind::enumeration)
        return fail(ErrorKind::invalid, "Field is text already: " + path);
    return {};
}

std::string print_field(const OutgoingBatch& batch, const std::string& path, uint32_t row) {
    std::string text;
    const Field* field = find_field(*batch.batch().schema, path);
    if (field != nullptr) append_value(text, *field, batch.batch(), row);
    return text;
}

}  // namespace headwater
