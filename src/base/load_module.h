// For loading what only some runs need, from a file beside the program: its libraries would cost every start their time.
#pragma once

#include <string_view>

#include "base/result.h"

namespace headwater {

/// Loads headwater_NAME.so, which lies beside the program or in ../lib/headwater, once, and gives what its one door leads to: the
/// factories of the kind that names the module. Any thread may call it.
Result<const void*> load_module(std::string_view name);

/// Says in a module what its door leads to; stands once in its sources.
#define HEADWATER_MODULE(factories) \
    extern "C" [[gnu::visibility("default")]] const void* headwater_module() { return &(factories); }

}  // namespace headwater
