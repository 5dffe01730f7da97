// For what the thread that fills batches and the thread that sends them share.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sink/kafka/partition.h"
#include "sink/sink.h"

namespace headwater {

/// What every record carries beside key and value.
struct KafkaDress {
    bool event_time = true;
    bool identity_headers = true;
    bool is_history = false;  ///< of times so old that brokers forget who wrote them
    std::string run;
    uint64_t fatal_after = 0;  ///< for tests: records after which the producer is made to fail for good, every time
};

/// Names of the headers.
inline constexpr const char* run_header = "headwater-run";
inline constexpr const char* stream_header = "headwater-stream";
inline constexpr const char* row_header = "headwater-row";

/// The partitions of one topic, and batches of its size that can be filled again.
struct TopicTraffic {
    KafkaTopic* topic = nullptr;
    size_t batch_bytes = 0;  ///< of records, in one batch
    std::vector<KafkaPartition> partitions;
    std::vector<std::unique_ptr<KafkaBatch>> idle;
    int64_t missing_since_ms = 0;  ///< as the brokers say; 0: it is there
};

/// All that is on its way. `mutex` guards everything in it, the topics' next_offsets too.
struct KafkaTraffic {
    std::mutex mutex;
    std::condition_variable progress;  ///< batches have arrived, or something went wrong
    std::vector<TopicTraffic> topics;
    size_t held_bytes = 0;  ///< room of all batches that are not idle
    size_t batches = 0;     ///< not idle ones
    size_t open_batches = 0;
    int64_t sleeps_until_ms = 0;  ///< the sending thread, if nobody wakes it
    double linger_ms = 0;         ///< how long a batch waits for company
    bool is_hurried = false;      ///< nothing waits for company
    bool is_ending = false;
    bool shall_fail = false;        ///< for tests: the next batch gets a number that the broker does not expect
    bool is_broken = false;         ///< it is not known of every record whether it arrived
    std::string broken_by;          ///< the error that made it so; "" = a broker was away
    std::string hopeless;           ///< why waiting does not help, or ""
    std::string trouble;            ///< the last one, of any kind
    std::string denied;             ///< wrong password, unknown certificate
    int64_t slowest_answer_ms = 0;  ///< the longest that a request was on its way
    std::vector<Refusal> refusals;

    /// Gives a batch to be filled, of the topic's size or larger.
    std::unique_ptr<KafkaBatch> take_batch(TopicTraffic& topic, size_t least_bytes);
    /// Takes a batch back that needs not be kept.
    void give_back(TopicTraffic& topic, std::unique_ptr<KafkaBatch> batch);
    /// Puts others in the place of a batch, and takes that back.
    void replace(TopicTraffic& topic, KafkaPartition& partition, KafkaBatch& batch,
                 std::vector<std::unique_ptr<KafkaBatch>> others);
    /// Closes the open batch of a partition. One that is nearly empty gives its room back.
    void seal(TopicTraffic& topic, KafkaPartition& partition);
    void refuse(const KafkaBatch& batch, int32_t place, const BatchRecord& record, std::string reason);
};

/// Gives the text of a record's row, as its header has it: its number, or entity-ordinal. `room` takes 48 bytes.
std::string_view print_row(char* room, const Payload& payload, size_t place);

}  // namespace headwater
