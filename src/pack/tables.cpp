#include "pack/tables.h"

#include <algorithm>
#include <set>

#include "base/random.h"
#include "pack/kinds.h"

namespace headwater {

namespace {

std::vector<std::string> names_of(const std::vector<Cell>& cells) {
    std::vector<std::string> names;
    for (const Cell& cell : cells) names.push_back(cell.name);
    return names;
}

bool is_among(const std::string& name, const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Reads one table.
class TableReader {
  public:
    TableReader(Pack& pack, const Node::Entry& entry)
        : reading_(pack.reading), path_("tables." + entry.key), section_(reading_, &entry.value, path_) {
        stream_->pack = &pack;
        stream_->name = entry.key;
        stream_->node = &entry.value;
        stream_->at = entry.key_at;
        stream_->key = key_under(pack.key, key_of("table " + entry.key));
        stream_->table = table_;
    }

    std::shared_ptr<PlannedStream> read() {
        stream_->summary = section_.text("summary").value_or("");
        stream_->from = section_.text("from").value_or("");
        stream_->types = read_types(reading_, section_.take("types"), path_ + ".types");
        const Node* columns = section_.take("columns");
        const Node* key = section_.take("key");
        const Node* references = section_.take("references");
        stream_->late = section_.take("late");
        const bool keys_are_known = section_.finish();
        const Position at = stream_->at;
        if (!is_name(stream_->name))
            reading_.error(at, path_, "A name has letters, digits and _ and begins with no digit: " + stream_->name);
        if (stream_->node->is_map() && keys_are_known) {
            if (stream_->from.empty())
                reading_.error(at, path_, "A table tells of entities of one kind: " + stream_->name,
                               "Write from: KIND.");
            if (!columns)
                reading_.error(at, path_, "A table needs columns: " + stream_->name, "Write columns: {id: =number}.");
            if (!key)
                reading_.error(at, path_, "A table needs a key, by which its rows are told apart: " + stream_->name,
                               "Write key: COLUMN, or a list of columns.");
        }
        read_columns(columns);
        read_key(key);
        read_references(references);
        for (const auto& [name, type] : stream_->types)
            if (!is_among(name, names_of(table_->columns)))
                reading_.error(type.at, path_ + ".types." + name, "A type is given to no column: " + name,
                               suggest(name, names_of(table_->columns)));
        return stream_;
    }

  private:
    void read_columns(const Node* node) {
        if (!node || node->is_null()) return;
        if (!node->is_map())
            return reading_.error(node->at, path_ + ".columns", "Columns are a map of names and values");
        for (const Node::Entry& entry : node->entries) {
            if (entry.key == "because") continue;
            const std::string path = path_ + ".columns." + entry.key;
            if (!is_name(entry.key))
                reading_.error(entry.key_at, path,
                               "A name has letters, digits and _ and begins with no digit: " + entry.key);
            if (!entry.value.is_scalar()) {
                reading_.error(entry.value.at, path, "A column is one value, not a list or a map: " + entry.key,
                               "Give each value a column of its own.");
                continue;
            }
            table_->columns.push_back({entry.key, path, "columns." + entry.key, &entry.value, entry.key_at});
        }
    }

    void read_key(const Node* node) {
        if (!node || node->is_null() || table_->columns.empty()) return;
        std::vector<const Node*> parts;
        if (node->is_sequence())
            for (const Node& item : node->items) parts.push_back(&item);
        else
            parts.push_back(node);
        for (const Node* part : parts) {
            const std::string name = part->is_scalar() ? part->text : "";
            if (!is_among(name, names_of(table_->columns)))
                reading_.error(part->at, path_ + ".key",
                               "The key is no column of the table: " + (name.empty() ? "a list or map" : name),
                               suggest(name, names_of(table_->columns)));
            else
                table_->keys.push_back(name);
        }
    }

    void read_references(const Node* node) {
        if (!node || node->is_null()) return;
        const std::string path = path_ + ".references";
        if (!node->is_map())
            return reading_.error(node->at, path, "References are a map of columns and tables",
                                  "Write references: {user_id: users}.");
        for (const Node::Entry& entry : node->entries) {
            if (entry.key == "because") continue;
            if (!is_among(entry.key, names_of(table_->columns))) {
                reading_.error(entry.key_at, path + "." + entry.key, "No such column: " + entry.key,
                               suggest(entry.key, names_of(table_->columns)));
                continue;
            }
            table_->references.push_back(
                {entry.key, entry.value.is_scalar() ? entry.value.text : "a list or map", entry.value.at});
        }
    }

    const Reading& reading_;
    std::string path_;
    Section section_;
    std::shared_ptr<PlannedStream> stream_ = std::make_shared<PlannedStream>();
    std::shared_ptr<PackTable> table_ = std::make_shared<PackTable>();
};

using Streams = std::vector<std::shared_ptr<PlannedStream>>;

PlannedStream* table_called(const Streams& tables, const std::string& name) {
    const auto found = std::find_if(tables.begin(), tables.end(),
                                    [&](const auto& one) { return one->table != nullptr && one->name == name; });
    return found == tables.end() ? nullptr : found->get();
}

/// Puts a table behind those that it refers to; false where they lead round in a circle.
bool put_in_order(const Streams& tables, const std::shared_ptr<PlannedStream>& table, std::set<std::string>& open,
                  Streams& out) {
    if (std::find(out.begin(), out.end(), table) != out.end()) return true;
    if (!open.insert(table->name).second) return false;
    bool good = true;
    for (const TableReference& reference : table->table->references) {
        const PlannedStream* other = table_called(tables, reference.table);
        if (!other || other == table.get()) continue;
        const auto shared = std::find_if(tables.begin(), tables.end(), [&](auto& one) { return one.get() == other; });
        good = put_in_order(tables, *shared, open, out) && good;
    }
    out.push_back(table);
    return good;
}

/// Gives the first of a kind and its parents whose entities may end, or null.
const PlannedKind* mortal_above(const Pack& pack, const std::string& name) {
    for (const PlannedKind* kind = pack.kind(name).get(); kind; kind = pack.kind(kind->parent_name).get())
        if (kind->may_end) return kind;
    return nullptr;
}

bool is_at_or_above(const Pack& pack, const std::string& above, const std::string& name) {
    for (const PlannedKind* kind = pack.kind(name).get(); kind; kind = pack.kind(kind->parent_name).get())
        if (kind->kind_name == above) return true;
    return false;
}

}  // namespace

void add_tables(Pack& pack, const Node* tables) {
    if (!tables || tables->is_null()) return;
    if (!tables->is_map()) return pack.reading.error(tables->at, "tables", "Tables are a map of names and sections");
    Streams read, ordered;
    for (const Node::Entry& entry : tables->entries)
        if (entry.key != "because") read.push_back(TableReader(pack, entry).read());
    for (const auto& table : read) {
        for (const TableReference& reference : table->table->references) {
            std::vector<std::string> known;
            for (const auto& other : read) known.push_back(other->name);
            if (!is_among(reference.table, known))
                pack.reading.error(reference.at, "tables." + table->name + ".references." + reference.column,
                                   "Unknown table: " + reference.table, suggest(reference.table, known));
        }
        std::set<std::string> open;
        if (!put_in_order(read, table, open, ordered))
            pack.reading.error(table->at, "tables." + table->name + ".references",
                               "These tables refer to each other in a circle: " + table->name,
                               "Leave one of the references out.");
    }
    pack.streams.insert(pack.streams.end(), ordered.begin(), ordered.end());
}

void check_references(const Pack& pack) {
    for (const auto& stream : pack.streams) {
        if (stream->table == nullptr) continue;
        const PackTable& table = *stream->table;
        for (const TableReference& reference : table.references) {
            const PlannedStream* other = table_called(pack.streams, reference.table);
            if (!other || table.types.empty() || other->table->types.empty()) continue;  // reported
            const std::string path = "tables." + stream->name + ".references." + reference.column;
            const auto type_of_column = [](const PackTable& of, const std::string& name) {
                const std::vector<std::string> names = names_of(of.columns);
                return of.types[static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin())];
            };
            if (other->table->keys.size() != 1) {
                pack.reading.error(reference.at, path,
                                   "A reference is to a table with a key of one column: " + reference.table);
                continue;
            }
            const std::string own = spell(type_of_column(table, reference.column));
            const std::string wanted = spell(type_of_column(*other->table, other->table->keys[0]));
            if (own != wanted)
                pack.reading.error(reference.at, path,
                                   "The key of " + reference.table + " is " + wanted + ", but this column is " + own +
                                       ": " + reference.column);
            const PlannedKind* mortal = mortal_above(pack, other->from);
            if (mortal && !is_at_or_above(pack, other->from, stream->from))
                pack.reading.error(reference.at, path,
                                   "Rows of " + reference.table + " go when " + mortal->kind_name +
                                       " ends, which other cells do not see: " + reference.column,
                                   "Refer to a kind that never ends or to an ancestor, or leave the reference out.");
        }
    }
}

}  // namespace headwater
