// For texts that live as long as one run: bump memory that is taken once and used again for every run.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "data/type.h"

namespace headwater {

/// Hands out memory by moving a pointer. One executor owns one arena; nothing is freed until it goes.
class TextArena {
  public:
    /// Forgets all texts; the memory stays.
    void reset() {
        chunk_ = 0;
        used_ = 0;
    }

    /// Gives room for `size` bytes; 64 bytes may be read past them. Valid until the next reset.
    char* reserve(size_t size) {
        while (chunk_ == chunks_.size() || used_ + size > chunks_[chunk_].size) next_chunk(size);
        return chunks_[chunk_].bytes.get() + used_;
    }

    /// Keeps what was written from the last reserve up to `end`, as a text.
    TextView keep(const char* start, const char* end) {
        used_ += static_cast<size_t>(end - start);
        return {start, static_cast<uint32_t>(end - start), 0};
    }

    /// Copies a text.
    TextView copy(std::string_view text) {
        char* out = reserve(text.size());
        std::memcpy(out, text.data(), text.size());
        return keep(out, out + text.size());
    }

  private:
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        size_t size = 0;
    };

    void next_chunk(size_t size) {
        constexpr size_t least = 64 * 1024;
        constexpr size_t slack = 64;
        if (chunk_ < chunks_.size()) ++chunk_;
        used_ = 0;
        if (chunk_ < chunks_.size()) return;
        const size_t wanted = size > least ? size : least;
        chunks_.push_back({std::make_unique<char[]>(wanted + slack), wanted});
    }

    std::vector<Chunk> chunks_;
    size_t chunk_ = 0;
    size_t used_ = 0;
};

/// Sees a TextView as the standard library does.
inline std::string_view view_of(TextView text) { return {text.data, text.size}; }

}  // namespace headwater
