#include "service/http_head.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

std::string head_with(const std::string& lines) {
    return "GET /health HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
}

int status_of(const std::string& bytes) {
    const auto head = read_head(bytes);
    return head ? 200 : head.error().status;
}

}  // namespace

TEST_CASE("a plain head is read whole") {
    const auto head = read_head(
        "POST /v1/runs%20x?a=1&b=%41+c&d HTTP/1.1\r\nHost: LOCALHOST:8000\r\nContent-Length: 12\r\n"
        "X-Thing:  two words \t\r\nConnection: close\r\nExpect: 100-Continue\r\n\r\n");
    REQUIRE(head);
    CHECK(head->method == "POST");
    CHECK(head->path == "/v1/runs x");
    CHECK(head->query == HttpFields{{"a", "1"}, {"b", "A c"}, {"d", ""}});
    CHECK(head->host == "localhost");
    CHECK(head->body_bytes == 12);
    CHECK(field_of(head->fields, "x-thing") == "two words");
    CHECK(!head->keeps_alive);
    CHECK(head->expects_continue);
    CHECK(!head->is_chunked);
}

TEST_CASE("a chunked body, HTTP/1.0 without a Host, and a target with a host are read") {
    CHECK(read_head(head_with("Transfer-Encoding: chunked\r\n"))->is_chunked);
    CHECK(!read_head("GET / HTTP/1.0\r\n\r\n")->keeps_alive);
    CHECK(read_head("GET http://LocalHost/x HTTP/1.1\r\nHost: localhost\r\n\r\n")->path == "/x");
    CHECK(read_head("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n")->host == "[::1]");
}

TEST_CASE("every head that two servers could read differently is refused") {
    for (const char* lines : {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                              "Content-Length: 1\r\nContent-Length: 1\r\n",
                              "Content-Length: 1, 1\r\n",
                              "Content-Length: +1\r\n",
                              "Content-Length: 0x1\r\n",
                              "Content-Length: \r\n",
                              "Content-Length: 1 2\r\n",
                              "Content-Length: 9007199254740993\r\n",
                              "Content-Length: 99999999999999999999\r\n",
                              "Transfer-Encoding: gzip, chunked\r\n",
                              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: xchunked\r\n",
                              "Transfer-Encoding: identity\r\n",
                              "Transfer-Encoding:\r\n",
                              "Name : value\r\n",
                              " folded: x\r\n",
                              "A: b\r\n folded\r\n",
                              "A: b\r\n\tfolded\r\n",
                              "A_B: c\r\n",
                              ": empty\r\n",
                              "NoColon\r\n",
                              "A: b\rc\r\n",
                              "A: b\nC: d\r\n",
                              "A: \x01\r\n",
                              "A: \x7f\r\n",
                              "A\xc3\xa9: b\r\n",
                              "A(: b\r\n",
                              "Host: other\r\n"}) {
        CAPTURE(lines);
        CHECK(status_of(head_with(lines)) == 400);
    }
    CHECK(status_of(head_with(std::string("A: \0b\r\n", 8))) == 400);
}

TEST_CASE("request lines and hosts out of shape are refused") {
    for (const char* line : {"GET  / HTTP/1.1",
                             "GET / HTTP/1.1 ",
                             " GET / HTTP/1.1",
                             "GET /",
                             "GET / HTTP/2",
                             "GET / http/1.1",
                             "G(T / HTTP/1.1",
                             "GET x HTTP/1.1",
                             "GET * HTTP/1.1",
                             "GET /%00 HTTP/1.1",
                             "GET /a%2fb HTTP/1.1",
                             "GET /a%5cb HTTP/1.1",
                             "GET /../etc HTTP/1.1",
                             "GET /a/.. HTTP/1.1",
                             "GET /a/%2e%2e/b HTTP/1.1",
                             "GET /%ff HTTP/1.1",
                             "GET /%zz HTTP/1.1",
                             "GET /%4 HTTP/1.1",
                             "GET /?a=%ff HTTP/1.1",
                             "GET /?a=1&b=2&a=1 HTTP/1.1",
                             "GET /?a&%61=1 HTTP/1.1",
                             "GET /#part HTTP/1.1",
                             "GET http://evil/ HTTP/1.1",
                             "GET /%0a HTTP/1.1"}) {
        CAPTURE(line);
        CHECK(status_of(std::string(line) + "\r\nHost: localhost\r\n\r\n") == 400);
    }
    for (const char* host : {"", "Host:\r\n", "Host: a b\r\n", "Host: a:b\r\n", "Host: a:\r\n", "Host: a:123456\r\n",
                             "Host: a@b\r\n", "Host: [::1\r\n", "Host: [::1]x\r\n", "Host: a/b\r\n"}) {
        CAPTURE(host);
        CHECK(status_of("GET / HTTP/1.1\r\n" + std::string(host) + "\r\n") == 400);
    }
    CHECK(status_of("GET / HTTP/1.2\r\nHost: a\r\n\r\n") == 505);
    CHECK(status_of("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
}

TEST_CASE("what is too long, or asks for what is not there, has its own answer") {
    CHECK(status_of("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414);
    CHECK(status_of(head_with("A: " + std::string(8193, 'a') + "\r\n")) == 431);
    std::string many;
    for (int i = 0; i < 100; ++i) many += "A: b\r\n";
    CHECK(status_of(head_with(many)) == 431);
    CHECK(status_of(head_with(many.substr(6))) == 200);
    CHECK(status_of(head_with("Expect: something\r\n")) == 417);
    CHECK(status_of(head_with("Content-Encoding: gzip\r\n")) == 415);
}

TEST_CASE("no head that is cut off or damaged by a byte makes the reader fall over") {
    const std::string whole = head_with("Content-Length: 3\r\nAccept: */*\r\n");
    REQUIRE(status_of(whole) == 200);
    for (size_t size = 0; size < whole.size(); ++size) CHECK(status_of(whole.substr(0, size)) != 200);
    for (size_t at = 0; at < whole.size(); ++at)
        for (char byte : {'\0', '\r', '\n', ' ', ':', '\xff'}) {
            std::string damaged = whole;
            damaged[at] = byte;
            status_of(damaged);
        }
}
