// For stopping at once when our own code is wrong; on in every build.
#pragma once

namespace headwater {

/// Prints the place and the broken claim to stderr, then aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* claim);

}  // namespace headwater

#define HW_CHECK(claim)                                            \
    do {                                                           \
        if (!(claim)) [[unlikely]]                                 \
            ::headwater::check_failed(__FILE__, __LINE__, #claim); \
    } while (false)
