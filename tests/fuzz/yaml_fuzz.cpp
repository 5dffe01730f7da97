// For feeding any bytes to the YAML reader: it never crashes, and where it gives no tree it says why.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "language/yaml.h"

namespace {

/// Claims that every value of a tree has a place.
bool is_placed(const headwater::Node& node) {
    if (node.at.line < 1 || node.at.column < 1) return false;
    for (const headwater::Node& item : node.items) {
        if (!is_placed(item)) return false;
    }
    for (const headwater::Node::Entry& entry : node.entries) {
        if (entry.key_at.line < 1 || !is_placed(entry.value)) return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    headwater::Diagnostics diagnostics;
    const auto root = headwater::parse_yaml(text, "fuzz.yaml", diagnostics);
    if (!root.has_value() && !diagnostics.has_errors()) std::abort();
    if (root.has_value() && !is_placed(*root)) std::abort();
    headwater::render(diagnostics.sorted(), true, {{"fuzz.yaml", text}});
    headwater::render_json(diagnostics.sorted());
    return 0;
}
