#include "pack/library.h"

#include <algorithm>
#include <utility>

#include "language/yaml.h"

namespace headwater {

PackReference read_reference(std::string_view text) {
    const size_t mark = text.rfind('@');
    if (mark == std::string_view::npos) return {std::string(text), ""};
    return {std::string(text.substr(0, mark)), std::string(text.substr(mark + 1))};
}

std::string version_of(const Node& pack) {
    const Node* version = pack.is_map() ? pack.find("version") : nullptr;
    return version && version->is_scalar() ? version->text : "1";
}

PackLibrary::PackLibrary(const std::vector<std::string>& folders, const PackShelf* shelf)
    : places_(find_packs(folders)), shelf_(shelf) {}

std::shared_ptr<const SourceFile> PackLibrary::read(const PackReference& pack, const PackMention& mention,
                                                    Diagnostics& diagnostics) const {
    const auto& [file, at, path, hint, near] = mention;
    const bool is_near = !near.empty() && read_text_file(near);
    if (auto shelved = shelf_ && !is_near ? shelf_->find(pack) : std::nullopt) {
        auto source = std::make_shared<SourceFile>();
        source->name = std::string(on_a_shelf) + PackReference{pack.name, shelved->version}.spelled();
        source->text = std::move(shelved->text);
        auto root = parse_yaml(source->text, source->name, diagnostics);
        if (root) source->root = std::move(*root);
        return source;
    }
    const auto place = std::ranges::find(places_, pack.name, &PackPlace::pack);
    if (!is_near && place == places_.end()) {
        std::vector<std::string> known = shelf_ ? shelf_->names() : std::vector<std::string>();
        for (const PackPlace& one : places_) known.push_back(one.pack);
        diagnostics.error(file, at, path, "Unknown pack: " + pack.spelled(), suggest(pack.name, known) + hint);
        return nullptr;
    }
    if (!is_near) report_clash(*place, diagnostics);
    auto source = read_source(is_near ? near : place->file, diagnostics);
    const std::string has = source ? version_of(source->root) : "";
    if (!source || pack.version.empty() || has == pack.version) return source;
    diagnostics.error(file, at, path, "Pack has no such version: " + pack.spelled(), "There is " + has + ".");
    return nullptr;
}

std::shared_ptr<const SourceFile> PackLibrary::read_again(const std::string& source, Diagnostics& diagnostics) const {
    if (!source.starts_with(on_a_shelf)) return read_source(source, diagnostics);
    const std::string spelled = source.substr(on_a_shelf.size());
    return read(read_reference(spelled), {source, {1, 1}, ""}, diagnostics);
}

}  // namespace headwater
