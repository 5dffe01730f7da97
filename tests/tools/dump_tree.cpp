// For comparing our reading of YAML with another parser's: prints each file named as the JSON of its tree, one per line.
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "language/yaml.h"

namespace headwater {

namespace {

/// Gives scalars as their text, as a parser sees them that gives no plain scalar a type.
nlohmann::ordered_json tree_of(const Node& node) {
    if (node.is_sequence()) {
        auto list = nlohmann::ordered_json::array();
        for (const Node& item : node.items) list.push_back(tree_of(item));
        return list;
    }
    if (node.is_map()) {
        auto pairs = nlohmann::ordered_json::object();
        for (const Node::Entry& entry : node.entries) pairs[entry.key] = tree_of(entry.value);
        return pairs;
    }
    return node.text;
}

int dump(int count, char** names) {
    Diagnostics diagnostics;
    for (int i = 0; i < count; ++i) {
        std::ifstream file(names[i], std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        const auto root = parse_yaml(text.str(), names[i], diagnostics);
        if (root) std::cout << tree_of(*root).dump() << '\n';
    }
    std::cerr << render(diagnostics.sorted(), false, {});
    return diagnostics.has_errors() ? 2 : 0;
}

}  // namespace

}  // namespace headwater

int main(int count, char** arguments) { return headwater::dump(count - 1, arguments + 1); }
