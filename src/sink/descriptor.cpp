// For plain writes that are complete, and for errors that name path, cause and mend.
#include "sink/descriptor.h"

#include <fcntl.h>
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

Result<void> sync_folder(const std::string& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return disk_error("open folder", folder, errno);
    const int error = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (error != 0 && error != EINVAL)
        return disk_error("sync folder", folder, error);  // EINVAL: it has nothing to sync
    return {};
}

Result<void> replace_file(const std::string& path, std::string_view bytes) {
    const std::string fresh = path + ".new";
    const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) return disk_error("create", fresh, errno);
    int error = write_fully(descriptor, bytes);
    if (error == 0 && ::fsync(descriptor) != 0 && errno != EINVAL) error = errno;
    if (::close(descriptor) != 0 && error == 0 && errno != EINTR) error = errno;
    if (error != 0) return disk_error("write", fresh, error);
    if (::rename(fresh.c_str(), path.c_str()) != 0) return disk_error("rename " + fresh, path, errno);
    const size_t slash = path.rfind('/');
    return sync_folder(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace headwater
