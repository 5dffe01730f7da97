// For reading what was compressed as a whole: zstd, gzip and LZ4 frames, one behind the other, known by their first bytes.
#include "sink/decompress.h"

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"

namespace headwater {
namespace {

constexpr size_t piece_bytes = 256 << 10;

std::unexpected<Error> damaged(const char* kind, const char* reason) {
    return fail(ErrorKind::invalid, std::string("Compressed bytes are damaged (") + kind + "): " + reason);
}

class ZstdDecompressor final : public Decompressor {
  public:
    ZstdDecompressor() : context_(ZSTD_createDCtx()) { HW_CHECK(context_ != nullptr); }
    ~ZstdDecompressor() override { ZSTD_freeDCtx(context_); }

    Result<void> append(std::string_view in, std::string& out) override {
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        bool is_full = false;
        while (from.pos < from.size || is_full) {
            const size_t start = out.size();
            out.resize(start + piece_bytes);
            ZSTD_outBuffer to{out.data() + start, piece_bytes, 0};
            const size_t left = ZSTD_decompressStream(context_, &to, &from);
            out.resize(start + to.pos);
            if (ZSTD_isError(left)) return damaged("zstd", ZSTD_getErrorName(left));
            is_whole_ = left == 0;
            is_full = to.pos == piece_bytes && !is_whole_;
        }
        return {};
    }
    bool is_whole() const override { return is_whole_; }

  private:
    ZSTD_DCtx* context_;
    bool is_whole_ = false;
};

class GzipDecompressor final : public Decompressor {
  public:
    GzipDecompressor() {
        constexpr int gzip_window = 15 + 16;
        HW_CHECK(inflateInit2(&stream_, gzip_window) == Z_OK);
    }
    ~GzipDecompressor() override { inflateEnd(&stream_); }

    Result<void> append(std::string_view in, std::string& out) override {
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
        stream_.avail_in = static_cast<uInt>(in.size());
        bool is_full = false;
        while (stream_.avail_in > 0 || is_full) {
            if (is_whole_ && inflateReset(&stream_) != Z_OK) return damaged("gzip", "frame cannot begin");
            is_whole_ = false;
            const size_t start = out.size();
            out.resize(start + piece_bytes);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + start);
            stream_.avail_out = piece_bytes;
            const int state = inflate(&stream_, Z_NO_FLUSH);
            is_full = stream_.avail_out == 0 && state == Z_OK;
            out.resize(out.size() - stream_.avail_out);
            is_whole_ = state == Z_STREAM_END;
            if (state == Z_BUF_ERROR) break;  // nothing more without more bytes
            if (state != Z_OK && state != Z_STREAM_END)
                return damaged("gzip", stream_.msg != nullptr ? stream_.msg : "no frame");
        }
        return {};
    }
    bool is_whole() const override { return is_whole_; }

  private:
    z_stream stream_{};
    bool is_whole_ = false;
};

class Lz4Decompressor final : public Decompressor {
  public:
    Lz4Decompressor() { HW_CHECK(!LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION))); }
    ~Lz4Decompressor() override { LZ4F_freeDecompressionContext(context_); }

    Result<void> append(std::string_view in, std::string& out) override {
        bool is_full = false;
        while (!in.empty() || is_full) {
            const size_t start = out.size();
            out.resize(start + piece_bytes);
            size_t written = piece_bytes, taken = in.size();
            const size_t left = LZ4F_decompress(context_, out.data() + start, &written, in.data(), &taken, nullptr);
            if (LZ4F_isError(left)) {
                out.resize(start);
                return damaged("lz4", LZ4F_getErrorName(left));
            }
            out.resize(start + written);
            in.remove_prefix(taken);
            is_whole_ = left == 0;
            is_full = written == piece_bytes && !is_whole_;
        }
        return {};
    }
    bool is_whole() const override { return is_whole_; }

  private:
    LZ4F_dctx* context_ = nullptr;
    bool is_whole_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> decompressor_of(std::string_view first) {
    if (first.starts_with("\x28\xb5\x2f\xfd")) return std::make_unique<ZstdDecompressor>();
    if (first.starts_with("\x1f\x8b")) return std::make_unique<GzipDecompressor>();
    if (first.starts_with("\x04\x22\x4d\x18")) return std::make_unique<Lz4Decompressor>();
    return nullptr;
}

}  // namespace headwater
