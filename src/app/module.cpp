// For loading what only some runs need, from a file beside the program: its libraries would cost every start their time.
#include "app/module.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>

namespace headwater {

Result<void*> load_symbol(const char* what, const char* file, const char* symbol) {
    std::error_code error;
    auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    std::string reason;
    for (const auto& path : {folder / file, folder / ".." / "lib" / "headwater" / file}) {
        if (!std::filesystem::exists(path, error)) continue;
        void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module != nullptr) {
            if (void* found = dlsym(module, symbol); found != nullptr) return found;
        }
        const char* said = dlerror();
        reason = said != nullptr ? said : "";
    }
    if (reason.empty()) reason = (folder / file).string() + " is missing";
    return fail(ErrorKind::invalid, std::string(what) + " cannot be loaded: " + reason);
}

}  // namespace headwater
