// For proving that a target is added by its folder: objects on a shelf, a folder below the one that is named.
#include "sink/kind.h"
#include "sink/file/file.h"
#include "sink/file/file_source.h"
#include "sink/object_path.h"

namespace headwater {

namespace {

struct ShelfOptions {
    std::string shelf = "top";
    std::string list;
};

Result<std::string> shelf_of(const TargetRequest& request, const std::string& root);

Result<void> settle_path(std::string& path, const std::string& text) {
    if (path.empty()) return fail(ErrorKind::invalid, "Target names no folder, as shelf:out does: " + text);
    return {};
}

Result<void> check(const TargetRequest& request) {
    auto shelf = shelf_of(request, "");
    return shelf ? Result<void>{} : std::unexpected(shelf.error());
}

std::vector<std::string> places(const TargetRequest& request, const std::string& stream) {
    const ObjectPlace place = place_of(request.path);
    auto root = shelf_of(request, place.root);
    if (!root) return {};
    return {"shelf:" + *root + "/" + fill_stream(place.folder, stream)};
}

Result<Target> make(const TargetRequest& request, const TargetUse&) {
    ObjectPlace place = place_of(request.path);
    auto root = shelf_of(request, place.root);
    if (!root) return std::unexpected(root.error());
    Target target;
    target.objects = make_file_sink(*root);
    target.root = std::move(*root);
    target.folder = std::move(place.folder);
    return target;
}

Result<Landed> open(const TargetRequest& request, const Clock&) {
    auto root = shelf_of(request, request.path);
    if (!root) return std::unexpected(root.error());
    return Landed{.topics = nullptr, .objects = make_file_source(std::move(*root))};
}

}  // namespace

extern const TargetKind shelf_kind;
const TargetKind shelf_kind{
    .scheme = "shelf",
    .form = "shelf:DIR",
    .help = "A shelf in a folder.",
    .options =
        {{.name = "shelf",
          .help = "Which shelf.",
          .otherwise = "top",
          .over_rest = true,
          .set = into<&ShelfOptions::shelf>},
         {.name = "list", .help = "What is on it.", .shape = OptionShape::file, .set = into<&ShelfOptions::list>},
         {.name = "key", .help = "Opens it.", .secret = "carry it in your pocket"}},
    .takes_objects = true,
    .has_reader = true,
    .is_cleaned = true,
    .built_in = {.make = make, .open = open},
    .settle_path = settle_path,
    .places = places,
    .check = check,
};

namespace {

Result<std::string> shelf_of(const TargetRequest& request, const std::string& root) {
    auto options = read_options<ShelfOptions>(shelf_kind.options, request.options, "Target shelf:");
    if (!options) return std::unexpected(options.error());
    return root + "/" + options->shelf;
}

}  // namespace

}  // namespace headwater
