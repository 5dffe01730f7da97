// For having a command of the user's print a token.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace headwater {

/// Runs a command by the shell, without input, and gives what it printed; its children end with it. A command that fails,
/// prints more than 64 KiB or takes longer than `patience_ms` is `unavailable`; so is one that `gives_up` ended.
Result<std::string> run_token_command(const std::string& command, int patience_ms,
                                      const std::function<bool()>& gives_up);

}  // namespace headwater
