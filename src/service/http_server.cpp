// For serving HTTP/1.1: taking connections within their limits, and ending.
#include "service/http_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "service/connection.h"

namespace headwater {

namespace {

namespace net = boost::asio;
using Tcp = net::ip::tcp;
using Failure = boost::system::error_code;
using std::chrono::milliseconds;

constexpr size_t most_accepted = 64;     ///< connections that are taken at once
constexpr size_t most_turned_away = 64;  ///< connections that are told why; more of them are closed at once
constexpr milliseconds tick_interval{50};
constexpr milliseconds accept_pause{100};  ///< when no connection can be taken, for want of file descriptors

class AsioServer final : public HttpServer {
  public:
    AsioServer(const HttpServerOptions& options, HttpHandler& handler)
        : options_(options),
          floor_{options_, handler, slow_, RequestRates(options.address_rate)},
          slow_(static_cast<size_t>(options.slow_threads)),
          acceptor_(io_),
          timer_(io_),
          pause_(io_) {}

    ~AsioServer() override {
        slow_.stop();
        slow_.join();
    }

    Result<void> listen() {
        Failure failure;
        const std::string host = options_.host == "localhost" ? "127.0.0.1" : options_.host;
        const auto address = net::ip::make_address(host, failure);
        if (failure) return fail(ErrorKind::invalid, "Host to listen on is not an address: " + options_.host);
        const Tcp::endpoint place(address, options_.port);
        acceptor_.open(place.protocol(), failure);
        if (!failure) acceptor_.set_option(net::socket_base::reuse_address(true), failure);
        if (!failure) acceptor_.bind(place, failure);
        if (!failure) acceptor_.listen(net::socket_base::max_listen_connections, failure);
        if (!failure) acceptor_.non_blocking(true, failure);
        if (failure)
            return fail(ErrorKind::unavailable, "Address cannot be listened on (" + failure.message() +
                                                    "): " + options_.host + ":" + std::to_string(options_.port));
        return {};
    }

    uint16_t port() const override { return acceptor_.local_endpoint().port(); }

    void serve(const std::function<bool()>& tick) override {
        accept();
        wait(tick);
        for (bool is_over = false; !is_over;) {
            try {
                io_.run();
                is_over = true;
            } catch (const std::exception& error) {
                floor_.handler.failed(error.what());
            }
        }
    }

    void stop_accepting() override {
        Failure ignored;
        acceptor_.close(ignored);
    }

  private:
    void wait(const std::function<bool()>& tick) {
        timer_.expires_after(tick_interval);
        timer_.async_wait([this, &tick](Failure) {
            if (tick()) return io_.stop();
            std::erase_if(floor_.streaming, [](const auto& one) {
                const auto connection = one.lock();
                return connection == nullptr || !connection->send_more();
            });
            wait(tick);
        });
    }

    void accept() {
        acceptor_.async_accept([this](Failure failure, Tcp::socket socket) {
            if (!acceptor_.is_open()) return;
            if (failure) {
                if (!floor_.waiting.empty()) floor_.waiting.front()->give_way();
                pause_.expires_after(accept_pause);
                return pause_.async_wait([this](Failure) { accept(); });
            }
            take(std::move(socket));
            accept_more();
            accept();
        });
    }

    /// Takes those that wait too. One at a time between the answers of all others, the last of many would wait for all of them.
    void accept_more() {
        for (size_t i = 0; i < most_accepted; ++i) {
            Failure failure;
            Tcp::socket socket = acceptor_.accept(failure);
            if (failure) return;
            take(std::move(socket));
        }
    }

    /// Takes a connection. Where there are too many, of its client or of all, the one that waits longest gives way.
    void take(Tcp::socket socket) {
        Failure failure;
        const auto place = socket.remote_endpoint(failure);
        if (failure) return;
        const std::string client = client_of(place.address());
        const auto of_client = floor_.by_address.find(client);
        const bool is_client_full = options_.address_connections > 0 && of_client != floor_.by_address.end() &&
                                    of_client->second >= options_.address_connections;
        const bool is_full = floor_.connections >= options_.most_connections;
        bool has_room = true;
        if (is_client_full)
            has_room = give_way([&](const Connection* one) { return one->client() == client; });
        else if (is_full)
            has_room = give_way([](const Connection*) { return true; });
        if (!has_room && floor_.turned_away >= most_turned_away) return;
        const auto connection = make_connection(std::move(socket), floor_);
        if (has_room) return connection->read();
        if (is_client_full) return connection->turn_away(429, "Too many connections of the address: " + client);
        connection->turn_away(503, "Too many connections");
    }

    /// Closes the connection that waits longest among those that fit; false when there is none.
    bool give_way(const auto& fits) {
        const auto found = std::ranges::find_if(floor_.waiting, fits);
        if (found == floor_.waiting.end()) return false;
        (*found)->give_way();
        return true;
    }

    HttpServerOptions options_;
    Floor floor_;  ///< outlives the connections, which what follows holds
    net::io_context io_{1};
    net::thread_pool slow_;
    Tcp::acceptor acceptor_;
    net::steady_timer timer_;
    net::steady_timer pause_;
};

/// Connections need file descriptors, of which a shell often gives 1,024.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(const HttpServerOptions& options, HttpHandler& handler) {
    raise_descriptor_limit();
    auto server = std::make_unique<AsioServer>(options, handler);
    if (auto listening = server->listen(); !listening) return std::unexpected(listening.error());
    return server;
}

}  // namespace headwater
