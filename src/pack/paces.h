// For knowing which parameters of a pack say how much happens in it.
#pragma once

#include <string>
#include <vector>

#include "pack/world.h"

namespace headwater {

/// Gives the rates and counts among the parameters that some rate or count of the pack asks for, in their order.
std::vector<std::string> paces_of(const Pack& pack);

}  // namespace headwater
