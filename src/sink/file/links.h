// For keeping files below a folder, wherever links lead.
#pragma once

#include <string>

namespace headwater {

/// True when a path, of which the end may not be there yet, lies below a folder once all links are followed. Any path lies below
/// the folder "".
bool is_below(const std::string& folder, const std::string& path);

/// What is said of one that does not.
inline constexpr const char* links_lead_out = "Links lead out of the folder of the service's files";

}  // namespace headwater
