#include "sink/kafka/token_command.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

Result<std::string> run(const std::string& command, int patience_ms = 60'000, bool gives_up = false) {
    return run_token_command(command, patience_ms, [gives_up] { return gives_up; });
}

}  // namespace

TEST_CASE("a command is run by the shell, without input, and its output taken whole") {
    CHECK(run("echo a; cat; printf b") == "a\nb");
    CHECK(run("head -c 60000 /dev/zero | tr '\\0' x").value().size() == 60'000);
}

TEST_CASE("a command that fails, says too much or does not end is told by its reason, never by its words") {
    CHECK(run("echo secret; exit 3").error().message ==
          "Command that prints a token ended with exit code 3: sasl.oauthbearer.token.command");
    CHECK(run("yes").error().message ==
          "Command that prints a token prints more than 64 KiB: sasl.oauthbearer.token.command");
    CHECK(run("sleep 600 | cat", 0).error().kind == ErrorKind::unavailable);
    CHECK(!run("sleep 600", 60'000, true));
}
