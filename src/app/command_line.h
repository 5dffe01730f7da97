// For reading the command line and calling the command it names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/arguments.h"

namespace headwater {

/// Parses, runs one command, gives the exit code. Mistakes on the command line are bad input (2).
int run_command_line(int count, char** words);
/// Reads a command line without acting on it; none when it has a mistake.
std::optional<Arguments> arguments_of(const std::vector<std::string>& words);

}  // namespace headwater
