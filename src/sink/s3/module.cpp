// For the door of the S3 module: libcurl alone would cost every start 5 ms.
#include "base/load_module.h"
#include "sink/s3/caller.h"
#include "sink/s3/factories.h"
#include "sink/s3/object_source.h"
#include "sink/s3/place.h"
#include "sink/s3/s3.h"

namespace headwater {

namespace {

Result<Target> make(const TargetRequest& request, const TargetUse& use) {
    auto place = s3_place_of(request);
    if (!place) return std::unexpected(place.error());
    place->options.gives_up = use.gives_up;
    place->options.guard = request.bounds.guard;
    auto sink = s3::make_s3_sink(place->options, s3::process_environment(), *use.clock);
    if (!sink) return std::unexpected(sink.error());
    Target target;
    target.root = "s3://" + place->options.bucket;
    if (!place->options.prefix.empty()) target.root += "/" + place->options.prefix;
    target.folder = std::move(place->folder);
    target.objects = std::move(*sink);
    return target;
}

Result<Landed> open(const TargetRequest& request, const Clock& clock) {
    auto place = s3_place_of(request);
    if (!place) return std::unexpected(place.error());
    place->options.guard = request.bounds.guard;
    auto source = s3::make_s3_source(place->options, s3::process_environment(), clock);
    if (!source) return std::unexpected(source.error());
    return Landed{.topics = nullptr, .objects = std::move(*source)};
}

constexpr S3Factories factories{{.make = make, .open = open}, s3::make_caller};

}  // namespace

HEADWATER_MODULE(factories)

}  // namespace headwater
