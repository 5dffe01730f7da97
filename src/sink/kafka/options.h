// For what can be said of a Kafka target: where it is, how its topics are made, how records are written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sink/address_guard.h"
#include "sink/kafka/properties.h"

namespace headwater {

class KafkaTokens;

/// Topics that are not there.
enum class TopicPolicy {
    create,  ///< are made as asked; others are checked
    accept,  ///< are made as asked; others are taken as they are
    check,   ///< are an error; others are checked
    off,     ///< are left to the broker, and nothing is checked
};

/// How topics are to be.
struct TopicOptions {
    static constexpr int default_partitions = 6;
    TopicPolicy policy = TopicPolicy::create;
    std::optional<int> partitions;   ///< none: default_partitions where a topic is made
    std::optional<int> replication;  ///< none: as the broker has it
    std::map<std::string, std::string>
        config;  ///< retention.ms, cleanup.policy, min.insync.replicas, max.message.bytes
};

/// A Kafka target, settled.
struct KafkaOptions {
    std::string servers;  ///< host:port,host:port
    std::string topic;    ///< with holes $(stream) and $(pack)
    std::string compression = "lz4";
    bool event_time = true;        ///< records carry their event time; else the time they are written
    bool identity_headers = true;  ///< records carry run, stream and row as headers
    bool keeps_latest =
        false;  ///< topics keep the latest record of each key: what may have arrived is written again, in
                ///< order, since what was compacted away cannot be told from what never came
    uint64_t in_flight_bytes = 32 << 20;
    TopicOptions topics;
    KafkaProperties properties;
    bool is_bound = true;                 ///< its servers are among those that secrets are for, or those are not bound
    AddressGuard guard;                   ///< of every connection; none: all are made
    std::shared_ptr<KafkaTokens> tokens;  ///< where logins are by token: shared by all connections of who makes them
};

/// What an output says of its target, as typed.
struct KafkaRequest {
    std::string address;                         ///< what stands behind kafka:, such as //localhost:9092/orders
    std::map<std::string, std::string> options;  ///< by name
    std::string compression;
    std::string identity;
    bool is_answer_key = false;
    AddressGuard guard{};  ///< of connections to servers that secrets are not for
};

/// Reads a Kafka target. The password comes from KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD where nothing else gives it;
/// where KAFKA_SASL_SERVERS is set, it goes to these servers and no others, whatever names them.
Result<KafkaOptions> read_kafka_options(const KafkaRequest& request);

/// Lists servers, as host and port.
std::vector<std::pair<std::string, uint16_t>> kafka_servers(const std::string& servers);

/// Checks the address of a Kafka target: servers, and a topic with known holes or none.
Result<void> check_kafka_address(const std::string& address);

/// Gives the topic of a stream `pack.stream`.
std::string topic_of(const std::string& pattern, const std::string& stream);

}  // namespace headwater
