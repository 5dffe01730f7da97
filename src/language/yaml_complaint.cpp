// For saying a YAML parser's complaints in the words of our users.
#include "language/yaml_complaint.h"

#include <array>

namespace headwater {

namespace {

struct Translation {
    std::string_view theirs, message, hint;
};

/// Ordered: the first whose `theirs` is part of the complaint holds.
constexpr std::array<Translation, 20> translations{{
    {"double-quoted scalar without closing quote", "Quote is not closed: \"", "Close it with \""},
    {"single-quoted scalar without closing quote", "Quote is not closed: '", "Close it with '"},
    {"flow sequence without a closing bracket", "Bracket is not closed: [", "Close it with ]"},
    {"flow mapping without a closing brace", "Brace is not closed: {", "Close it with }"},
    {"missing comma in flow mapping", "Comma is missing inside {...}",
     "Put a comma between entries, and quote a text that holds one of , : # [ ] { } or a quote"},
    {"missing comma in flow sequence", "Comma is missing inside [...]",
     "Put a comma between items, and quote a text that holds one of , : # [ ] { } or a quote"},
    {"extra closing bracket", "Bracket was never opened: ]", "Remove it, or quote the text"},
    {"extra closing brace", "Brace was never opened: }", "Remove it, or quote the text"},
    {"extra comma", "Comma without a value before it: ,", "Remove it, or write null"},
    {"tab character may not be used as indentation", "Tab as indentation", "Indent with spaces"},
    {"tab", "Tab as indentation", "Indent with spaces"},
    {"invalid multiline plain key", "Text runs into the line below, which looks like `key: value`",
     "Check the indentation of that line, and that every key has a colon and a space behind it"},
    {"invalid value after mapping", "Line is neither `key: value` nor a further line of the text above",
     "Check the indentation, and the colon and space behind the key"},
    {"invalid indentation", "Indentation fits no level above", "Indent entries of one map alike"},
    {"did not find expected key", "List item where a key was expected", "Indent a list below its key"},
    {"did not find expected node content", "Nothing is written where a value was expected",
     "Write null if nothing is meant"},
    {"invalid trailing content after", "Text behind a closing quote", "Quote the whole value"},
    {"invalid alias", "Aliases are not allowed: *", "Quote a text that begins with *"},
    {"block sequence on the same line", "List item behind a key", "Begin the list on a new line, or quote the text"},
    {"invalid escape", "Unknown escape in a double-quoted text", "Write \\\\ for a backslash, or use single quotes"},
}};

}  // namespace

YamlComplaint translate_complaint(std::string_view theirs) {
    for (const Translation& known : translations) {
        if (theirs.find(known.theirs) != std::string_view::npos) {
            return {.message = std::string(known.message), .hint = std::string(known.hint)};
        }
    }
    return {.message = "not YAML: " + std::string(theirs), .hint = ""};
}

}  // namespace headwater
