// For the list of faults: each is made in the file of its name.
#pragma once

#include "chaos/fault.h"

namespace headwater {

// Records.
FaultVerb drop_fault();
FaultVerb duplicate_fault();
FaultVerb delay_fault();
FaultVerb reorder_fault();
FaultVerb nullify_fault();
FaultVerb perturb_fault();
FaultVerb orphan_fault();
FaultVerb revert_fault();
// The schema.
FaultVerb remove_field_fault();
FaultVerb rename_field_fault();
FaultVerb add_field_fault();
FaultVerb retype_field_fault();
FaultVerb extend_enum_fault();
FaultVerb evolve_fault();
// The wire.
FaultVerb truncate_fault();
FaultVerb flip_bits_fault();
FaultVerb misframe_fault();
FaultVerb garble_text_fault();
FaultVerb oversize_fault();
// Traffic.
FaultVerb silence_fault();
FaultVerb burst_fault();
FaultVerb replay_fault();
FaultVerb skew_clock_fault();

}  // namespace headwater
