// For the claims about a server that is full; what goes over the wire is tested from outside.
#include "service/http_server.h"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <thread>

using namespace headwater;

namespace {

namespace net = boost::asio;

/// Answers when it is told to.
class Waiting final : public HttpHandler {
  public:
    Admission admit(HttpRequest&) override { return {.is_quick = false}; }
    HttpResponse answer(const HttpRequest&) override {
        entered.set_value();
        go_on.get_future().wait();
        return {.body = "at last\n", .closes = true};
    }
    HttpResponse refuse(int status, const std::string& reason) override { return {.status = status, .body = reason}; }
    void failed(const std::string&) override {}
    void answered(const HttpRequest&, const HttpResponse&, int64_t) override {}

    std::promise<void> entered, go_on;
};

std::string all_of(net::ip::tcp::socket& client) {
    std::string text;
    boost::system::error_code end;
    net::read(client, net::dynamic_buffer(text), end);
    return text;
}

}  // namespace

TEST_CASE("where every connection is being answered, one more is told to come again") {
    Waiting handler;
    auto server = HttpServer::open({.port = 0, .most_connections = 1, .slow_threads = 1}, handler);
    REQUIRE(server);
    std::atomic<bool> is_over = false;
    std::thread serving([&] { (*server)->serve([&] { return is_over.load(); }); });
    net::io_context io;
    const net::ip::tcp::endpoint place(net::ip::address_v4::loopback(), (*server)->port());
    net::ip::tcp::socket first(io), second(io);
    first.connect(place);
    net::write(first, net::buffer(std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    handler.entered.get_future().wait();
    second.connect(place);
    const std::string refused = all_of(second);
    CHECK(refused.starts_with("HTTP/1.1 503 "));
    CHECK(refused.find("Retry-After: 1\r\n") != std::string::npos);
    handler.go_on.set_value();
    CHECK(all_of(first).ends_with("at last\n"));
    is_over = true;
    serving.join();
}
