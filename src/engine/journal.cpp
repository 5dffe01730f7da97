// For keeping a run's checkpoints where a cut-off at any instant cannot take them: two copies, each record with its digest.
#include "engine/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "base/check.h"
#include "engine/kept_states.h"
#include "sink/descriptor.h"
#include "sink/digest.h"

namespace headwater {

namespace {

constexpr uint64_t least_rewrite_bytes = 4 << 20;
constexpr size_t digest_digits = 16;  ///< of SHA-256, in hex: 64 bits

std::string digest_of(std::string_view text) { return sha256_hex(text).substr(0, digest_digits); }

/// Spells a record as it stands in the file.
std::string line_of(const Checkpoint& checkpoint) {
    std::string text = checkpoint_text(checkpoint);
    return "\n" + digest_of(text) + " " + text + "\n";
}

/// Gives the checkpoint of a line, or nothing when a byte of it is damaged.
std::optional<Checkpoint> record_of(std::string_view line) {
    if (line.size() <= digest_digits || line[digest_digits] != ' ') return std::nullopt;
    std::string text(line.substr(digest_digits + 1));
    if (digest_of(text) != line.substr(0, digest_digits)) return std::nullopt;
    auto checkpoint = checkpoint_of(text);
    return checkpoint ? std::optional(std::move(*checkpoint)) : std::nullopt;
}

void add_records(const std::string& path, std::map<int64_t, Checkpoint>& records) {
    std::ifstream file(path, std::ios::binary);
    std::string line;
    while (std::getline(file, line)) {
        if (auto record = record_of(line)) records.insert_or_assign(record->sequence, std::move(*record));
    }
}

/// Adds what a record tells to everything that was told before it.
void add_to(Checkpoint& all, Checkpoint next) {
    if (!next.is_whole) {
        next.lanes.resize(std::max(next.lanes.size(), all.lanes.size()));
        for (size_t lane = 0; lane < all.lanes.size(); ++lane) {
            auto& entries = next.lanes[lane].entries;
            auto& before = all.lanes[lane].entries;
            before.insert(before.end(), std::make_move_iterator(entries.begin()),
                          std::make_move_iterator(entries.end()));
            entries = std::move(before);
        }
        all.windows.insert(all.windows.end(), next.windows.begin(), next.windows.end());
        next.windows = std::move(all.windows);
        all.changes.insert(all.changes.end(), next.changes.begin(), next.changes.end());
        next.changes = std::move(all.changes);
        next.is_whole = true;
    }
    all = std::move(next);
}

}  // namespace

Journal::Journal(std::string folder) : folder_(std::move(folder)) {}

Journal::~Journal() {
    for (int file : files_)
        if (file >= 0) ::close(file);
}

std::string Journal::path(int copy) const { return folder_ + "/journal-" + std::to_string(copy); }

Result<std::optional<Checkpoint>> Journal::read() const {
    std::map<int64_t, Checkpoint> records;
    for (int copy : {0, 1}) add_records(path(copy), records);
    // The newest whole record is the base, then every record that follows without a gap.
    auto base = std::find_if(records.rbegin(), records.rend(), [](auto& record) { return record.second.is_whole; });
    if (base == records.rend()) return std::nullopt;
    Checkpoint all = std::move(base->second);
    for (auto next = base.base(); next != records.end() && next->first == all.sequence + 1; ++next)
        add_to(all, std::move(next->second));
    return all;
}

Result<void> Journal::begin(Checkpoint whole) {
    whole.is_whole = true;
    if (whole.sequence == 0) {  // a copy of an earlier run must not be taken for the newer one
        if (auto removed = remove(); !removed) return removed;
    }
    all_ = std::move(whole);
    std::string text = line_of(all_);
    for (int copy : {0, 1}) {
        if (auto written = rewrite(copy, text); !written) return written;
    }
    bytes_ = whole_bytes_ = text.size();
    return {};
}

Result<void> Journal::remove() {
    for (int copy : {0, 1})
        if (::unlink(path(copy).c_str()) != 0 && errno != ENOENT) return disk_error("remove", path(copy), errno);
    return KeptStates::remove(folder_);
}

Result<void> Journal::append(Checkpoint next) {
    HW_CHECK(files_[0] >= 0);
    next.sequence = all_.sequence + 1;
    next.is_whole = false;
    std::string text = line_of(next);
    add_to(all_, std::move(next));
    if (bytes_ + text.size() > std::max(least_rewrite_bytes, 4 * whole_bytes_)) return begin(std::move(all_));
    for (int copy : {0, 1}) {
        if (auto added = add(copy, text); !added) return added;
    }
    bytes_ += text.size();
    return {};
}

Result<void> Journal::rewrite(int copy, const std::string& text) {
    if (files_[copy] >= 0) ::close(files_[copy]);
    files_[copy] = -1;
    if (auto replaced = replace_file(path(copy), text); !replaced) return replaced;
    files_[copy] = ::open(path(copy).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (files_[copy] < 0) return disk_error("open", path(copy), errno);
    return {};
}

Result<void> Journal::add(int copy, const std::string& text) {
    if (const int error = write_fully(files_[copy], text); error != 0) return disk_error("write", path(copy), error);
    if (::fdatasync(files_[copy]) != 0 && errno != EINVAL) return disk_error("sync", path(copy), errno);
    return {};
}

}  // namespace headwater
