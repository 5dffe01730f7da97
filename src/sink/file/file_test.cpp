// For claims about files: they appear complete or not at all.
#include "sink/file/file.h"

#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/temporary_folder.h"
#include "sink/digest.h"

namespace headwater {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, and what lies in it.
class Folder : public TemporaryFolder {
  public:
    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(path())) {
            if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), path()));
        }
        return names;
    }
    std::string read(const std::string& name) const {
        std::ifstream in(path() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

/// Mounts a small file system while it lives, where the process may.
class SmallDisk {
  public:
    explicit SmallDisk(const fs::path& folder)
        : folder_(folder), mounted_(::mount("none", folder.c_str(), "tmpfs", 0, "size=1m") == 0) {}
    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    bool mounted() const { return mounted_; }

  private:
    fs::path folder_;
    bool mounted_;
};

}  // namespace

TEST_SUITE("sink/file") {
    TEST_CASE("nothing is visible before finish, and everything after it") {
        const Folder folder;
        const auto sink = make_file_sink((folder.path() / "new" / "deep").string() + "/");
        REQUIRE(sink->open());
        auto writer = sink->create("a/b/rows-0-r1.json");
        REQUIRE(writer);
        std::string expected;
        for (int i = 0; i < 300; ++i) {
            const std::string piece(static_cast<size_t>(i) * 37, static_cast<char>('a' + i % 26));
            REQUIRE((*writer)->write(piece));
            expected += piece;
        }
        REQUIRE((*writer)->write(std::string(600'000, 'z')));
        expected += std::string(600'000, 'z');
        CHECK(folder.files() == std::set<std::string>{"new/deep/a/b/.rows-0-r1.json.part"});
        const auto receipt = (*writer)->finish("a/b/rows-0-99-r1.json");
        REQUIRE(receipt);
        CHECK(folder.files() == std::set<std::string>{"new/deep/a/b/rows-0-99-r1.json"});
        CHECK(sink->flush());
        CHECK(folder.read("new/deep/a/b/rows-0-99-r1.json") == expected);
        CHECK(receipt->name == "a/b/rows-0-99-r1.json");
        CHECK(receipt->bytes == expected.size());
        CHECK(receipt->sha256 == sha256_hex(expected));
    }

    TEST_CASE("an object that is dropped leaves nothing behind") {
        const Folder folder;
        const auto sink = make_file_sink(folder.path());
        {
            auto writer = sink->create("x.json");
            REQUIRE(writer);
            REQUIRE((*writer)->write(std::string(2'000'000, 'x')));
            CHECK(folder.files().size() == 1);
        }
        CHECK(folder.files().empty());
    }

    TEST_CASE("a crash leaves hidden files only, and the next run takes their place") {
        const Folder folder;
        const auto sink = make_file_sink(folder.path());
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto writer = sink->create("x.json");
            if (writer && (*writer)->write(std::string(2'000'000, 'x'))) ::_exit(7);
            ::_exit(1);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WEXITSTATUS(status) == 7);
        CHECK(folder.files() == std::set<std::string>{".x.json.part"});
        auto writer = sink->create("x.json");
        REQUIRE(writer);
        REQUIRE((*writer)->write("new"));
        REQUIRE((*writer)->finish("x.json"));
        CHECK(folder.files() == std::set<std::string>{"x.json"});
        CHECK(folder.read("x.json") == "new");
    }

    TEST_CASE("an object of the same name is replaced") {
        const Folder folder;
        const auto sink = make_file_sink(folder.path());
        for (const char* text : {"first, longer", "second"}) {
            auto writer = sink->create("x.json");
            REQUIRE(writer);
            REQUIRE((*writer)->write(text));
            REQUIRE((*writer)->finish("x.json"));
        }
        CHECK(sink->flush());
        CHECK(folder.read("x.json") == "second");
    }

    TEST_CASE("names that leave the folder or hide in it are refused") {
        const Folder folder;
        const auto sink = make_file_sink(folder.path());
        for (const char* name : {"", "/etc/x", "../x", "a/../x", "a//x", "a/", ".x", "a/.x", "./x"}) {
            const auto writer = sink->create(name);
            REQUIRE_FALSE(writer);
            CHECK(writer.error().message == std::string("Object name must be a plain relative path: ") + name);
        }
        auto writer = sink->create("x");
        REQUIRE(writer);
        CHECK((*writer)->finish("../x").error().kind == ErrorKind::invalid);
    }

    TEST_CASE("a full device is a disk error with path and mend, and leaves nothing") {
        const Folder folder;
        fs::create_symlink("/dev/full", folder.path() / ".x.json.part");
        const auto sink = make_file_sink(folder.path());
        {
            auto writer = sink->create("x.json");
            REQUIRE(writer);
            REQUIRE((*writer)->write("small pieces are gathered"));
            const auto finished = (*writer)->finish("x.json");
            REQUIRE_FALSE(finished);
            CHECK(finished.error().kind == ErrorKind::disk);
            CHECK(finished.error().message ==
                  "Cannot write: No space left on device; free some space, or choose another folder: " +
                      (folder.path() / ".x.json.part").string());
        }
        CHECK(fs::is_empty(folder.path()));
    }

    TEST_CASE("a disk that fills up keeps what was finished and nothing half-written") {
        const Folder folder;
        const SmallDisk disk(folder.path());
        if (!disk.mounted()) {
            MESSAGE("skipped: may not mount a small file system here");
            return;
        }
        const auto sink = make_file_sink(folder.path());
        auto first = sink->create("first.json");
        REQUIRE(first);
        REQUIRE((*first)->write(std::string(200'000, 'a')));
        REQUIRE((*first)->finish("first.json"));
        auto second = sink->create("second.json");
        REQUIRE(second);
        Result<void> written;
        for (int i = 0; i < 100 && written; ++i) written = (*second)->write(std::string(100'000, 'b'));
        REQUIRE_FALSE(written);
        CHECK(written.error().kind == ErrorKind::disk);
        second->reset();
        CHECK(folder.files() == std::set<std::string>{"first.json"});
    }

    TEST_CASE("a folder that cannot be made is a disk error") {
        const Folder folder;
        std::ofstream(folder.path() / "file") << "x";
        const auto opened = make_file_sink(folder.path() / "file" / "below")->open();
        REQUIRE_FALSE(opened);
        CHECK(opened.error().kind == ErrorKind::disk);
        CHECK(make_file_sink("")->open().error().kind == ErrorKind::invalid);
    }
}

TEST_CASE("what a cut-off run left unfinished is given up, and its finished objects are found") {
    Folder folder;
    const std::string root = folder.path() / "out";
    auto sink = make_file_sink(root);
    REQUIRE(sink->open());
    for (const char* name : {"orders/aggregated_0-9-r1.json", "orders/dt=2026-11-01/orders-0-9-r1.json",
                             "orders/aggregated_0-9-r2.json", "users/aggregated_0-9-r1.json"}) {
        auto writer = sink->create(name);
        REQUIRE(writer);
        REQUIRE((*writer)->finish(name));
    }
    for (const char* hidden :
         {"orders/.orders-10-r1.json.part", "orders/.orders-10-r2.json.part", "users/.users-10-r1.json.part"})
        std::ofstream(fs::path(root) / hidden) << "half";
    auto names = sink->recover("orders/", "-r1.json");
    REQUIRE(names);
    CHECK(std::set(names->begin(), names->end()) ==
          std::set<std::string>{"orders/aggregated_0-9-r1.json", "orders/dt=2026-11-01/orders-0-9-r1.json"});
    CHECK(!fs::exists(fs::path(root) / "orders/.orders-10-r1.json.part"));
    CHECK(fs::exists(fs::path(root) / "orders/.orders-10-r2.json.part"));
    CHECK(fs::exists(fs::path(root) / "users/.users-10-r1.json.part"));
    REQUIRE(sink->remove("orders/aggregated_0-9-r1.json"));
    CHECK(sink->remove("orders/aggregated_0-9-r1.json"));
    CHECK(!fs::exists(fs::path(root) / "orders/aggregated_0-9-r1.json"));
}

}  // namespace headwater
