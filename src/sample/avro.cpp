// For reading Avro schemas as samples: records, unions, enums, lists, maps and logical types.
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"
#include "base/time.h"
#include "pack/sample.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;
using Is = FieldShape::Is;

/// A share of nulls where a schema allows them and nothing was seen.
constexpr double guessed_null_share = 0.1;

/// Reads one schema; named types are remembered, so that they can be named again.
class AvroReader {
  public:
    std::string mistake;

    FieldShape shape(const Json& schema, const std::string& name) {
        FieldShape shape;
        shape.name = name;
        fill(schema, shape, 0);
        return shape;
    }

  private:
    void fill(const Json& schema, FieldShape& shape, int depth) {
        if (depth > 60) {
            mistake = "The Avro schema is nested too deep";
        } else if (schema.is_array()) {
            fill_union(schema, shape, depth);
        } else if (schema.is_string()) {
            fill_named(schema.get<std::string>(), shape, depth);
        } else if (schema.is_object() && schema.contains("type")) {
            fill_object(schema, shape, depth);
        } else {
            mistake = "This is no Avro type: " + spell_json(schema);
        }
    }

    void fill_union(const Json& schema, FieldShape& shape, int depth) {
        const Json* chosen = nullptr;
        for (const Json& branch : schema) {
            if (branch == "null") {
                shape.nullable = true;
                shape.null_share = guessed_null_share;
            } else if (!chosen) {
                chosen = &branch;
            }
        }
        if (chosen) fill(*chosen, shape, depth + 1);
    }

    void fill_named(const std::string& type, FieldShape& shape, int depth) {
        if (type == "boolean")
            shape.is = Is::boolean;
        else if (type == "int" || type == "long")
            whole(shape, 1, 1000);
        else if (type == "float" || type == "double")
            real(shape);
        else if (type == "string")
            shape.is = Is::text;
        else if (type == "bytes")
            hex(shape, 16);
        else if (type == "null")
            shape.is = Is::unknown;
        else if (const auto known = named_.find(plain(type)); known != named_.end())
            fill_object(known->second, shape, depth + 1);
        else
            mistake = "Unknown Avro type: " + type;
    }

    void fill_object(const Json& schema, FieldShape& shape, int depth) {
        const Json& type = schema["type"];
        if (!type.is_string()) return fill(type, shape, depth + 1);
        const std::string name = type.get<std::string>();
        if (schema.contains("name") && schema["name"].is_string())
            named_.emplace(plain(schema["name"].get<std::string>()), schema);
        if (schema.contains("logicalType") && schema["logicalType"].is_string() &&
            fill_logical(schema["logicalType"].get<std::string>(), schema, shape))
            return;
        if (name == "record" && schema.contains("fields") && schema["fields"].is_array()) {
            const std::string own = schema.value("name", "");
            if (!own.empty() && !open_.insert(own).second) return;  // a type that holds itself is cut there
            shape.is = Is::record;
            for (const Json& field : schema["fields"]) add_field(field, shape, depth);
            open_.erase(own);
        } else if (name == "enum" && schema.contains("symbols")) {
            shape.is = Is::text;
            for (const Json& symbol : schema["symbols"]) shape.choices.emplace_back(symbol.get<std::string>(), 1);
            shape.choices_are_all = true;
        } else if (name == "array" && schema.contains("items")) {
            shape.is = Is::list;
            fill(schema["items"], shape.children.emplace_back(), depth + 1);
            shape.children.back().name = "item";
        } else if (name == "map" && schema.contains("values")) {
            shape.is = Is::map;
            fill(schema["values"], shape.children.emplace_back(), depth + 1);
        } else if (name == "fixed" && schema.contains("size")) {
            hex(shape, 2 * schema["size"].get<int64_t>());
        } else {
            fill_named(name, shape, depth);
        }
    }

    void add_field(const Json& field, FieldShape& record, int depth) {
        if (!field.is_object() || !field.contains("name") || !field.contains("type")) {
            mistake = "A field of an Avro record needs a name and a type: " + spell_json(field);
            return;
        }
        FieldShape child;
        child.name = field["name"].get<std::string>();
        fill(field["type"], child, depth + 1);
        record.children.push_back(std::move(child));
    }

    bool fill_logical(const std::string& logical, const Json& schema, FieldShape& shape) {
        if (logical == "uuid") {
            shape.is = Is::uuid;
        } else if (logical == "date") {
            shape.is = Is::date;
            shape.low = days_of({2025, 1, 1});
            shape.high = days_of({2025, 12, 31});
        } else if (logical == "decimal") {
            decimal(shape, schema.value("precision", 10), schema.value("scale", 0));
        } else if (logical == "timestamp-millis" || logical == "local-timestamp-millis" ||
                   logical == "timestamp-micros" || logical == "local-timestamp-micros") {
            shape.is = Is::instant;
            shape.form = logical.starts_with("local") ? InstantForm::local : InstantForm::iso;
            shape.unit = logical.ends_with("micros") ? TimeUnit::micro : TimeUnit::milli;
        } else if (logical == "time-millis" || logical == "time-micros") {
            whole(shape, 0, logical == "time-millis" ? 86'399'999 : 86'399'999'999);
        } else {
            return false;
        }
        return true;
    }

    static void whole(FieldShape& shape, int64_t low, int64_t high) {
        shape.is = Is::integer;
        shape.low = low;
        shape.high = high;
    }

    static void real(FieldShape& shape) {
        shape.is = Is::real;
        shape.real_low = 0;
        shape.real_high = 100;
    }

    static void hex(FieldShape& shape, int64_t digits) {
        shape.is = Is::hex;
        shape.low = shape.high = digits;
    }

    static void decimal(FieldShape& shape, int precision, int scale) {
        if (scale <= 0) return whole(shape, 1, 1000);
        shape.is = Is::decimal;
        shape.scale = std::min(scale, 9);
        int64_t high = 1;
        for (int i = 0; i < std::min({precision, 4 + shape.scale, 17}); ++i) high *= 10;
        shape.low = 1;
        shape.high = high - 1;
    }

    /// Gives a name without its namespace.
    static std::string plain(const std::string& name) {
        return name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1);
    }

    std::map<std::string, Json> named_;
    std::set<std::string> open_;  ///< records that are being read
};

}  // namespace

Result<std::vector<StreamShape>> shape_avro(const std::string& text) {
    const Json schema = parse_json_or_discard(text);
    if (schema.is_discarded()) return fail(ErrorKind::invalid, "The Avro schema is no JSON");
    std::vector<StreamShape> streams;
    AvroReader reader;
    try {
        for (const Json& one : schema.is_array() ? schema : Json::array({schema})) {
            std::string name = one.is_object() ? one.value("name", "records") : "records";
            name = name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1);
            const FieldShape shape = reader.shape(one, name);
            if (shape.is == Is::record && !shape.children.empty()) streams.push_back({name, shape.children});
        }
    } catch (const Json::exception& error) {
        return fail(ErrorKind::invalid, std::string("The Avro schema is not as it should be: ") + error.what());
    }
    if (!reader.mistake.empty()) return fail(ErrorKind::invalid, reader.mistake);
    if (streams.empty()) return fail(ErrorKind::invalid, "The Avro schema holds no record with fields");
    return streams;
}

}  // namespace headwater
