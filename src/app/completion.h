// For completing the command line in a shell: the tree of commands and flags, printed as a script.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headwater {

/// One flag or option.
struct FlagHelp {
    std::string name;  ///< --seed
    std::string help;
    bool takes_value = false;
    std::vector<std::string> choices;  ///< values it allows, where they are few
};

/// One command with its flags.
struct CommandHelp {
    std::string name;  ///< `run`, or `new pack`
    std::string help;
    std::vector<FlagHelp> flags;
    std::vector<std::string> choices;  ///< of its word, where they are few
};

/// Prints the script for bash, zsh or fish; "" for another shell.
std::string completion_script(std::string_view shell, const std::vector<CommandHelp>& commands);

}  // namespace headwater
