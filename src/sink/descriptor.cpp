// For plain writes that are complete, and for errors that name path, cause and mend.
#include "sink/descriptor.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace headwater {

int write_fully(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written > 0) {
            bytes.remove_prefix(static_cast<size_t>(written));
            continue;
        }
        if (written == 0) return EIO;
        if (errno == EINTR) continue;
        if (errno != EAGAIN && errno != EWOULDBLOCK) return errno;
        pollfd waiting{descriptor, POLLOUT, 0};
        ::poll(&waiting, 1, -1);
    }
    return 0;
}

std::unexpected<Error> disk_error(std::string_view what, const std::string& path, int error) {
    std::string message = "Cannot " + std::string(what) + ": " + std::generic_category().message(error);
    if (error == ENOSPC) message += "; free some space, or choose another folder";
    if (error == EDQUOT) message += "; free some of your quota, or choose another folder";
    if (error == EIO) message += "; the disk may be failing";
    if (error == EACCES || error == EPERM || error == EROFS) message += "; choose a folder that can be written";
    return fail(ErrorKind::disk, message + ": " + path);
}

}  // namespace headwater
