// For scenarios of somebody who may not read the variables of this machine.
#include "pack/variables.h"

namespace headwater {

void forbid_variables(const Node& node, const std::string& file, const std::string& path, Diagnostics& diagnostics) {
    auto check = [&](const std::string& text, Position at) {
        if (text.find("$(env.") == std::string::npos) return;
        diagnostics.error(file, at, path, "Variables cannot be read from here: " + text, "Write the value itself.");
    };
    if (node.is_scalar()) check(node.text, node.at);
    for (size_t i = 0; i < node.items.size(); ++i)
        forbid_variables(node.items[i], file, path + (path.empty() ? "" : ".") + std::to_string(i + 1), diagnostics);
    for (const Node::Entry& entry : node.entries) {
        check(entry.key, entry.key_at);
        forbid_variables(entry.value, file, path + (path.empty() ? "" : ".") + entry.key, diagnostics);
    }
}

}  // namespace headwater
