// For parts of the program that are loaded only when a run asks for them: their libraries alone would slow every start.
#pragma once

#include <string>

#include "base/result.h"

namespace headwater {

/// Gives the function `name` of the module `file`, which lies beside the program or in ../lib/headwater; `what` names the
/// module in messages. A module is loaded once and stays.
Result<void*> find_in_module(const std::string& file, const std::string& name, const std::string& what);

}  // namespace headwater
