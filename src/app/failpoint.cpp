// For tests that kill the process at a named point of a run.
#include "app/failpoint.h"

#include <signal.h>

#include <cstdlib>
#include <string>

namespace headwater {

std::function<void(std::string_view point)> failpoint_from_environment() {
    const char* text = std::getenv("HEADWATER_FAILPOINT");
    if (text == nullptr) return nullptr;
    std::string name = text;
    const size_t at = name.rfind('@');
    int left = at == std::string::npos ? 1 : std::atoi(name.c_str() + at + 1);
    if (at != std::string::npos) name.resize(at);
    return [name, left](std::string_view point) mutable {
        if (point == name && --left == 0) ::raise(SIGKILL);
    };
}

}  // namespace headwater
