// For files that appear complete or not at all.
#include "sink/file/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "sink/descriptor.h"
#include "sink/digest.h"
#include "sink/file/links.h"
#include "sink/object_path.h"

namespace headwater {
namespace {

constexpr size_t buffer_bytes = 512 << 10;  ///< smaller writes are gathered up to this
/// Smaller objects are not synced one by one but all together at flush: one record per object would cost two syncs each.
constexpr uint64_t synced_alone_bytes = 64 << 10;

std::string folder_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

/// Makes a folder and those above it, each durable in the one above.
Result<void> make_folder(const std::string& folder) {
    if (::mkdir(folder.c_str(), 0777) == 0) return sync_folder(folder_of(folder));
    if (errno == ENOENT) {
        if (auto done = make_folder(folder_of(folder)); !done) return done;
        if (::mkdir(folder.c_str(), 0777) == 0) return sync_folder(folder_of(folder));
    }
    if (errno != EEXIST) return disk_error("make folder", folder, errno);
    struct stat found{};
    if (::stat(folder.c_str(), &found) != 0) return disk_error("look at folder", folder, errno);
    if (!S_ISDIR(found.st_mode)) return disk_error("make folder", folder, ENOTDIR);
    return {};
}

class FileWriter final : public ObjectWriter {
  public:
    FileWriter(std::string root, std::string hidden, int descriptor, std::atomic<bool>& unsynced)
        : root_(std::move(root)), hidden_(std::move(hidden)), descriptor_(descriptor), unsynced_(unsynced) {}

    ~FileWriter() override {
        if (descriptor_ >= 0) ::close(descriptor_);
        if (!finished_) ::unlink(hidden_.c_str());
    }

    Result<void> write(std::string_view bytes) override {
        digest_.update(bytes);
        bytes_ += bytes.size();
        if (buffer_.size() + bytes.size() > buffer_bytes) {
            if (auto done = put(buffer_); !done) return done;
            buffer_.clear();
        }
        if (bytes.size() >= buffer_bytes) return put(bytes);
        buffer_.append(bytes);
        return {};
    }

    Result<ObjectReceipt> finish(const std::string& name) override {
        if (auto named = check_object_name(name); !named) return std::unexpected(named.error());
        if (auto done = put(buffer_); !done) return std::unexpected(done.error());
        const bool alone = bytes_ >= synced_alone_bytes;
        if (alone && ::fsync(descriptor_) != 0 && errno != EINVAL) return disk_error("sync", hidden_, errno);
        const int closed = ::close(descriptor_);
        descriptor_ = -1;
        if (closed != 0 && errno != EINTR) return disk_error("close", hidden_, errno);
        const std::string path = root_ + "/" + name;
        if (::rename(hidden_.c_str(), path.c_str()) != 0) return disk_error("rename " + hidden_, path, errno);
        finished_ = true;
        if (!alone)
            unsynced_ = true;
        else if (auto done = sync_folder(folder_of(path)); !done)
            return std::unexpected(done.error());
        return ObjectReceipt{name, bytes_, digest_.hex()};
    }

  private:
    Result<void> put(std::string_view bytes) {
        const int error = write_fully(descriptor_, bytes);
        if (error != 0) return disk_error("write", hidden_, error);
        return {};
    }

    std::string root_;
    std::string hidden_;  ///< path of the unfinished file
    int descriptor_;
    std::atomic<bool>& unsynced_;  ///< of the sink
    std::string buffer_;
    Sha256 digest_;
    uint64_t bytes_ = 0;
    bool finished_ = false;
};

class FileSink final : public ObjectSink {
  public:
    FileSink(std::string root, std::string bounds) : root_(std::move(root)), bounds_(std::move(bounds)) {}

    Result<void> open() override {
        if (root_.empty()) return fail(ErrorKind::invalid, "Target file: needs a folder: file:");
        if (auto kept = keep_below(root_); !kept) return kept;
        struct stat found{};
        const bool is_missing = ::stat(root_.c_str(), &found) != 0 && errno == ENOENT;
        if (auto made = make_folder(root_); !made) return made;
        is_made_ = is_missing;
        if (::access(root_.c_str(), W_OK | X_OK) != 0) return disk_error("write into folder", root_, errno);
        return {};
    }

