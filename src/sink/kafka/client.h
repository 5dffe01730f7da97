// For one connection to a Kafka cluster: settings, the last trouble, and the kinds of its failures.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "sink/kafka/connections.h"
#include "sink/kafka/options.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;
struct rd_kafka_conf_s;
struct rd_kafka_message_s;

namespace headwater {

/// What the connection said of itself; written while it is polled.
struct KafkaTrouble {
    std::string last;       ///< of any kind
    std::string denied;     ///< wrong password, unknown certificate: waiting does not help
    bool is_fatal = false;  ///< the producer can write no more
};

/// A further setting of the client library.
struct KafkaSetting {
    const char* name;
    std::string value;
};

/// Owns a client of librdkafka.
class KafkaClient {
  public:
    enum class Role { producer, reader };
    using Answer = void (*)(rd_kafka_s*, const rd_kafka_message_s*, void* opaque);

    struct Making {
        Role role = Role::producer;
        std::vector<KafkaSetting> settings;
        Answer answer = nullptr;  ///< called for each delivery report, in poll()
        void* opaque = nullptr;
        KafkaConnections* connections = nullptr;  ///< makes connections; must outlive the client
    };

    /// Makes a client; a property it does not take is invalid.
    static Result<std::unique_ptr<KafkaClient>> make(const KafkaOptions& options, const Making& making);
    /// Checks the values of all properties, without a connection; a wrong one is invalid.
    static Result<void> check(const KafkaOptions& options);
    ~KafkaClient();
    KafkaClient(const KafkaClient&) = delete;
    KafkaClient& operator=(const KafkaClient&) = delete;

    rd_kafka_s* handle() const { return handle_; }
    /// Serves what the client has to tell, waiting for it as long as that.
    void poll(int wait_ms);
    const KafkaTrouble& trouble() const { return trouble_; }
    /// Gives what the client suffers from: denied is invalid, all else unavailable and named with its servers.
    Error trouble_of(const std::string& otherwise) const;

    /// Notes an error of the library; for its callbacks.
    void note(int error, const char* reason);

  private:
    explicit KafkaClient(const KafkaOptions& options, const Making& making)
        : servers_(options.servers),
          mechanism_(options.properties.value("sasl.mechanism")),
          opaque_(making.opaque),
          answer_(making.answer),
          connections_(making.connections) {}
    Result<void> configure(rd_kafka_conf_s* settings, const KafkaOptions& options, const Making& making);

    friend struct KafkaCallbacks;
    std::string servers_;
    std::string mechanism_;  ///< by which a password is shown, or ""
    void* opaque_;
    Answer answer_;
    KafkaConnections* connections_;
    KafkaTrouble trouble_;
    rd_kafka_s* handle_ = nullptr;
};

/// True when an error says that this user may not do this, or is not who they say.
bool is_denial(int error);

}  // namespace headwater
