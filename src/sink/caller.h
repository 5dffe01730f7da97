// For calling web addresses: one request with a body, one answer, no redirects, and only where that is allowed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace headwater {

/// Says whether a connection to an address of the internet protocol may be made. Any thread may call it.
using AddressGuard = std::function<bool(std::string_view address, uint16_t port)>;

/// One POST.
struct Call {
    std::string url;                   ///< http or https
    std::vector<std::string> headers;  ///< name: value
    std::string body;
    int64_t patience_ms = 15'000;
    std::function<bool()> gives_up{};  ///< asked while it waits: true ends the waiting
};

/// Any thread may use it.
class Caller {
  public:
    virtual ~Caller() = default;
    /// Gives the status of the answer. `unavailable`: there was none; `invalid`: there can be none.
    virtual Result<int> post(const Call& call) = 0;
};

}  // namespace headwater
