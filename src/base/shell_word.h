// For commands that people paste into a shell.
#pragma once

#include <string>

namespace headwater {

/// Quotes a word for a POSIX shell where it needs that.
std::string shell_quoted(const std::string& word);

}  // namespace headwater
