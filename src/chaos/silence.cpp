// For the fault `silence`: some keys say nothing for a while.
#include "chaos/removal.h"
#include "chaos/verbs.h"

namespace headwater {

FaultVerb silence_fault() {
    return {.name = "silence",
            .group = FaultGroup::traffic,
            .help = "All records of some keys or entities are lost, for as long as the window lasts.",
            .by_key = true,
            .make = make_fault<Removal>};
}

}  // namespace headwater
