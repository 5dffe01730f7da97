// For the fault `drop`: a record is generated and never delivered.
#include "chaos/removal.h"
#include "chaos/verbs.h"

namespace headwater {

FaultVerb drop_fault() {
    return {.name = "drop", .group = FaultGroup::records, .help = "Records are lost.", .make = make_fault<Removal>};
}

}  // namespace headwater
