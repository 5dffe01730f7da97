// For one connection, from its acceptance to its end: requests are read within their limits, and answered.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/text.h"
#include "service/http_server.h"
#include "service/request_rates.h"

namespace headwater {

/// A number that no other request of this process has, and hardly one of another.
class RequestIds {
  public:
    std::string next() { return hex_of(words_()); }

  private:
    std::mt19937_64 words_{std::random_device{}()};
};

class Connection;

/// What the connections of one server share. Used by the server's thread.
struct Floor {
    const HttpServerOptions& options;
    HttpHandler& handler;
    boost::asio::thread_pool& slow;
    RequestRates rates;
    RequestIds ids{};
    std::list<Connection*> waiting{};  ///< for bytes of a request, those that wait longest in front
    std::map<std::string, size_t> by_address{};
    std::list<std::weak_ptr<Connection>> streaming{};  ///< those whose answer goes on
    size_t connections = 0;
    size_t turned_away = 0;  ///< those that are being told why
};

/// One connection. Lives as long as something is awaited.
class Connection {
  public:
    virtual ~Connection() = default;
    /// Gives what the limits by address count it for.
    virtual const std::string& client() const = 0;
    /// Reads the next request.
    virtual void read() = 0;
    /// Closes a connection that waits; to make room for another one.
    virtual void give_way() = 0;
    /// Tells a client that there is no room for it, before it asks. Behind TLS it could not be read yet.
    virtual void turn_away(int status, const std::string& reason) = 0;
    /// Sends what the stream of its answer has to say by now; false when there is nothing more to do. A client that has not
    /// taken what came before is let go: nothing is kept for it.
    virtual bool send_more() = 0;
};

/// Makes the connection of a client; it counts on the floor until it is gone.
std::shared_ptr<Connection> make_connection(boost::asio::ip::tcp::socket socket, Floor& floor);

/// Gives what counts as one client: an address, of IPv6 the network that its owner has.
std::string client_of(const boost::asio::ip::address& address);

}  // namespace headwater
