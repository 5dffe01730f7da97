// For what is asked of a Kafka broker to write records, and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sink/kafka/partition.h"
#include "sink/kafka/record_batch.h"

namespace headwater {

/// The requests we make, each in one version that brokers from 2.4 to 4.x take, by their keys.
enum class KafkaApi : int16_t {
    produce = 0,
    metadata = 3,
    find_coordinator = 10,
    sasl_handshake = 17,
    api_versions = 18,
    init_producer_id = 22,
    add_partitions_to_txn = 24,
    end_txn = 26,
    sasl_authenticate = 36,
};

/// Gives the version in which we ask.
int16_t version_of(KafkaApi api);
/// Names a request as the protocol's documentation does.
std::string_view name_of(KafkaApi api);

/// Appends the frame of a request: room for its length, then its head. close_frame() puts the length, which counts
/// `more_bytes` that are sent behind.
void open_frame(std::string& out, KafkaApi api, int32_t correlation, std::string_view client);
void close_frame(std::string& out, size_t more_bytes = 0);

/// Appends what comes in front of the batches: no transaction, and all replicas shall have acknowledged within that time.
void append_produce_begin(std::string& out, int32_t timeout_ms);
void append_metadata_request(std::string& out, const std::vector<std::string>& topics);
/// Asks who coordinates a transactional id.
void append_find_coordinator_request(std::string& out, std::string_view transactional_id);
/// Asks for a producer's id: one that nobody had, or with a transactional id the next epoch of its own.
void append_init_producer_id_request(std::string& out, std::string_view transactional_id = {});
/// Puts all partitions of some topics into the transaction of a writer, which begins with that.
void append_add_partitions_request(std::string& out, std::string_view transactional_id, const BatchWriter& writer,
                                   const std::vector<KafkaTopic>& topics);
/// Ends the transaction as one that never was.
void append_abort_request(std::string& out, std::string_view transactional_id, const BatchWriter& writer);
void append_sasl_handshake_request(std::string& out, std::string_view mechanism);
void append_sasl_authenticate_request(std::string& out, std::string_view message);

/// What an answer says beside its error.
struct ApiVersionsAnswer {
    struct Range {
        int16_t api = 0, least = 0, most = 0;
    };
    int16_t error = 0;
    std::vector<Range> ranges;
    /// Names the first of our requests that the broker does not take in our version, or "".
    std::string_view lacking() const;
    /// True when the broker takes what transactions need.
    bool has_transactions() const;
};

struct MetadataAnswer {
    struct Broker {
        int32_t id = 0;
        std::string host;
        int32_t port = 0;
    };
    struct Partition {
        int16_t error = 0;
        int32_t number = 0;
        int32_t leader = -1;
    };
    struct Topic {
        int16_t error = 0;
        std::string name;
        std::vector<Partition> partitions;
    };
    std::vector<Broker> brokers;
    std::vector<Topic> topics;
};

struct InitProducerIdAnswer {
    int16_t error = 0;
    int64_t producer_id = -1;
    int16_t epoch = -1;
};

struct FindCoordinatorAnswer {
    int16_t error = 0;
    std::string host;
    int32_t port = 0;
};

struct SaslAnswer {
    int16_t error = 0;
    std::string reason;
    std::string message;
    int64_t lifetime_ms = 0;  ///< of the session; 0: no end
};

struct ProduceAnswer {
    struct Refused {
        int32_t record = 0;  ///< its place in the batch
        std::string reason;
    };
    struct Partition {
        std::string topic;
        int32_t number = 0;
        int16_t error = 0;
        int64_t base_offset = -1;
        std::vector<Refused> refused;
        std::string reason;
    };
    std::vector<Partition> partitions;
    int32_t throttle_ms = 0;
};

/// Each reads the body of an answer; none when it is not whole.
std::optional<ApiVersionsAnswer> read_api_versions(std::string_view body);
std::optional<MetadataAnswer> read_metadata(std::string_view body);
std::optional<FindCoordinatorAnswer> read_find_coordinator(std::string_view body);
/// Gives the first error of a partition, 0 where there is none.
std::optional<int16_t> read_add_partitions(std::string_view body);
std::optional<int16_t> read_end_txn(std::string_view body);
std::optional<InitProducerIdAnswer> read_init_producer_id(std::string_view body);
std::optional<SaslAnswer> read_sasl_handshake(std::string_view body);
std::optional<SaslAnswer> read_sasl_authenticate(std::string_view body);
std::optional<ProduceAnswer> read_produce(std::string_view body);

}  // namespace headwater
