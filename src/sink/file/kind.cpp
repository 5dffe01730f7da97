// For describing the target file.
#include "sink/kind.h"
#include "sink/file/file.h"
#include "sink/file/file_source.h"
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
    return {};
}

Result<Target> make(const TargetRequest& request, const TargetUse&) {
    ObjectPlace place = place_of(request.path);
    Target target;
    target.objects = make_file_sink(place.root);
    target.root = std::move(place.root);
    target.folder = std::move(place.folder);
    return target;
}

Result<Landed> open(const TargetRequest& request, const Clock&) {
    return Landed{.topics = nullptr, .objects = make_file_source(request.path)};
}

Result<void> confine(TargetRequest& request, const ServicePlace& place) {
    const std::string& path = request.path;
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorKind::invalid, std::string(why) + ": file:" + path);
    };
    if (place.files.empty()) return refuse("Service writes no files unless it is started with --files DIR");
    if (path.starts_with('/') || ("/" + path + "/").find("/../") != std::string::npos)
        return refuse("Target is not a folder below that of the service's files");
    request.path = place.files + "/" + path;
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
    .confine = confine,
};

}  // namespace headwater
