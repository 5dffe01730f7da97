// For how a run of the command line was started: enough to load the same plan again.
#include "app/run_start.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/random.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* start_name = "run.json";
constexpr const char* manifest_name = "manifest.json";
constexpr const char* default_root = ".headwater/runs/";

}  // namespace

std::string resume_id(const std::string& run, const std::vector<std::string>& words) {
    uint64_t key = 0;
    for (const std::string& word : words) key = key_under(key, key_of(word));
    char digits[7];
    std::snprintf(digits, sizeof digits, "%06x", static_cast<unsigned>(key >> 40));
    return run + "-" + digits;
}

std::string default_state_folder(const std::string& resume_id) { return default_root + resume_id; }

Result<void> write_start(StateFolder& state, const RunStart& start) {
    std::error_code error;
    std::filesystem::remove(state.path() + "/" + manifest_name, error);  // of an earlier run by the same command
    Json json{{"version", start.version}, {"run", start.run}, {"plan", start.plan}, {"words", start.words},
              {"folder", start.folder},   {"now", start.now}, {"seed", start.seed}};
    return state.write(start_name, spell_json(json, 2) + "\n");
}

std::optional<RunStart> read_start(const StateFolder& state) {
    const auto text = state.read(start_name);
    if (!text) return std::nullopt;
    try {
        const Json json = parse_json(*text);
        RunStart start;
        json.at("version").get_to(start.version);
        json.at("run").get_to(start.run);
        json.at("plan").get_to(start.plan);
        json.at("words").get_to(start.words);
        json.at("folder").get_to(start.folder);
        json.at("now").get_to(start.now);
        json.at("seed").get_to(start.seed);
        return start;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

Result<void> write_last_manifest(StateFolder& state, const std::string& text) {
    return state.write(manifest_name, text);
}

std::optional<std::string> read_last_manifest(const StateFolder& state) { return state.read(manifest_name); }

void remove_state(StateFolder& state) {
    const bool is_ours = state.path().starts_with(default_root);
    state.remove({start_name, manifest_name});
    std::error_code error;
    if (!is_ours) return;
    for (const char* parent : {".headwater/runs", ".headwater"}) std::filesystem::remove(parent, error);  // if empty
}

}  // namespace headwater
