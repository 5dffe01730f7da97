// For printing the table of the language: as JSON Schema for editors, as pages for readers.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "chaos/fault.h"
#include "language/compiler.h"
#include "pack/schema.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

const std::string expression = "^=";
const std::string name_pattern = "^[A-Za-z_][A-Za-z0-9_]*$";
const std::string number = "[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?";
const std::string unit_of_time =
    "(us|\u00b5s|ms|s|min|m|h|d|w|y|[um]secs?|milli(second)?s?|micro(second)?s?|sec(ond)?s?|min(ute)?s?|hrs?|hours?|"
    "days?|"
    "weeks?|years?)";
const std::string amount = number + " ?" + unit_of_time;
const std::string iso_duration = "P([0-9.]+[YWD])*(T([0-9.]+[HMS])+)?";
const std::string duration = "(" + amount + "( ?" + amount + ")*|" + iso_duration + ")";
const std::string instant = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+(Z|[-+][0-9:]+)?)?$";
const std::string count = number + " ?[kMG]?";
const std::string rate = count + "/(" + unit_of_time + "|" + duration + ")";
const std::string share = number + " ?%";
const std::string size = "(0|[1-9][0-9]*)(\\.[0-9]+)?( ?(" + size_unit_names("|") + "))?";

Json text_like(const std::string& pattern) { return {{"type", "string"}, {"pattern", pattern}}; }
Json any_of(std::initializer_list<Json> shapes) { return {{"anyOf", Json(shapes)}}; }
std::string whole(const std::string& pattern) { return "^(" + pattern + ")$"; }
Json reference(std::string_view section) { return {{"$ref", "#/$defs/" + std::string(section)}}; }

/// A slot: an expression, or text of a pattern, or a range of two such texts.
Json slot(const std::string& pattern, bool takes_range) {
    return text_like(expression + "|" + whole(pattern + (takes_range ? "(\\.\\.(" + pattern + "))?" : "")));
}

Json map_of(const Json& value) {
    return {{"type", "object"},
            {"properties", {{"because", {{"type", "string"}}}}},
            {"propertyNames", {{"pattern", name_pattern}}},
            {"additionalProperties", value}};
}

Json one_value() { return {{"type", {"string", "number", "boolean", "null"}}}; }

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (const std::string_view word : split(text, '|')) words.emplace_back(word);
    return words;
}

Json weights() {
    return map_of(
        any_of({{{"type", "number"}, {"minimum", 0}}, text_like(expression + "|" + whole(share + "|" + count))}));
}

Json list_shapes() {
    Json weighted = weights();
    weighted.erase("propertyNames");  // its keys are texts to pick, not names
    const Json items = {{"type", "array"}, {"minItems", 1}};
    return map_of(any_of({text_like(expression + "|\\.csv$"), items, weighted}));
}

