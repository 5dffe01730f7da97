#include "sink/kafka/codec.h"

#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

namespace headwater {

namespace {

constexpr int usual_level = -1;

/// Raw blocks, which Java's reader takes as well as those in its own frame.
class SnappyCompressor final : public Compressor {
  public:
    std::string_view extension() const override { return ".snappy"; }

    Result<void> append_frame(std::string_view in, std::string& out) override {
        size_t size = snappy_max_compressed_length(in.size());
        snappy_status status = SNAPPY_OK;
        append_filled(out, size, [&](char* at) {
            status = snappy_compress(in.data(), in.size(), at, &size);
            return status == SNAPPY_OK ? size : 0;
        });
        if (status != SNAPPY_OK) return fail(ErrorKind::invalid, "Compression failed: snappy");
        return {};
    }
};

}  // namespace

Result<std::unique_ptr<BatchCodec>> make_batch_codec(std::string_view name, int level) {
    // librdkafka's property of the level knows -1 to 12; what a codec does not know is its nearest.
    const auto level_or = [&](int usual) { return level == usual_level ? usual : level; };
    const auto numbered = [](int16_t number, std::unique_ptr<Compressor> compressor) {
        return std::make_unique<BatchCodec>(number, std::move(compressor));
    };
    if (name == "none") return nullptr;
    if (name == "gzip") return numbered(1, make_gzip_compressor(std::min(level, Z_BEST_COMPRESSION)));
    if (name == "snappy") return numbered(2, std::make_unique<SnappyCompressor>());
    if (name == "lz4")
        return numbered(3, make_lz4_compressor(level_or(0), false));  // Java's reader takes no other blocks
    if (name == "zstd") return numbered(4, make_zstd_compressor(level_or(ZSTD_CLEVEL_DEFAULT)));
    return fail(ErrorKind::invalid, "Compression is none of none, gzip, snappy, lz4, zstd: " + std::string(name));
}

}  // namespace headwater
