#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace headwater {

void check_failed(const char* file, int line, const char* claim) {
    std::fprintf(stderr, "headwater: internal check failed: %s:%d: %s\n", file, line, claim);
    std::abort();
}

}  // namespace headwater
