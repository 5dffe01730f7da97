// For writing records in order and knowing of each whether the cluster has it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "sink/kafka/digests.h"
#include "sink/kafka/sender.h"
#include "sink/kafka/tls.h"
#include "sink/kafka/traffic.h"
#include "sink/kafka/write_settings.h"
#include "sink/sink.h"

namespace headwater {

/// Writes records by a client of our own. Used by one thread at a time.
class KafkaProducer {
  public:
    /// `options` must outlive the producer.
    KafkaProducer(const KafkaOptions& options, KafkaDress dress);

    /// Settles what is written to, which must outlive the producer; once, before all else.
    void set_topics(std::vector<KafkaTopic>& topics);
    /// Begins to send, or begins anew: what is on its way is sent again. `writer` is who we are to the brokers; none: they
    /// are asked for an id.
    Result<void> connect(const BatchWriter& writer);
    /// Ends sending; what is on its way stays.
    void disconnect() { sender_.reset(); }
    bool is_connected() const { return sender_ != nullptr; }

    /// What is to be written: records of a stream, to the partitions chosen for them.
    struct Writing {
        const std::string& stream;  ///< must outlive the producer
        size_t topic = 0;           ///< index
        const Payload& payload;
        const std::vector<int32_t>& partitions;
        const std::vector<bool>& left_out;  ///< by record; empty: none is
    };
    void write(const Writing& writing);
    /// Gives the most bytes that a record may have for a topic, key and overhead included; 0: not known.
    uint64_t most_record_bytes(size_t topic) const;

    /// Lets batches wait for company no longer than records need that come as they happen. Any thread may call it.
    void be_prompt();
    /// Waits until so many bytes fit into the bound, the producer is broken, or that long has passed; tells whether they fit.
    bool wait_for_room(uint64_t bytes, int wait_ms);
    /// Sends all at once, and waits until all has arrived, the producer is broken, or that long has passed.
    bool wait_until_idle(int wait_ms);
    /// True when the connection can write no more: disconnect, find out what arrived, connect.
    bool is_broken();
    /// Gives the reason why the connection is broken; "" when it is only a broker that was away.
    std::string why_broken();
    /// Gives the reason why waiting does not help, or "".
    std::string hopeless();
    /// Gives what writing suffers from: denied is invalid, all else unavailable and named with its servers.
    Error trouble_of(const std::string& otherwise);
    std::vector<Refusal> take_refusals();
    /// Gives the longest that a request was on its way; 0: none was yet.
    int64_t slowest_answer_ms();
    /// Sets a record aside that was never sent.
    void refuse(const std::string& stream, const Payload& payload, size_t place, std::string reason);

    /// While disconnected: drops what has arrived, which `arrived` tells of one record after the other.
    void leave_out(const std::function<bool(const RecordDigest&)>& arrived);
    /// Gives the digest of a record, as those of records read back are made.
    RecordDigest digest_of_record(const std::string& stream, const Payload& payload, size_t place) const;

  private:
    const std::string& headers_of(const std::string& stream);
    KafkaBatch& open_batch(TopicTraffic& topic, KafkaPartition& partition, const RecordParts& record);
    void leave_out_of(TopicTraffic& topic, KafkaPartition& partition,
                      const std::function<bool(const RecordDigest&)>& arrived);
    RecordDigest digest_of_record(const KafkaBatch& batch, int32_t place, const BatchRecord& record) const;
    template <typename Done>
    bool wait_until(int wait_ms, Done done);
    void set_hurried(bool is_hurried);

    const KafkaOptions& options_;
    KafkaDress dress_;
    WriteSettings settings_;
    std::unique_ptr<kafka::TlsContext> tls_;
    KafkaTraffic traffic_;
    std::map<std::string, std::string> headers_;  ///< by stream, what its records share
    uint64_t written_for_test_ = 0;
    bool has_sealed_ = false, has_opened_ = false;  ///< since the sender was woken
    int64_t now_ms_ = 0;
    std::unique_ptr<KafkaSender> sender_;  ///< last: it uses all of the above
};

}  // namespace headwater
