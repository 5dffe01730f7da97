// For knowing which parameters of a pack say how much happens in it.
#include "pack/paces.h"

#include <set>

#include "pack/expression_names.h"

namespace headwater {

namespace {

/// Adds the names that the rates and counts below a node ask for.
void add_names(const Node& node, std::set<std::string>& names) {
    for (const Node::Entry& entry : node.entries) {
        const Node& value = entry.value;
        const bool is_pace = entry.key == "rate" || entry.key == "count";
        if (!is_pace || !value.is_scalar() || !value.text.starts_with("=")) {
            add_names(value, names);
            continue;
        }
        Diagnostics ignored;  // reported where it is compiled
        std::vector<const Expression*> asked;
        const ExpressionPtr expression = parse_expression(value.text.substr(1), {}, ignored);
        if (expression) collect_names(*expression, asked);
        for (const Expression* name : asked) names.insert(name->text);
    }
    for (const Node& item : node.items) add_names(item, names);
}

}  // namespace

std::vector<std::string> paces_of(const Pack& pack) {
    std::set<std::string> names;
    for (const char* section : {"streams", "entities"})
        if (const Node* node = pack.file->root.find(section)) add_names(*node, names);
    std::vector<std::string> paces;
    for (const Parameter& parameter : pack.parameters)
        if ((parameter.type == "rate" || parameter.type == "count") && names.contains(parameter.name))
            paces.push_back(parameter.name);
    return paces;
}

}  // namespace headwater
