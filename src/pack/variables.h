// For scenarios of somebody who may not read the variables of this machine.
#pragma once

#include <string>

#include "language/diagnostic.h"
#include "language/node.h"

namespace headwater {

/// Reports every text that asks for a variable of this machine.
void forbid_variables(const Node& node, const std::string& file, const std::string& path, Diagnostics& diagnostics);

}  // namespace headwater
