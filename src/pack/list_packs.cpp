// For listing the packs that can be found.
#include "pack/files.h"
#include "pack/load.h"

namespace headwater {

std::vector<FoundPack> list_packs(const std::vector<std::string>& folders, Diagnostics& diagnostics) {
    std::vector<FoundPack> packs;
    for (const PackPlace& place : find_packs(pack_folders(folders), diagnostics)) {
        Diagnostics ignored;
        const auto file = read_source(place.file, ignored);
        FoundPack found{place.pack, "1", "", place.file};
        if (file && file->root.is_map()) {
            for (const auto& [key, text] :
                 {std::pair("version", &found.version), std::pair("summary", &found.summary)}) {
                if (const Node* node = file->root.find(key); node && node->is_scalar()) *text = node->text;
            }
        }
        packs.push_back(std::move(found));
    }
    return packs;
}

}  // namespace headwater
