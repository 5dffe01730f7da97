// For reading the files of a local folder, or one file.
#include "sink/file/file_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "sink/file/links.h"

namespace headwater {
namespace {

namespace files = std::filesystem;

class FileSource final : public ObjectSource {
  public:
    FileSource(std::string path, std::string bounds) : path_(std::move(path)), bounds_(std::move(bounds)) {}
    ~FileSource() override { close(); }
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;

    Result<std::vector<StoredObject>> list() override {
        std::error_code error;
        if (!is_below(bounds_, path_)) return fail(ErrorKind::invalid, links_lead_out + (": " + path_));
        if (files::is_regular_file(path_, error)) {
            is_file_ = true;
            return std::vector<StoredObject>{{files::path(path_).filename(), files::file_size(path_, error)}};
        }
        if (!files::is_directory(path_, error))
            return fail(ErrorKind::invalid, "There is no such file or folder: " + path_);
        std::vector<StoredObject> found;
        files::recursive_directory_iterator at(path_, error), end;
        for (; !error && at != end; at.increment(error)) {
            const std::string name = at->path().filename();
            const bool is_hidden = name.starts_with('.') || name.starts_with('_');
            std::error_code unreadable;
            if (is_hidden && at->is_directory(unreadable)) at.disable_recursion_pending();
            if (is_hidden || !at->is_regular_file(unreadable)) continue;
            if (at->is_symlink(unreadable) && !is_below(bounds_, at->path())) continue;
            found.push_back({at->path().lexically_relative(path_), at->file_size(unreadable)});
        }
        if (error) return fail(ErrorKind::invalid, "Folder cannot be read (" + error.message() + "): " + path_);
        std::ranges::sort(found, {}, &StoredObject::name);
        return found;
    }

    Result<void> read(const StoredObject& object, uint64_t at, size_t most, std::string& out) override {
        if (open_ < 0 || open_name_ != object.name) {
            close();
            open_ = ::open(address(object.name).c_str(), O_RDONLY | O_CLOEXEC);
            open_name_ = object.name;
        }
        const size_t start = out.size();
        out.resize(start + most);
        size_t have = 0;
        while (have < most) {
            const ssize_t got = ::pread(open_, out.data() + start + have, most - have, static_cast<off_t>(at + have));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) {
                const std::string reason = std::strerror(errno);
                out.resize(start);
                return fail(ErrorKind::invalid, "File cannot be read (" + reason + "): " + address(object.name));
            }
            if (got == 0) break;
            have += static_cast<size_t>(got);
        }
        out.resize(start + have);
        return {};
    }

    std::string address(const std::string& name) const override { return is_file_ ? path_ : path_ + "/" + name; }

  private:
    void close() {
        if (open_ >= 0) ::close(open_);
        open_ = -1;
    }

    std::string path_;
    std::string bounds_;
    bool is_file_ = false;
    std::string open_name_;
    int open_ = -1;
};

}  // namespace

std::unique_ptr<ObjectSource> make_file_source(std::string path, std::string bounds) {
    return std::make_unique<FileSource>(std::move(path), std::move(bounds));
}

}  // namespace headwater
