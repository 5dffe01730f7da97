// For scenarios and packs that may be any bytes: they are compiled, or it is said why not; nothing takes long, and nothing of this
// machine is read.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "pack/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace headwater;
    LoadRequest request{.what = "scenario", .text = std::string(reinterpret_cast<const char*>(data), size)};
    request.now = 1'795'000'000'000'000;
    const Loaded loaded = load(request);
    if (loaded.plan.has_value() == loaded.diagnostics.has_errors()) std::abort();
    const std::string text = render_json(loaded.diagnostics.sorted());
    if (!nlohmann::json::accept(text) || text.size() > 16 << 20) std::abort();
    return 0;
}
