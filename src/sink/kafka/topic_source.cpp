// For reading the records of topics from their beginning to where they end now.
#include "sink/kafka/topic_source.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "sink/kafka/client.h"
#include "sink/kafka/read_back.h"
#include "sink/kafka/tokens.h"

namespace headwater {

namespace {

constexpr auto patience = std::chrono::seconds(15);
constexpr auto patience_at_first = std::chrono::seconds(10);
constexpr int try_ms = 1'000;
constexpr int pause_ms = 100;
constexpr int batch_wait_ms = 20;
constexpr size_t batch_messages = 1000;
/// Fetched ahead, over all partitions.
constexpr size_t ahead_kib = 32 << 10;
constexpr size_t least_ahead_kib = 512;

std::string text_of(int error) { return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)); }

/// Partitions that are read beside each other.
class TopicReading {
  public:
    TopicReading(KafkaClient& client, const std::vector<TopicRange>& ranges)
        : client_(client), ranges_(ranges), queue_(rd_kafka_queue_new(client.handle())) {}
    ~TopicReading() {
        for (const Open& one : open_) {
            rd_kafka_consume_stop(one.handle, ranges_[one.range].partition);
            rd_kafka_topic_destroy(one.handle);
        }
        rd_kafka_queue_destroy(queue_);
    }
    TopicReading(const TopicReading&) = delete;
    TopicReading& operator=(const TopicReading&) = delete;

    Result<void> read(const std::function<void(const TopicRecord&)>& show, const std::function<bool()>& gives_up) {
        for (size_t range = 0; range < ranges_.size(); ++range)
            if (auto begun = begin(range); !begun) return begun;
        std::array<rd_kafka_message_t*, batch_messages> messages{};
        auto deadline = std::chrono::steady_clock::now() + patience;
        for (size_t left = open_.size(); left > 0 && !gives_up();) {
            const ssize_t count = rd_kafka_consume_batch_queue(queue_, batch_wait_ms, messages.data(), messages.size());
            client_.poll(0);
            const auto now = std::chrono::steady_clock::now();
            if (count > 0) deadline = now + patience;
            if (now >= deadline) return std::unexpected(client_.trouble_of("nothing comes any more"));
            Result<void> taken;
            for (ssize_t i = 0; i < count; ++i) {
                rd_kafka_message_t* message = messages[static_cast<size_t>(i)];
                if (taken) taken = take(*message, show, left);
                rd_kafka_message_destroy(message);
            }
            if (!taken) return taken;
        }
        return {};
    }

  private:
    struct Open {
        size_t range;
        rd_kafka_topic_t* handle;
        bool is_done = false;
    };

    Result<void> begin(size_t index) {
        const TopicRange& range = ranges_[index];
        if (range.from >= range.to) return {};
        open_.push_back({index, rd_kafka_topic_new(client_.handle(), range.topic.c_str(), nullptr)});
        if (rd_kafka_consume_start_queue(open_.back().handle, range.partition, range.from, queue_) == 0) return {};
        const int error = rd_kafka_last_error();
        rd_kafka_topic_destroy(open_.back().handle);
        open_.pop_back();
        return fail(ErrorKind::unavailable, "Topic cannot be read (" + text_of(error) + "): " + range.topic);
    }

    Open* find(const rd_kafka_message_t& message) {
        const std::string_view topic = rd_kafka_topic_name(message.rkt);
        for (Open& one : open_)
            if (ranges_[one.range].partition == message.partition && ranges_[one.range].topic == topic) return &one;
        return nullptr;
    }

    Result<void> take(const rd_kafka_message_t& message, const std::function<void(const TopicRecord&)>& show,
                      size_t& left) {
        const bool is_end = message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR && !is_end) {
            const ErrorKind kind = is_denial(message.err) ? ErrorKind::invalid : ErrorKind::unavailable;
            return fail(kind,
                        "Topic cannot be read (" + text_of(message.err) + "): " + rd_kafka_topic_name(message.rkt));
        }
        Open* one = find(message);
        if (one == nullptr || one->is_done) return {};
        const int64_t end = ranges_[one->range].to;
        if (!is_end && message.offset < end) show_record(message, one->range, show);
        if (message.offset + (is_end ? 0 : 1) < end) return {};
        one->is_done = true;
        --left;
        return {};
    }

    static void show_record(const rd_kafka_message_t& message, size_t range,
                            const std::function<void(const TopicRecord&)>& show) {
        TopicRecord record{.range = range, .offset = message.offset};
        if (message.key != nullptr) record.key = {static_cast<const char*>(message.key), message.key_len};
        if (message.payload != nullptr)
            record.value = std::string_view(static_cast<const char*>(message.payload), message.len);
        record.header = [&message](const char* name) -> std::optional<std::string_view> {
            rd_kafka_headers_t* headers = nullptr;
            if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return std::nullopt;
            const void* value = nullptr;
            size_t size = 0;
            if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
                return std::nullopt;
            return std::string_view(static_cast<const char*>(value), size);
        };
        show(record);
    }

    KafkaClient& client_;
    const std::vector<TopicRange>& ranges_;
    rd_kafka_queue_t* queue_;
    std::vector<Open> open_;
};

