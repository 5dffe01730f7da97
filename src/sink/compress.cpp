// For zstd, gzip and LZ4 frames (RFC 8878, RFC 1952, LZ4 frame format 1.6).
#include "sink/compress.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "base/check.h"

namespace headwater {
namespace {

class ZstdCompressor final : public Compressor {
  public:
    explicit ZstdCompressor(int level) : context_(ZSTD_createCCtx()) {
        HW_CHECK(context_ != nullptr);
        HW_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level)));
    }
    ~ZstdCompressor() override { ZSTD_freeCCtx(context_); }
    std::string_view name() const override { return "zstd"; }
    std::string_view extension() const override { return ".zst"; }

    Result<void> append_frame(std::string_view in, std::string& out) override {
        const size_t start = out.size();
        out.resize(start + ZSTD_compressBound(in.size()));
        const size_t size = ZSTD_compress2(context_, out.data() + start, out.size() - start, in.data(), in.size());
        if (ZSTD_isError(size)) {
            out.resize(start);
            return fail(ErrorKind::invalid, std::string("Compression with zstd failed: ") + ZSTD_getErrorName(size));
        }
        out.resize(start + size);
        return {};
    }

  private:
    ZSTD_CCtx* context_;
};

class GzipCompressor final : public Compressor {
  public:
    explicit GzipCompressor(int level) {
        constexpr int gzip_window = 15 + 16;  // 32 KiB window, gzip wrapper
        constexpr int usual_memory = 8;
        HW_CHECK(deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, usual_memory, Z_DEFAULT_STRATEGY) == Z_OK);
        header_.os = 255;  // "unknown" (RFC 1952), so that bytes do not tell the machine; no time, no name
    }
    ~GzipCompressor() override { deflateEnd(&stream_); }
    std::string_view name() const override { return "gzip"; }
    std::string_view extension() const override { return ".gz"; }

    Result<void> append_frame(std::string_view in, std::string& out) override {
        HW_CHECK(in.size() <= UINT32_MAX);
        HW_CHECK(deflateReset(&stream_) == Z_OK && deflateSetHeader(&stream_, &header_) == Z_OK);
        const size_t start = out.size();
        out.resize(start + deflateBound(&stream_, in.size()));
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data() + start);
        stream_.avail_out = static_cast<uInt>(out.size() - start);
        const int state = deflate(&stream_, Z_FINISH);
        HW_CHECK(state == Z_STREAM_END);  // the bound is enough by contract
        out.resize(out.size() - stream_.avail_out);
        return {};
    }

  private:
    z_stream stream_{};
    gz_header header_{};
};

class Lz4Compressor final : public Compressor {
  public:
    explicit Lz4Compressor(int level) { preferences_.compressionLevel = level; }
    std::string_view name() const override { return "lz4"; }
    std::string_view extension() const override { return ".lz4"; }

    Result<void> append_frame(std::string_view in, std::string& out) override {
        const size_t start = out.size();
        out.resize(start + LZ4F_compressFrameBound(in.size(), &preferences_));
        const size_t size =
            LZ4F_compressFrame(out.data() + start, out.size() - start, in.data(), in.size(), &preferences_);
        if (LZ4F_isError(size)) {
            out.resize(start);
            return fail(ErrorKind::invalid, std::string("Compression with lz4 failed: ") + LZ4F_getErrorName(size));
        }
        out.resize(start + size);
        return {};
    }

  private:
    LZ4F_preferences_t preferences_{};
};

class CompressingWriter final : public ObjectWriter {
  public:
    CompressingWriter(std::unique_ptr<Compressor> compressor, std::unique_ptr<ObjectWriter> inner)
        : compressor_(std::move(compressor)), inner_(std::move(inner)) {}

    Result<void> write(std::string_view bytes) override {
        while (!bytes.empty()) {
            if (block_.empty() && bytes.size() >= object_frame_bytes) {
                if (auto done = write_frame(bytes.substr(0, object_frame_bytes)); !done) return done;
                bytes.remove_prefix(object_frame_bytes);
                continue;
            }
            const size_t taken = std::min(bytes.size(), object_frame_bytes - block_.size());
            block_.append(bytes.substr(0, taken));
            bytes.remove_prefix(taken);
            if (block_.size() < object_frame_bytes) continue;
            if (auto done = write_frame(block_); !done) return done;
            block_.clear();
        }
        return {};
    }

    Result<ObjectReceipt> finish(const std::string& name) override {
        if (!block_.empty() || !written_) {  // an empty object is one empty frame, still a valid stream
            if (auto done = write_frame(block_); !done) return std::unexpected(done.error());
        }
        return inner_->finish(name);
    }

  private:
    Result<void> write_frame(std::string_view bytes) {
        frame_.clear();
        if (auto done = compressor_->append_frame(bytes, frame_); !done) return done;
        written_ = true;
        return inner_->write(frame_);
    }

    std::unique_ptr<Compressor> compressor_;
    std::unique_ptr<ObjectWriter> inner_;
    std::string block_;
    std::string frame_;
    bool written_ = false;
};

struct Levels {
    int usual;
    int lowest;
    int highest;
};

Result<int> settle_level(std::string_view name, int level, Levels levels) {
    if (level == 0) return levels.usual;
    if (level >= levels.lowest && level <= levels.highest) return level;
    return fail(ErrorKind::invalid, "Compression level of " + std::string(name) + " must lie in " +
                                        std::to_string(levels.lowest) + ".." + std::to_string(levels.highest) + ": " +
                                        std::to_string(level));
}

}  // namespace

Result<std::unique_ptr<Compressor>> make_compressor(std::string_view name, int level) {
    if (name == "none") return nullptr;
    if (name == "zstd") {
        const auto settled = settle_level(name, level, {1, -7, 19});
        if (!settled) return std::unexpected(settled.error());
        return std::make_unique<ZstdCompressor>(*settled);
    }
    if (name == "gzip") {
        const auto settled = settle_level(name, level, {6, 1, 9});
        if (!settled) return std::unexpected(settled.error());
        return std::make_unique<GzipCompressor>(*settled);
    }
    if (name == "lz4") {
        const auto settled = settle_level(name, level, {0, -7, 12});
        if (!settled) return std::unexpected(settled.error());
        return std::make_unique<Lz4Compressor>(*settled);
    }
    return fail(ErrorKind::invalid, "Compression must be none, zstd, gzip or lz4: " + std::string(name));
}

std::unique_ptr<ObjectWriter> make_compressing_writer(std::unique_ptr<Compressor> compressor,
                                                      std::unique_ptr<ObjectWriter> inner) {
    return std::make_unique<CompressingWriter>(std::move(compressor), std::move(inner));
}

}  // namespace headwater
