// For loading what only some runs need, from a file beside the program: its libraries would cost every start their time.
#include "base/load_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <string>

namespace headwater {

namespace {

Result<const void*> open_module(const std::string& name) {
    const std::string file = "headwater_" + name + ".so";
    std::error_code error;
    const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    std::string reason;
    for (const auto& path : {folder / file, folder / ".." / "lib" / "headwater" / file}) {
        if (!std::filesystem::exists(path, error)) continue;
        void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module != nullptr) {
            using Door = const void* (*)();
            if (void* door = dlsym(module, "headwater_module"); door != nullptr) return reinterpret_cast<Door>(door)();
        }
        const char* said = dlerror();
        reason = said != nullptr ? said : "";
    }
    if (reason.empty()) reason = (folder / file).string() + " is missing";
    return fail(ErrorKind::invalid, "Module cannot be loaded (" + reason + "): " + name);
}

}  // namespace

Result<const void*> load_module(std::string_view name) {
    static std::mutex mutex;
    static std::map<std::string, Result<const void*>, std::less<>> modules;
    std::lock_guard lock(mutex);
    auto found = modules.find(name);
    if (found == modules.end()) found = modules.emplace(name, open_module(std::string(name))).first;
    return found->second;
}

}  // namespace headwater
