// For listing the packs that can be found.
#include "pack/files.h"
#include "pack/load.h"

namespace headwater {

std::vector<FoundPack> list_packs(const std::vector<std::string>& folders, Diagnostics& diagnostics) {
    std::vector<FoundPack> packs;
    for (const PackPlace& place : find_packs(folders)) {
        report_clash(place, diagnostics);
        Diagnostics ignored;
        const auto file = read_source(place.file, ignored);
        FoundPack found{place.pack, file ? version_of(file->root) : "1", "", place.file};
        const Node* summary = file && file->root.is_map() ? file->root.find("summary") : nullptr;
        if (summary && summary->is_scalar()) found.summary = summary->text;
        packs.push_back(std::move(found));
    }
    return packs;
}

}  // namespace headwater
