#include "pack/describe.h"

#include <algorithm>

#include "base/time.h"
#include "pack/extend.h"
#include "pack/files.h"
#include "pack/kinds.h"
#include "pack/streams.h"
#include "pack/tables.h"

namespace headwater {

namespace {

/// Spells a value as it could stand in one line of a pack.
std::string spell_node(const Node& node) {
    if (node.is_scalar()) return node.text;
    std::string text;
    if (node.is_sequence()) {
        for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + spell_node(item);
        return "[" + text + "]";
    }
    for (const Node::Entry& entry : node.entries)
        text += (text.empty() ? "" : ", ") + entry.key + ": " + spell_node(entry.value);
    return "{" + text + "}";
}

std::string spell_at(const Node& map, std::string_view key) {
    const Node* value = map.find(key);
    return value ? spell_node(*value) : "";
}

NamedTexts spell_entries(const Node* map) {
    NamedTexts texts;
    if (!map || !map->is_map()) return texts;
    for (const Node::Entry& entry : map->entries) {
        if (entry.key != "because") texts.emplace_back(entry.key, spell_node(entry.value));
    }
    return texts;
}

/// Spells a step without its `because`.
std::string spell_step(const Node& step) {
    std::string text;
    for (const auto& [key, value] : spell_entries(&step)) text += (text.empty() ? "" : ", ") + key + " " + value;
    return text.empty() ? spell_node(step) : text;
}

std::vector<std::string> spell_steps(const Node* steps) {
    std::vector<std::string> texts;
    if (steps && steps->is_sequence()) {
        for (const Node& step : steps->items) texts.push_back(spell_step(step));
    } else if (steps && steps->is_map()) {
        texts.push_back(spell_step(*steps));
    }
    return texts;
}

TransitionDescription describe_transition(const Node& node) {
    TransitionDescription transition;
    const Node* to = node.find("to");
    if (to && to->is_map()) {
        transition.to = spell_entries(to);
    } else if (to) {
        transition.to.emplace_back(to->text, "");
    }
    for (const char* key : {"after", "rate", "when", "chance"}) {
        const std::string value = spell_at(node, key);
        if (!value.empty()) transition.opens += (transition.opens.empty() ? "" : ", ") + std::string(key) + " " + value;
    }
    return transition;
}

PhaseDescription describe_phase(const std::string& name, const Node& node) {
    PhaseDescription phase;
    phase.name = name;
    if (!node.is_map()) return phase;
    phase.label = spell_at(node, "label");
    for (const char* key : {"every", "rate"}) {
        const std::string value = spell_at(node, key);
        if (!value.empty()) phase.rhythm = std::string(key) + " " + value;
    }
    for (const std::string& step : spell_steps(node.find("enter"))) phase.steps.push_back("on entry " + step);
    for (const std::string& step : spell_steps(node.find("do"))) phase.steps.push_back(step);
    if (const Node* leave = node.find("leave"); leave && leave->is_sequence()) {
        for (const Node& item : leave->items) phase.leave.push_back(describe_transition(item));
    }
    return phase;
}

KindDescription describe_kind(const PlannedKind& kind) {
    KindDescription description;
    const Node& node = *kind.node;
    description.name = kind.kind_name;
    description.summary = spell_at(node, "summary");
    description.parent = kind.parent_name;
    description.count = spell_at(node, "count");
    if (description.count.empty()) description.count = spell_at(node, "rate");
    if (kind.groups) description.count += " in groups of " + spell_at(node, "group");
    description.total = kind.total;
    description.attributes = spell_entries(node.find("attributes"));
    description.state = spell_entries(node.find("state"));
    if (const Node* lifecycle = node.find("lifecycle"); lifecycle && lifecycle->is_map()) {
        for (const Node::Entry& entry : lifecycle->entries) {
            if (entry.key != "because") description.phases.push_back(describe_phase(entry.key, entry.value));
        }
    }
    description.journey = spell_steps(node.find("journey"));
    return description;
}

std::vector<FieldDescription> describe_fields(const std::vector<Field>& of) {
    std::vector<FieldDescription> fields;
    for (const Field& field : of) fields.push_back({field.name, spell(field.type), field.nullable, field.pii});
    return fields;
}

std::vector<VersionDescription> describe_versions(const PlannedStream& stream, const Schema& schema) {
    if (schema.versions.empty()) return {};
    std::vector<VersionDescription> versions = {{1, "", {}, describe_fields(schema.fields)}};
    for (const SchemaVersion& later : schema.versions) {
        VersionDescription& one = versions.emplace_back();
        one.number = later.schema->version;
        one.from = spell_instant(later.from);
        one.fields = describe_fields(later.schema->fields);
        const Node* node = stream.node->find("versions")->find(std::to_string(one.number));
        for (const char* key : {"add", "drop", "types"})
            if (std::string text = spell_at(*node, key); !text.empty()) one.changes.emplace_back(key, std::move(text));
    }
    return versions;
}

TableDescription describe_table(const PlannedStream& stream, const Schema* schema) {
    TableDescription description{stream.name, stream.summary, stream.from, spell_at(*stream.node, "key"), {}, {}};
    if (schema) description.columns = describe_fields(schema->fields.back().children);
    for (const TableReference& reference : stream.table->references)
        description.references.emplace_back(reference.column, reference.table);
    return description;
}

StreamDescription describe_stream(const PlannedStream& stream, const Schema* schema) {
    StreamDescription description;
    const Node& node = *stream.node;
    description.name = stream.name;
    description.summary = stream.summary;
    description.key = spell_at(node, "key");
    description.rate = stream.is_flat() ? spell_at(node, "rate") : "";
    if (stream.is_flat() && description.rate.empty()) description.rate = "1/s";
    description.spacing = spell_at(node, "spacing");
    description.follows = stream.follows;
    description.from = stream.from;
    description.when = spell_at(node, "when");
    description.chance = spell_at(node, "chance");
    description.after = spell_at(node, "after");
    description.repeat = spell_at(node, "repeat");
    description.count = stream.count;
    description.late = spell_at(node, "late");
    description.skew = spell_at(node, "skew");
    if (schema != nullptr) {
        description.fields = describe_fields(schema->fields);
        description.versions = describe_versions(stream, *schema);
        if (schema->most_late > 0) description.most_late = human_duration(schema->most_late);
    }
    for (const Rule& rule : stream.rules) {
        RuleDescription& one = description.rules.emplace_back();
        one.name = rule.name;
        if (rule.when) one.when = spell_node(*rule.when);
        if (rule.chance) one.chance = spell_node(*rule.chance);
        for (const Cell& cell : rule.set) one.set.emplace_back(cell.name, spell_node(*cell.node));
    }
    return description;
}

ListDescription describe_list(const std::string& name, const PackList& list) {
    ListDescription description;
    description.name = name;
    if (list.node->is_scalar()) description.source = list.node->text;
    if (!list.list) return description;
    description.size = list.list->size;
    description.weighted = list.list->weights != nullptr;
    if (list.list->records) description.columns = list.list->columns;
    return description;
}

/// Collects every `because` with the path of the map in which it stands.
void collect_sources(const Node& node, const std::string& path, NamedTexts& sources) {
    if (node.is_map()) {
        if (const Node* because = node.find("because"); because && because->is_scalar())
            sources.emplace_back(path, because->text);
        for (const Node::Entry& entry : node.entries)
            collect_sources(entry.value, path.empty() ? entry.key : path + "." + entry.key, sources);
    }
    for (size_t i = 0; i < node.items.size(); ++i) {
        const Node* name = node.items[i].find("name");
        collect_sources(node.items[i], path + "." + (name && name->is_scalar() ? name->text : std::to_string(i + 1)),
                        sources);
    }
}

IncidentDescription describe_incident(const Incident& incident, const Pack& pack) {
    const Node& node = *pack.file->root.find("incidents")->find(incident.name);
    return {incident.name, incident.help, spell_at(node, "where"), spell_at(node, "for"),
            spell_entries(node.find("set"))};
}

PackDescription describe_pack(const Pack& pack, const Plan& plan) {
    PackDescription description{pack.name, pack.version, pack.summary, pack.file->name, {}, {}, {}, {}, {}, {}, {}, {}};
    for (const Parameter& parameter : pack.parameters) {
        description.parameters.push_back({parameter.name, parameter.type, parameter.fallback, parameter.value.spelled,
                                          parameter.help, parameter.because});
    }
    for (const auto& [name, list] : pack.lists) description.lists.push_back(describe_list(name, list));
    for (const auto& [name, curve] : pack.curves) description.curves.push_back({name, curve.hours, curve.weekdays});
    for (const auto& kind : pack.kinds) description.kinds.push_back(describe_kind(*kind));
    for (const auto& stream : pack.streams) {
        const Schema* schema = nullptr;
        for (const StreamPlan& planned : plan.streams) {
            if (planned.pack == pack.name && planned.name == stream->name) schema = planned.schema.get();
        }
        if (stream->table)
            description.tables.push_back(describe_table(*stream, schema));
        else
            description.streams.push_back(describe_stream(*stream, schema));
    }
    for (const auto& incident : pack.incidents) description.incidents.push_back(describe_incident(*incident, pack));
    collect_sources(pack.file->root, "", description.sources);
    return description;
}

}  // namespace

Described describe(const LoadRequest& request) {
    LoadRequest bounded = request;
    bounded.counts = {"1"};  // nothing is run, so nothing is to be bounded
    Loaded loaded = load(bounded);
    Described described{{}, std::move(loaded.diagnostics), std::move(loaded.sources)};
    if (!loaded.plan) return described;
    const Plan& plan = *loaded.plan;
    Diagnostics known;  // all of them were reported when the plan was made
    World world(known, plan.seed, plan.clock.start);
    const PackLibrary library(request.pack_folders, request.shelf);
    for (const PackUse& use : plan.packs) {
        std::map<std::string, GivenValue> settled;
        for (const auto& [name, value] : use.parameters) settled[name] = {value, use.file, {1, 1}, {1, 1}};
        const auto file = library.read_again(use.file, known);
        std::vector<std::shared_ptr<const SourceFile>> extended;
        if (const auto whole = file ? extend_pack(file, library, known, extended) : nullptr)
            add_pack(world, whole, settled);
    }
    for (const auto& pack : world.packs) described.packs.push_back(describe_pack(*pack, plan));
    return described;
}

}  // namespace headwater
