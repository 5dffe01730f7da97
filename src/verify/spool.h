// For holding more entries than memory takes: they are spread over partitions by a hash, and go to a file when room runs out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace headwater {

/// The memory that all spools share, and the folder of their files. Used by one thread at a time.
class SpoolRoom {
  public:
    SpoolRoom(size_t limit_bytes, std::string folder) : limit_bytes_(limit_bytes), folder_(std::move(folder)) {}
    /// Takes note of the first failure; entries added afterwards are lost.
    void note(const Error& error) {
        if (failure_) failure_ = std::unexpected(error);
    }
    const Result<void>& failure() const { return failure_; }
    bool is_full() const { return used_bytes_ >= limit_bytes_; }
    uint64_t spilled_bytes() const { return spilled_bytes_; }

  private:
    friend class Spool;
    static constexpr size_t block_bytes = 32 << 10;
    std::unique_ptr<char[]> take_block(size_t bytes);
    void give_back(std::unique_ptr<char[]> block, size_t bytes);

    size_t limit_bytes_;
    std::string folder_;
    size_t used_bytes_ = 0;
    std::vector<std::unique_ptr<char[]>> idle_;  ///< of block_bytes, to be used again
    uint64_t spilled_bytes_ = 0;
    Result<void> failure_;
};

/// Entries of one size, by partition; of one partition in the order in which they were added.
class Spool {
  public:
    static constexpr int partition_bits = 6;
    static constexpr size_t partitions = 1 << partition_bits;

    /// `room` must outlive the spool.
    Spool(SpoolRoom& room, size_t entry_bytes);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;

    /// Adds an entry of `entry_bytes` to a partition.
    void add(size_t partition, const void* entry) {
        Partition& to = partitions_[partition];
        if (to.blocks.empty() || to.filled + entry_bytes_ > block_bytes_) begin_block(to);
        __builtin_memcpy(to.blocks.back().get() + to.filled, entry, entry_bytes_);
        to.filled += entry_bytes_;
        ++to.entries;
    }
    uint64_t entries(size_t partition) const { return partitions_[partition].entries; }
    uint64_t entries() const;
    size_t entry_bytes() const { return entry_bytes_; }
    /// Gives a partition's entries, one behind the other, in place of what `into` holds, and forgets them.
    Result<void> take(size_t partition, std::vector<char>& into);
    /// Shows a partition's entries in pieces, in order, and forgets them.
    template <typename Show>
    Result<void> drain(size_t partition, Show show) {
        Result<void> done;
        drain_pieces(partition, done, &show,
                     [](void* to, const char* bytes, size_t count) { (*static_cast<Show*>(to))(bytes, count); });
        return done;
    }

  private:
    struct Extent {
        uint64_t at;
        uint64_t bytes;
    };
    struct Partition {
        std::vector<std::unique_ptr<char[]>> blocks;
        size_t filled = 0;  ///< of the last block
        std::vector<Extent> extents;
        uint64_t entries = 0;
    };
    void begin_block(Partition& to);
    void spill();
    bool spill(Partition& from);
    bool open();
    void forget(Partition& partition);
    void drain_pieces(size_t partition, Result<void>& done, void* to, void (*show)(void*, const char*, size_t));
    size_t filled_of(const Partition& partition, size_t block) const {
        return block + 1 < partition.blocks.size() ? block_bytes_ : partition.filled;
    }

    SpoolRoom& room_;
    size_t entry_bytes_;
    size_t block_bytes_;  ///< a multiple of entry_bytes, what is used of a block
    std::vector<Partition> partitions_;
    int file_ = -1;
    uint64_t end_ = 0;
};

}  // namespace headwater