Json schema_of(const LanguageKey& key) {
    const Json number_type = {{"type", "number"}, {"minimum", 0}};
    switch (key.shape) {
        case KeyShape::text:
        case KeyShape::name: return {{"type", {"string", "number", "boolean"}}};
        case KeyShape::scalar: return one_value();
        case KeyShape::value: return true;
        case KeyShape::condition: return {{"type", {"string", "boolean"}}};
        case KeyShape::share: return any_of({{{"type", "number"}, {"minimum", 0}, {"maximum", 1}}, slot(share, false)});
        case KeyShape::count: return any_of({{{"type", "integer"}, {"minimum", 0}}, slot(count, false)});
        case KeyShape::rate: return slot(rate, false);
        case KeyShape::duration: return text_like(whole(duration));
        case KeyShape::delay: return slot(duration, true);
        case KeyShape::lateness: return any_of({slot(duration, true), reference(key.of)});
        case KeyShape::times: return any_of({{{"type", "integer"}, {"minimum", 0}}, slot(count, true)});
        case KeyShape::instant: return text_like(instant);
        case KeyShape::end: return text_like(whole(duration) + "|" + instant);
        case KeyShape::moment: return text_like(expression + "|" + whole(duration) + "|" + instant);
        case KeyShape::size: return any_of({{{"type", "integer"}, {"minimum", 1}}, text_like(whole(size))});
        case KeyShape::truth: return {{"type", "boolean"}};
        case KeyShape::choice: return {{"enum", words_of(key.of)}};
        case KeyShape::texts:
            return any_of({{{"type", "string"}}, {{"type", "array"}, {"items", {{"type", "string"}}}}});
        case KeyShape::numbers: {
            const int wanted = std::stoi(std::string(key.of));
            return {{"type", "array"},
                    {"minItems", wanted},
                    {"maxItems", wanted},
                    {"items", any_of({number_type, text_like(whole(share))})}};
        }
        case KeyShape::values: {
            Json values = map_of(true);
            values["propertyNames"] = {{"pattern", "^[A-Za-z_][A-Za-z0-9_.]*$"}};
            return values;
        }
        case KeyShape::types: return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
        case KeyShape::lists: return list_shapes();
        case KeyShape::parameters: return map_of(any_of({{{"type", "null"}}, map_of(one_value())}));
        case KeyShape::weights: return any_of({{{"type", "string"}}, weights()});
        case KeyShape::section: return reference(key.of);
        case KeyShape::sections: return map_of(reference(key.of));
        case KeyShape::numbered: {
            Json sections = map_of(reference(key.of));
            sections["propertyNames"] = {{"pattern", "^([0-9]+|because)$"}};
            return sections;
        }
        case KeyShape::items: return {{"type", "array"}, {"items", reference(key.of)}};
        case KeyShape::anything: return true;
    }
    return true;
}

Json schema_of(const LanguageSection& section) {
    Json properties = Json::object(), needed = Json::array();
    for (const LanguageKey& key : section.keys) {
        const std::string help = std::string(key.help) + (key.later ? " This version does not carry it out." : "");
        Json schema = schema_of(key);
        if (schema.is_boolean()) schema = Json::object();
        Json described = {{"description", help}};
        described.update(schema);
        properties[std::string(key.name)] = std::move(described);
        if (key.needed) needed.push_back(key.name);
    }
    properties["because"] = {{"description", "Where a number comes from."}, {"type", "string"}};
    Json schema = {
        {"description", section.help}, {"type", "object"}, {"additionalProperties", false}, {"properties", properties}};
    if (!needed.empty()) schema["required"] = needed;
    for (const std::string_view key : section.one_needed) schema["anyOf"].push_back({{"required", Json::array({key})}});
    return schema;
}

/// What stands behind a key, in words, for the page.
std::string words_for(const LanguageKey& key) {
    const std::string of(key.of);
    switch (key.shape) {
        case KeyShape::text: return "text";
        case KeyShape::name: return of.empty() ? "name" : "name of a " + of;
        case KeyShape::scalar: return "one value";
        case KeyShape::value: return "value";
        case KeyShape::condition: return "condition";
        case KeyShape::share: return "share: `2.5%`, `=…`";
        case KeyShape::count: return "count: `9000`, `10k`, `=…`";
        case KeyShape::rate: return "rate: `200/s`, `1/5d`, `=…`";
        case KeyShape::duration: return "duration: `90d`";
        case KeyShape::delay: return "duration or range: `30s`, `1s..5min`, `=…`";
        case KeyShape::lateness: return "duration or range: `30s`, `1s..5min`, `=…`, or a [" + of + "](#" + of + ")";
        case KeyShape::times: return "count or range: `3`, `1..5`, `=…`";
        case KeyShape::instant: return "instant: `2026-11-01T00:00:00Z`";
        case KeyShape::end: return "instant or duration since the start: `2026-11-01T12:00:00Z`, `7d`";
        case KeyShape::moment: return "instant or duration since the start: `2026-11-01T12:00:00Z`, `12h`, `=…`";
        case KeyShape::size: return "size: `64KiB`";
        case KeyShape::truth: return "`true` or `false`";
        case KeyShape::texts: return "text or list of texts";
        case KeyShape::numbers: return "list of " + of + " numbers";
        case KeyShape::values: return "map of names and values";
        case KeyShape::types: return "map of names and types";
        case KeyShape::lists: return "map of names and lists";
        case KeyShape::parameters: return "map of packs and parameters";
        case KeyShape::weights: return "name, or names with weights";
        case KeyShape::section: return "[" + of + "](#" + of + ")";
        case KeyShape::numbered: return "map of numbers and [" + of + "](#" + of + ") sections";
        case KeyShape::sections: return "map of names and [" + of + "](#" + of + ") sections";
        case KeyShape::items: return "list of [" + of + "](#" + of + ") sections";
        case KeyShape::anything: return "anything";
        case KeyShape::choice: break;
    }
    std::string words;
    for (const std::string& word : words_of(key.of)) words += (words.empty() ? "`" : ", `") + word + "`";
    return words;
}

