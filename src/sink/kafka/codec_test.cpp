// For the claims about compressed batches: what readers of Kafka ask of them, and that everything comes back.
#include "sink/kafka/codec.h"

#include <doctest/doctest.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

using namespace headwater;

namespace {

std::string text_of(size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += "{\"row\":" + std::to_string(text.size() * 7919) + "}";
    text.resize(bytes);
    return text;
}

std::string compressed(const char* name, const std::string& text, int level = -1) {
    std::string out = "head";
    auto codec = make_batch_codec(name, level);
    REQUIRE(codec);
    REQUIRE((*codec)->append(text, out));
    REQUIRE(out.starts_with("head"));
    return out.substr(4);
}

}  // namespace

TEST_CASE("every codec has its number, and none has none") {
    int16_t number = 1;
    for (const char* name : {"gzip", "snappy", "lz4", "zstd"})
        CHECK((*make_batch_codec(name, -1))->number() == number++);
    CHECK(*make_batch_codec("none", -1) == nullptr);
    CHECK(make_batch_codec("brotli", -1).error().message ==
          "Compression is none of none, gzip, snappy, lz4, zstd: brotli");
}

TEST_CASE("what is compressed comes back") {
    for (size_t bytes : {size_t{0}, size_t{1}, size_t{70'000}, size_t{1'500'000}}) {
        const std::string text = text_of(bytes);
        std::string back(bytes + 1, '\0');

        const std::string by_snappy = compressed("snappy", text);
        size_t size = back.size();
        REQUIRE(snappy_uncompress(by_snappy.data(), by_snappy.size(), back.data(), &size) == SNAPPY_OK);
        CHECK(back.substr(0, size) == text);

        const std::string by_zstd = compressed("zstd", text);
        CHECK(back.substr(0, ZSTD_decompress(back.data(), back.size(), by_zstd.data(), by_zstd.size())) == text);

        const std::string by_gzip = compressed("gzip", text);
        z_stream stream{};
        REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(by_gzip.data()));
        stream.avail_in = static_cast<uInt>(by_gzip.size());
        stream.next_out = reinterpret_cast<Bytef*>(back.data());
        stream.avail_out = static_cast<uInt>(back.size());
        CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
        CHECK(back.substr(0, stream.total_out) == text);
        inflateEnd(&stream);

        const std::string by_lz4 = compressed("lz4", text);
        LZ4F_dctx* context = nullptr;
        LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
        size_t got = back.size(), taken = by_lz4.size();
        CHECK(LZ4F_decompress(context, back.data(), &got, by_lz4.data(), &taken, nullptr) == 0);
        CHECK(back.substr(0, got) == text);
        LZ4F_freeDecompressionContext(context);
    }
}

TEST_CASE("blocks of LZ4 do not hang on each other, or Java cannot read them") {
    constexpr int independent = 0x20;
    CHECK((compressed("lz4", text_of(200'000))[4] & independent) != 0);
}

TEST_CASE("a level is used") {
    const std::string text = text_of(300'000);
    for (const char* name : {"gzip", "lz4", "zstd"})
        CHECK(compressed(name, text, 9).size() != compressed(name, text, 1).size());
}
