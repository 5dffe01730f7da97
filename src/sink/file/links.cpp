#include "sink/file/links.h"

#include <algorithm>
#include <filesystem>

namespace headwater {

bool is_below(const std::string& folder, const std::string& path) {
    if (folder.empty()) return true;
    std::error_code error;
    auto root = std::filesystem::weakly_canonical(std::filesystem::absolute(folder), error);
    if (error) return false;
    if (!root.has_filename()) root = root.parent_path();  // of a folder that ends with /
    const auto real = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error);
    return !error && std::ranges::mismatch(root, real).in1 == root.end();
}

}  // namespace headwater
