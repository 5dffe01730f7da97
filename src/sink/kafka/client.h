// For what is not hot in our dealings with a cluster: asking for topics, making them, reading them back.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sink/kafka/options.h"

struct sockaddr;
struct rd_kafka_s;
struct rd_kafka_conf_s;

namespace headwater {

/// What the connection said of itself; written while it is polled.
struct KafkaTrouble {
    std::string last;    ///< of any kind
    std::string denied;  ///< wrong password, unknown certificate: waiting does not help
};

/// A further setting of the client library.
struct KafkaSetting {
    const char* name;
    std::string value;
};

/// Owns a consumer of librdkafka, which reads and administers.
class KafkaClient {
  public:
    /// Makes a client, whose `settings` go beyond the options; a property it does not take is invalid.
    static Result<std::unique_ptr<KafkaClient>> make(const KafkaOptions& options,
                                                     const std::vector<KafkaSetting>& settings);
    /// Checks the values of all properties, those of writing too, without a connection; a wrong one is invalid.
    static Result<void> check(const KafkaOptions& options);
    ~KafkaClient();
    KafkaClient(const KafkaClient&) = delete;
    KafkaClient& operator=(const KafkaClient&) = delete;

    rd_kafka_s* handle() const { return handle_; }
    /// Serves what the client has to tell, waiting for it as long as that.
    void poll(int wait_ms);
    /// Gives what the client suffers from: denied is invalid, all else unavailable and named with its servers.
    Error trouble_of(const std::string& otherwise) const;

    /// Notes an error of the library; for its callback.
    void note(int error, const char* reason);
    /// Connects a socket where that is allowed, and gives the error or 0; for its callback.
    int connect(int socket, const sockaddr* place, unsigned size);
    /// Gives the library a token that counts now, where logins are by token; for its callback.
    Result<void> renew_token();

  private:
    explicit KafkaClient(const KafkaOptions& options)
        : servers_(options.servers),
          guard_(options.guard),
          mechanism_(options.properties.value("sasl.mechanism")),
          tokens_(options.tokens) {}

    std::string servers_;
    AddressGuard guard_;
    std::string mechanism_;  ///< by which a password is shown, or ""
    std::shared_ptr<KafkaTokens> tokens_;
    KafkaTrouble trouble_;
    std::atomic<bool> is_kept_away_ = false;  ///< an address was refused, by threads of the library
    rd_kafka_s* handle_ = nullptr;
};

/// True when an error says that this user may not do this, or is not who they say.
bool is_denial(int error);

}  // namespace headwater
