// For writing payloads to a descriptor that may be a pipe whose reader goes away, or does not read.
#include "sink/stdout/stdout.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "sink/descriptor.h"

namespace headwater {
namespace {

constexpr int look_interval_ms = 100;

/// Opens a pipe a second time, so as not to block in it: who shares the descriptor shares its flags. -1: it is no pipe.
int open_again(int descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0 || !S_ISFIFO(status.st_mode)) return -1;
    return ::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

class DescriptorSink final : public RecordSink {
  public:
    DescriptorSink(int descriptor, std::string name, std::function<bool()> gives_up)
        : descriptor_(descriptor), name_(std::move(name)), gives_up_(std::move(gives_up)) {}
    ~DescriptorSink() override {
        if (pipe_ >= 0) ::close(pipe_);
    }
    DescriptorSink(const DescriptorSink&) = delete;
    DescriptorSink& operator=(const DescriptorSink&) = delete;

    Result<void> open() override {
        std::signal(SIGPIPE, SIG_IGN);
        pipe_ = open_again(descriptor_);
        return {};
    }

    Result<void> write(const std::string&, const Payload& payload) override {
        const int error = pipe_ < 0 ? write_fully(descriptor_, payload.bytes) : write_to_pipe(payload.bytes);
        if (error == 0) return {};
        if (error == EAGAIN) return fail(ErrorKind::unavailable, "Nobody reads " + name_);
        if (error == EPIPE || error == EBADF) return fail(ErrorKind::closed, "Standard output was closed");
        return disk_error("write", name_, error);
    }

    Result<void> flush() override { return {}; }

  private:
    /// Writes what is left of a payload; EAGAIN where the run is stopped meanwhile: the same payload then comes again.
    int write_to_pipe(std::string_view bytes) {
        while (written_ < bytes.size()) {
            const ssize_t written = ::write(pipe_, bytes.data() + written_, bytes.size() - written_);
            if (written > 0) written_ += static_cast<size_t>(written);
            if (written > 0 || errno == EINTR) continue;
            if (errno != EAGAIN) return errno;
            pollfd waiting{pipe_, POLLOUT, 0};
            if (::poll(&waiting, 1, look_interval_ms) == 0 && gives_up_ && gives_up_()) return EAGAIN;
        }
        written_ = 0;
        return 0;
    }

    int descriptor_;
    int pipe_ = -1;  ///< the same pipe, where writing does not block
    std::string name_;
    std::function<bool()> gives_up_;
    size_t written_ = 0;  ///< of a payload that was not accepted yet
};

}  // namespace

std::unique_ptr<RecordSink> make_stdout_sink(std::function<bool()> gives_up) {
    return make_descriptor_sink(STDOUT_FILENO, "standard output", std::move(gives_up));
}

std::unique_ptr<RecordSink> make_descriptor_sink(int descriptor, std::string name, std::function<bool()> gives_up) {
    return std::make_unique<DescriptorSink>(descriptor, std::move(name), std::move(gives_up));
}

}  // namespace headwater
