// For keeping the client library from repeating by itself what a broker may have and no longer know that it has.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

struct sockaddr;

namespace headwater {

/// Connects the client library to brokers; refuses to connect again to a broker that may hold unanswered records.
///
/// A broker knows repeated records again by its memory of producers, which it drops a day after the latest record time
/// (producer.id.expiration.ms), also when it starts: of history it forgets everything at once. Any thread may use it.
class KafkaConnections {
  public:
    /// Connects a socket as connect(2) does, waiting for at most three seconds; `broker` is as the library names it. Gives an
    /// error number, 0 when all is well.
    int connect(int socket, const sockaddr* address, int address_bytes, std::string_view broker);
    /// Tells whether records are on their way that may have to be repeated.
    void set_busy(bool is_busy) { is_busy_ = is_busy; }
    /// True when a connection was refused: it must be looked up what has arrived.
    bool has_refused() const { return has_refused_; }

  private:
    std::atomic<bool> is_busy_ = false;
    std::atomic<bool> has_refused_ = false;
    std::mutex mutex_;
    std::set<std::string, std::less<>> met_;  ///< host:port that were connected
};

}  // namespace headwater
