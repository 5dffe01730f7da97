// For spelling types as the language does.
#include "data/type.h"

namespace headwater {
namespace {

const char* unit_name(TimeUnit unit) {
    switch (unit) {
        case TimeUnit::second: return "s";
        case TimeUnit::milli: return "ms";
        case TimeUnit::micro: return "us";
    }
    return "";
}

const char* form_name(InstantForm form) {
    switch (form) {
        case InstantForm::iso: return "";
        case InstantForm::offset: return ", offset";
        case InstantForm::local: return ", local";
        case InstantForm::epoch: return ", epoch";
    }
    return "";
}

std::string spell_record(const Type& type) {
    std::string out = "{";
    for (const Field& field : type.fields) {
        if (out.size() > 1) out += ", ";
        out += field.name + ": " + spell(field.type);
        if (field.nullable) out += " or null";
    }
    return out + "}";
}

std::string spell_symbols(const Type& type) {
    std::string out;
    for (const std::string& symbol : type.symbols) {
        if (!out.empty()) out += " | ";
        out += symbol;
    }
    return out;
}

/// Spells what a list or map holds.
std::string spell_inner(const Type& type) {
    if (type.fields.empty()) return "null";
    return spell(type.fields.front().type) + (type.fields.front().nullable ? " or null" : "");
}

}  // namespace

std::string spell(const Type& type) {
    switch (type.kind) {
        case Kind::null: return "null";
        case Kind::boolean: return "bool";
        case Kind::integer: return "int";
        case Kind::real: return "float";
        case Kind::decimal: return "decimal(" + std::to_string(type.scale) + ")";
        case Kind::text: return "text";
        case Kind::uuid: return "uuid";
        case Kind::date: return "date";
        case Kind::instant: return std::string("instant(") + unit_name(type.unit) + form_name(type.form) + ")";
        case Kind::duration: return "duration";
        case Kind::enumeration: return spell_symbols(type);
        case Kind::list: return "list of " + spell_inner(type);
        case Kind::record: return spell_record(type);
        case Kind::map: return "map of " + spell_inner(type);
    }
    return "";
}

}  // namespace headwater
