// For the bytes of one connection, behind TLS where the service has it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "service/tls.h"

namespace headwater {

/// One connection's bytes. Used by the server's thread; lives as long as something of it is under way.
class Wire : public std::enable_shared_from_this<Wire> {
  public:
    using Failure = boost::system::error_code;
    using Done = std::function<void(Failure, size_t)>;

    /// Without an identity, bytes go as they are.
    Wire(boost::asio::ip::tcp::socket socket, const TlsIdentity* identity);

    boost::asio::ip::tcp::socket& socket() { return socket_; }
    bool is_sealed() const { return session_ != nullptr; }
    /// Reads at least one byte.
    void read(boost::asio::mutable_buffer into, Done done);
    /// Writes all of the text, behind what is being written.
    void write(std::string text, Done done);
    /// Says that nothing more will be written.
    void finish();
    /// Lets what is awaited fail, and takes nothing away from what comes next.
    void interrupt();
    void close();

  private:
    void unseal(boost::asio::mutable_buffer into, Done done, size_t size);
    void hand_over(boost::asio::mutable_buffer into, Done done);
    void send(std::string bytes, Done done);
    void send_next();

    boost::asio::ip::tcp::socket socket_;
    std::unique_ptr<TlsSession> session_;  ///< none: bytes go as they are
    std::string sealed_;                   ///< as they came
    std::string plain_;                    ///< unsealed and not yet read
    std::deque<std::pair<std::string, Done>> outgoing_;
};

}  // namespace headwater
