// For reading back what was compressed, in pieces of any size, and for telling what is damaged or cut.
#include "sink/decompress.h"

#include <doctest/doctest.h>

#include "sink/compress.h"

namespace headwater {
namespace {

std::string sample() {
    std::string text;
    for (int64_t i = 0; i < 200'000; ++i) text += std::to_string(i * i % 1009) + ",";
    return text;
}

std::string packed(const char* kind, const std::string& text) {
    auto compressor = make_compressor(kind);
    std::string out;
    // Two frames, as writers of long objects make them.
    REQUIRE((*compressor)->append_frame(std::string_view(text).substr(0, text.size() / 3), out));
    REQUIRE((*compressor)->append_frame(std::string_view(text).substr(text.size() / 3), out));
    return out;
}

TEST_CASE("decompress: frames come back whole, whatever pieces they come in") {
    const std::string text = sample();
    for (const char* kind : {"zstd", "gzip", "lz4"}) {
        const std::string bytes = packed(kind, text);
        for (size_t piece : {size_t{1009}, size_t{65536}, bytes.size()}) {
            CAPTURE(kind);
            CAPTURE(piece);
            auto decompressor = decompressor_of(bytes);
            REQUIRE(decompressor != nullptr);
            std::string out;
            for (size_t at = 0; at < bytes.size(); at += piece)
                REQUIRE(decompressor->append(std::string_view(bytes).substr(at, piece), out));
            CHECK(out == text);
            CHECK(decompressor->is_whole());
        }
    }
}

TEST_CASE("decompress: what is cut is not whole, what is damaged is told, what is plain is left alone") {
    const std::string text = sample();
    for (const char* kind : {"zstd", "gzip", "lz4"}) {
        CAPTURE(kind);
        std::string bytes = packed(kind, text);
        auto decompressor = decompressor_of(bytes);
        std::string out;
        REQUIRE(decompressor->append(std::string_view(bytes).substr(0, bytes.size() - 9), out));
        CHECK_FALSE(decompressor->is_whole());
        CHECK(text.starts_with(out));
        auto damaged = decompressor_of(bytes);
        for (size_t i = 20; i < 60; ++i) bytes[i] = static_cast<char>(~bytes[i]);
        CHECK_FALSE((damaged->append(bytes, out) && damaged->is_whole() && out == text));
    }
    CHECK(decompressor_of("{\"a\":1}") == nullptr);
}

}  // namespace
}  // namespace headwater
