// For reading Avro schemas as samples: records, unions, enums, lists, maps and logical types.
#include <nlohmann/json.hpp>
#include <set>

#include "base/json.h"
#include "base/time.h"
#include "sample/sample.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;
using Is = FieldLook::Is;

/// A share of nulls where a schema allows them and nothing was seen.
constexpr double guessed_null_share = 0.1;

/// Reads one schema; named types are remembered, so that they can be named again.
class AvroReader {
  public:
    std::string mistake;

    FieldLook look(const Json& schema, const std::string& name) {
        FieldLook look;
        look.name = name;
        fill(schema, look, 0);
        return look;
    }

  private:
    void fill(const Json& schema, FieldLook& look, int depth) {
        if (depth > 60) {
            mistake = "The Avro schema is nested too deep";
        } else if (schema.is_array()) {
            fill_union(schema, look, depth);
        } else if (schema.is_string()) {
            fill_named(schema.get<std::string>(), look, depth);
        } else if (schema.is_object() && schema.contains("type")) {
            fill_object(schema, look, depth);
        } else {
            mistake = "This is no Avro type: " + spell_json(schema);
        }
    }

    void fill_union(const Json& schema, FieldLook& look, int depth) {
        const Json* chosen = nullptr;
        for (const Json& branch : schema) {
            if (branch == "null") {
                look.nullable = true;
                look.null_share = guessed_null_share;
            } else if (!chosen) {
                chosen = &branch;
            }
        }
        if (chosen) fill(*chosen, look, depth + 1);
    }

    void fill_named(const std::string& type, FieldLook& look, int depth) {
        if (type == "boolean")
            look.is = Is::boolean;
        else if (type == "int" || type == "long")
            whole(look, 1, 1000);
        else if (type == "float" || type == "double")
            real(look);
        else if (type == "string")
            look.is = Is::text;
        else if (type == "bytes")
            hex(look, 16);
        else if (type == "null")
            look.is = Is::unknown;
        else if (const auto known = named_.find(plain(type)); known != named_.end())
            fill_object(known->second, look, depth + 1);
        else
            mistake = "Unknown Avro type: " + type;
    }

    void fill_object(const Json& schema, FieldLook& look, int depth) {
        const Json& type = schema["type"];
        if (!type.is_string()) return fill(type, look, depth + 1);
        const std::string name = type.get<std::string>();
        if (schema.contains("name") && schema["name"].is_string())
            named_.emplace(plain(schema["name"].get<std::string>()), schema);
        if (schema.contains("logicalType") && schema["logicalType"].is_string() &&
            fill_logical(schema["logicalType"].get<std::string>(), schema, look))
            return;
        if (name == "record" && schema.contains("fields") && schema["fields"].is_array()) {
            const std::string own = schema.value("name", "");
            if (!own.empty() && !open_.insert(own).second) return;  // a type that holds itself is cut there
            look.is = Is::record;
            for (const Json& field : schema["fields"]) add_field(field, look, depth);
            open_.erase(own);
        } else if (name == "enum" && schema.contains("symbols")) {
            look.is = Is::text;
            for (const Json& symbol : schema["symbols"]) look.choices.emplace_back(symbol.get<std::string>(), 1);
            look.choices_are_all = true;
        } else if (name == "array" && schema.contains("items")) {
            look.is = Is::list;
            fill(schema["items"], look.children.emplace_back(), depth + 1);
            look.children.back().name = "item";
        } else if (name == "map" && schema.contains("values")) {
            look.is = Is::map;
            fill(schema["values"], look.children.emplace_back(), depth + 1);
        } else if (name == "fixed" && schema.contains("size")) {
            hex(look, 2 * schema["size"].get<int64_t>());
        } else {
            fill_named(name, look, depth);
        }
    }

    void add_field(const Json& field, FieldLook& record, int depth) {
        if (!field.is_object() || !field.contains("name") || !field.contains("type")) {
            mistake = "A field of an Avro record needs a name and a type: " + spell_json(field);
            return;
        }
        FieldLook child;
        child.name = field["name"].get<std::string>();
        fill(field["type"], child, depth + 1);
        record.children.push_back(std::move(child));
    }

    bool fill_logical(const std::string& logical, const Json& schema, FieldLook& look) {
        if (logical == "uuid") {
            look.is = Is::uuid;
        } else if (logical == "date") {
            look.is = Is::date;
            look.low = days_of({2025, 1, 1});
            look.high = days_of({2025, 12, 31});
        } else if (logical == "decimal") {
            decimal(look, schema.value("precision", 10), schema.value("scale", 0));
        } else if (logical == "timestamp-millis" || logical == "local-timestamp-millis" ||
                   logical == "timestamp-micros" || logical == "local-timestamp-micros") {
            look.is = Is::instant;
            look.form = logical.starts_with("local") ? InstantForm::local : InstantForm::iso;
            look.unit = logical.ends_with("micros") ? TimeUnit::micro : TimeUnit::milli;
        } else if (logical == "time-millis" || logical == "time-micros") {
            whole(look, 0, logical == "time-millis" ? 86'399'999 : 86'399'999'999);
        } else {
            return false;
        }
        return true;
    }

    static void whole(FieldLook& look, int64_t low, int64_t high) {
        look.is = Is::integer;
        look.low = low;
        look.high = high;
    }

    static void real(FieldLook& look) {
        look.is = Is::real;
        look.real_low = 0;
        look.real_high = 100;
    }

    static void hex(FieldLook& look, int64_t digits) {
        look.is = Is::hex;
        look.low = look.high = digits;
    }

    static void decimal(FieldLook& look, int precision, int scale) {
        if (scale <= 0) return whole(look, 1, 1000);
        look.is = Is::decimal;
        look.scale = std::min(scale, 9);
        int64_t high = 1;
        for (int i = 0; i < std::min({precision, 4 + look.scale, 17}); ++i) high *= 10;
        look.low = 1;
        look.high = high - 1;
    }

    /// Gives a name without its namespace.
    static std::string plain(const std::string& name) {
        return name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1);
    }

    std::map<std::string, Json> named_;
    std::set<std::string> open_;  ///< records that are being read
};

}  // namespace

Result<std::vector<StreamLook>> look_at_avro(const std::string& text) {
    const Json schema = parse_json_or_discard(text);
    if (schema.is_discarded()) return fail(ErrorKind::invalid, "The Avro schema is no JSON");
    std::vector<StreamLook> streams;
    AvroReader reader;
    try {
        for (const Json& one : schema.is_array() ? schema : Json::array({schema})) {
            std::string name = one.is_object() ? one.value("name", "records") : "records";
            name = name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1);
            const FieldLook look = reader.look(one, name);
            if (look.is == Is::record && !look.children.empty()) streams.push_back({name, look.children});
        }
    } catch (const Json::exception& error) {
        return fail(ErrorKind::invalid, std::string("The Avro schema is not as it should be: ") + error.what());
    }
    if (!reader.mistake.empty()) return fail(ErrorKind::invalid, reader.mistake);
    if (streams.empty()) return fail(ErrorKind::invalid, "The Avro schema holds no record with fields");
    return streams;
}

}  // namespace headwater
