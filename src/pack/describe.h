// For saying what a pack holds: parameters, lists, curves, entities, streams, rules, and where its numbers come from.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pack/load.h"

namespace headwater {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct ParameterDescription {
    std::string name, type, fallback, value, help, because;
};

struct ListDescription {
    std::string name;
    int64_t size = 0;
    std::vector<std::string> columns;  ///< empty for single values
    bool weighted = false;
    std::string source;  ///< a file, or the expression that draws it; empty when written out
};

struct CurveDescription {
    std::string name;
    std::vector<double> hours, weekdays;
};

struct TransitionDescription {
    NamedTexts to;      ///< phases with their weights; a single one has none
    std::string opens;  ///< after 30d; empty when it is taken at once
};

struct PhaseDescription {
    std::string name;
    std::string label;
    std::string rhythm;  ///< every 10s, rate 1/d; may be empty
    std::vector<std::string> steps;
    std::vector<TransitionDescription> leave;
};

struct KindDescription {
    std::string name, summary, parent;
    std::string count;  ///< as written; or its rate; empty for children that are spawned
    std::optional<int64_t> total;
    NamedTexts attributes, state;  ///< names and what is written behind them
    std::vector<PhaseDescription> phases;
    std::vector<std::string> journey;
};

struct FieldDescription {
    std::string name, type;
    bool nullable = false, pii = false;
};

struct RuleDescription {
    std::string name, when, chance;
    NamedTexts set;
};

struct VersionDescription {
    int number = 1;
    std::string from;    ///< first instant; empty for the first version
    NamedTexts changes;  ///< add, drop, types, as written
    std::vector<FieldDescription> fields;
};

struct StreamDescription {
    std::string name, summary, key;
    std::string rate, spacing, follows, from;
    std::string when, chance, after, repeat;  ///< of a follower
    std::string late, skew;
    std::string most_late;  ///< bound of `late`
    std::optional<int64_t> count;
    std::vector<FieldDescription> fields;
    std::vector<RuleDescription> rules;
    std::vector<VersionDescription> versions;  ///< all, where there are several
};

struct TableDescription {
    std::string name, summary, from, key;
    std::vector<FieldDescription> columns;
    NamedTexts references;  ///< columns, and the tables whose keys they are
};

struct IncidentDescription {
    std::string name, help, where, lasts;
    NamedTexts set;
};

struct PackDescription {
    std::string name, version, summary, file;
    std::vector<ParameterDescription> parameters;
    std::vector<ListDescription> lists;
    std::vector<CurveDescription> curves;
    std::vector<KindDescription> kinds;
    std::vector<StreamDescription> streams;
    std::vector<TableDescription> tables;
    std::vector<IncidentDescription> incidents;
    NamedTexts sources;  ///< path and text of every `because`
};

/// Descriptions, or why there are none.
struct Described {
    std::vector<PackDescription> packs;
    Diagnostics diagnostics;
    std::vector<std::pair<std::string, std::string>> sources;  ///< file name and text, for rendering diagnostics
};

/// Loads the pack or scenario of a request and describes its packs.
Described describe(const LoadRequest& request);

/// Prints a description for a terminal.
std::string describe_as_text(const PackDescription& pack);
/// Prints descriptions as a JSON array.
std::string describe_as_json(const std::vector<PackDescription>& packs);
/// Prints the rule chain of each stream and the life of each kind as Markdown with Mermaid diagrams; empty when there is none.
std::string describe_as_diagrams(const PackDescription& pack);

}  // namespace headwater
