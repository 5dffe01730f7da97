// For reading one JSON object as a record of a stream.
#include "verify/json_record.h"

#include <simdjson.h>

#include <algorithm>

#include "verify/canonical.h"

namespace headwater {

namespace {

namespace json = simdjson::ondemand;

static_assert(json_padding_bytes >= simdjson::SIMDJSON_PADDING);

/// Gives the type of a field inside a record's type, or null.
const Type* field_of(const Type& type, std::string_view name) {
    auto field = std::ranges::find(type.fields, name, &Field::name);
    return field == type.fields.end() ? nullptr : &field->type;
}

/// Hashes values by type; errors of the library are thrown through it and stop in this file.
ValueHash hash_value(const Type* type, json::value value);

ValueHash hash_list(const Type* type, json::value value) {
    const bool is_list = type != nullptr && type->kind == Kind::list && !type->fields.empty();
    ValueHash list = list_start;
    for (json::value item : value.get_array())
        add_item(list, hash_value(is_list ? &type->fields[0].type : nullptr, item));
    return list;
}

ValueHash hash_object(const Type* type, json::value value) {
    const bool is_map = type != nullptr && type->kind == Kind::map && !type->fields.empty();
    const bool is_record = type != nullptr && type->kind == Kind::record;
    ValueHash sum = is_map ? ValueHash{map_tag, ~map_tag} : ValueHash{record_tag, ~record_tag};
    for (auto field : value.get_object()) {
        const std::string_view name = field.unescaped_key();
        const uint64_t place = key_of(name);
        const Type* inner = is_map ? &type->fields[0].type : is_record ? field_of(*type, name) : nullptr;
        sum += placed(hash_value(inner, field.value()), place);
    }
    return sum;
}

ValueHash hash_scalar(const Type* type, Rendering rendering, std::string_view text) {
    return type == nullptr ? hash_untyped(rendering, text) : hash_rendered(*type, rendering, text);
}

ValueHash hash_value(const Type* type, json::value value) {
    switch (value.type()) {
        case json::json_type::array: return hash_list(type, value);
        case json::json_type::object: return hash_object(type, value);
        case json::json_type::number: return hash_scalar(type, Rendering::number, value.raw_json_token());
        case json::json_type::string: return hash_scalar(type, Rendering::text, value.get_string());
        case json::json_type::boolean: return hash_scalar(type, Rendering::truth, value.get_bool() ? "true" : "false");
        case json::json_type::null:
            if (!value.is_null()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
            break;
    }
    return {};
}

/// Gives the JSON of a value as it was found.
std::string found_text(json::value value) {
    std::string_view found;
    const json::json_type type = value.type();
    if (type == json::json_type::array) {
        json::array array = value.get_array();
        found = array.raw_json();
    } else if (type == json::json_type::object) {
        json::object object = value.get_object();
        found = object.raw_json();
    } else {
        found = value.raw_json_token();
    }
    while (!found.empty() && std::string_view(" \t\r\n").find(found.back()) != found.npos) found.remove_suffix(1);
    return std::string(found);
}

/// Hashes a value of a field that has another type in other versions of its schema.
ValueHash hash_retyped(const Type& type, json::value value) {
    switch (value.type()) {
        case json::json_type::string: return hash_rendered(type, Rendering::any, std::string_view(value.get_string()));
        case json::json_type::number:
        case json::json_type::boolean: return hash_rendered(type, Rendering::any, found_text(value));
        default: return hash_value(&type, value);
    }
}

/// Adds the fields of one object to a record: their hashes, or the texts as they were found.
template <bool as_texts>
class ObjectWalk {
  public:
    explicit ObjectWalk(LandedRecord& record) : record_(record) {}

    void walk(json::object object, const std::vector<ShapeNode>& nodes, const std::string& prefix) {
        size_t hint = 0;
        for (auto field : object) {
            // Fields mostly come in the order of the schema, and their names are spelled without escapes.
            const json::raw_json_string raw = field.key();
            const ShapeNode* node = nullptr;
            std::string_view name;
            if (hint < nodes.size() && nodes[hint].is_plain &&
                raw.unsafe_is_equal(std::string_view(nodes[hint].name))) {
                node = &nodes[hint];
                hint = hint + 1 < nodes.size() ? hint + 1 : 0;
            } else {
                name = field.unescaped_key();
                node = Shape::find(nodes, name, hint);
            }
            json::value value = field.value();
            if (node == nullptr)
                add_unknown(prefix, name, value);
            else if (node->leaf >= 0)
                set(node->leaf, value);
            else
                walk_inner(value, *node, prefix + node->name);
        }
    }

  private:
    void walk_inner(json::value value, const ShapeNode& node, const std::string& path) {
        const json::json_type type = value.type();
        if (type == json::json_type::object) return walk(value.get_object(), node.children, path + ".");
        if (type == json::json_type::null && value.is_null()) return;
        add_other(path, value);  // something stands where a record should
    }

    void add_unknown(const std::string& prefix, std::string_view name, json::value value) {
        if (prefix.empty() && name == "_headwater" && value.type() == json::json_type::string) {
            record_.claim(std::string_view(value.get_string()));
            return;
        }
        const std::string path = prefix + std::string(name);
        const int leaf = record_.shape_of().leaf_at(path);  // flattened with dots
        if (leaf >= 0) return set(leaf, value);
        add_other(path, value);
    }

    void add_other(const std::string& path, json::value value) {
        if constexpr (as_texts)
            record_.add_text(path, found_text(value));
        else
            record_.set_unknown(path, hash_value(nullptr, value));
    }

    void set(int leaf, json::value value) {
        const Leaf& one = record_.shape_of().leaves()[static_cast<size_t>(leaf)];
        if constexpr (as_texts)
            record_.add_text(one.path, found_text(value));
        else
            record_.set(leaf, one.is_retyped ? hash_retyped(one.type, value) : hash_value(&one.type, value));
    }

    LandedRecord& record_;
};

bool is_at_end(json::document& document) { return document.current_location().error() == simdjson::OUT_OF_BOUNDS; }

}  // namespace

struct JsonRecords::State {
    json::parser parser;
    simdjson::padded_string cell;
};

std::optional<std::string> json_text_at(std::string_view text, std::string_view path) {
    try {
        const simdjson::padded_string padded(text);
        json::parser parser;
        json::document document = parser.iterate(padded);
        std::string pointer;
        for (const char c : path) pointer += c == '.' ? '/' : c;
        json::value value = document.at_pointer("/" + pointer);
        const json::json_type type = value.type();
        if (type == json::json_type::string) return std::string(std::string_view(value.get_string()));
        return found_text(value);
    } catch (const simdjson::simdjson_error&) {
        return std::nullopt;
    }
}

JsonRecords::JsonRecords() : state_(std::make_unique<State>()) {}
JsonRecords::~JsonRecords() = default;

std::string JsonRecords::read(std::string_view text, LandedRecord& record) {
    try {
        json::document document = state_->parser.iterate(text.data(), text.size(), text.size() + json_padding_bytes);
        ObjectWalk<false>(record).walk(document.get_object(), record.shape_of().fields(), "");
        if (!is_at_end(document)) return "something stands behind the record";
        if (!record.keeps_texts()) return {};
        document.rewind();
        ObjectWalk<true>(record).walk(document.get_object(), record.shape_of().fields(), "");
        return {};
    } catch (const simdjson::simdjson_error& error) {
        return error.what();
    }
}

std::vector<std::string> JsonRecords::names(std::string_view text) {
    std::vector<std::string> names;
    try {
        json::document document = state_->parser.iterate(text.data(), text.size(), text.size() + json_padding_bytes);
        for (auto field : document.get_object()) names.emplace_back(std::string_view(field.unescaped_key()));
    } catch (const simdjson::simdjson_error&) {
        return {};
    }
    return names;
}

ValueHash JsonRecords::hash_cell(const Type& type, std::string_view text) {
    try {
        state_->cell = simdjson::padded_string(text);
        json::document document = state_->parser.iterate(state_->cell);
        const ValueHash hash = hash_value(&type, document.get_value());
        if (is_at_end(document)) return hash;
    } catch (const simdjson::simdjson_error&) {
    }
    return hash_bytes(text, foreign_tag);
}

}  // namespace headwater