class KafkaSource final : public TopicSource {
  public:
    explicit KafkaSource(KafkaOptions options) : options_(std::move(options)) {
        options_.tokens = KafkaTokens::make(options_.properties);
    }

    Result<std::vector<TopicRange>> ranges(const std::vector<std::string>& topics) override {
        auto client = connect(1);
        if (!client) return std::unexpected(client.error());
        std::vector<KafkaTopic> found;
        for (const std::string& name : topics) {
            auto partitions = partitions_of(**client, name);
            if (!partitions) return std::unexpected(partitions.error());
            found.push_back({.name = name, .partitions = *partitions});
        }
        auto first = offsets_of(**client, found, true);
        if (!first) return std::unexpected(first.error());
        auto last = offsets_of(**client, found, false);
        if (!last) return std::unexpected(last.error());
        std::vector<TopicRange> ranges;
        for (const KafkaTopic& topic : found)
            for (int32_t partition = 0; partition < topic.partitions; ++partition)
                ranges.push_back({topic.name, partition, (*first)[ranges.size()], (*last)[ranges.size()]});
        return ranges;
    }

    Result<void> read(const std::vector<TopicRange>& ranges, const std::function<void(const TopicRecord&)>& show,
                      const std::function<bool()>& gives_up) override {
        auto client = connect(ranges.size());
        if (!client) return std::unexpected(client.error());
        return TopicReading(**client, ranges).read(show, gives_up);
    }

  private:
    Result<std::unique_ptr<KafkaClient>> connect(size_t partitions) const {
        const size_t each = std::max(least_ahead_kib, ahead_kib / std::max<size_t>(1, partitions));
        std::vector<KafkaSetting> settings = {
            {"queued.max.messages.kbytes", std::to_string(each)},
            {"fetch.message.max.bytes", std::to_string(std::min<size_t>(1024, each) * 1024)}};
        if (!options_.properties.has("isolation.level")) settings.push_back({"isolation.level", "read_committed"});
        return KafkaClient::make(options_, settings);
    }

    static Result<int32_t> partitions_of(KafkaClient& client, const std::string& name) {
        std::unique_ptr<rd_kafka_topic_t, decltype(&rd_kafka_topic_destroy)> handle(
            rd_kafka_topic_new(client.handle(), name.c_str(), nullptr), rd_kafka_topic_destroy);
        for (auto deadline = std::chrono::steady_clock::now() + patience_at_first;;) {
            const rd_kafka_metadata_t* answer = nullptr;
            const int error = rd_kafka_metadata(client.handle(), 0, handle.get(), &answer, try_ms);
            client.poll(0);
            const bool is_over = std::chrono::steady_clock::now() >= deadline;
            if (error == 0) {
                const rd_kafka_metadata_topic_t& found = answer->topics[0];
                const int32_t partitions = found.partition_cnt;
                const auto trouble = found.err;
                rd_kafka_metadata_destroy(answer);
                if (trouble == RD_KAFKA_RESP_ERR_NO_ERROR && partitions > 0) return partitions;
                if (is_denial(trouble) || trouble == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || is_over)
                    return fail(ErrorKind::invalid, "Topic cannot be read (" + text_of(trouble) + "): " + name);
            } else {
                const Error why = client.trouble_of(text_of(error));
                if (is_over || why.kind == ErrorKind::invalid) return std::unexpected(why);
            }
            client.poll(pause_ms);
        }
    }

    KafkaOptions options_;
};

}  // namespace

Result<std::unique_ptr<TopicSource>> make_kafka_source(const KafkaOptions& options) {
    return std::make_unique<KafkaSource>(options);
}

}  // namespace headwater
