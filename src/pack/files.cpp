#include "pack/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/text.h"
#include "language/yaml.h"
#include "pack/embedded.h"

namespace headwater {

namespace {

const std::string built_in = "built-in:";

/// Gives the name in the first line that says `pack:`, without parsing the file.
std::string pack_name_in(std::string_view text) {
    for (std::string_view line : split(text, '\n')) {
        if (line.starts_with("pack:")) {
            line.remove_prefix(5);
            if (const size_t comment = line.find(" #"); comment != std::string_view::npos)
                line = line.substr(0, comment);
            const size_t first = line.find_first_not_of(" \"'");
            if (first == std::string_view::npos) return "";
            const size_t last = line.find_last_not_of(" \"'\r");
            return std::string(line.substr(first, last - first + 1));
        }
        if (!line.empty() && line[0] != '#' && line[0] != '\r' && !line.starts_with("---")) return "";
    }
    return "";
}

/// Gives the beginning of a file, in which a pack names itself.
std::string head_of(const std::string& path) {
    constexpr size_t longest_head_bytes = 16 << 10;
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return "";
    std::ifstream file(path, std::ios::binary);
    std::string head(longest_head_bytes, '\0');
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<size_t>(file.gcount()));
    return head;
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::shared_ptr<const SourceFile> read_source(const std::string& name, Diagnostics& diagnostics) {
    auto file = std::make_shared<SourceFile>();
    file->name = name;
    if (name.starts_with(built_in)) {
        for (const EmbeddedFile& embedded : embedded_files()) {
            if (built_in + std::string(embedded.path) == name) file->text = embedded.text;
        }
    } else if (auto text = read_text_file(name)) {
        file->text = std::move(*text);
    } else {
        diagnostics.error(name, {1, 1}, "", "File does not exist or cannot be read: " + name);
        return nullptr;
    }
    auto root = parse_yaml(file->text, name, diagnostics);
    if (!root) return file;
    file->root = std::move(*root);
    return file;
}

std::vector<PackPlace> find_packs(const std::vector<std::string>& folders) {
    std::map<std::string, PackPlace> found;
    auto add = [&](const std::filesystem::path& path) {
        if (path.extension() != ".yaml" && path.extension() != ".yml") return;
        const std::string name = pack_name_in(head_of(path.string()));
        if (name.empty()) return;
        const auto [other, added] = found.emplace(name, PackPlace{name, path.string()});
        std::error_code error;
        if (!added && !std::filesystem::equivalent(other->second.file, path, error))
            other->second.another = path.string();
    };
    auto sorted = [](const std::filesystem::path& folder) {
        std::vector<std::filesystem::path> entries;
        std::error_code error;
        for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
            entries.push_back(it->path());
        std::sort(entries.begin(), entries.end());
        return entries;
    };
    for (const std::string& folder : folders) {
        for (const auto& entry : sorted(folder)) {
            std::error_code error;
            if (std::filesystem::is_directory(entry, error)) {
                for (const auto& inner : sorted(entry)) add(inner);
            } else {
                add(entry);
            }
        }
    }
    for (const EmbeddedFile& embedded : embedded_files()) {
        if (!embedded.path.ends_with(".yaml")) continue;
        const std::string name = pack_name_in(embedded.text);
        if (!name.empty()) found.emplace(name, PackPlace{name, built_in + std::string(embedded.path)});
    }
    std::vector<PackPlace> places;
    for (auto& [name, place] : found) places.push_back(std::move(place));
    return places;
}

void report_clash(const PackPlace& place, Diagnostics& diagnostics) {
    if (place.another.empty()) return;
    diagnostics.error(place.another, {1, 1}, "pack",
                      "Two files are the pack " + place.pack + ": " + place.file + " and " + place.another,
                      "Remove or rename one of them.");
}

}  // namespace headwater
