#include "sink/kafka/traffic.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/print.h"

namespace headwater {

namespace {

constexpr size_t most_idle_bytes = 16 << 20;
constexpr size_t nearly_empty = 4;  ///< times that its records would fit into a batch

/// Gives the number of a record: its row, or the ordinal behind the entity.
int64_t number_of(const KafkaBatch& batch, int32_t place, const BatchRecord& record) {
    if (!batch.numbers.empty()) return batch.numbers[static_cast<size_t>(place)];
    std::string_view row = header_in(record.headers, row_header).value_or("0");
    row.remove_prefix(row.rfind('-') == std::string_view::npos ? 0 : row.rfind('-') + 1);
    int64_t number = 0;
    std::from_chars(row.data(), row.data() + row.size(), number);
    return number;
}

}  // namespace

std::unique_ptr<KafkaBatch> KafkaTraffic::take_batch(TopicTraffic& topic, size_t least_bytes) {
    std::unique_ptr<KafkaBatch> batch;
    if (least_bytes <= topic.batch_bytes && !topic.idle.empty()) {
        batch = std::move(topic.idle.back());
        topic.idle.pop_back();
    } else {
        batch = std::make_unique<KafkaBatch>(std::max(least_bytes, topic.batch_bytes));
    }
    held_bytes += batch->weight_bytes();
    ++batches;
    return batch;
}

void KafkaTraffic::give_back(TopicTraffic& topic, std::unique_ptr<KafkaBatch> batch) {
    held_bytes -= batch->weight_bytes();
    --batches;
    const bool is_usual = batch->records.capacity() == topic.batch_bytes;
    if (!is_usual || (topic.idle.size() + 1) * topic.batch_bytes > most_idle_bytes) return;
    batch->clear();
    topic.idle.push_back(std::move(batch));
}

void KafkaTraffic::replace(TopicTraffic& topic, KafkaPartition& partition, KafkaBatch& batch,
                           std::vector<std::unique_ptr<KafkaBatch>> others) {
    for (auto& other : others) held_bytes += other->weight_bytes();
    batches += others.size();
    give_back(topic, partition.replace(batch, std::move(others)));
}

void KafkaTraffic::seal(TopicTraffic& topic, KafkaPartition& partition) {
    KafkaBatch& open = *partition.open;
    // Else a slow cluster would hold few records in much memory.
    if (open.records.records().size() * nearly_empty < open.records.capacity()) {
        auto small = std::make_unique<KafkaBatch>(open.records.compact());
        small->stretches.swap(open.stretches);
        small->numbers.swap(open.numbers);
        small->begun_ms = open.begun_ms;
        held_bytes += small->weight_bytes();
        ++batches;
        small.swap(partition.open);
        give_back(topic, std::move(small));
    }
    partition.seal();
    --open_batches;
}

void KafkaTraffic::refuse(const KafkaBatch& batch, int32_t place, const BatchRecord& record, std::string reason) {
    Payload payload;
    payload.bytes = record.value;
    payload.ends = {static_cast<uint32_t>(payload.bytes.size())};
    payload.times = {record.time_ms * 1000};
    payload.first_row = number_of(batch, place, record);
    payload.numbers = {payload.first_row};
    if (record.has_key) {
        payload.key_bytes = record.key;
        payload.key_ends = {static_cast<uint32_t>(payload.key_bytes.size())};
    }
    payload.rows = 1;
    payload.has_tombstones = !record.has_value;
    refusals.push_back({batch.stream_of(place), std::move(payload), std::move(reason)});
}

std::string_view print_row(char* room, const Payload& payload, size_t place) {
    char* end = room;
    if (!payload.entities.empty()) {
        end = print_integer(end, payload.entities[place]);
        *end++ = '-';
    }
    end = print_integer(end, payload.numbers[place]);
    return {room, static_cast<size_t>(end - room)};
}

}  // namespace headwater
