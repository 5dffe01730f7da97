// For finding out what a topic holds: where its partitions end, and which of our records lie before that.
#include "sink/kafka/read_back.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>

#include "sink/kafka/traffic.h"

namespace headwater {

namespace {

constexpr auto patience = std::chrono::seconds(10);
constexpr int batch_wait_ms = 20;
constexpr int try_ms = 2'000;
constexpr int pause_ms = 100;
constexpr int most_looks = 20;
constexpr size_t batch_messages = 1000;

/// ListOffsets knows the ends of a partition by these instants (KIP-79).
constexpr int64_t earliest_instant = -2;
constexpr int64_t latest_instant = -1;

std::string text_of(int error) { return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)); }

std::optional<std::string_view> header_of(const rd_kafka_headers_t* headers, const char* name) {
    const void* value = nullptr;
    size_t size = 0;
    if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
    return std::string_view(static_cast<const char*>(value), size);
}

/// Adds a record if it is one that counts.
void recognise(const rd_kafka_message_t& message, const KafkaRecognition& recognition, DigestBag& found) {
    std::string_view value(static_cast<const char*>(message.payload), message.len);
    if (!recognition.by_identity) {
        std::string_view key(static_cast<const char*>(message.key), message.key_len);
        return found.add(digest_of(key, "", value));
    }
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    auto run = header_of(headers, run_header), stream = header_of(headers, stream_header),
         row = header_of(headers, row_header);
    if (!run || !stream || !row || *run != recognition.run) return;
    found.add(digest_of(*stream, *row, value));
}

/// Reads ranges that lie in the partitions of some topics.
class Reading {
  public:
    Reading(KafkaClient& reader, const std::vector<KafkaTopic>& topics, const std::vector<KafkaRange>& ranges)
        : reader_(reader), topics_(topics), ranges_(ranges), queue_(rd_kafka_queue_new(reader.handle())) {}
    ~Reading() {
        for (const Open& one : open_) {
            rd_kafka_consume_stop(one.handle, one.range->partition);
            rd_kafka_topic_destroy(one.handle);
        }
        rd_kafka_queue_destroy(queue_);
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    Result<void> read(const KafkaRecognition& recognition, DigestBag& found) {
        for (const KafkaRange& range : ranges_)
            if (auto begun = begin(range); !begun) return begun;
        size_t left = open_.size();
        std::array<rd_kafka_message_t*, batch_messages> messages{};
        auto deadline = std::chrono::steady_clock::now() + patience;
        while (left > 0) {
            // The library waits that long for a full batch.
            ssize_t count = rd_kafka_consume_batch_queue(queue_, batch_wait_ms, messages.data(), messages.size());
            reader_.poll(0);
            auto now = std::chrono::steady_clock::now();
            if (count > 0) deadline = now + patience;
            if (now >= deadline) return std::unexpected(reader_.trouble_of("reading back takes too long"));
            Result<void> taken;
            for (ssize_t i = 0; i < count; ++i) {
                if (taken) taken = take(*messages[static_cast<size_t>(i)], recognition, found, left);
                rd_kafka_message_destroy(messages[static_cast<size_t>(i)]);
            }
            if (!taken) return taken;
        }
        return {};
    }

  private:
    struct Open {
        const KafkaRange* range;
        rd_kafka_topic_t* handle;
        bool is_done = false;
    };

    Result<void> begin(const KafkaRange& range) {
        if (range.from >= range.to) return {};
        const std::string& name = topics_[range.topic].name;
        open_.push_back({&range, rd_kafka_topic_new(reader_.handle(), name.c_str(), nullptr)});
        if (rd_kafka_consume_start_queue(open_.back().handle, range.partition, range.from, queue_) == 0) return {};
        int error = rd_kafka_last_error();
        rd_kafka_topic_destroy(open_.back().handle);
        open_.pop_back();
        return fail(ErrorKind::unavailable, "Topic cannot be read back (" + text_of(error) + "): " + name);
    }

    Result<void> take(const rd_kafka_message_t& message, const KafkaRecognition& recognition, DigestBag& found,
                      size_t& left) {
        auto is_of = [&](const Open& one) {
            return topics_[one.range->topic].name == rd_kafka_topic_name(message.rkt) &&
                   one.range->partition == message.partition;
        };
        auto one = std::ranges::find_if(open_, is_of);
        bool is_end = message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end)
            return fail(
                is_denial(message.err) ? ErrorKind::invalid : ErrorKind::unavailable,
                "Topic cannot be read back (" + text_of(message.err) + "): " + rd_kafka_topic_name(message.rkt));
        if (one == open_.end() || one->is_done) return {};
        if (!is_end && message.offset < one->range->to) recognise(message, recognition, found);
        if (message.offset + (is_end ? 0 : 1) < one->range->to) return {};
        one->is_done = true;
        --left;
        return {};
    }

