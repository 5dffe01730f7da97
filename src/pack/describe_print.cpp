// For printing descriptions of packs: for a terminal, and as JSON.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "pack/describe.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;
using Lines = std::vector<std::vector<std::string>>;

/// Counts characters of UTF-8, so that columns meet.
size_t width_of(const std::string& text) {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// Prints lines of cells in columns; the last cell of a line is not padded, and an empty column takes no room.
std::string in_columns(const Lines& lines, size_t indent) {
    std::vector<size_t> widths;
    for (const auto& line : lines) {
        for (size_t i = 0; i + 1 < line.size(); ++i) {
            if (widths.size() <= i) widths.push_back(0);
            widths[i] = std::max(widths[i], std::min<size_t>(width_of(line[i]), 64));
        }
    }
    std::string text;
    for (const auto& line : lines) {
        std::string row(indent, ' ');
        for (size_t i = 0; i < line.size(); ++i) {
            row += line[i];
            if (i + 1 == line.size() || widths[i] == 0) continue;
            const size_t width = width_of(line[i]);
            row.append(width < widths[i] ? widths[i] - width + 2 : 2, ' ');
        }
        while (!row.empty() && row.back() == ' ') row.pop_back();
        text += row + "\n";
    }
    return text;
}

std::string joined(const std::vector<std::string>& words, const std::string& between = ", ") {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

std::string joined(const NamedTexts& texts, const std::string& between) {
    std::vector<std::string> words;
    for (const auto& [name, text] : texts) words.push_back(name + between + text);
    return joined(words);
}

std::string number(double value) {
    std::string text = spell_json(value);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

std::string extremes(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return number(*least) + " to " + number(*most);
}

std::string parameters_text(const PackDescription& pack) {
    Lines lines;
    for (const ParameterDescription& one : pack.parameters) {
        const std::string value = one.value == one.fallback ? one.value : one.value + " (default " + one.fallback + ")";
        lines.push_back({one.name, one.type, value, one.help});
        if (!one.because.empty()) lines.push_back({"", "", "", "because: " + one.because});
    }
    return "\nParameters\n" + in_columns(lines, 2);
}

std::string lists_text(const PackDescription& pack) {
    Lines lines;
    for (const ListDescription& one : pack.lists) {
        std::string holds =
            std::to_string(one.size) + (one.columns.empty() ? " items" : " records: " + joined(one.columns));
        if (one.weighted && one.columns.empty()) holds += " with weights";
        lines.push_back({one.name, holds, one.source});
    }
    return "\nLists\n" + in_columns(lines, 2);
}

std::string curves_text(const PackDescription& pack) {
    Lines lines;
    for (const CurveDescription& one : pack.curves) {
        auto is_level = [](double factor) { return factor == 1; };
        std::vector<std::string> parts;
        if (!std::ranges::all_of(one.hours, is_level)) parts.push_back("by hour " + extremes(one.hours));
        if (!std::ranges::all_of(one.weekdays, is_level))
            parts.push_back("by day of the week " + extremes(one.weekdays));
        lines.push_back({one.name, parts.empty() ? "level" : joined(parts)});
    }
    return "\nCurves\n" + in_columns(lines, 2);
}

Lines phases_lines(const KindDescription& kind) {
    Lines lines;
    for (const PhaseDescription& phase : kind.phases) {
        std::string rhythm = phase.rhythm;
        if (!phase.label.empty()) rhythm += (rhythm.empty() ? "" : ", ") + std::string("label ") + phase.label;
        lines.push_back({phase.name, rhythm});
        for (const std::string& step : phase.steps) lines.push_back({"", "- " + step});
        for (const TransitionDescription& one : phase.leave) {
            std::vector<std::string> targets;
            for (const auto& [to, weight] : one.to) targets.push_back(weight.empty() ? to : to + " " + weight);
            lines.push_back({"", "to " + joined(targets) + (one.opens.empty() ? ", at once" : ", " + one.opens)});
        }
    }
    return lines;
}

std::string kinds_text(const PackDescription& pack) {
    std::string text = "\nEntities\n";
    for (const KindDescription& kind : pack.kinds) {
        std::string how = kind.total ? std::to_string(*kind.total) : kind.count;
        if (!kind.parent.empty()) how += (how.empty() ? "" : " ") + std::string("born of ") + kind.parent;
        text += "  " + kind.name + "  " + how + (kind.summary.empty() ? "" : "  " + kind.summary) + "\n";
        Lines lines;
        for (const auto& [name, value] : kind.attributes) lines.push_back({name, value});
        for (const auto& [name, value] : kind.state) lines.push_back({name, value + "  (state)"});
        text += in_columns(lines, 4);
        if (!kind.phases.empty()) text += "    phases\n" + in_columns(phases_lines(kind), 6);
        if (!kind.journey.empty()) text += "    journey\n";
        for (const std::string& step : kind.journey) text += "      - " + step + "\n";
    }
    return text;
}

std::string rules_text(const StreamDescription& stream) {
    Lines lines;
    for (const RuleDescription& rule : stream.rules) {
        std::string holds = rule.when.empty() ? "every record" : "when " + rule.when;
        if (!rule.chance.empty()) holds += ", chance " + rule.chance;
        lines.push_back({rule.name, holds});
        if (!rule.set.empty()) lines.push_back({"", "sets " + joined(rule.set, ": ")});
    }
    return "    rules: the first that holds\n" + in_columns(lines, 6);
}

std::string fields_text(const std::vector<FieldDescription>& fields) {
    Lines lines;
    for (const FieldDescription& field : fields)
        lines.push_back({field.name, field.type + (field.nullable ? " or null" : "") + (field.pii ? " pii" : "")});
    return in_columns(lines, 6);
}

std::string table_text(const TableDescription& table) {
    std::string text = "\n  " + table.name + (table.summary.empty() ? "" : "  " + table.summary) + "\n";
    Lines lines = {{"from", table.from}, {"key", table.key}};
    for (const auto& [column, other] : table.references) lines.push_back({"refers", column + " to " + other});
    return text + in_columns(lines, 4) + "    columns\n" + fields_text(table.columns);
}

std::string stream_text(const StreamDescription& stream) {
    std::string text = "\n  " + stream.name + (stream.summary.empty() ? "" : "  " + stream.summary) + "\n";
    Lines lines;
    for (const auto& [name, value] :
         {std::pair("rate", stream.rate), std::pair("spacing", stream.spacing), std::pair("follows", stream.follows),
          std::pair("from", stream.from), std::pair("when", stream.when), std::pair("chance", stream.chance),
          std::pair("after", stream.after), std::pair("repeat", stream.repeat),
          std::pair("late", stream.late + (stream.most_late.empty() ? "" : ", at most " + stream.most_late)),
          std::pair("skew", stream.skew),
          std::pair("count", stream.count ? std::to_string(*stream.count) : std::string()),
          std::pair("key", stream.key)}) {
        if (!value.empty()) lines.push_back({name, value});
    }
    text += in_columns(lines, 4) + "    fields\n" + fields_text(stream.fields);
    for (const VersionDescription& version : stream.versions) {
        if (version.from.empty()) continue;
        text += "    version " + std::to_string(version.number) + " from " + version.from + "\n";
        Lines changes;
        for (const auto& [what, fields] : version.changes) changes.push_back({what, fields});
        text += in_columns(changes, 6);
    }
    if (!stream.rules.empty()) text += rules_text(stream);
    return text;
}

std::string incidents_text(const PackDescription& pack) {
    Lines lines;
    for (const IncidentDescription& one : pack.incidents) {
        std::string what = "sets " + joined(one.set, ": ");
        if (!one.where.empty()) what += ", where " + one.where;
        if (!one.lasts.empty()) what += ", for " + one.lasts;
        lines.push_back({one.name, what, one.help});
    }
    return "\nIncidents\n" + in_columns(lines, 2);
}

Json named(const NamedTexts& texts) {
    Json object = Json::object();
    for (const auto& [name, text] : texts) object[name] = text;
    return object;
}

/// Adds texts that are not empty.
void add(Json& object, std::initializer_list<std::pair<const char*, std::string>> texts) {
    for (const auto& [name, text] : texts) {
        if (!text.empty()) object[name] = text;
    }
}

Json json_of(const KindDescription& kind) {
    Json object = {{"name", kind.name}};
    add(object, {{"summary", kind.summary}, {"parent", kind.parent}, {"count", kind.count}});
    if (kind.total) object["total"] = *kind.total;
    object["attributes"] = named(kind.attributes);
    if (!kind.state.empty()) object["state"] = named(kind.state);
    for (const PhaseDescription& phase : kind.phases) {
        Json one = {{"name", phase.name}};
        add(one, {{"label", phase.label}, {"rhythm", phase.rhythm}});
        one["steps"] = phase.steps;
        one["leave"] = Json::array();
        for (const TransitionDescription& leave : phase.leave)
            one["leave"].push_back({{"to", named(leave.to)}, {"opens", leave.opens}});
        object["phases"].push_back(std::move(one));
    }
    if (!kind.journey.empty()) object["journey"] = kind.journey;
    return object;
}

Json json_of(const std::vector<FieldDescription>& fields) {
    Json array = Json::array();
    for (const FieldDescription& field : fields)
        array.push_back({{"name", field.name}, {"type", field.type}, {"nullable", field.nullable}, {"pii", field.pii}});
    return array;
}

Json json_of(const TableDescription& table) {
    Json object = {{"name", table.name}};
    add(object, {{"summary", table.summary}, {"from", table.from}, {"key", table.key}});
    object["columns"] = json_of(table.columns);
    object["references"] = named(table.references);
    return object;
}

Json json_of(const StreamDescription& stream) {
    Json object = {{"name", stream.name}};
    add(object, {{"summary", stream.summary},
                 {"rate", stream.rate},
                 {"spacing", stream.spacing},
                 {"follows", stream.follows},
                 {"from", stream.from},
                 {"when", stream.when},
                 {"chance", stream.chance},
                 {"after", stream.after},
                 {"repeat", stream.repeat},
                 {"late", stream.late},
                 {"late_at_most", stream.most_late},
                 {"skew", stream.skew},
                 {"key", stream.key}});
    if (stream.count) object["count"] = *stream.count;
    object["fields"] = json_of(stream.fields);
    for (const VersionDescription& version : stream.versions)
        object["versions"].push_back({{"version", version.number},
                                      {"from", version.from.empty() ? Json() : Json(version.from)},
                                      {"fields", json_of(version.fields)}});
    object["rules"] = Json::array();
    for (const RuleDescription& rule : stream.rules) {
        Json one = {{"name", rule.name}};
        add(one, {{"when", rule.when}, {"chance", rule.chance}});
        one["set"] = named(rule.set);
        object["rules"].push_back(std::move(one));
    }
    return object;
}

Json json_of(const PackDescription& pack) {
    Json object = {{"pack", pack.name}, {"version", pack.version}, {"summary", pack.summary}, {"file", pack.file}};
    for (const char* part : {"parameters", "lists", "curves", "entities", "streams", "tables", "incidents", "sources"})
        object[part] = Json::array();
    for (const ParameterDescription& one : pack.parameters) {
        Json parameter = {{"name", one.name}, {"type", one.type}, {"default", one.fallback}, {"value", one.value}};
        add(parameter, {{"help", one.help}, {"because", one.because}});
        object["parameters"].push_back(std::move(parameter));
    }
    for (const ListDescription& one : pack.lists) {
        Json list = {{"name", one.name}, {"size", one.size}, {"weighted", one.weighted}, {"columns", one.columns}};
        add(list, {{"source", one.source}});
        object["lists"].push_back(std::move(list));
    }
    for (const CurveDescription& one : pack.curves)
        object["curves"].push_back({{"name", one.name}, {"hour", one.hours}, {"weekday", one.weekdays}});
    for (const KindDescription& kind : pack.kinds) object["entities"].push_back(json_of(kind));
    for (const StreamDescription& stream : pack.streams) object["streams"].push_back(json_of(stream));
    for (const TableDescription& table : pack.tables) object["tables"].push_back(json_of(table));
    for (const IncidentDescription& one : pack.incidents) {
        Json incident = {{"name", one.name}};
        add(incident, {{"help", one.help}, {"where", one.where}, {"for", one.lasts}});
        incident["set"] = named(one.set);
        object["incidents"].push_back(std::move(incident));
    }
    for (const auto& [path, because] : pack.sources)
        object["sources"].push_back({{"path", path}, {"because", because}});
    return object;
}

}  // namespace

std::string describe_as_text(const PackDescription& pack) {
    std::string text =
        pack.name + " " + pack.version + "  (" + pack.file + ")\n" + (pack.summary.empty() ? "" : pack.summary + "\n");
    if (!pack.parameters.empty()) text += parameters_text(pack);
    if (!pack.lists.empty()) text += lists_text(pack);
    if (!pack.curves.empty()) text += curves_text(pack);
    if (!pack.kinds.empty()) text += kinds_text(pack);
    if (!pack.streams.empty()) text += "\nStreams";
    for (const StreamDescription& stream : pack.streams) text += stream_text(stream);
    if (!pack.tables.empty()) text += "\nTables";
    for (const TableDescription& table : pack.tables) text += table_text(table);
    if (!pack.incidents.empty()) text += incidents_text(pack);
    if (!pack.sources.empty()) text += "\nSources of numbers\n";
    Lines sources;
    for (const auto& [path, because] : pack.sources) sources.push_back({path, because});
    return text + in_columns(sources, 2);
}

std::string describe_as_json(const std::vector<PackDescription>& packs) {
    Json all = Json::array();
    for (const PackDescription& pack : packs) all.push_back(json_of(pack));
    return spell_json(all, 2) + "\n";
}

}  // namespace headwater