    Result<std::unique_ptr<ObjectWriter>> create(const std::string& hint) override {
        if (auto named = check_object_name(hint); !named) return std::unexpected(named.error());
        const std::string hidden = root_ + "/" + hidden_path(hint);
        if (auto kept = keep_below(hidden); !kept) return std::unexpected(kept.error());
        int descriptor = open_new(hidden);
        if (descriptor < 0 && errno == ENOENT) {
            if (auto made = make_folder(folder_of(hidden)); !made) return std::unexpected(made.error());
            descriptor = open_new(hidden);
        }
        if (descriptor < 0) return disk_error("create", hidden, errno);
        return std::make_unique<FileWriter>(root_, hidden, descriptor, unsynced_);
    }

    Result<void> flush() override {
        if (!unsynced_.exchange(false)) return {};
        const int descriptor = ::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) return disk_error("open folder", root_, errno);
        const int error = ::syncfs(descriptor) == 0 ? 0 : errno;
        ::close(descriptor);
        if (error != 0) return disk_error("sync folder", root_, error);
        return {};
    }

    Result<std::vector<std::string>> recover(const std::string& prefix, const std::string& ending) override {
        std::vector<std::string> names;
        std::error_code error;
        std::filesystem::recursive_directory_iterator it(root_, error), end;
        for (; !error && it != end; it.increment(error)) {
            if (!it->is_regular_file(error)) continue;
            const std::string path = it->path().string();
            const std::string name = path.substr(root_.size() + 1);
            const std::string unhidden = hint_of_hidden(name);
            const std::string& plain = unhidden.empty() ? name : unhidden;
            if (!plain.starts_with(prefix) || !plain.ends_with(ending)) continue;
            if (unhidden.empty())
                names.push_back(name);
            else if (::unlink(path.c_str()) != 0)
                return disk_error("remove", path, errno);
        }
        if (error && error != std::errc::no_such_file_or_directory)
            return disk_error("list folder", root_, error.value());
        return names;
    }

    Result<void> remove(const std::string& name) override {
        if (auto named = check_object_name(name); !named) return named;
        const std::string path = root_ + "/" + name;
        if (auto kept = keep_below(folder_of(path)); !kept) return kept;
        if (::unlink(path.c_str()) != 0 && errno != ENOENT) return disk_error("remove", path, errno);
        unsynced_ = true;
        return {};
    }

    Result<std::optional<std::string>> read(const std::string& name) override {
        if (auto named = check_object_name(name); !named) return std::unexpected(named.error());
        const std::string path = root_ + "/" + name;
        if (auto kept = keep_below(path); !kept) return std::unexpected(kept.error());
        std::ifstream file(path, std::ios::binary);
        if (!file)
            return errno == ENOENT ? Result<std::optional<std::string>>(std::nullopt) : disk_error("read", path, errno);
        return std::string(std::istreambuf_iterator<char>(file), {});
    }

    std::vector<MadeThing> take_made() override {
        if (!std::exchange(is_made_, false)) return {};
        return {{"folder", root_}};
    }

    /// Removes the folder and those in it, from the lowest up, as far as they are empty.
    Result<std::string> unmake(const MadeThing& thing) override {
        std::error_code error;
        std::vector<std::filesystem::path> folders{root_};
        for (std::filesystem::recursive_directory_iterator it(root_, error), end; !error && it != end;
             it.increment(error))
            if (it->is_directory(error) && !it->is_symlink(error)) folders.push_back(it->path());
        std::ranges::reverse(folders);  // a folder is listed in front of those in it
        for (const auto& folder : folders)
            if (::rmdir(folder.c_str()) != 0 && folder == root_ && errno != ENOENT)
                return errno == ENOTEMPTY || errno == EEXIST
                           ? Result<std::string>("Folder holds other files: " + thing.name)
                           : disk_error("remove folder", root_, errno);
        return "";
    }

  private:
    Result<void> keep_below(const std::string& path) const {
        if (is_below(bounds_, path)) return {};
        return fail(ErrorKind::invalid, links_lead_out + (": " + path));
    }

    static int open_new(const std::string& path) {
        return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }

    std::string root_;
    std::string bounds_;                 ///< folder that nothing may lie outside of; "": none
    bool is_made_ = false;               ///< by open(), and not told yet
    std::atomic<bool> unsynced_{false};  ///< set by finished objects that only flush() makes durable
};

}  // namespace

std::unique_ptr<ObjectSink> make_file_sink(std::string folder, std::string bounds) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    return std::make_unique<FileSink>(std::move(folder), std::move(bounds));
}

}  // namespace headwater
