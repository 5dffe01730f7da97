// For writing payloads to a descriptor that may be a pipe whose reader goes away.
#include "sink/stdout/stdout.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "sink/descriptor.h"

namespace headwater {
namespace {

class DescriptorSink final : public RecordSink {
  public:
    DescriptorSink(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

    Result<void> open() override {
        std::signal(SIGPIPE, SIG_IGN);
        return {};
    }

    Result<void> write(const std::string&, const Payload& payload) override {
        const int error = write_fully(descriptor_, payload.bytes);
        if (error == 0) return {};
        if (error == EPIPE || error == EBADF) return fail(ErrorKind::closed, "Standard output was closed");
        return disk_error("write", name_, error);
    }

    Result<void> flush() override { return {}; }

  private:
    int descriptor_;
    std::string name_;
};

}  // namespace

std::unique_ptr<RecordSink> make_stdout_sink() { return make_descriptor_sink(STDOUT_FILENO, "standard output"); }

std::unique_ptr<RecordSink> make_descriptor_sink(int descriptor, std::string name) {
    return std::make_unique<DescriptorSink>(descriptor, std::move(name));
}

}  // namespace headwater
