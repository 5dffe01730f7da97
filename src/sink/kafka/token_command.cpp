// For having a command of the user's print a token.
#include "sink/kafka/token_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace headwater {

namespace {

constexpr size_t most_bytes = 64 << 10;
constexpr int look_ms = 100;

std::unexpected<Error> failed(const std::string& why) {
    return fail(ErrorKind::unavailable, "Command that prints a token " + why + ": sasl.oauthbearer.token.command");
}

/// What the child does: only calls that are allowed between fork and exec.
[[noreturn]] void become(const char* command, int output) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::setpgid(0, 0);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    ::_exit(127);
}

/// One command under way; it ends with the object.
class Running {
  public:
    explicit Running(const std::string& command) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return;
        output_ = ends[0];
        child_ = ::fork();
        if (child_ == 0) become(command.c_str(), ends[1]);
        if (child_ > 0) ::setpgid(child_, child_);  // whoever comes first
        ::close(ends[1]);
    }
    ~Running() {
        if (output_ >= 0) ::close(output_);
        if (child_ <= 0) return;
        ::kill(-child_, SIGKILL);
        while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    bool has_begun() const { return child_ > 0; }

    /// Appends what has come within a moment; false at the end.
    bool read(std::string& text) const {
        pollfd waited{output_, POLLIN, 0};
        if (::poll(&waited, 1, look_ms) <= 0) return true;
        std::array<char, 4096> room;
        const ssize_t got = ::read(output_, room.data(), room.size());
        if (got > 0) text.append(room.data(), static_cast<size_t>(got));
        return got > 0 || (got < 0 && errno == EINTR);
    }

    /// Gives the exit code, which is there or comes at once.
    int exit_code() {
        int status = 0;
        while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
        }
        child_ = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    pid_t child_ = -1;
    int output_ = -1;
};

}  // namespace

Result<std::string> run_token_command(const std::string& command, int patience_ms,
                                      const std::function<bool()>& gives_up) {
    Running running(command);
    if (!running.has_begun()) return failed(std::string("cannot be run (") + std::strerror(errno) + ")");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    std::string text;
    while (running.read(text)) {
        if (text.size() > most_bytes) return failed("prints more than 64 KiB");
        if (gives_up() || std::chrono::steady_clock::now() >= deadline)
            return failed("took longer than " + std::to_string(patience_ms / 1000) + " s");
    }
    if (const int code = running.exit_code(); code != 0) return failed("ended with exit code " + std::to_string(code));
    return text;
}

}  // namespace headwater
