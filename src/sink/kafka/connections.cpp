// For keeping the client library from repeating by itself what a broker may have and no longer know that it has.
#include "sink/kafka/connections.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace headwater {

namespace {

constexpr int patience_ms = 3'000;

/// Gives host:port of sasl_ssl://host:port/1 or host:port/bootstrap: the number becomes known later.
std::string_view address_in(std::string_view broker) {
    size_t scheme = broker.find("://");
    if (scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
    return broker.substr(0, std::min(broker.find('/'), broker.size()));
}

}  // namespace

int KafkaConnections::connect(int socket, const sockaddr* address, int address_bytes, std::string_view broker) {
    std::string_view name = address_in(broker);
    {
        std::lock_guard lock(mutex_);
        if (is_busy_ && met_.contains(name)) {
            has_refused_ = true;
            return ECONNREFUSED;
        }
    }
    if (::connect(socket, address, static_cast<socklen_t>(address_bytes)) != 0) {
        if (errno != EINPROGRESS) return errno;
        pollfd ready{socket, POLLOUT, 0};
        if (::poll(&ready, 1, patience_ms) > 0) {
            int error = 0;
            socklen_t size = sizeof error;
            if (::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
                return error != 0 ? error : EIO;
        }
    }
    std::lock_guard lock(mutex_);
    met_.emplace(name);
    return 0;
}

}  // namespace headwater
