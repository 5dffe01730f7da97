// For the names of objects: which are plain, and how an object is hidden until it has its name.
#include "sink/object_path.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace headwater {
namespace {

/// Gives where the last segment of a path begins.
size_t base_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? 0 : slash + 1;
}

}  // namespace

Result<void> check_object_name(const std::string& name) {
    const auto refuse = [&] { return fail(ErrorKind::invalid, "Object name must be a plain relative path: " + name); };
    if (name.empty() || name.find('\0') != std::string::npos) return refuse();
    if (name.starts_with(writing_mark) && name.find('/') == std::string::npos) return {};
    for (const std::string_view segment : split(name, '/'))
        if (segment.empty() || segment.front() == '.') return refuse();
    return {};
}

std::string hidden_path(const std::string& hint) {
    const size_t base = base_of(hint);
    return hint.substr(0, base) + "." + hint.substr(base) + ".part";
}

std::string hint_of_hidden(const std::string& path) {
    const size_t base = base_of(path);
    if (!path.substr(base).starts_with('.') || !path.ends_with(".part")) return "";
    return path.substr(0, base) + path.substr(base + 1, path.size() - base - 6);
}

ObjectPlace place_of(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const size_t hole = path.find("$(");
    if (hole == std::string_view::npos) return {std::string(path), "$(stream)"};
    const size_t slash = path.substr(0, hole).rfind('/');
    const size_t start = slash == std::string_view::npos ? 0 : slash + 1;
    ObjectPlace place{start == 0   ? "."
                      : slash == 0 ? "/"
                                   : std::string(path.substr(0, slash)),
                      std::string(path.substr(start))};
    if (place.folder.find("$(stream)") == std::string::npos) place.folder += "/$(stream)";
    return place;
}

std::string fill_stream(std::string pattern, std::string_view stream) {
    const size_t dot = stream.rfind('.');
    const bool has_pack = dot != std::string_view::npos;
    for (const auto& [hole, value] :
         {std::pair{std::string_view("$(stream)"), has_pack ? stream.substr(dot + 1) : stream},
          {std::string_view("$(pack)"), has_pack ? stream.substr(0, dot) : ""}})
        for (size_t at = 0; (at = pattern.find(hole, at)) != std::string::npos; at += value.size())
            pattern.replace(at, hole.size(), value);
    return pattern;
}

}  // namespace headwater
