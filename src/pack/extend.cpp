#include "pack/extend.h"

#include <algorithm>

namespace headwater {

namespace {

constexpr size_t deepest_chain = 8;

/// Writes the file into every position, so that a mistake in what was extended names its own file.
void stamp(Node& node, int file) {
    node.at.file = file;
    for (Node& item : node.items) stamp(item, file);
    for (Node::Entry& entry : node.entries) {
        entry.key_at.file = file;
        stamp(entry.value, file);
    }
}

void merge(Node& base, const Node& own) {
    for (const Node::Entry& entry : own.entries) {
        const auto found = std::find_if(base.entries.begin(), base.entries.end(),
                                        [&](const Node::Entry& other) { return other.key == entry.key; });
        if (entry.value.is_null()) {
            if (found != base.entries.end()) base.entries.erase(found);
        } else if (found == base.entries.end()) {
            base.entries.push_back(entry);
        } else if (found->value.is_map() && entry.value.is_map()) {
            found->key_at = entry.key_at;
            merge(found->value, entry.value);
        } else {
            *found = entry;
        }
    }
}

std::shared_ptr<const SourceFile> extend(const std::shared_ptr<const SourceFile>& pack, const PackLibrary& library,
                                         Diagnostics& diagnostics,
                                         std::vector<std::shared_ptr<const SourceFile>>& files,
                                         std::vector<std::string> chain) {
    const Node* extends = pack->root.is_map() ? pack->root.find("extends") : nullptr;
    if (!extends) return pack;
    auto wrong = [&](const std::string& message, const std::string& hint) {
        diagnostics.error(pack->name, extends->at, "extends", message, hint);
        return nullptr;
    };
    if (!extends->is_scalar()) return wrong("A pack extends one other, by its name", "Write extends: payments.");
    const auto read = library.read(read_reference(extends->text), {pack->name, extends->at, "extends"}, diagnostics);
    if (!read) return nullptr;
    if (std::find(chain.begin(), chain.end(), read->name) != chain.end())
        return wrong("These packs extend each other in a circle: " + extends->text, "");
    if (chain.size() > deepest_chain) return wrong("Packs extend each other more than 8 deep: " + extends->text, "");
    chain.push_back(read->name);
    files.push_back(read);
    const auto base = extend(read, library, diagnostics, files, chain);
    if (!base || !base->root.is_map()) return nullptr;
    auto merged = std::make_shared<SourceFile>(*pack);
    merged->text = pack->text + base->text;
    Node root = base->root;
    if (base == read) stamp(root, diagnostics.file_number(base->name));
    Node own = pack->root;
    std::erase_if(own.entries, [](const Node::Entry& entry) { return entry.key == "extends"; });
    stamp(own, diagnostics.file_number(pack->name));
    merge(root, own);
    merged->root = std::move(root);
    return merged;
}

}  // namespace

std::shared_ptr<const SourceFile> extend_pack(const std::shared_ptr<const SourceFile>& pack, const PackLibrary& library,
                                              Diagnostics& diagnostics,
                                              std::vector<std::shared_ptr<const SourceFile>>& files) {
    return extend(pack, library, diagnostics, files, {pack->name});
}

}  // namespace headwater
