// For reading the sections of a pack file.
#include <algorithm>
#include <set>

#include "base/random.h"
#include "base/text.h"
#include "pack/csv.h"
#include "pack/embedded.h"
#include "pack/files.h"
#include "pack/incidents.h"
#include "pack/kinds.h"
#include "pack/streams.h"
#include "pack/tables.h"

namespace headwater {

namespace {

const std::vector<std::string> parameter_types = {"share", "duration", "count",   "rate", "int", "float",
                                                  "text",  "bool",     "instant", "date", "size"};

std::string example_of(const std::string& type) {
    if (type == "share") return "2.5%";
    if (type == "duration") return "30s";
    if (type == "count") return "10k";
    if (type == "rate") return "100/s";
    if (type == "int") return "-3";
    if (type == "float") return "0.5";
    if (type == "bool") return "true";
    if (type == "instant") return "2026-11-01T00:00:00Z";
    if (type == "date") return "2026-11-01";
    if (type == "size") return "64KiB";
    return type;
}

bool is_choice(const std::string& type) { return type.find('|') != std::string::npos; }

/// Takes `fast | slow` apart.
std::vector<std::string> choices_of(const std::string& type) {
    std::vector<std::string> choices;
    for (const std::string_view choice : split(type, '|')) choices.emplace_back(trimmed(choice));
    return choices;
}

/// Guesses the type of a parameter that was written as a bare value.
std::string type_like(const std::string& text) {
    for (const char* type : {"bool", "count", "int", "float", "share", "duration", "rate", "size", "date", "instant"}) {
        if (read_parameter(type, text)) return type;
    }
    return "text";
}

void settle_parameter(Pack& pack, Parameter& parameter, const Node* fallback,
                      const std::map<std::string, GivenValue>& overrides, const std::string& path) {
    auto read = [&](const std::string& text, Position at, const std::string& file) {
        auto value = read_parameter(parameter.type, text);
        if (!value) {
            pack.world->diagnostics.error(
                file, at, path, "Parameter " + parameter.name + " is of type " + parameter.type + ", got: " + text,
                is_choice(parameter.type) ? suggest(text, choices_of(parameter.type))
                                          : "Write for example " + example_of(parameter.type) + ".");
            return;
        }
        if (const auto limit = read_parameter_range(parameter, *value)) {
            pack.world->diagnostics.error(file, at, path,
                                          "Parameter " + parameter.name + " is " + *limit + ", got: " + text);
            return;
        }
        parameter.value = *value;
    };
    if (fallback && fallback->is_scalar()) {
        parameter.fallback = fallback->text;
        read(fallback->text, fallback->at, pack.reading.file);
    }
    if (const auto given = overrides.find(parameter.name); given != overrides.end()) {
        read(given->second.text, given->second.at, given->second.file);
    }
}

void add_parameters(Pack& pack, const Node* node, const std::map<std::string, GivenValue>& overrides) {
    if (node && !node->is_map() && !node->is_null())
        pack.reading.error(node->at, "parameters", "Parameters are a map of names and sections");
    if (node && node->is_map()) {
        for (const Node::Entry& entry : node->entries) {
            if (entry.key == "because") continue;
            const std::string path = "parameters." + entry.key;
            if (entry.value.is_scalar()) {
                pack.reading.error(entry.value.at, path, "A parameter has a type and a default: " + entry.value.text,
                                   "Write " + entry.key + ": {type: " + type_like(entry.value.text) +
                                       ", default: " + entry.value.text + "}.");
                continue;
            }
            Section section(pack.reading, &entry.value, path);
            Parameter parameter;
            parameter.name = entry.key;
            parameter.at = entry.key_at;
            parameter.help = section.text("help").value_or("");
            if (const Node* because = entry.value.find("because"); because && because->is_scalar())
                parameter.because = because->text;
            const auto type = section.text("type");
            const Node* fallback = section.take("default");
            const Node* least = section.take("min");
            const Node* most = section.take("max");
            const bool keys_are_known = section.finish();
            if (!entry.value.is_map()) continue;
            if (!is_name(entry.key))
                pack.reading.error(entry.key_at, path,
                                   "A name has letters, digits and _ and begins with no digit: " + entry.key);
            parameter.type = type.value_or("");
            const bool known = is_choice(parameter.type) || std::find(parameter_types.begin(), parameter_types.end(),
                                                                      parameter.type) != parameter_types.end();
            if (!known) {
                if (type || keys_are_known)
                    pack.reading.error(
                        type ? section.at("type") : entry.key_at, path,
                        type ? "Unknown type of a parameter: " + *type : "A parameter needs a type: " + entry.key,
                        suggest(parameter.type, parameter_types));
                continue;
            }
            if (!fallback || !fallback->is_scalar()) {
                if (keys_are_known)
                    pack.reading.error(entry.key_at, path, "A parameter needs a default: " + entry.key,
                                       "Write default: " + example_of(parameter.type) + ".");
                continue;
            }
            for (const auto& [bound, place] : {std::pair(least, &parameter.least), std::pair(most, &parameter.most)}) {
                if (!bound) continue;
                if (bound->is_scalar()) *place = read_parameter(parameter.type, bound->text);
                if (!*place)
                    pack.reading.error(
                        bound->at, path,
                        "The bound is not of type " + parameter.type + (bound->is_scalar() ? ": " + bound->text : ""));
            }
            settle_parameter(pack, parameter, fallback, overrides, path);
            pack.parameters.push_back(std::move(parameter));
        }
    }
    for (const auto& [name, value] : overrides) {
        if (pack.parameter(name) || (node && node->is_map() && node->find(name))) continue;
        std::vector<std::string> known;
        for (const Parameter& parameter : pack.parameters) known.push_back(parameter.name);
        pack.reading.diagnostics->error(value.file, value.key_at, "packs." + pack.name,
                                        "Pack " + pack.name + " has no parameter: " + name, suggest(name, known));
    }
}

/// Reads a list of maps as records: every item has the same keys.
std::shared_ptr<const ConstantList> read_records(const Pack& pack, const std::string& name, const Node& node,
                                                 const std::string& path) {
    std::vector<std::vector<std::string>> cells(1);
    for (const Node::Entry& entry : node.items[0].entries) {
        if (entry.key != "because") cells[0].push_back(entry.key);
    }
    for (const Node& item : node.items) {
        std::vector<std::string> row;
        if (!item.is_map()) {
            pack.reading.error(item.at, path, "Every item of the list is a record, as the first one is");
            return nullptr;
        }
        for (const std::string& key : cells[0]) {
            const Node* value = item.find(key);
            if (!value || !value->is_scalar()) {
                pack.reading.error(item.at, path, "An item of the list lacks a value: " + key);
                return nullptr;
            }
            row.push_back(value->text);
        }
        for (const Node::Entry& entry : item.entries) {
            if (entry.key == "because" || std::find(cells[0].begin(), cells[0].end(), entry.key) != cells[0].end())
                continue;
            pack.reading.error(entry.key_at, path, "The first item of the list has no such key: " + entry.key,
                               suggest(entry.key, cells[0]));
            return nullptr;
        }
        cells.push_back(std::move(row));
    }
    std::string text;
    for (const auto& row : cells) {
        for (size_t i = 0; i < row.size(); ++i) {
            if (i) text += ',';
            text += '"';
            for (char c : row[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
            text += '"';
        }
        text += '\n';
    }
    return list_of_csv(name, text, pack.reading);
}

std::shared_ptr<const ConstantList> read_values(const Pack& pack, const std::string& name, const Node& node,
                                                const std::string& path) {
    std::vector<std::string> texts;
    for (const Node& item : node.items) {
        if (!item.is_scalar() || item.is_expression()) {
            pack.reading.error(
                item.at, path,
                "The items of a list are values or records" + (item.is_scalar() ? ": " + item.text : ""));
            return nullptr;
        }
        texts.push_back(item.text);
    }
    auto list = std::make_shared<ConstantList>();
    Type type;
    list->name = name;
    list->columns = {""};
    list->values = {column_of_texts(texts, &type)};
    list->types = {type};
    list->size = static_cast<int64_t>(texts.size());
    return list;
}

/// Reads `{card: 70, cash: 30}`: texts with weights.
std::shared_ptr<const ConstantList> read_weights(const Pack& pack, const std::string& name, const Node& node,
                                                 const std::string& path) {
    auto list = std::make_shared<ConstantList>();
    auto texts = std::make_shared<Table>();
    auto weights = std::make_shared<Table>();
    texts->phys = Phys::text;
    weights->phys = Phys::f64;
    double total = 0;
    for (const Node::Entry& entry : node.entries) {
        if (entry.key == "because") continue;
        Quantity quantity;
        const bool good = entry.value.is_scalar() && read_quantity(entry.value.text, quantity) && quantity.value >= 0 &&
                          (quantity.kind == Quantity::Kind::number || quantity.kind == Quantity::Kind::share);
        if (!good) {
            pack.reading.error(
                entry.value.at, path + "." + entry.key,
                "A weight is a number not below 0" + (entry.value.is_scalar() ? ": " + entry.value.text : ""));
            return nullptr;
        }
        texts->text.push_back(entry.key);
        weights->f64.push_back(quantity.value);
        total += quantity.value;
    }
    if (total <= 0) {
        pack.reading.error(node.at, path, "All weights are 0: " + name);
        return nullptr;
    }
    weights->alias = Alias::of(weights->f64);
    list->name = name;
    list->columns = {""};
    list->types = {type_of(Kind::text)};
    list->values = {texts};
    list->weights = weights;
    list->size = static_cast<int64_t>(texts->text.size());
    return list;
}

void add_lists(Pack& pack, const Node* node) {
    if (!node || node->is_null()) return;
    if (!node->is_map()) {
        pack.reading.error(node->at, "lists", "Lists are a map of names and lists");
        return;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        const std::string path = "lists." + entry.key;
        PackList list;
        list.node = &entry.value;
        list.at = entry.key_at;
        if (!is_name(entry.key))
            pack.reading.error(entry.key_at, path,
                               "A name has letters, digits and _ and begins with no digit: " + entry.key);
        if (entry.value.is_map()) {
            list.list = read_weights(pack, entry.key, entry.value, path);
            list.broken = !list.list;
        } else if (entry.value.is_sequence()) {
            if (entry.value.items.empty()) {
                pack.reading.error(entry.value.at, path, "A list needs items: " + entry.key);
            } else {
                list.list = entry.value.items[0].is_map() ? read_records(pack, entry.key, entry.value, path)
                                                          : read_values(pack, entry.key, entry.value, path);
            }
            list.broken = !list.list;
        } else if (!entry.value.is_expression()) {
            const auto text =
                read_beside(pack.reading.diagnostics->file_of(entry.value.at, pack.file->name), entry.value.text);
            if (!entry.value.text.ends_with(".csv")) {
                pack.reading.error(entry.value.at, path,
                                   "A list is written out, drawn by an expression, or a CSV file: " + entry.value.text,
                                   "Write [" + entry.value.text + "] for a list of one item.");
            } else if (!text) {
                pack.reading.error(entry.value.at, path, "File does not exist: " + entry.value.text,
                                   "It is looked for beside the pack, then among the files of the program "
                                   "(words/countries.csv and others).");
            } else {
                list.list = list_of_csv(entry.key, *text, Reading{entry.value.text, pack.reading.diagnostics});
            }
            list.broken = !list.list;
        }
        pack.lists[entry.key] = std::move(list);
    }
}

void add_curves(Pack& pack, const Node* node) {
    if (!node || node->is_null()) return;
    if (!node->is_map()) {
        pack.reading.error(node->at, "curves", "Curves are a map of names and sections");
        return;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        const std::string path = "curves." + entry.key;
        Section section(pack.reading, &entry.value, path);
        Curve curve;
        curve.at = entry.key_at;
        for (const auto& [key, values, size] :
             {std::tuple("hour", &curve.hours, size_t{24}), std::tuple("weekday", &curve.weekdays, size_t{7})}) {
            const Node* list = section.take(key);
            if (!list) continue;
            if (!list->is_sequence() || list->items.size() != size) {
                pack.reading.error(list->at, path + "." + key,
                                   "A curve has " + std::to_string(size) + " numbers by " + key + ", got " +
                                       std::to_string(list->items.size()));
                continue;
            }
            for (size_t i = 0; i < size; ++i) {
                Quantity quantity;
                const Node& item = list->items[i];
                if (item.is_scalar() && read_quantity(item.text, quantity) && quantity.value >= 0 &&
                    (quantity.kind == Quantity::Kind::number || quantity.kind == Quantity::Kind::share)) {
                    (*values)[i] = quantity.value;
                } else {
                    pack.reading.error(
                        item.at, path + "." + key,
                        "A curve is made of numbers not below 0" + (item.is_scalar() ? ": " + item.text : ""));
                }
            }
        }
        section.finish();
        pack.curves[entry.key] = curve;
    }
}

/// Reports names that stand for two things, or for a function.
void check_clashes(const Pack& pack) {
    std::map<std::string, std::string> known{{"start", "name that the language gives"},
                                             {"time", "name that the language gives"}};
    auto add = [&](const std::string& name, const std::string& what, Position at) {
        if (find_function(name))
            pack.reading.error(at, what + " " + name, "A " + what + " has the name of a function: " + name,
                               "Choose another name.");
        const auto [found, added] = known.emplace(name, what);
        if (!added)
            pack.reading.error(at, what + " " + name, "A " + what + " has the name of a " + found->second + ": " + name,
                               "Choose another name.");
    };
    for (const Parameter& parameter : pack.parameters) add(parameter.name, "parameter", parameter.at);
    for (const auto& [name, list] : pack.lists) add(name, "list", list.at);
    for (const auto& [name, curve] : pack.curves) add(name, "curve", curve.at);
    for (const auto& kind : pack.kinds) add(kind->kind_name, "kind of entity", kind->at);
    for (const auto& stream : pack.streams) add(stream->name, stream->table ? "table" : "stream", stream->at);
}

/// Compiles what no stream reads, so that its mistakes are reported too.
void check_attributes(World& world, const Pack& pack) {
    for (const auto& kind : pack.kinds) {
        if (!kind->parent_name.empty()) continue;
        Session session(world);
        const Reg number = session.build.input(Phys::i64);
        Cells& cells = kind->cells_of(session.compiler, number);
        for (const Cell& cell : kind->attributes) {
            const Meaning meaning = cells.value(session.compiler, cell.name);
            if (meaning.is != Meaning::Is::record) continue;
            for (const std::string& name : meaning.record->names) meaning.record->member(name);
        }
    }
}

}  // namespace

std::optional<std::string> read_beside(const std::string& file, const std::string& name) {
    const std::string built_in = "built-in:";
    if (!name.empty() && name[0] != '/' && name.find("..") == std::string::npos) {
        std::string folder = file.substr(0, file.rfind('/') == std::string::npos ? 0 : file.rfind('/') + 1);
        if (file.starts_with(built_in)) {
            folder = folder.substr(std::min(built_in.size(), folder.size()));
        } else if (auto text = file.starts_with(on_a_shelf) ? std::nullopt : read_text_file(folder + name)) {
            return text;
        }
        for (const std::string& path : {folder + name, name}) {
            for (const EmbeddedFile& embedded : embedded_files()) {
                if (embedded.path == path) return std::string(embedded.text);
            }
        }
    }
    return std::nullopt;
}

Pack& add_pack(World& world, std::shared_ptr<const SourceFile> file,
               const std::map<std::string, GivenValue>& overrides) {
    world.packs.push_back(std::make_unique<Pack>());
    Pack& pack = *world.packs.back();
    pack.world = &world;
    pack.file = file;
    pack.reading = Reading{file->name, &world.diagnostics};
    Section section(pack.reading, &file->root, "");
    pack.name = section.text("pack").value_or("");
    if (pack.name.empty())
        pack.reading.error(file->root.at, "pack", "A pack begins with its name", "Write pack: NAME in the first line.");
    pack.version = section.text("version").value_or("1");
    pack.summary = section.text("summary").value_or("");
    pack.key = key_under(world.seed_key, key_of("pack " + pack.name));
    pack.scope = make_pack_scope(pack);
    const Node* parameters = section.take("parameters");
    const Node* lists = section.take("lists");
    const Node* curves = section.take("curves");
    const Node* entities = section.take("entities");
    const Node* streams = section.take("streams");
    const Node* tables = section.take("tables");
    const Node* incidents = section.take("incidents");
    section.take("extends");  // merged when the file was loaded
    const bool keys_are_known = section.finish();
    add_parameters(pack, parameters, overrides);
    add_incidents(world, pack, incidents);
    add_lists(pack, lists);
    add_curves(pack, curves);
    add_kinds(world, pack, entities);
    add_streams(world, pack, streams);
    add_tables(pack, tables);
    check_clashes(pack);
    for (const auto& [name, list] : pack.lists) world.settle_list(pack, name);
    check_attributes(world, pack);
    if (pack.streams.empty() && keys_are_known)
        pack.reading.error(file->root.at, "streams", "A pack needs streams or tables: " + pack.name,
                           "Write for example streams: {events: {fields: {id: =uuid()}}}.");
    return pack;
}

}  // namespace headwater
