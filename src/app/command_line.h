// For reading the command line and calling the command it names.
#pragma once

namespace headwater {

/// Parses, runs one command, gives the exit code. Mistakes on the command line are bad input (2).
int run_command_line(int count, char** words);

}  // namespace headwater
