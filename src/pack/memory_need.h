// For refusing a run that the machine has no memory for, before anything of it is made.
#pragma once

#include <cstdint>

#include "pack/plan.h"

namespace headwater {

/// Estimates the memory of a run, in bytes: what its entities keep, and what is on its way to each output.
uint64_t memory_need_of(const Plan& plan);

}  // namespace headwater
