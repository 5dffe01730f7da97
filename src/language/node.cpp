// For looking into a YAML value: members by key, and null.
#include "language/node.h"

namespace headwater {

const Node* Node::find(std::string_view key) const {
    for (const Entry& entry : entries) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

bool Node::is_null() const {
    if (!is_scalar() || quoted) return false;
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

}  // namespace headwater
