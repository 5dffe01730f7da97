// For describing the target discard.
#include "sink/kind.h"
#include "sink/discard/discard.h"

namespace headwater {

namespace {

Result<Target> make(const TargetRequest& request, const TargetUse&) {
    Target target;
    if (request.makes_objects)
        target.objects = make_discard_object_sink();
    else
        target.records = make_discard_sink();
    return target;
}

}  // namespace

extern const TargetKind discard_kind;
const TargetKind discard_kind{
    .scheme = "discard",
    .form = "discard:",
    .help = "Nowhere: for measuring.",
    .takes_records = true,
    .takes_objects = true,
    .keeps = false,
    .built_in = {.make = make},
};

}  // namespace headwater