    KafkaClient& reader_;
    const std::vector<KafkaTopic>& topics_;
    const std::vector<KafkaRange>& ranges_;
    rd_kafka_queue_t* queue_;
    std::vector<Open> open_;
};

/// Asks once. A leader that has just been chosen may not know of it yet.
Result<std::vector<int64_t>> ask_offsets(KafkaClient& client, const std::vector<KafkaTopic>& topics, bool first,
                                         int wait_ms) {
    auto* list = rd_kafka_topic_partition_list_new(16);
    std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)> owned(
        list, rd_kafka_topic_partition_list_destroy);
    for (const KafkaTopic& topic : topics)
        for (int32_t partition = 0; partition < topic.partitions; ++partition)
            rd_kafka_topic_partition_list_add(list, topic.name.c_str(), partition)->offset =
                first ? earliest_instant : latest_instant;
    int error = rd_kafka_offsets_for_times(client.handle(), list, wait_ms);
    client.poll(0);
    if (error != 0) return std::unexpected(client.trouble_of(text_of(error)));
    std::vector<int64_t> offsets;
    for (const KafkaTopic& topic : topics) {
        for (int32_t partition = 0; partition < topic.partitions; ++partition) {
            const auto* one = rd_kafka_topic_partition_list_find(list, topic.name.c_str(), partition);
            if (one->err != 0 || one->offset < 0)
                return fail(is_denial(one->err) ? ErrorKind::invalid : ErrorKind::unavailable,
                            "Topic does not tell where it ends (" + text_of(one->err) + "): " + topic.name);
            offsets.push_back(one->offset);
        }
    }
    return offsets;
}

}  // namespace

Result<std::vector<int64_t>> offsets_of(KafkaClient& client, const std::vector<KafkaTopic>& topics, bool first,
                                        int patience_ms) {
    for (auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);;) {
        auto offsets = ask_offsets(client, topics, first, std::min(patience_ms, try_ms));
        if (offsets || offsets.error().kind != ErrorKind::unavailable || std::chrono::steady_clock::now() >= deadline)
            return offsets;
        client.poll(pause_ms);
    }
}

Result<std::vector<int64_t>> settled_ends(KafkaClient& client, const std::vector<KafkaTopic>& topics, int quiet_ms,
                                          int patience_ms) {
    auto before = offsets_of(client, topics, false, patience_ms);
    for (int look = 0; before && look < most_looks; ++look) {
        std::this_thread::sleep_for(std::chrono::milliseconds(quiet_ms));
        auto now = offsets_of(client, topics, false, patience_ms);
        if (now && *now == *before) return now;
        before = std::move(now);
    }
    if (!before) return before;
    return fail(ErrorKind::unavailable, "Topic goes on growing while it is read back: " + topics.front().name);
}

Result<void> read_back(KafkaClient& reader, const std::vector<KafkaTopic>& topics,
                       const std::vector<KafkaRange>& ranges, const KafkaRecognition& recognition, DigestBag& found) {
    return Reading(reader, topics, ranges).read(recognition, found);
}

}  // namespace headwater
