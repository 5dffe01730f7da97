// For the batches of one partition on their way: in order, and each there exactly once.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sink/kafka/record_batch.h"

namespace headwater {

/// A topic that is written to.
struct KafkaTopic {
    std::string name;
    int32_t partitions = 0;
    uint64_t max_record_bytes = 0;      ///< as the topic takes them; 0: not known
    std::vector<int64_t> next_offsets;  ///< by partition: behind the last record that is known to be there
};

/// Records of one partition that are sent together, and what is known of them.
struct KafkaBatch {
    static constexpr size_t bytes_beside_records = 512;
    enum class State : uint8_t { waiting, sent };
    /// From the record of that place on, they are of this stream.
    struct Stretch {
        int32_t first = 0;
        const std::string* stream = nullptr;
    };

    explicit KafkaBatch(size_t capacity) : records(capacity) {}
    explicit KafkaBatch(RecordBatch some) : records(std::move(some)) {}
    void clear();
    /// Gives what it counts for in the bound of memory.
    size_t weight_bytes() const { return records.capacity() + bytes_beside_records; }
    const std::string& stream_of(int32_t place) const;

    RecordBatch records;
    std::vector<Stretch> stretches;
    std::vector<int64_t> numbers;  ///< of the rows, where the records' headers do not tell
    State state = State::waiting;
    int32_t sequence = -1;    ///< of its first record; -1: none yet
    bool is_doubted = false;  ///< it may be there, though nobody said so
    int64_t begun_ms = 0;
};

/// Keeps the order of what is sent, and the sequence numbers by which the broker knows repeated batches again.
/// Used by one thread at a time.
class KafkaPartition {
  public:
    KafkaPartition(KafkaTopic& topic, int32_t number) : topic_(&topic), number_(number) {}

    KafkaTopic& topic() const { return *topic_; }
    int32_t number() const { return number_; }

    std::unique_ptr<KafkaBatch> open;  ///< being filled; none is
    int32_t leader = -1;               ///< broker, as far as known
    int64_t not_before_ms = 0;         ///< nothing is sent before

    /// Closes the open batch: it waits to be sent.
    void seal();
    bool is_empty() const { return open == nullptr && queue_.empty(); }
    /// True when a sealed batch waits, even if it may not be sent yet.
    bool has_waiting() const { return waiting_ > 0; }
    /// Gives the batch that may be sent now, numbered; none while answers must be awaited first.
    KafkaBatch* next();
    void mark_sent(KafkaBatch& batch);

    /// Lets go of a batch that is there.
    std::unique_ptr<KafkaBatch> settle(KafkaBatch& batch);
    /// Has a batch that was sent wait again; those behind it wait until all of them are answered.
    void put_back(KafkaBatch& batch, bool is_doubted);
    /// Puts others in the place of a batch that was refused, and gives it back.
    std::unique_ptr<KafkaBatch> replace(KafkaBatch& batch, std::vector<std::unique_ptr<KafkaBatch>> others);
    /// True when something did not arrive, and what was sent behind it is not answered yet: it cannot have arrived either.
    bool is_holding() const { return is_holding_; }
    /// Sends nothing more until all that was sent is answered.
    void hold() { is_holding_ = sent_ > 0; }

    /// Forgets all numbers: another producer goes on. Nothing counts as sent any more.
    void begin_anew();
    const std::deque<std::unique_ptr<KafkaBatch>>& queue() const { return queue_; }
    bool has_doubted() const;

  private:
    std::deque<std::unique_ptr<KafkaBatch>>::iterator find(const KafkaBatch& batch);

    KafkaTopic* topic_;
    int32_t number_;
    std::deque<std::unique_ptr<KafkaBatch>> queue_;  ///< sealed and unanswered, in order
    size_t waiting_ = 0;
    size_t sent_ = 0;
    int32_t next_sequence_ = 0;
    bool is_known_ = false;  ///< the broker has taken a batch of this producer
    bool is_holding_ = false;
};

/// Adds to a sequence number, which begins at 0 again behind the largest 32-bit one.
int32_t sequence_after(int32_t sequence, int32_t records);

/// Makes batches of those records of a batch for which `keep(place, record)` holds; none when none does, and at most
/// `most_records` a batch.
template <typename Keep>
std::vector<std::unique_ptr<KafkaBatch>> rest_of(const KafkaBatch& batch, int32_t most_records, Keep keep) {
    constexpr size_t growth_bytes = 16;  // a record's time may need more bytes when another one comes first
    std::vector<std::unique_ptr<KafkaBatch>> rest;
    BatchReader reader(batch.records.records(), batch.records.first_time_ms());
    int32_t place = 0;
    for (auto record = reader.next(); record; record = reader.next(), ++place) {
        if (!keep(place, *record)) continue;
        if (rest.empty() || rest.back()->records.count() >= most_records)
            rest.push_back(std::make_unique<KafkaBatch>(batch.records.records().size() +
                                                        growth_bytes * static_cast<size_t>(batch.records.count())));
        KafkaBatch& part = *rest.back();
        const std::string& stream = batch.stream_of(place);
        if (part.stretches.empty() || part.stretches.back().stream != &stream)
            part.stretches.push_back({part.records.count(), &stream});
        if (!batch.numbers.empty()) part.numbers.push_back(batch.numbers[static_cast<size_t>(place)]);
        part.records.append_again(*record);
    }
    return rest;
}

}  // namespace headwater
