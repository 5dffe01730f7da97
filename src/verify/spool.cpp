// For holding more entries than memory takes: they are spread over partitions by a hash, and go to a file when room runs out.
#include "verify/spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace headwater {

namespace {

constexpr size_t read_bytes = 1 << 20;

Error disk_error(const std::string& folder) {
    return {ErrorKind::disk, "Spill file cannot be written (" + std::string(std::strerror(errno)) +
                                 "); --scratch names another folder: " + folder};
}

}  // namespace

std::unique_ptr<char[]> SpoolRoom::take_block(size_t bytes) {
    used_bytes_ += std::max(bytes, block_bytes);
    if (bytes > block_bytes || idle_.empty())
        return std::make_unique_for_overwrite<char[]>(std::max(bytes, block_bytes));
    auto block = std::move(idle_.back());
    idle_.pop_back();
    return block;
}

void SpoolRoom::give_back(std::unique_ptr<char[]> block, size_t bytes) {
    used_bytes_ -= std::max(bytes, block_bytes);
    if (bytes <= block_bytes) idle_.push_back(std::move(block));
}

Spool::Spool(SpoolRoom& room, size_t entry_bytes)
    : room_(room),
      entry_bytes_(entry_bytes),
      block_bytes_(std::max<size_t>(1, SpoolRoom::block_bytes / entry_bytes) * entry_bytes),
      partitions_(partitions) {}

Spool::~Spool() {
    for (Partition& partition : partitions_) forget(partition);
    if (file_ >= 0) ::close(file_);
}

uint64_t Spool::entries() const {
    uint64_t sum = 0;
    for (const Partition& partition : partitions_) sum += partition.entries;
    return sum;
}

void Spool::begin_block(Partition& to) {
    if (room_.is_full() && room_.failure()) spill();
    to.filled = 0;
    to.blocks.push_back(room_.take_block(block_bytes_));
}

void Spool::spill() {
    if (!open()) return room_.note(disk_error(room_.folder_));
    for (Partition& partition : partitions_) {
        if (!spill(partition)) return room_.note(disk_error(room_.folder_));
    }
}

bool Spool::open() {
    if (file_ >= 0) return true;
    std::string name = room_.folder_ + "/headwater-verify-XXXXXX";
    file_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (file_ < 0) return false;
    ::unlink(name.c_str());
    return true;
}

bool Spool::spill(Partition& from) {
    for (size_t i = 0; i < from.blocks.size(); ++i) {
        const size_t bytes = filled_of(from, i);
        for (size_t done = 0; done < bytes;) {
            const ssize_t wrote =
                ::pwrite(file_, from.blocks[i].get() + done, bytes - done, static_cast<off_t>(end_ + done));
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) return false;
            done += static_cast<size_t>(wrote);
        }
        if (!from.extents.empty() && from.extents.back().at + from.extents.back().bytes == end_)
            from.extents.back().bytes += bytes;
        else if (bytes > 0)
            from.extents.push_back({end_, bytes});
        end_ += bytes;
        room_.spilled_bytes_ += bytes;
        room_.give_back(std::move(from.blocks[i]), block_bytes_);
    }
    from.blocks.clear();
    from.filled = 0;
    return true;
}

void Spool::forget(Partition& partition) {
    for (auto& block : partition.blocks) room_.give_back(std::move(block), block_bytes_);
    partition = {};
}

void Spool::drain_pieces(size_t partition, Result<void>& done, void* to, void (*show)(void*, const char*, size_t)) {
    done = room_.failure();
    if (!done) return;
    Partition& from = partitions_[partition];
    std::unique_ptr<char[]> buffer;
    const size_t piece_bytes = std::max<size_t>(1, read_bytes / entry_bytes_) * entry_bytes_;
    for (const Extent& extent : from.extents) {
        if (!buffer) buffer = std::make_unique_for_overwrite<char[]>(piece_bytes);
        for (uint64_t at = 0; at < extent.bytes;) {
            const size_t wanted = std::min<uint64_t>(piece_bytes, extent.bytes - at);
            for (size_t have = 0; have < wanted;) {
                const ssize_t got =
                    ::pread(file_, buffer.get() + have, wanted - have, static_cast<off_t>(extent.at + at + have));
                if (got < 0 && errno == EINTR) continue;
                if (got <= 0) {
                    done = std::unexpected(disk_error(room_.folder_));
                    return;
                }
                have += static_cast<size_t>(got);
            }
            show(to, buffer.get(), wanted);
            at += wanted;
        }
    }
    for (size_t i = 0; i < from.blocks.size(); ++i) show(to, from.blocks[i].get(), filled_of(from, i));
    forget(from);
}

Result<void> Spool::take(size_t partition, std::vector<char>& into) {
    into.clear();
    into.reserve(partitions_[partition].entries * entry_bytes_);
    return drain(partition, [&](const char* bytes, size_t count) { into.insert(into.end(), bytes, bytes + count); });
}

}  // namespace headwater
