// For loading Parquet only when a run asks for it: its libraries alone would cost every start more than ten milliseconds.
#include "app/parquet_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <utility>

namespace headwater {

namespace {

using Maker = void (*)(const ParquetOptions&, Result<std::unique_ptr<Format>>&);
constexpr const char* file_name = "headwater_parquet.so";
constexpr const char* maker_name = "headwater_make_parquet_format";

Result<Maker> load_maker() {
    std::error_code error;
    auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    std::string reason;
    for (const auto& path : {folder / file_name, folder / ".." / "lib" / "headwater" / file_name}) {
        if (!std::filesystem::exists(path, error)) continue;
        void* module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module != nullptr) {
            if (void* maker = dlsym(module, maker_name); maker != nullptr) return reinterpret_cast<Maker>(maker);
        }
        const char* said = dlerror();
        reason = said != nullptr ? said : "";
    }
    if (reason.empty()) reason = (folder / file_name).string() + " is missing";
    return fail(ErrorKind::invalid, "Parquet cannot be loaded: " + reason);
}

}  // namespace

Result<std::unique_ptr<Format>> load_parquet_format(const ParquetOptions& options) {
    static const Result<Maker> maker = load_maker();
    if (!maker) return std::unexpected(maker.error());
    Result<std::unique_ptr<Format>> format;
    (*maker)(options, format);
    return format;
}

}  // namespace headwater
