// For the claims about scripts that complete the command line.
#include "app/completion.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

const std::vector<CommandHelp> commands{
    {"run",
     "Run a pack",
     {{"--seed", "What all chance [and more] comes from: it's a number", true, {}},
      {"--format", "Format", true, {"json", "csv"}}},
     {}},
    {"completion", "Print a script", {}, {"bash", "zsh"}},
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every shell gets the commands, their flags and the values that are few") {
    std::string bash = completion_script("bash", commands);
    CHECK(has(bash, "compgen -W 'run completion'"));
    CHECK(has(bash, "run:--format) COMPREPLY=($(compgen -W 'json csv'"));
    CHECK(has(bash, "completion) words='bash zsh'"));
    std::string zsh = completion_script("zsh", commands);
    CHECK(has(zsh, "'*--format[Format]:value:(json csv)'"));
    CHECK(has(zsh, "[What all chance \\[and more\\] comes from\\: it'\\''s a number]"));
    std::string fish = completion_script("fish", commands);
    CHECK(has(fish, "__fish_seen_subcommand_from run' -l format -x -a 'json csv'"));
    CHECK(has(fish, "it\\'s a number"));
    CHECK(completion_script("tcsh", commands).empty());
}
