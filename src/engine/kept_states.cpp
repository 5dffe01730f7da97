#include "engine/kept_states.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/checksum.h"
#include "sink/descriptor.h"

namespace headwater {

namespace {

using Json = nlohmann::json;

std::string path_of(const std::string& folder, int file) { return folder + "/state-" + std::to_string(file); }

/// Says whether everything made before a place is durable in all lanes, what they hold back included.
bool is_durable(const StatePlace& place, const std::vector<LaneState>& lanes) {
    return std::ranges::all_of(lanes, [&](const LaneState& lane) {
        return lane.is_idle || std::ranges::all_of(lane.marks, [&](const auto& mark) {
                   const auto feed = lane.feeds.find(mark.first);
                   const int64_t wanted = feed == lane.feeds.end() ? mark.second.record : feed->second.start;
                   return place.rows.at(static_cast<size_t>(mark.first)) <= wanted;
               });
    });
}

/// A file whose parts each follow their size; the last eight bytes are the checksum of the checksums of all parts.
class PartsWriter {
  public:
    explicit PartsWriter(std::string path)
        : path_(std::move(path)), file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
    ~PartsWriter() {
        if (file_ >= 0) ::close(file_);
    }
    PartsWriter(const PartsWriter&) = delete;
    PartsWriter& operator=(const PartsWriter&) = delete;

    Result<void> add(std::string_view part) {
        sum_ = key_under(sum_, checksum_of(part));
        if (auto written = write(number_text(part.size())); !written) return written;
        return write(part);
    }
    Result<void> finish() { return write(number_text(sum_)); }

  private:
    static std::string number_text(uint64_t value) {
        return std::string(reinterpret_cast<const char*>(&value), sizeof value);
    }
    Result<void> write(std::string_view bytes) {
        if (file_ < 0) return disk_error("open", path_, errno);
        if (const int error = write_fully(file_, bytes); error != 0) return disk_error("write", path_, error);
        return {};
    }

    std::string path_;
    int file_;
    uint64_t sum_ = 0;
};

/// Gives the parts of a file, or none when it is not whole.
std::vector<std::string_view> parts_of(std::string_view bytes) {
    std::vector<std::string_view> parts;
    uint64_t sum = 0;
    const auto take_number = [&] {
        uint64_t value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        bytes.remove_prefix(sizeof value);
        return value;
    };
    while (bytes.size() > sizeof(uint64_t)) {
        const uint64_t size = take_number();
        if (size > bytes.size()) return {};
        parts.push_back(bytes.substr(0, size));
        sum = key_under(sum, checksum_of(parts.back()));
        bytes.remove_prefix(size);
    }
    if (bytes.size() != sizeof(uint64_t) || take_number() != sum) return {};
    return parts;
}

std::string head_of(const std::string& identity, const StatePlace& place) {
    return Json{{"run", identity},
                {"to", place.reached.to},
                {"exact", place.reached.exact},
                {"windows", place.windows},
                {"rows", place.rows}}
        .dump();
}

std::optional<StatePlace> place_of(std::string_view head, const std::string& identity) {
    try {
        const Json json = Json::parse(head);
        if (json.at("run") != identity) return std::nullopt;
        return StatePlace{{json.at("to"), json.at("exact")}, json.at("windows"), json.at("rows")};
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

}  // namespace

KeptStates::KeptStates(std::string folder, std::string identity)
    : folder_(std::move(folder)), identity_(std::move(identity)) {}

bool KeptStates::wants_another(const std::vector<LaneState>& lanes) {
    if (candidate_ && is_durable(candidate_->place, lanes)) usable_ = std::exchange(candidate_, std::nullopt);
    return !candidate_;
}

Result<void> KeptStates::keep(const StatePlace& place, const std::vector<SourceRun>& sources) {
    const int file = usable_ && usable_->file == 0 ? 1 : 0;
    if (auto written = write(file, place, sources); !written) return written;
    candidate_ = Kept{file, place};
    return {};
}

Result<void> KeptStates::write(int file, const StatePlace& place, const std::vector<SourceRun>& sources) {
    PartsWriter writer(path_of(folder_, file));
    if (auto added = writer.add(head_of(identity_, place)); !added) return added;
    for (const SourceRun& run : sources) {
        run.source->save(state_);
        if (auto added = writer.add(state_); !added) return added;
    }
    return writer.finish();
}

Result<std::optional<StatePlace>> KeptStates::restore(const Checkpoint& checkpoint,
                                                      const std::vector<SourceRun>& sources) {
    std::string best;
    for (const int file : {0, 1}) {
        std::ifstream in(path_of(folder_, file), std::ios::binary);
        std::string bytes(std::istreambuf_iterator<char>(in), {});
        const auto parts = parts_of(bytes);
        if (parts.size() != sources.size() + 1) continue;
        auto place = place_of(parts[0], identity_);
        if (!place || place->reached.to > checkpoint.reached.to) continue;
        if (!is_durable(*place, checkpoint.lanes)) {
            candidate_ = Kept{file, std::move(*place)};
            continue;
        }
        if (usable_ && usable_->place.reached.to >= place->reached.to) continue;
        usable_ = Kept{file, std::move(*place)};
        best = std::move(bytes);
    }
    if (!usable_) return std::nullopt;
    const auto parts = parts_of(best);
    for (size_t i = 0; i < sources.size(); ++i)
        if (auto restored = sources[i].source->restore(std::string(parts[i + 1])); !restored)
            return std::unexpected(restored.error());
    return usable_->place;
}

Result<void> KeptStates::remove(const std::string& folder) {
    for (const int file : {0, 1})
        if (::unlink(path_of(folder, file).c_str()) != 0 && errno != ENOENT)
            return disk_error("remove", path_of(folder, file), errno);
    return {};
}

}  // namespace headwater
