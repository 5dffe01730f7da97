// For describing the target file.
#include <algorithm>
#include <filesystem>

#include "base/json.h"
#include "sink/file/file.h"
#include "sink/file/file_source.h"
#include "sink/file/links.h"
#include "sink/kind.h"
#include "sink/object_path.h"

namespace headwater {

namespace {

Result<void> settle_path(std::string& path, const std::string& text) {
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorKind::invalid, "Target " + std::string(why) + ": " + text);
    };
    if (path.starts_with("//")) path.erase(0, path.starts_with("///") ? 2 : 0);
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (path.empty()) return refuse("names no folder, as file:out does");
    if (path.starts_with("//")) return refuse("file: has no host; write file:DIR or file:///DIR");
    if (path.starts_with('~'))
        return refuse(
            "names a folder called ~, which no shell fills in behind file:; write file:$HOME/DIR, in a scenario "
            "file:$(env.HOME)/DIR, or file:./~ where it is meant");
    return {};
}

/// Gives a folder without . and .. and the links that there are.
std::vector<std::string> places(const TargetRequest& request, const std::string& stream) {
    const ObjectPlace place = place_of(request.path);
    const std::filesystem::path folder = place.root + "/" + fill_stream(place.folder, stream);
    std::error_code error;
    const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(folder, error), error);
    return {"file:" + (error ? folder : whole).lexically_normal().string()};
}

Result<Target> make(const TargetRequest& request, const TargetUse&) {
    ObjectPlace place = place_of(request.path);
    Target target;
    target.objects = make_file_sink(place.root, request.bounds.files);
    target.root = std::move(place.root);
    target.folder = std::move(place.folder);
    target.hides_notes = true;
    return target;
}

Result<Landed> open(const TargetRequest& request, const Clock&) {
    return Landed{.topics = nullptr, .objects = make_file_source(request.path, request.bounds.files)};
}

Result<void> confine(TargetRequest& request, const ServicePlace& place) {
    const std::string& path = request.path;
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorKind::invalid, std::string(why) + ": file:" + path);
    };
    if (place.files.empty()) return refuse("Service writes no files unless it is started with --files DIR");
    if (path.starts_with('/') || ("/" + path + "/").find("/../") != std::string::npos)
        return refuse("Target is not a folder below that of the service's files");
    if (std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }))
        return fail(ErrorKind::invalid, "Name of a folder holds a control character: " + quote_json("file:" + path));
    request.path = place.files + "/" + path;
    if (!is_below(place.files, place_of(request.path).root)) return refuse(links_lead_out);
    return {};
}

}  // namespace

extern const TargetKind file_kind;
const TargetKind file_kind{
    .scheme = "file",
    .form = "file:DIR",
    .help = "Files of a folder.",
    .takes_objects = true,
    .has_reader = true,
    .is_cleaned = true,
    .built_in = {.make = make, .open = open},
    .settle_path = settle_path,
    .places = places,
    .confine = confine,
};

}  // namespace headwater
