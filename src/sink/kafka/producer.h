// For writing records in order and knowing of each whether the cluster has it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "sink/kafka/client.h"
#include "sink/sink.h"

struct rd_kafka_headers_s;

namespace headwater {

/// A topic that is written to.
struct KafkaTopic {
    std::string name;
    int32_t partitions = 0;
    uint64_t max_record_bytes = 0;       ///< as the topic takes them; 0: not known
    std::vector<int64_t> next_offsets;   ///< by partition: behind the last record that is known to be there
    rd_kafka_topic_s* handle = nullptr;  ///< of the producer
};

struct KafkaBlock;

/// One record on its way.
struct KafkaRecord {
    enum class State : uint8_t { waiting, doubted, done };
    KafkaBlock* block = nullptr;
    uint32_t begin = 0, end = 0;          ///< of the value, in the block's bytes
    uint32_t key_begin = 0, key_end = 0;  ///< in the block's keys; only where the block has keys
    int64_t time_ms = 0;
    int64_t number = 0;
    int64_t entity = 0;
    int32_t partition = 0;
    State state = State::waiting;
};

/// The records of one write: by partition, and of one partition in their order. Memory is used again.
struct KafkaBlock {
    KafkaTopic* topic = nullptr;
    std::string stream;
    std::string bytes;
    std::string keys;
    bool has_keys = false;
    bool has_entities = false;
    std::vector<KafkaRecord> records;
    size_t unanswered = 0;
    uint64_t weight_bytes = 0;  ///< as counted against the bound

    std::string_view value_of(const KafkaRecord& one) const { return {bytes.data() + one.begin, one.end - one.begin}; }
    std::string_view key_of(const KafkaRecord& one) const {
        return {keys.data() + one.key_begin, one.key_end - one.key_begin};
    }
    /// Prints the record's row: its number, or entity-ordinal. `room` takes 48 bytes.
    std::string_view row_of(const KafkaRecord& one, char* room) const;
};

/// What every record carries beside key and value.
struct KafkaDress {
    bool event_time = true;
    bool identity_headers = true;
    std::string run;
};

/// Names of the headers.
inline constexpr const char* run_header = "headwater-run";
inline constexpr const char* stream_header = "headwater-stream";
inline constexpr const char* row_header = "headwater-row";

/// Writes blocks. Used by one thread at a time.
class KafkaProducer {
  public:
    /// `options` must outlive the producer.
    KafkaProducer(const KafkaOptions& options, KafkaDress dress);
    ~KafkaProducer();
    KafkaProducer(const KafkaProducer&) = delete;
    KafkaProducer& operator=(const KafkaProducer&) = delete;

    /// Connects, or connects anew; `settings` go beyond the options. What is in flight stays, unsent.
    Result<void> connect(std::vector<KafkaTopic>& topics, std::vector<KafkaSetting> settings);
    /// Ends the connection; what was in flight stays in flight.
    void disconnect(std::vector<KafkaTopic>& topics);
    KafkaClient& client() { return *client_; }
    bool is_connected() const { return client_ != nullptr; }

    /// Gives a block to be filled and sent.
    std::unique_ptr<KafkaBlock> idle_block();
    /// Takes the block, whose records are complete, and hands them to the library.
    Result<void> send(std::unique_ptr<KafkaBlock> block);
    /// Hands records that wait in blocks in flight to the library again, in order: after connect().
    Result<void> send_again();

    /// Serves answers, waiting that long for the first.
    void serve(int wait_ms);
    /// Sends at once what waits for company, and serves answers until all have come or that long has passed.
    void hurry(int wait_ms);
    uint64_t in_flight_bytes() const { return in_flight_bytes_; }
    bool is_idle() const { return blocks_.empty(); }
    /// True when the connection can write no more: disconnect, find out what arrived, connect, send_again.
    bool is_broken() const { return client_ == nullptr || is_lost_ || client_->trouble().is_fatal; }
    /// Gives the reason why the connection is broken.
    std::string why_broken() const {
        bool is_fatal = client_ != nullptr && client_->trouble().is_fatal;
        return is_fatal ? client_->trouble().last : lost_by_;
    }
    /// Gives the reason why waiting does not help, or "".
    const std::string& hopeless() const { return hopeless_; }
    std::vector<Refusal> take_refusals() { return std::exchange(refusals_, {}); }
    /// Sends records whose batch was refused one by one, to find those that are to blame. True when none is left.
    bool retry_doubted(int wait_ms);

    std::deque<std::unique_ptr<KafkaBlock>>& blocks() { return blocks_; }
    /// Counts a record as answered.
    void settle(KafkaRecord& record);
    /// Lets go of blocks whose records are all answered.
    void release();
    /// Sets a record aside that was never sent.
    void refuse(const KafkaBlock& block, const KafkaRecord& record, std::string reason);

  private:
    friend struct DeliveryAnswer;
    Result<void> send_waiting(KafkaBlock& block);
    void send_bare(KafkaBlock& block, size_t from, size_t to);
    void send_dressed(KafkaBlock& block, size_t from, size_t to);
    int produce(KafkaBlock& block, KafkaRecord& record);
    rd_kafka_headers_s* headers_of(const KafkaBlock& block, const KafkaRecord& record);
    void answer(KafkaRecord& record, int error, int64_t offset);
    void count_for_test(size_t records);

    const KafkaOptions& options_;
    KafkaDress dress_;
    std::unique_ptr<KafkaClient> client_;
    std::deque<std::unique_ptr<KafkaBlock>> blocks_;  ///< in flight, in order
    std::vector<std::unique_ptr<KafkaBlock>> idle_;
    std::deque<KafkaRecord*> doubted_;
    std::vector<Refusal> refusals_;
    uint64_t in_flight_bytes_ = 0;
    uint64_t sent_for_test_ = 0;
    std::string hopeless_;
    std::string lost_by_;   ///< the error that made it so
    bool is_lost_ = false;  ///< it is not known of every record whether it arrived
    struct Messages;
    std::unique_ptr<Messages> messages_;
};

}  // namespace headwater
