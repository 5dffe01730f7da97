// For the folder in which a run keeps what it needs to go on after a crash: how it was started, and its journal.
#include "app/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/random.h"
#include "sink/descriptor.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* start_name = "run.json";
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

StateFolder::StateFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock), journal_(path_) {}

StateFolder::~StateFolder() { ::close(lock_); }

Result<std::unique_ptr<StateFolder>> StateFolder::open(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return fail(ErrorKind::disk, "State folder cannot be made (" + error.message() + "): " + path);
    // How the run was started may name secrets.
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
    const std::string lock = path + "/lock";
    const int file = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return fail(ErrorKind::disk,
                    "State folder cannot be written to (" + std::string(std::strerror(errno)) + "): " + path);
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        ::close(file);
        return std::unique_ptr<StateFolder>();
    }
    return std::unique_ptr<StateFolder>(new StateFolder(path, file));
}

Result<void> StateFolder::write(const RunStart& start) {
    Json json{{"version", start.version}, {"run", start.run}, {"plan", start.plan}, {"words", start.words},
              {"folder", start.folder},   {"now", start.now}, {"seed", start.seed}};
    return replace_file(path_ + "/" + start_name, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void StateFolder::remove() {
    std::error_code error;  // what cannot be removed stays behind, and harms nothing
    const std::filesystem::path path(path_);
    std::filesystem::remove(path / start_name, error);
    // Only then the journal: it says that the run has ended, should the process be killed in between.
    (void)journal_.remove();
    std::filesystem::remove(path / "lock", error);
    std::filesystem::remove(path_, error);
    if (!path_.starts_with(default_root)) return;
    for (const char* parent : {".headwater/runs", ".headwater"}) std::filesystem::remove(parent, error);  // if empty
}

std::optional<RunStart> StateFolder::read() const {
    std::ifstream file(path_ + "/" + start_name, std::ios::binary);
    try {
        Json json = Json::parse(file);
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

}  // namespace headwater
