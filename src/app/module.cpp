// For parts of the program that are loaded only when a run asks for them: their libraries alone would slow every start.
#include "app/module.h"

#include <dlfcn.h>

#include <filesystem>

namespace headwater {

Result<void*> find_in_module(const std::string& file, const std::string& name, const std::string& what) {
    std::error_code error;
    auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    std::string reason;
    for (const auto& path : {folder / file, folder / ".." / "lib" / "headwater" / file}) {
        if (!std::filesystem::exists(path, error)) continue;
        void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module != nullptr) {
            if (void* found = dlsym(module, name.c_str()); found != nullptr) return found;
        }
        const char* said = dlerror();
        reason = said != nullptr ? said : "";
    }
    if (reason.empty()) reason = (folder / file).string() + " is missing";
    return fail(ErrorKind::invalid, what + " cannot be loaded: " + reason);
}

}  // namespace headwater
