// For learning what the name of a host leads to, in a time that is bounded whatever its servers do.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace headwater {

/// Any thread may use it.
class NameLookup {
  public:
    /// Gives the addresses of a name; none when they are not known in time, or so many others are being looked up.
    std::optional<std::vector<std::string>> addresses_of(const std::string& host,
                                                         std::chrono::milliseconds patience) const;

  private:
    /// Nobody can end a look-up, so its thread may outlive this object; what both need is shared.
    std::shared_ptr<std::atomic<int>> under_way_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace headwater
