// For the folder in which a run keeps what it needs to go on after a crash, and what is needed to remove what it made.
#include "engine/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"
#include "sink/descriptor.h"

namespace headwater {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* made_name = "made.json";

}  // namespace

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

Result<void> StateFolder::write(const std::string& name, const std::string& text) {
    return replace_file(path_ + "/" + name, text);
}

std::optional<std::string> StateFolder::read(const std::string& name) const {
    std::ifstream file(path_ + "/" + name, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

Result<void> StateFolder::note(const NotedThing& made) {
    auto all = this->made();
    if (!all) return std::unexpected(all.error());
    all->push_back(made);
    Json json = Json::array();
    for (const NotedThing& one : *all)
        json.push_back({{"kind", one.thing.kind}, {"name", one.thing.name}, {"to", one.to}});
    return write(made_name, spell_json(json, 2) + "\n");
}

Result<std::vector<NotedThing>> StateFolder::made() const {
    std::vector<NotedThing> made;
    const auto text = read(made_name);
    if (!text) return made;
    try {
        for (const Json& one : parse_json(*text))
            made.push_back({one.at("to").get<std::string>(),
                            {one.at("kind").get<std::string>(), one.at("name").get<std::string>()}});
    } catch (const Json::exception& error) {
        return fail(ErrorKind::disk, "List of what the run made is damaged: " + path_ + "/" + made_name);
    }
    return made;
}

void StateFolder::forget_journal() {
    (void)journal_.remove();  // what cannot be removed stays behind, and harms nothing
}

void StateFolder::remove(const std::vector<std::string>& names) {
    forget_journal();
    std::error_code error;
    for (const std::string& name : names) std::filesystem::remove(path_ + "/" + name, error);
    for (const char* name : {made_name, "lock"}) std::filesystem::remove(path_ + "/" + name, error);
    std::filesystem::remove(path_, error);  // fails while something else is in it
}

}  // namespace headwater
