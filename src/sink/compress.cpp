// For zstd, gzip and LZ4 frames (RFC 8878, RFC 1952, LZ4 frame format 1.6).
#include "sink/compress.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "base/check.h"

namespace headwater {
namespace {

std::unexpected<Error> failed(const char* kind, const char* why) {
    return fail(ErrorKind::invalid, std::string("Compression failed (") + why + "): " + kind);
}

class ZstdCompressor final : public Compressor {
  public:
    explicit ZstdCompressor(int level) : context_(ZSTD_createCCtx()) {
        HW_CHECK(context_ != nullptr);
        HW_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level)));
    }
    ~ZstdCompressor() override { ZSTD_freeCCtx(context_); }
    std::string_view extension() const override { return ".zst"; }

    Result<void> append_frame(std::string_view in, std::string& out) override {
        const size_t room = ZSTD_compressBound(in.size());
        size_t size = 0;
        append_filled(out, room, [&](char* at) {
            size = ZSTD_compress2(context_, at, room, in.data(), in.size());
            return ZSTD_isError(size) ? 0 : size;
        });
        if (ZSTD_isError(size)) return failed("zstd", ZSTD_getErrorName(size));
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
    std::string_view extension() const override { return ".gz"; }

    Result<void> append_frame(std::string_view in, std::string& out) override {
        HW_CHECK(in.size() <= UINT32_MAX);
        HW_CHECK(deflateReset(&stream_) == Z_OK && deflateSetHeader(&stream_, &header_) == Z_OK);
        const size_t room = deflateBound(&stream_, in.size());
        append_filled(out, room, [&](char* at) {
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
            stream_.avail_in = static_cast<uInt>(in.size());
            stream_.next_out = reinterpret_cast<Bytef*>(at);
            stream_.avail_out = static_cast<uInt>(room);
            HW_CHECK(deflate(&stream_, Z_FINISH) == Z_STREAM_END);  // the bound is enough by contract
            return room - stream_.avail_out;
        });
        return {};
    }

  private:
    z_stream stream_{};
    gz_header header_{};
};

class Lz4Compressor final : public Compressor {
  public:
    Lz4Compressor(int level, bool looks_back) {
        preferences_.frameInfo.blockMode = looks_back ? LZ4F_blockLinked : LZ4F_blockIndependent;
        preferences_.compressionLevel = level;
    }
    std::string_view extension() const override { return ".lz4"; }

    Result<void> append_frame(std::string_view in, std::string& out) override {
        const size_t room = LZ4F_compressFrameBound(in.size(), &preferences_);
        size_t size = 0;
        append_filled(out, room, [&](char* at) {
            size = LZ4F_compressFrame(at, room, in.data(), in.size(), &preferences_);
            return LZ4F_isError(size) ? 0 : size;
        });
        if (LZ4F_isError(size)) return failed("lz4", LZ4F_getErrorName(size));
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

/// A kind that objects may have, with its levels.
struct ObjectCompression {
    std::string_view name;
    int usual;
    int lowest;
    int highest;
    std::unique_ptr<Compressor> (*make)(int level);
};

constexpr ObjectCompression object_compressions[] = {
    {"zstd", 1, -7, 19, make_zstd_compressor},
    {"gzip", 6, 1, 9, make_gzip_compressor},
    {"lz4", 0, -7, 12, [](int level) { return make_lz4_compressor(level, true); }},
};

}  // namespace

std::unique_ptr<Compressor> make_gzip_compressor(int level) { return std::make_unique<GzipCompressor>(level); }
std::unique_ptr<Compressor> make_lz4_compressor(int level, bool looks_back) {
    return std::make_unique<Lz4Compressor>(level, looks_back);
}
std::unique_ptr<Compressor> make_zstd_compressor(int level) { return std::make_unique<ZstdCompressor>(level); }

Result<std::unique_ptr<Compressor>> make_compressor(std::string_view name, int level) {
    if (name == "none") return nullptr;
    const auto* kind = std::ranges::find(object_compressions, name, &ObjectCompression::name);
    if (kind == std::end(object_compressions))
        return fail(ErrorKind::invalid, "Compression must be none, zstd, gzip or lz4: " + std::string(name));
    if (level == 0) return kind->make(kind->usual);
    if (level >= kind->lowest && level <= kind->highest) return kind->make(level);
    return fail(ErrorKind::invalid, "Compression level of " + std::string(name) + " must lie in " +
                                        std::to_string(kind->lowest) + ".." + std::to_string(kind->highest) + ": " +
                                        std::to_string(level));
}

std::unique_ptr<ObjectWriter> make_compressing_writer(std::unique_ptr<Compressor> compressor,
                                                      std::unique_ptr<ObjectWriter> inner) {
    return std::make_unique<CompressingWriter>(std::move(compressor), std::move(inner));
}

}  // namespace headwater
