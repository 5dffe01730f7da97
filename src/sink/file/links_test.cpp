// For claims about links: what leads out of a folder is told, however it is written.
#include "sink/file/links.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/temporary_folder.h"

namespace headwater {

TEST_CASE("a path is below a folder once all links are followed, or it is not") {
    const TemporaryFolder made;
    const std::filesystem::path folder = made.path();
    std::filesystem::create_directories(folder / "files" / "in");
    std::filesystem::create_directories(folder / "filesystem");
    std::filesystem::create_directory_symlink(folder, folder / "files" / "out");
    std::filesystem::create_directory_symlink(folder / "files" / "in", folder / "files" / "same");
    const std::string files = folder / "files";
    for (const char* below : {"", "in", "in/new/deep", "same", "same/x", "new"})
        for (const char* end : {"", "/"}) CHECK_MESSAGE(is_below(files + end, files + "/" + below), below);
    for (const char* outside : {"out", "out/x", "in/../out", "../filesystem", "out/filesystem/x", ".."})
        CHECK_MESSAGE(!is_below(files, files + "/" + outside), outside);
    CHECK(is_below("", "/anywhere"));
    CHECK(is_below(files, files + "/out/files/in"));
}

}  // namespace headwater
