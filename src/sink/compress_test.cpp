// For claims about compression: everything comes back, and bytes depend on the input alone.
#include "sink/compress.h"

#include <doctest/doctest.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "base/random.h"

namespace headwater {
namespace {

std::string text_of(size_t size_bytes, uint64_t key) {
    std::string text;
    while (text.size() < size_bytes) text += "{\"row\":" + std::to_string(mix(key + text.size()) % 100'000) + "}\n";
    text.resize(size_bytes);
    return text;
}

std::string unzstd(const std::string& in) {
    ZSTD_DStream* stream = ZSTD_createDStream();
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    std::string out;
    std::string piece(1 << 16, '\0');
    size_t left = 0;
    while (from.pos < from.size || left > 0) {
        ZSTD_outBuffer to{piece.data(), piece.size(), 0};
        left = ZSTD_decompressStream(stream, &to, &from);
        REQUIRE_FALSE(ZSTD_isError(left));
        out.append(piece, 0, to.pos);
        if (from.pos == from.size && to.pos < to.size) break;
    }
    ZSTD_freeDStream(stream);
    CHECK(left == 0);
    return out;
}

std::string ungzip(const std::string& in) {
    std::string out;
    std::string piece(1 << 16, '\0');
    z_stream stream{};
    REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    int state = Z_OK;
    while (true) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        state = inflate(&stream, Z_NO_FLUSH);
        out.append(piece, 0, piece.size() - stream.avail_out);
        if (state == Z_STREAM_END && stream.avail_in == 0) break;
        if (state == Z_STREAM_END) state = inflateReset(&stream);
        REQUIRE(state == Z_OK);
    }
    inflateEnd(&stream);
    return out;
}

std::string unlz4(const std::string& in) {
    LZ4F_dctx* context = nullptr;
    REQUIRE_FALSE(LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)));
    std::string out;
    std::string piece(1 << 16, '\0');
    size_t at = 0;
    while (at < in.size()) {
        size_t taken = in.size() - at;
        size_t made = piece.size();
        const size_t state = LZ4F_decompress(context, piece.data(), &made, in.data() + at, &taken, nullptr);
        REQUIRE_FALSE(LZ4F_isError(state));
        out.append(piece, 0, made);
        at += taken;
    }
    LZ4F_freeDecompressionContext(context);
    return out;
}

std::string restore(std::string_view name, const std::string& in) {
    return name == "zstd" ? unzstd(in) : name == "gzip" ? ungzip(in) : unlz4(in);
}

class StringWriter final : public ObjectWriter {
  public:
    explicit StringWriter(std::string& out) : out_(out) {}
    Result<void> write(std::string_view bytes) override {
        out_ += bytes;
        return {};
    }
    Result<ObjectReceipt> finish(const std::string& name) override { return ObjectReceipt{name, out_.size(), ""}; }

  private:
    std::string& out_;
};

std::string compress_object(std::string_view name, const std::string& text, size_t piece_bytes) {
    std::string out;
    auto writer = make_compressing_writer(*make_compressor(name), std::make_unique<StringWriter>(out));
    for (size_t at = 0; at < text.size(); at += piece_bytes) {
        REQUIRE(writer->write(std::string_view(text).substr(at, piece_bytes)));
    }
    const auto receipt = writer->finish("x");
    REQUIRE(receipt);
    CHECK(receipt->bytes == out.size());
    return out;
}

}  // namespace

TEST_SUITE("sink/compress") {
    TEST_CASE("frames one after the other are one stream that gives everything back") {
        for (const char* name : {"zstd", "gzip", "lz4"}) {
            auto compressor = make_compressor(name);
            REQUIRE(compressor);
            std::string out;
            std::string expected;
            for (const size_t size : {1000UL, 0UL, 1UL, 300'000UL}) {
                const std::string text = text_of(size, size);
                REQUIRE((*compressor)->append_frame(text, out));
                expected += text;
            }
            CHECK(out.size() < expected.size());
            CHECK(restore(name, out) == expected);
        }
    }

    TEST_CASE("the bytes of an object do not depend on how it was written") {
        const std::string text = text_of(5 * object_frame_bytes / 2, 7);
        for (const char* name : {"zstd", "gzip", "lz4"}) {
            const std::string whole = compress_object(name, text, text.size());
            CHECK(compress_object(name, text, 4099) == whole);
            CHECK(compress_object(name, text, object_frame_bytes) == whole);
            CHECK(restore(name, whole) == text);
        }
    }

    TEST_CASE("an empty object is a valid stream") {
        for (const char* name : {"zstd", "gzip", "lz4"}) {
            const std::string out = compress_object(name, "", 1);
            CHECK_FALSE(out.empty());
            CHECK(restore(name, out).empty());
        }
    }

    TEST_CASE("a gzip frame tells neither time nor machine") {
        std::string out;
        REQUIRE((*make_compressor("gzip"))->append_frame("abc", out));
        CHECK(out.substr(0, 4) == std::string("\x1f\x8b\x08\x00", 4));
        CHECK(out.substr(4, 4) == std::string(4, '\0'));
        CHECK(out[9] == '\xff');
    }

    TEST_CASE("none is no compressor, and unknown names and levels are refused") {
        CHECK(*make_compressor("none") == nullptr);
        CHECK(make_compressor("brotli").error().message == "Compression must be none, zstd, gzip or lz4: brotli");
        CHECK(make_compressor("gzip", 10).error().message == "Compression level of gzip must lie in 1..9: 10");
        CHECK((*make_compressor("zstd", 19))->extension() == ".zst");
    }
}

}  // namespace headwater
