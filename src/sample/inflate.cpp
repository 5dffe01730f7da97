#include "sample/inflate.h"

#include <algorithm>
#include <map>
#include <optional>

#include "pack/world.h"
#include "sample/inflate_values.h"

namespace headwater {

namespace {

using Is = FieldLook::Is;

const char* const template_pack = R"(# A pack that runs as it is:
#
#   headwater preview ./NAME.yaml
#   headwater run ./NAME.yaml --count 1M --to file:out --format parquet
#   headwater lint ./NAME.yaml
#
# What begins with = is an expression; everything else stands for itself. A cell may read any other, in any order.
pack: NAME
version: 1
summary: Orders of customers, some of them suspicious, and their deliveries.

parameters:                                       # a run sets them: --set orders_rate=200/s
  orders_rate: {type: rate, default: 20/s, help: Orders on average.}
  suspicious_share: {type: share, default: 0.5%, help: Orders that are made to look suspicious., because: chosen}

lists:
  channels: {web: 60, app: 35, phone: 5}          # texts with weights
  products:                                       # records; a CSV file beside the pack would do as well: products.csv
    - {name: lamp, price: 24.90, weight: 50}
    - {name: chair, price: 89.00, weight: 30}
    - {name: table, price: 249.00, weight: 20}

entities:                                         # recomputed from a number wherever they are named: they cost no memory
  customer:
    count: 5000
    attributes:
      id: =unique(10000..99999)
      who: =person()
      home: =place()

streams:
  orders:
    summary: One order per record.
    rate: =orders_rate
    key: order_id
    let:                                          # usable below, not part of the record
      buyer: =any(customer, skew=0.8)             # a few buy most
      bought: =pick(products)
    types: {ordered_at: instant(ms), email: text pii, total: decimal(2)}
    fields:
      order_id: =uuid()
      ordered_at: =time
      customer_id: =buyer.id
      email: =buyer.who.email
      country: =buyer.home.country
      product: =bought.name
      quantity: =integer(1..3)
      total: =quantity * bought.price
      channel: =pick(channels)
      note: =if chance(10%) then "leave at the door" else null
    rules:                                        # the first whose condition and chance hold; the answer key names it
      - name: suspicious
        when: channel == "web" and quantity > 1
        chance: =suspicious_share
        set: {quantity: =integer(20..50)}

  deliveries:
    summary: What follows most orders, one to five days later.
    follows: orders
    chance: 95%
    after: 1d..5d
    key: order_id
    types: {delivered_at: instant(s)}
    fields:
      order_id: =orders.order_id
      delivered_at: =time
      parcel: PCL-$(number)
)";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

/// True when a field can tell records apart by its name and values.
bool can_be_key(const FieldLook& field) {
    if (field.nullable || !field.is_distinct) return false;
    const auto words = words_of_name(field.name);
    const std::string& last = words.back();
    const bool named =
        last == "id" || last == "uuid" || last == "key" || last == "guid" || last == "code" || last == "no";
    return named && (field.is == Is::uuid || field.is == Is::hex || field.is == Is::integer || field.is == Is::text);
}

/// Writes one pack out of the looks of a sample.
class Inflation {
  public:
    Inflation(const NewPack& wanted, std::vector<StreamLook> streams) : wanted_(wanted), streams_(std::move(streams)) {}

    std::string write() {
        for (StreamLook& stream : streams_) prepare(stream);
        for (const StreamLook& stream : streams_)
            stream_names_[stream.name] = sections_.names.take(name_from(stream.name));
        for (const StreamLook& stream : streams_) {
            for (const FieldLook& field : stream.fields) {
                if (find_stream(field.refers_to) && !kinds_.contains(field.refers_to))
                    kinds_[field.refers_to] = sections_.names.take("one_of_" + stream_names_.at(field.refers_to));
            }
        }
        for (const StreamLook& stream : streams_) {
            if (kinds_.contains(stream.name)) write_kind(stream);
        }
        for (const StreamLook& stream : streams_) write_stream(stream);
        return head() + "\nparameters:\n" + sections_.parameters +
               (sections_.lists.empty() ? "" : "\nlists:\n" + sections_.lists) +
               (entities_.empty() ? "" : "\nentities:\n" + entities_) + "\nstreams:\n" + text_.substr(1);
    }

  private:
    std::string head() const {
        const std::string file = "./" + wanted_.name + ".yaml";
        return "# Made from " + wanted_.sample_file + "; it runs as it is:\n#\n#   headwater preview " + file +
               "\n#   headwater run " + file + " --count 1M --to file:out\n#\n" + how() + "pack: " + wanted_.name +
               "\nversion: 1\nsummary: " + yaml_value("Variants of what " + wanted_.sample_file + " shows.") + "\n";
    }

