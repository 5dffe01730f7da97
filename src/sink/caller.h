// For calling web addresses: one request with a body, one answer, no redirects, and only where that is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/address_guard.h"

namespace headwater {

/// One POST.
struct Call {
    std::string url;                   ///< http or https
    std::vector<std::string> headers;  ///< name: value
    std::string body;
    int64_t patience_ms = 15'000;
};

/// A call under way; given up when it is destroyed before its answer is there.
class Calling {
  public:
    virtual ~Calling() = default;
    /// Gives the status of the answer once it is there, or patience has ended. `unavailable`: there was no answer; `invalid`:
    /// there can be none.
    virtual std::optional<Result<int>> answer() = 0;
};

/// Makes calls, many at a time. Any thread may use it; it must outlive its calls.
class Caller {
  public:
    virtual ~Caller() = default;
    virtual std::unique_ptr<Calling> begin(const Call& call) = 0;
    /// Returns when a call has ended since the last wait, or after so long.
    virtual void wait(std::chrono::milliseconds patience) = 0;
};

}  // namespace headwater
