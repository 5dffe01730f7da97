// For the sections of packs and scenarios as one table: JSON Schemas, the reference page and a test of the parsers come from it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headwater {

/// What stands behind a key.
enum class KeyShape {
    text,        ///< any one value, read as text
    name,        ///< a name that is declared elsewhere
    scalar,      ///< one value, of whatever type
    value,       ///< an expression, a text with holes, a literal, a nested map or list
    condition,   ///< an expression without `=`
    share,       ///< 2.5%, or an expression
    count,       ///< 9000, 10k, or an expression
    rate,        ///< 200/s, or an expression
    duration,    ///< 30s
    delay,       ///< 30s, 1s..5min, or an expression
    lateness,    ///< a delay, or a map with the keys of section `of`
    times,       ///< 3, 1..5, or an expression
    instant,     ///< 2026-11-01T00:00:00Z
    end,         ///< an instant, or a duration since the start
    moment,      ///< an instant, a duration since the start, or an expression
    size,        ///< 64 KiB
    truth,       ///< true or false
    choice,      ///< one of the words in `of`, split at |
    texts,       ///< a text or a list of texts
    numbers,     ///< a list of as many numbers as `of` says
    values,      ///< a map of names and values
    types,       ///< a map of names and types
    lists,       ///< a map of names and lists
    parameters,  ///< a map of pack names, each with parameters and their values
    weights,     ///< a name, or a map of names and weights
    section,     ///< a map with the keys of section `of`
    sections,    ///< a map of names, each a section `of`
    numbered,    ///< a map of whole numbers, each a section `of`
    items,       ///< a list of sections `of`
    anything,    ///< whatever it is
};

/// One key of a section.
struct LanguageKey {
    std::string_view name;
    KeyShape shape;
    std::string_view help;
    std::string_view of = "";  ///< as the shape says
    bool needed = false;
    bool later = false;  ///< known, but this version does not carry it out
};

/// One kind of map in a pack or scenario.
struct LanguageSection {
    std::string_view name;   ///< stream
    std::string_view place;  ///< streams.NAME
    std::string_view help;
    std::vector<LanguageKey> keys;
    std::vector<std::string_view> one_needed{};  ///< keys of which there must be one at least
};

/// Lists the sections of a pack, the file itself first.
const std::vector<LanguageSection>& pack_sections();
/// Lists the sections of a scenario, the file itself first.
const std::vector<LanguageSection>& scenario_sections();

/// Prints a JSON Schema (draft 2020-12) of the files that begin with the first section.
std::string json_schema(const std::vector<LanguageSection>& sections, const std::string& title);
/// Prints the sections as a page of Markdown, without a heading of the page.
std::string sections_page(const std::vector<LanguageSection>& sections);
/// Prints every function of the language as Markdown, by group.
std::string functions_page();
/// Prints every fault with its options as Markdown, by what it breaks.
std::string faults_page();

}  // namespace headwater