/// Makes a text fit for a cell of a Markdown table.
std::string cell(std::string_view text) {
    std::string safe;
    for (char c : text) {
        if (c == '|') safe += '\\';
        safe += c;
    }
    return safe;
}

}  // namespace

std::string json_schema(const std::vector<LanguageSection>& sections, const std::string& title) {
    Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
    schema.update(schema_of(sections.front()));
    Json definitions = Json::object();
    for (size_t i = 1; i < sections.size(); ++i) definitions[std::string(sections[i].name)] = schema_of(sections[i]);
    schema["$defs"] = definitions;
    return spell_json(schema, 2) + "\n";
}

std::string sections_page(const std::vector<LanguageSection>& sections) {
    std::string page;
    for (const LanguageSection& section : sections) {
        if (!page.empty()) page += "\n";
        page += "## " + std::string(section.name) + "\n\n" +
                (section.place.empty() ? "The file itself. " : "At `" + std::string(section.place) + "`. ") +
                std::string(section.help) + "\n\n";
        page += "| key | holds | what it is |\n|---|---|---|\n";
        for (const LanguageKey& key : section.keys) {
            const bool is_one = std::ranges::find(section.one_needed, key.name) != section.one_needed.end();
            page += "| `" + std::string(key.name) + "`" +
                    (key.needed ? " (needed)"
                     : is_one   ? " (one of these needed)"
                                : "") +
                    " | " + cell(words_for(key)) + " | " + cell(key.help);
            page += key.later ? " This version does not carry it out. |\n" : " |\n";
        }
    }
    return page;
}

std::string functions_page() {
    std::vector<std::string> groups;
    for (const Function& function : functions()) {
        if (std::find(groups.begin(), groups.end(), function.group) == groups.end()) groups.push_back(function.group);
    }
    std::string page;
    for (const std::string& group : groups) {
        if (!page.empty()) page += "\n";
        page += "## " + group + "\n\n| write | gives | example |\n|---|---|---|\n";
        for (const Function& function : functions()) {
            if (function.group != group) continue;
            page += "| `" + cell(function.signature) + "` | " + cell(function.help) + " | `=" + cell(function.example) +
                    "` |\n";
        }
    }
    return page;
}

std::string faults_page() {
    const std::pair<FaultGroup, std::string_view> groups[] = {{FaultGroup::records, "Records"},
                                                              {FaultGroup::schema, "The schema"},
                                                              {FaultGroup::wire, "The wire"},
                                                              {FaultGroup::traffic, "Traffic"}};
    std::string page;
    for (auto& [group, title] : groups) {
        if (!page.empty()) page += "\n";
        page += "## " + std::string(title) + "\n\n| fault | what it does | options |\n|---|---|---|\n";
        for (const FaultVerb& verb : fault_verbs()) {
            if (verb.group != group) continue;
            std::string options;
            for (const FaultOption& option : verb.options) {
                options += (options.empty() ? "`" : "; `") + std::string(option.name) + "` " + std::string(option.help);
                if (!option.fallback.empty() && option.fallback != "-")
                    options += " (`" + std::string(option.fallback) + "`)";
            }
            page += "| `" + std::string(verb.name) + "` | " + cell(verb.help) +
                    (verb.by_key ? " `chance` picks keys or entities. | " : " | ") + cell(options) + " |\n";
        }
    }
    return page;
}

}  // namespace headwater