    std::string how() const {
        if (wanted_.form == SampleForm::avro || wanted_.form == SampleForm::ddl) {
            return "# The schema says names, types and nulls; ranges, lists and shares are guesses to be changed.\n";
        }
        return "# Values that repeat are picked as often as they were seen. Ranges are those seen, rounded outwards "
               "where fewer than ten\n"
               "# values were seen. Names, places and addresses are drawn as coherent people and places.\n";
    }

    const StreamLook* find_stream(const std::string& name) const {
        const auto found = std::find_if(streams_.begin(), streams_.end(),
                                        [&](const StreamLook& stream) { return !name.empty() && stream.name == name; });
        return found == streams_.end() ? nullptr : &*found;
    }

    /// Finds the key, and gives every field a name that a pack can have.
    void prepare(StreamLook& stream) {
        const bool has_key = std::any_of(stream.fields.begin(), stream.fields.end(),
                                         [](const FieldLook& field) { return field.is_key; });
        if (!has_key && wanted_.form != SampleForm::ddl) {
            const auto key = std::find_if(stream.fields.begin(), stream.fields.end(), can_be_key);
            if (key != stream.fields.end()) key->is_key = true;
        }
        auto& names = field_names_[stream.name];
        TakenNames in_stream;
        for (const FieldLook& field : stream.fields) {
            std::string name = name_from(field.name);
            static const std::set<std::string> given = {"time", "start", "number", "rule", "because", "index", "born"};
            if (given.contains(name)) name += "_";
            while (names_of(names).contains(name)) name += "_";
            names[field.name] = name;
            sections_.names.add(name);
        }
    }

    static std::set<std::string> names_of(const std::map<std::string, std::string>& names) {
        std::set<std::string> taken;
        for (const auto& [field, name] : names) taken.insert(name);
        return taken;
    }

    const std::string& name_of(const StreamLook& stream, const FieldLook& field) const {
        return field_names_.at(stream.name).at(field.name);
    }

    /// Gives the expression of a top-level field that holds one value.
    std::string scalar(const StreamLook& stream, const FieldLook& field, ValueWriter& values, const std::string& name,
                       bool only_key) {
        if (const StreamLook* other = find_stream(field.refers_to)) {
            const auto key = std::find_if(other->fields.begin(), other->fields.end(), [&](const FieldLook& one) {
                return field.refers_to_column.empty() ? one.is_key : one.name == field.refers_to_column;
            });
            if (key != other->fields.end() && !(other == &stream && field.is_key)) {
                const std::string drawn = "any(" + kinds_.at(other->name) + ")." + name_of(*other, *key);
                return field.nullable ? "if chance(10%) then null else " + drawn : drawn;
            }
        }
        return field.is_key && only_key ? values.key_value(field, name) : values.value(field, name);
    }

    static size_t keys_of(const StreamLook& stream) {
        return static_cast<size_t>(std::count_if(stream.fields.begin(), stream.fields.end(),
                                                 [](const FieldLook& field) { return field.is_key; }));
    }

    void write_kind(const StreamLook& stream) {
        const std::string count = sections_.names.take(stream_names_.at(stream.name) + "_count");
        counts_[stream.name] = count;
        sections_.parameters +=
            "  " + count + ": {type: count, default: 1k, help: Rows of " + yaml_key(stream.name) + ".}\n";
        ValueWriter values(sections_, stream, true);
        std::string attributes;
        for (const FieldLook& field : stream.fields) {
            if (field.is == Is::list || field.is == Is::record || field.is == Is::map) continue;
            const std::string& name = name_of(stream, field);
            attributes += "      " + name + ": " +
                          yaml_value("=" + scalar(stream, field, values, name, keys_of(stream) == 1)) + "\n";
        }
        entities_ += "  " + kinds_.at(stream.name) + ":\n    count: =" + count + "\n    attributes:\n" +
                     let_lines(values, "      ") + attributes;
        kind_types_[stream.name] = values.types;
    }

    static std::string let_lines(const ValueWriter& values, const std::string& indent) {
        std::string lines;
        for (const auto& [name, expression] : values.lets) lines += indent + name + ": =" + expression + "\n";
        return lines;
    }

    void write_stream(const StreamLook& stream) {
        const std::string& stream_name = stream_names_.at(stream.name);
        const bool has_kind = kinds_.contains(stream.name);
        ValueWriter values(sections_, stream, false);
        std::string fields, row;
        if (has_kind) {
            row = sections_.names.take("row");
            values.types = kind_types_.at(stream.name);
        }
        for (const FieldLook& field : stream.fields) {
            const std::string& name = name_of(stream, field);
            const std::string comment = name == field.name ? "" : "  # in the sample: " + shown(field.name);
            const bool nested = field.is == Is::list || field.is == Is::record || field.is == Is::map;
            if (nested)
                fields += nested_lines(field, name, name, values, "      ", comment);
            else if (has_kind)
                fields += "      " + name + ": =" + row + "." + name + comment + "\n";
            else
                fields += "      " + name + ": " +
                          yaml_value("=" + scalar(stream, field, values, name, keys_of(stream) == 1)) + comment + "\n";
        }
        const std::string rate = sections_.names.take(stream_name + "_rate");
        sections_.parameters +=
            "  " + rate + ": {type: rate, default: 10/s, help: Records of " + stream_name + " on average.}\n";
        text_ += "\n  " + stream_name + ":\n    rate: =" + rate + "\n";
        if (has_kind) text_ += "    count: =" + counts_.at(stream.name) + "\n";
        text_ += key_line(stream);
        if (has_kind) values.lets.insert(values.lets.begin(), {row, kinds_.at(stream.name) + "(number)"});
        if (!values.lets.empty()) text_ += "    let:\n" + let_lines(values, "      ");
        if (!values.types.empty()) text_ += "    types:\n";
        for (const auto& [path, type] : values.types) text_ += "      " + yaml_key(path) + ": " + type + "\n";
        text_ += "    fields:\n" + fields;
    }

