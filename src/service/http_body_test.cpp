// For the claims about bodies: what is read, in whatever pieces it comes, and what is refused.
#include "service/http_body.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

/// Reads a body that comes in pieces of so many bytes; gives its text and what was left behind it, or the refusal.
std::expected<std::string, HeadRefusal> read(const RequestHead& head, std::string_view bytes, size_t piece) {
    HttpBody body(head, 100);
    std::string held;
    for (size_t at = 0; at < bytes.size(); at += piece) {
        held += bytes.substr(at, piece);
        const auto taken = body.take(held);
        if (!taken) return std::unexpected(taken.error());
        held.erase(0, *taken);
    }
    return body.is_done() ? body.release() + "|" + held : "not whole";
}

}  // namespace

TEST_CASE("a body is as long as its length says, and what comes behind it stays") {
    for (size_t piece = 1; piece < 12; ++piece) {
        CHECK(read({.body_bytes = 5}, "hello, you", piece) == "hello|, you");
        CHECK(read({.body_bytes = 11}, "hello, you", piece) == "not whole");
    }
    CHECK(HttpBody({}, 100).is_done());
}

TEST_CASE("chunks become one text, in whatever pieces they come") {
    const RequestHead chunked{.is_chunked = true};
    for (size_t piece = 1; piece < 40; ++piece) {
        CHECK(read(chunked, "5\r\nhello\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\n\r\nGET", piece) == "hello0123456789|GET");
        CHECK(read(chunked, "5\r\nhello\r\n0\r\n", piece) == "not whole");
    }
}

TEST_CASE("chunks that two servers could read differently are refused") {
    const RequestHead chunked{.is_chunked = true};
    const std::string long_extension = "2;" + std::string(300, 'x') + "\r\n{}\r\n0\r\n\r\n";
    for (const char* text :
         {"+2\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n", " 2\r\n{}\r\n0\r\n\r\n",
          "2 \r\n{}\r\n0\r\n\r\n", "\r\n", ";x\r\n", "ffffffffffffffff1\r\n", "2\r\n{}0\r\n\r\n", "2\n{}\r\n0\r\n\r\n",
          "2\r\n{}\n0\r\n\r\n", "2;a\x01\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\n0\r\nX: y\r\n\r\n", "2\r\n{}\r\n0\r\n\n",
          long_extension.c_str()}) {
        for (size_t piece : {1, 7, 1000}) {
            const auto refused = read(chunked, text, piece);
            REQUIRE_MESSAGE(!refused, text);
            CHECK(refused.error().status == 400);
        }
    }
    for (const char* text : {"65\r\n", "ffffffffffffffff\r\n", "3c\r\n"}) {
        const auto refused = read(chunked, std::string("32\r\n") + std::string(50, 'x') + "\r\n" + text, 9);
        REQUIRE_MESSAGE(!refused, text);
        CHECK(refused.error().status == 413);
    }
}
