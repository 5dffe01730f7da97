// For compressing what a target receives: frames that stand alone, and whole objects made of them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sink/sink.h"

namespace headwater {

/// Compresses one piece of bytes at a time. Frames written one after the other are one valid stream of the same kind.
/// Equal bytes in give equal bytes out: no time, no name and no machine is written into a frame. Used by one thread at a time.
class Compressor {
  public:
    virtual ~Compressor() = default;
    /// Gives what file names end with: .zst, .gz, .lz4.
    virtual std::string_view extension() const = 0;
    /// Appends `in` as one independent frame to `out`.
    virtual Result<void> append_frame(std::string_view in, std::string& out) = 0;
};

/// Makes a compressor; null for `none`. Level 0 is the default of the kind: zstd 1, gzip 6, lz4 0 (its fast mode).
/// An unknown name or level is an error.
Result<std::unique_ptr<Compressor>> make_compressor(std::string_view name, int level = 0);

/// Makes a compressor of a kind, with a level that its library knows. Blocks of LZ4 may look into those before them, or not.
std::unique_ptr<Compressor> make_gzip_compressor(int level);
std::unique_ptr<Compressor> make_lz4_compressor(int level, bool looks_back);
std::unique_ptr<Compressor> make_zstd_compressor(int level);

/// Makes `out` longer by at most `room` bytes, which `fill(at)` writes and counts; nothing is cleared before.
template <typename Fill>
void append_filled(std::string& out, size_t room, Fill fill) {
    const size_t start = out.size();
    out.resize_and_overwrite(start + room, [&](char* bytes, size_t) { return start + fill(bytes + start); });
}

/// Bytes in front of compression that one frame of an object holds; the last one may hold fewer.
inline constexpr size_t object_frame_bytes = 1 << 20;

/// Compresses everything written into frames of object_frame_bytes and hands them on, so that the stored bytes do not
/// depend on how the writes were cut.
std::unique_ptr<ObjectWriter> make_compressing_writer(std::unique_ptr<Compressor> compressor,
                                                      std::unique_ptr<ObjectWriter> inner);

}  // namespace headwater
