#include "pack/schema_versions.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/time.h"
#include "pack/kinds.h"

namespace headwater {

namespace {

/// Settles when a version begins: an instant, a duration since the start, or an expression of one of them.
std::optional<int64_t> instant_of(World& world, const Pack& pack, const Node& node, const std::string& path) {
    constexpr const char* example = "Write for example 12h, 2026-11-01T12:00:00Z or =rollout.";
    const std::string text = node.is_scalar() ? node.text : "";
    if (node.is_expression()) {
        const auto value = world.settle(pack, node, path);
        if (!value) return std::nullopt;
        if (value->type.kind == Kind::instant) return value->integer;
        if (value->type.kind == Kind::duration) return world.start + value->integer;
        pack.reading.error(node.at, path,
                           "A version begins at an instant, but this is " + spell(value->type) + ": " + text, example);
        return std::nullopt;
    }
    if (const auto instant = parse_instant(text)) return instant;
    if (const auto since_start = parse_duration(text)) return world.start + *since_start;
    pack.reading.error(node.at, path, "Neither an instant nor a duration since the start: " + text, example);
    return std::nullopt;
}

std::optional<int> number_of(const std::string& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::vector<VersionedField> read_fields(Section& section, const char* key) {
    std::vector<VersionedField> fields;
    const Position at = section.at(key);
    for (const std::string& name : section.texts(key)) fields.push_back({name, at, section.path_of(key)});
    return fields;
}

Field* find_among(std::vector<Field>& fields, std::string_view path) {
    for (Field& field : fields) {
        if (field.name == path) return &field;
        const bool is_inside =
            path.size() > field.name.size() && path.starts_with(field.name) && path[field.name.size()] == '.';
        if (is_inside && field.storage == Storage::record)
            return find_among(field.children, path.substr(field.name.size() + 1));
    }
    return nullptr;
}

void add_names(const std::vector<Field>& fields, const std::string& prefix, std::vector<std::string>& names) {
    for (const Field& field : fields) {
        names.push_back(prefix + field.name);
        if (field.storage == Storage::record) add_names(field.children, prefix + field.name + ".", names);
    }
}

/// Takes fields out of records, by dotted path; gives false where that leaves nothing of one.
bool take_out(std::vector<Field>& fields, const std::set<std::string>& absent, const std::string& prefix) {
    std::erase_if(fields, [&](const Field& field) { return absent.contains(prefix + field.name); });
    for (Field& field : fields) {
        if (field.storage != Storage::record) continue;
        if (!take_out(field.children, absent, prefix + field.name + ".")) return false;
        field.type.fields = field.children;
    }
    return !fields.empty();
}

/// True where one of two paths leads through the other.
bool overlap(const std::string& a, const std::string& b) {
    const auto leads_through = [](const std::string& path, const std::string& to) {
        return path == to || (to.starts_with(path) && to[path.size()] == '.');
    };
    return leads_through(a, b) || leads_through(b, a);
}

/// Makes the versions of one schema.
class Versions {
  public:
    Versions(const PlannedStream& stream, Schema& schema) : stream_(stream), schema_(schema), fields_(schema.fields) {}

    bool lay_out(Compiler& compiler, Cells& cells, int frame) {
        for (const PlannedVersion& version : stream_.versions) check(version);
        if (!is_good_) return false;
        DeclaredTypes types = stream_.types;
        add_version(1, 0, stream_.at, "streams." + stream_.name + ".versions");
        for (const PlannedVersion& version : stream_.versions) {
            for (const VersionedField& field : version.add) absent_.erase(field.name);
            for (const VersionedField& field : version.drop) absent_.insert(field.name);
            for (const auto& [name, type] : version.types) types[name] = type;
            change_types(compiler, cells, frame, version, types);
            add_version(version.number, version.from, version.at, version.path);
        }
        if (!is_good_) return false;
        for (Made& made : made_) {
            auto later = std::make_shared<Schema>(schema_);
            later->version = made.number;
            later->fields = std::move(made.fields);
            if (made.number > 1)
                versions_.push_back({made.from, std::move(later)});
            else
                schema_.fields = later->fields;
        }
        schema_.versions = std::move(versions_);
        return true;
    }

  private:
    struct Made {
        int number;
        int64_t from;
        std::vector<Field> fields;
    };

    void error(Position at, const std::string& path, const std::string& message, const std::string& hint = "") {
        stream_.pack->reading.error(at, path, message, hint);
        is_good_ = false;
    }

    /// Says of each field whether it is there before the version, as far as versions tell.
    void check(const PlannedVersion& version) {
        for (const VersionedField& field : version.add) {
            if (!is_known(field)) continue;
            const bool is_new = mentioned_.insert(field.name).second;
            if (!is_new && !absent_in_check_.contains(field.name))
                error(field.at, field.path, "A field is added that is there already: " + field.name,
                      "Fields of the stream that no version adds are there from the start.");
            if (is_new) absent_.insert(field.name);
            absent_in_check_.erase(field.name);
        }
        for (const VersionedField& field : version.drop) {
            if (!is_known(field)) continue;
            mentioned_.insert(field.name);
            if (!absent_in_check_.insert(field.name).second)
                error(field.at, field.path, "A field is dropped that is gone already: " + field.name);
        }
        for (const auto& [name, type] : version.types) is_known({name, type.at, version.path + ".types"});
    }

    bool is_known(const VersionedField& field) {
        if (find_among(fields_, field.name) == nullptr) {
            std::vector<std::string> names;
            add_names(fields_, "", names);
            error(field.at, field.path, "A version changes no field of the stream: " + field.name,
                  suggest(field.name, names));
            return false;
        }
        if (!schema_.key.empty() && overlap(schema_.key, field.name)) {
            error(field.at, field.path, "The key of a stream is the same in all versions: " + field.name);
            return false;
        }
        return true;
    }

    /// Lays the fields out anew whose type changes; their slots come behind those there are.
    void change_types(Compiler& compiler, Cells& cells, int frame, const PlannedVersion& version,
                      const DeclaredTypes& types) {
        if (version.types.empty()) return;
        RecordLayout layout(compiler, types, schema_.slot_count);
        for (const Cell& cell : stream_.fields) {
            const bool is_changed = std::ranges::any_of(version.types, [&](const auto& type) {
                return type.first.substr(0, type.first.find('.')) == cell.name;
            });
            if (!is_changed) continue;
            Field* field = find_among(fields_, cell.name);
            *field = {};
            Context context = cells.context_at(cell);
            context.source.path = version.path + ".types";
            is_good_ = layout.lay_out(context, version.types.begin()->second.at, cell.name, cell.name,
                                      cells.value(compiler, cell.name), frame, *field) &&
                       is_good_;
        }
        schema_.slot_count = layout.slot_count();
    }

    void add_version(int number, int64_t from, Position at, const std::string& path) {
        Made made{number, from, fields_};
        if (!take_out(made.fields, absent_, ""))
            error(at, path, "A version leaves no field of a record: " + std::to_string(number));
        made_.push_back(std::move(made));
    }

    const PlannedStream& stream_;
    Schema& schema_;
    std::vector<Field> fields_;  ///< all there ever are, of the types that hold
    std::set<std::string> absent_, absent_in_check_, mentioned_;
    std::vector<Made> made_;
    std::vector<SchemaVersion> versions_;
    bool is_good_ = true;
};

}  // namespace

std::vector<PlannedVersion> read_versions(World& world, const Pack& pack, const Node* node, const std::string& path) {
    std::vector<PlannedVersion> versions;
    if (node == nullptr || node->is_null()) return versions;
    if (!node->is_map()) {
        pack.reading.error(node->at, path, "Versions are a map of numbers and changes",
                           "Write for example versions: {2: {at: 12h, add: [humidity]}}.");
        return versions;
    }
    for (const Node::Entry& entry : node->entries) {
        if (entry.key == "because") continue;
        PlannedVersion version;
        version.at = entry.key_at;
        version.path = path + "." + entry.key;
        const int expected = static_cast<int>(versions.size()) + 2;
        if (number_of(entry.key) != expected)
            pack.reading.error(entry.key_at, version.path,
                               "Versions count from 2, and this is not the next: " + entry.key,
                               "Write " + std::to_string(expected) + "; version 1 is what records are before.");
        version.number = expected;
        Section section(pack.reading, &entry.value, version.path);
        const Node* at = section.take("at");
        version.add = read_fields(section, "add");
        version.drop = read_fields(section, "drop");
        version.types = read_types(pack.reading, section.take("types"), version.path + ".types");
        const bool keys_are_known = section.finish();
        if (!entry.value.is_map()) continue;
        if (at == nullptr)
            pack.reading.error(entry.key_at, version.path, "A version says when it begins: " + entry.key,
                               "Add for example at: 12h.");
        const auto from = at == nullptr ? std::nullopt : instant_of(world, pack, *at, version.path + ".at");
        version.from = from.value_or(versions.empty() ? world.start : versions.back().from + 1);
        if (from && !versions.empty() && *from <= versions.back().from)
            pack.reading.error(at->at, version.path + ".at",
                               "A version begins behind the one before: " + spell_instant(*from));
        if (keys_are_known && version.add.empty() && version.drop.empty() && version.types.empty())
            pack.reading.error(entry.key_at, version.path, "A version changes something: " + entry.key,
                               "Say what with add, drop or types.");
        versions.push_back(std::move(version));
    }
    return versions;
}

bool lay_out_versions(Compiler& compiler, Cells& cells, const PlannedStream& stream, int frame, Schema& schema) {
    return stream.versions.empty() || Versions(stream, schema).lay_out(compiler, cells, frame);
}

}  // namespace headwater
