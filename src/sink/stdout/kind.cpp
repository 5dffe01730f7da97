// For describing the target stdout.
#include "sink/kind.h"
#include "sink/stdout/stdout.h"

namespace headwater {

namespace {

Result<Target> make(const TargetRequest&, const TargetUse& use) {
    Target target;
    target.records = make_stdout_sink(use.gives_up);
    return target;
}

Result<void> confine(TargetRequest&, const ServicePlace&) {
    return fail(ErrorKind::invalid, "Service has no standard output; name a target: outputs");
}

}  // namespace

extern const TargetKind stdout_kind;
const TargetKind stdout_kind{
    .scheme = "stdout",
    .form = "stdout:",
    .help = "Standard output.",
    .takes_records = true,
    .keeps = false,
    .built_in = {.make = make},
    .places = [](const TargetRequest&, const std::string&) { return std::vector<std::string>{"stdout:"}; },
    .confine = confine,
};

}  // namespace headwater
