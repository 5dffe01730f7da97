// For writing all of some bytes to a file descriptor, whatever the system cuts short or interrupts.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace headwater {

/// Writes all bytes; retries short and interrupted writes, waits where the descriptor does not block.
/// Returns 0 or the errno that stopped it.
int write_fully(int descriptor, std::string_view bytes);

/// Makes the names in a folder survive a loss of power.
Result<void> sync_folder(const std::string& folder);

/// Puts a file with these bytes in the place of another one, at once and durably.
Result<void> replace_file(const std::string& path, std::string_view bytes);

/// Says that local storage failed, what the errno means and, where there is one, the mend. `what` is like "write".
std::unexpected<Error> disk_error(std::string_view what, const std::string& path, int error);

}  // namespace headwater
