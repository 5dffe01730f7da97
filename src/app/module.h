// For loading what only some runs need, from a file beside the program: its libraries would cost every start their time.
#pragma once

#include "base/result.h"

namespace headwater {

/// Gives the address of `symbol` in the module `file`, which lies beside the program or in ../lib/headwater. `what` is named
/// by the message of a failure.
Result<void*> load_symbol(const char* what, const char* file, const char* symbol);

}  // namespace headwater
