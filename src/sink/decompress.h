// For reading what was compressed as a whole: zstd, gzip and LZ4 frames, one behind the other, known by their first bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace headwater {

/// Turns compressed bytes that come in pieces into plain ones. Used by one thread at a time.
class Decompressor {
  public:
    virtual ~Decompressor() = default;
    /// Takes bytes and appends what they hold; bytes that are damaged are `invalid`.
    virtual Result<void> append(std::string_view in, std::string& out) = 0;
    /// True when the bytes taken so far end where a frame ends.
    virtual bool is_whole() const = 0;
};

/// Makes the decompressor of bytes that begin like that; null where they are not compressed.
std::unique_ptr<Decompressor> decompressor_of(std::string_view first_bytes);

}  // namespace headwater
