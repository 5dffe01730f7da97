// For how batches are made and connections are kept, as the properties of a Kafka client say it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "sink/kafka/options.h"
#include "sink/kafka/tokens.h"

namespace headwater {

/// Settings of the way of writing. Defaults are those of librdkafka, but for what is said beside.
struct WriteSettings {
    std::string client_id = "headwater";
    std::string compression = "lz4";
    int level = -1;
    double linger_ms = 20;        ///< librdkafka: 5
    double prompt_linger_ms = 1;  ///< of records that come as they happen; as linger.ms, where that is said
    size_t batch_bytes = 1'000'000;
    int32_t batch_records = INT32_MAX;  ///< librdkafka: 10,000
    uint64_t most_record_bytes = 0;     ///< 0: what the topic takes
    size_t most_in_flight = 5;          ///< requests of one connection without an answer

    int request_timeout_ms = 30'000;  ///< for the broker to gather all acknowledgements
    int socket_timeout_ms = 60'000;   ///< for an answer of any kind
    int connect_timeout_ms = 30'000;
    int reconnect_first_ms = 100;
    int reconnect_most_ms = 1'000;  ///< librdkafka: 10,000
    int retry_ms = 100;
    int metadata_refresh_ms = 300'000;
    int metadata_patience_ms = 30'000;  ///< for a topic that is not there to come
    int most_idle_ms = 0;               ///< after which a connection is closed; 0: never

    bool keeps_alive = false;
    bool has_no_delay = true;  ///< librdkafka: false
    int send_buffer_bytes = 0;
    int receive_buffer_bytes = 0;
    int family = 0;  ///< of addresses: 0, 4 or 6

    bool uses_tls = false;
    std::string mechanism;  ///< of SASL; "" = none
    std::string user;
    std::string password;
    AddressGuard guard;                   ///< of every connection; none: all are made
    std::shared_ptr<KafkaTokens> tokens;  ///< where the login is by token
};

/// Reads the settings, whose values librdkafka has found possible.
WriteSettings write_settings_of(const KafkaOptions& options);

}  // namespace headwater
