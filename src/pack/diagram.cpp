// For drawing packs as Mermaid: rule chains as flowcharts, lives as state diagrams.
#include <algorithm>

#include "pack/describe.h"

namespace headwater {

namespace {

/// Makes a text fit for a quoted label: Mermaid reads #code; as a character.
std::string label(const std::string& text) {
    std::string safe;
    for (char c : text) {
        switch (c) {
            case '"': safe += "#quot;"; break;
            case '#': safe += "#35;"; break;
            case '<': safe += "#lt;"; break;
            case '>': safe += "#gt;"; break;
            case '\n': safe += ' '; break;
            default: safe += c;
        }
    }
    return safe;
}

/// Makes a text fit for the label behind a colon, where a colon or semicolon would end it.
std::string plain_label(const std::string& text) {
    std::string safe;
    for (char c : label(text)) safe += c == ':' ? std::string("#58;") : std::string(1, c);
    return safe;
}

std::string fenced(const std::string& title, const std::string& diagram) {
    return "## " + title + "\n\n```mermaid\n" + diagram + "```\n";
}

std::string rule_chain(const StreamDescription& stream) {
    std::string text = "flowchart TD\n  record([\"record of " + label(stream.name) + "\"])\n";
    std::string from = "record", edge = " --> ";
    for (size_t i = 0; i < stream.rules.size(); ++i) {
        const RuleDescription& rule = stream.rules[i];
        const std::string number = std::to_string(i + 1);
        const std::string condition = "condition" + number, hit = "rule" + number;
        text += "  " + condition + "{\"" + label(rule.when.empty() ? "always" : rule.when) + "\"}\n";
        std::string does = label(rule.name);
        for (const auto& [name, value] : rule.set) does += "<br/>" + label(name + ": " + value);
        text += "  " + hit + "[\"" + does + "\"]\n";
        text += "  " + from + edge + condition + "\n";
        text += "  " + condition + " -->|\"" + (rule.chance.empty() ? "yes" : "yes, chance " + label(rule.chance)) +
                "\"| " + hit + "\n";
        from = condition;
        edge = " -->|\"else\"| ";
    }
    return text + "  as_drawn([\"as drawn\"])\n  " + from + edge + "as_drawn\n";
}

std::string lifecycle(const KindDescription& kind) {
    std::string text = "stateDiagram-v2\n";
    for (const PhaseDescription& phase : kind.phases) {
        const std::string shown = phase.name + (phase.rhythm.empty() ? "" : ", " + phase.rhythm) +
                                  (phase.label.empty() ? "" : ", label " + phase.label);
        text += "  state \"" + label(shown) + "\" as " + phase.name + "\n";
    }
    text += "  [*] --> " + kind.phases.front().name + "\n";
    for (const PhaseDescription& phase : kind.phases) {
        for (const TransitionDescription& one : phase.leave) {
            for (const auto& [to, weight] : one.to) {
                std::string opens = one.opens;
                if (!weight.empty()) opens += (opens.empty() ? "" : ", ") + weight;
                text += "  " + phase.name + " --> " + (to == "end" ? "[*]" : to) +
                        (opens.empty() ? "" : " : " + plain_label(opens)) + "\n";
            }
        }
    }
    return text;
}

std::string journey(const KindDescription& kind) {
    std::string text = "stateDiagram-v2\n", from = "[*]";
    for (size_t i = 0; i < kind.journey.size(); ++i) {
        const std::string step = "step" + std::to_string(i + 1);
        text += "  state \"" + label(kind.journey[i]) + "\" as " + step + "\n  " + from + " --> " + step + "\n";
        from = step;
    }
    return text + "  " + from + " --> [*]\n";
}

/// Draws tables with their columns, and a line for each reference.
std::string tables(const PackDescription& pack) {
    std::string text = "erDiagram\n";
    for (const TableDescription& table : pack.tables) {
        text += "  " + table.name + " {\n";
        for (const FieldDescription& column : table.columns) {
            std::string type;  // Mermaid takes letters and digits only
            for (const char c : column.type.substr(0, column.type.find('('))) type += c == ' ' || c == '|' ? '_' : c;
            const bool refers = std::any_of(table.references.begin(), table.references.end(),
                                            [&](const auto& one) { return one.first == column.name; });
            text += "    " + type + " " + column.name + (refers ? " FK" : column.name == table.key ? " PK" : "") + "\n";
        }
        text += "  }\n";
        for (const auto& [column, other] : table.references)
            text += "  " + other + " ||--o{ " + table.name + " : " + column + "\n";
    }
    return text;
}

}  // namespace

std::string describe_as_diagrams(const PackDescription& pack) {
    std::vector<std::string> parts;
    for (const KindDescription& kind : pack.kinds) {
        if (!kind.phases.empty()) parts.push_back(fenced("Life of a " + kind.name, lifecycle(kind)));
        if (!kind.journey.empty()) parts.push_back(fenced("Journey of a " + kind.name, journey(kind)));
    }
    for (const StreamDescription& stream : pack.streams) {
        if (!stream.rules.empty()) parts.push_back(fenced("Rules of " + stream.name, rule_chain(stream)));
    }
    if (!pack.tables.empty()) parts.push_back(fenced("Tables", tables(pack)));
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "\n") + part;
    return text;
}

}  // namespace headwater