    /// Shows a name of the sample in a comment, on one line.
    static std::string shown(std::string name) {
        std::replace_if(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
        while (name.ends_with(" ")) name.pop_back();
        return name;
    }

    std::string key_line(const StreamLook& stream) const {
        std::string keys;
        for (const FieldLook& field : stream.fields) {
            if (field.is_key) keys += (keys.empty() ? "" : ", ") + name_of(stream, field);
        }
        if (keys.empty()) return "";
        return keys_of(stream) == 1 ? "    key: " + keys + "\n" : "    key: [" + keys + "]\n";
    }

    /// Writes a field of any look under a key that is already fit for YAML.
    std::string nested_lines(const FieldLook& field, const std::string& key, const std::string& path,
                             ValueWriter& values, const std::string& indent, const std::string& comment) {
        const std::string deeper = indent + "  ";
        const std::string never_null = field.nullable && comment.empty() ? "  # at times null in the sample" : comment;
        if (field.is == Is::record && !field.children.empty()) {
            std::string lines = indent + key + ":" + never_null + "\n";
            for (const FieldLook& child : field.children) {
                if (child.name != "because")
                    lines += nested_lines(child, yaml_key(child.name), path + "." + child.name, values, deeper, "");
            }
            return lines;
        }
        if (field.is == Is::list) {
            if (field.most == 0 || field.children[0].is == Is::unknown)
                return indent + key + ": {repeat: 0, of: \"\"}  # always empty in the sample\n";
            const std::string times = field.least == field.most ? std::to_string(field.least)
                                                                : "=integer(" + std::to_string(field.least) + ".." +
                                                                      std::to_string(field.most) + ")";
            return indent + key + ":" + never_null + "\n" + deeper + "repeat: " + times + "\n" +
                   nested_lines(field.children[0], "of", path, values, deeper, "");
        }
        if (field.is == Is::map) {
            values.types.emplace_back(path, "map of " + ValueWriter::map_type(field.children[0]));
            std::string lines = indent + key + ":  # a map: change its keys\n";
            for (const char* name : {"first", "second"}) {
                FieldLook item = field.children[0];
                item.name = name;
                item.nullable = false;
                const size_t types = values.types.size();
                lines += deeper + name + ": " + yaml_value("=" + values.value(item, path + "." + name)) + "\n";
                values.types.resize(types);
            }
            return lines;
        }
        FieldLook single = field;
        if (field.is == Is::record) single.is = Is::unknown;  // an empty object
        return indent + key + ": " + yaml_value("=" + values.value(single, path)) + comment + "\n";
    }

    const NewPack& wanted_;
    std::vector<StreamLook> streams_;
    NewSections sections_;
    std::map<std::string, std::string> stream_names_, kinds_, counts_;
    std::map<std::string, std::map<std::string, std::string>> field_names_;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> kind_types_;
    std::string entities_, text_;
};

}  // namespace

SampleForm form_of_file(std::string_view file) {
    for (const auto& [end, form] : {std::pair(".json", SampleForm::json), std::pair(".jsonl", SampleForm::json),
                                    std::pair(".ndjson", SampleForm::json), std::pair(".csv", SampleForm::csv),
                                    std::pair(".avsc", SampleForm::avro), std::pair(".sql", SampleForm::ddl),
                                    std::pair(".ddl", SampleForm::ddl)}) {
        if (file.ends_with(end)) return form;
    }
    return SampleForm::none;
}

Result<std::string> new_pack(const NewPack& wanted) {
    if (wanted.form == SampleForm::none) return replaced(template_pack, "NAME", wanted.name);
    const std::string name = wanted.sample_file.substr(0, wanted.sample_file.find('.'));
    auto streams = wanted.form == SampleForm::json   ? look_at_json(wanted.sample, name)
                   : wanted.form == SampleForm::csv  ? look_at_csv(wanted.sample, name)
                   : wanted.form == SampleForm::avro ? look_at_avro(wanted.sample)
                                                     : look_at_ddl(wanted.sample);
    if (!streams) return std::unexpected(streams.error());
    return Inflation(wanted, std::move(*streams)).write();
}

}  // namespace headwater
