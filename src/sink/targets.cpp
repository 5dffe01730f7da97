// For the targets there are. One line for each: the kind.cpp of its folder describes it.
#include "sink/targets.h"

namespace headwater {

#define EVERY_TARGET(target) \
    target(stdout_kind) target(discard_kind) target(file_kind) target(s3_kind) target(kafka_kind)

#define DECLARE(kind) extern const TargetKind kind;
#define ADDRESS(kind) &kind,
EVERY_TARGET(DECLARE)

const std::vector<const TargetKind*>& target_kinds() {
    static const std::vector<const TargetKind*> kinds{EVERY_TARGET(ADDRESS)};
    return kinds;
}

}  // namespace headwater
