// For what the service says while it works: one line per event, never per record.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headwater {

/// Takes messages. Any thread may use it.
class ServiceLog {
  public:
    enum class Level { error, warn, info, debug };
    using Fields = std::vector<std::pair<std::string, std::string>>;

    virtual ~ServiceLog() = default;
    virtual void say(Level level, std::string_view message, const Fields& fields) = 0;
};

}  // namespace headwater
