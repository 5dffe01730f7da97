// For knowing what an expression asks for.
#pragma once

#include <vector>

#include "language/expression.h"

namespace headwater {

/// Collects the names that an expression asks for, without those of functions.
void collect_names(const Expression& expression, std::vector<const Expression*>& names);

}  // namespace headwater
