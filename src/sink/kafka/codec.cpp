#include "sink/kafka/codec.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include "base/check.h"

namespace headwater {

namespace {

constexpr int16_t gzip_number = 1, snappy_number = 2, lz4_number = 3, zstd_number = 4;
constexpr int usual_level = -1;

/// Makes the string longer by at most `room` bytes, which `fill(at)` writes and counts; nothing is cleared before.
template <typename Fill>
void grow(std::string& out, size_t room, Fill fill) {
    const size_t start = out.size();
    out.resize_and_overwrite(start + room, [&](char* bytes, size_t) { return start + fill(bytes + start); });
}

std::unexpected<Error> failed(const char* codec, const char* why) {
    return fail(ErrorKind::invalid, std::string("Compression failed (") + why + "): " + codec);
}

class GzipCodec final : public BatchCodec {
  public:
    explicit GzipCodec(int level) {
        constexpr int gzip_window = 15 + 16;  // 32 KiB window, gzip wrapper
        constexpr int usual_memory = 8;
        HW_CHECK(deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, usual_memory, Z_DEFAULT_STRATEGY) == Z_OK);
    }
    ~GzipCodec() override { deflateEnd(&stream_); }
    int16_t number() const override { return gzip_number; }

    Result<void> append(std::string_view records, std::string& out) override {
        HW_CHECK(records.size() <= UINT32_MAX && deflateReset(&stream_) == Z_OK);
        const size_t room = deflateBound(&stream_, records.size());
        grow(out, room, [&](char* at) {
            stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(records.data()));
            stream_.avail_in = static_cast<uInt>(records.size());
            stream_.next_out = reinterpret_cast<Bytef*>(at);
            stream_.avail_out = static_cast<uInt>(room);
            HW_CHECK(deflate(&stream_, Z_FINISH) == Z_STREAM_END);  // the bound is enough by contract
            return room - stream_.avail_out;
        });
        return {};
    }

  private:
    z_stream stream_{};
};

/// Raw blocks, which Java's reader takes as well as those in its own frame.
class SnappyCodec final : public BatchCodec {
  public:
    int16_t number() const override { return snappy_number; }

    Result<void> append(std::string_view records, std::string& out) override {
        size_t size = snappy_max_compressed_length(records.size());
        snappy_status status = SNAPPY_OK;
        grow(out, size, [&](char* at) {
            status = snappy_compress(records.data(), records.size(), at, &size);
            return status == SNAPPY_OK ? size : 0;
        });
        if (status != SNAPPY_OK) return failed("snappy", "the library gives no reason");
        return {};
    }
};

class Lz4Codec final : public BatchCodec {
  public:
    explicit Lz4Codec(int level) {
        preferences_.frameInfo.blockMode = LZ4F_blockIndependent;  // Java's reader takes no other
        preferences_.compressionLevel = level;
    }
    int16_t number() const override { return lz4_number; }

    Result<void> append(std::string_view records, std::string& out) override {
        const size_t room = LZ4F_compressFrameBound(records.size(), &preferences_);
        size_t size = 0;
        grow(out, room, [&](char* at) {
            size = LZ4F_compressFrame(at, room, records.data(), records.size(), &preferences_);
            return LZ4F_isError(size) ? 0 : size;
        });
        if (LZ4F_isError(size)) return failed("lz4", LZ4F_getErrorName(size));
        return {};
    }

  private:
    LZ4F_preferences_t preferences_{};
};

class ZstdCodec final : public BatchCodec {
  public:
    explicit ZstdCodec(int level) : context_(ZSTD_createCCtx()) {
        HW_CHECK(context_ != nullptr);
        HW_CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level)));
    }
    ~ZstdCodec() override { ZSTD_freeCCtx(context_); }
    int16_t number() const override { return zstd_number; }

    Result<void> append(std::string_view records, std::string& out) override {
        const size_t room = ZSTD_compressBound(records.size());
        size_t size = 0;
        grow(out, room, [&](char* at) {
            size = ZSTD_compress2(context_, at, room, records.data(), records.size());
            return ZSTD_isError(size) ? 0 : size;
        });
        if (ZSTD_isError(size)) return failed("zstd", ZSTD_getErrorName(size));
        return {};
    }

  private:
    ZSTD_CCtx* context_;
};

}  // namespace

Result<std::unique_ptr<BatchCodec>> make_batch_codec(std::string_view name, int level) {
    // librdkafka's property of the level knows -1 to 12; what a codec does not know is its nearest.
    auto at_most = [&](int most) { return level > most ? most : level; };
    if (name == "none") return nullptr;
    if (name == "gzip") return std::make_unique<GzipCodec>(at_most(Z_BEST_COMPRESSION));
    if (name == "snappy") return std::make_unique<SnappyCodec>();
    if (name == "lz4") return std::make_unique<Lz4Codec>(level == usual_level ? 0 : level);
    if (name == "zstd") return std::make_unique<ZstdCodec>(level == usual_level ? ZSTD_CLEVEL_DEFAULT : level);
    return fail(ErrorKind::invalid, "Compression is none of none, gzip, snappy, lz4, zstd: " + std::string(name));
}

}  // namespace headwater
