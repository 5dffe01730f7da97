// For removing a topic that a run made, unless others write to it too.
#include "sink/kafka/removal.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <numeric>

#include "sink/kafka/cluster.h"
#include "sink/kafka/read_back.h"
#include "sink/kafka/topic_source.h"

namespace headwater {

namespace {

constexpr int patience_ms = 10'000;
constexpr int pause_ms = 100;

/// Counts the partitions of a topic; 0 = it is not there.
Result<int> partitions_of(KafkaClient& client, const std::string& name) {
    std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> handle(
        rd_kafka_topic_new(client.handle(), name.c_str(), nullptr), rd_kafka_topic_destroy);
    const rd_kafka_metadata_t* answer = nullptr;
    const int error = rd_kafka_metadata(client.handle(), 0, handle.get(), &answer, patience_ms);
    client.poll(0);
    if (error != 0)
        return std::unexpected(client.trouble_of(rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error))));
    const int count = answer->topics[0].err == 0 ? answer->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(answer);
    return count;
}

/// Counts the records of a topic until there are more than that. Those that are gone, as retention takes them, count too.
Result<int64_t> count_records(const KafkaOptions& options, const std::string& name, int64_t most) {
    auto source = make_kafka_source(options);
    if (!source) return std::unexpected(source.error());
    auto ranges = (*source)->ranges({name});
    if (!ranges) return std::unexpected(ranges.error());
    int64_t count = 0;
    for (const TopicRange& range : *ranges) count += range.from;
    auto read = (*source)->read(*ranges, [&](const TopicRecord&) { ++count; }, [&] { return count > most; });
    if (!read) return std::unexpected(read.error());
    return count;
}

Result<void> ask_to_remove(KafkaClient& client, const std::string& name) {
    std::unique_ptr<rd_kafka_queue_t, void (*)(rd_kafka_queue_t*)> queue(rd_kafka_queue_new(client.handle()),
                                                                         rd_kafka_queue_destroy);
    auto* asked = rd_kafka_DeleteTopic_new(name.c_str());
    rd_kafka_DeleteTopics(client.handle(), &asked, 1, nullptr, queue.get());
    std::unique_ptr<rd_kafka_event_t, void (*)(rd_kafka_event_t*)> event(
        rd_kafka_queue_poll(queue.get(), 2 * patience_ms), rd_kafka_event_destroy);
    rd_kafka_DeleteTopic_destroy(asked);
    if (event == nullptr) return std::unexpected(client.trouble_of("no answer to the removal of a topic"));
    if (const int error = rd_kafka_event_error(event.get()); error != 0)
        return fail(is_denial(error) ? ErrorKind::invalid : ErrorKind::unavailable,
                    "Topic cannot be removed (" + std::string(rd_kafka_event_error_string(event.get())) + "): " + name);
    size_t count = 0;
    auto** results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
    const int error = count == 0 ? 0 : rd_kafka_topic_result_error(results[0]);
    if (error == 0 || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return {};
    return fail(ErrorKind::invalid, "Topic cannot be removed (" +
                                        std::string(rd_kafka_topic_result_error_string(results[0])) + "): " + name);
}

}  // namespace

Result<std::string> remove_topic(KafkaClient& client, const KafkaOptions& options, const std::string& name,
                                 int64_t most_records) {
    auto partitions = partitions_of(client, name);
    if (!partitions) return std::unexpected(partitions.error());
    if (*partitions == 0) return "";
    auto ends = offsets_of(client, {{.name = name, .partitions = *partitions}}, false);
    if (!ends) return std::unexpected(ends.error());
    int64_t records = std::accumulate(ends->begin(), ends->end(), int64_t{0});
    // Some offsets are marks, of a run that went on. What was compacted away could be anybody's.
    if (records > most_records && !options.keeps_latest) {
        auto counted = count_records(options, name, most_records);
        if (!counted) return std::unexpected(counted.error());
        records = *counted;
    }
    if (records > most_records)
        return "Topic got " + std::to_string(records) + " records or more, of which the run wrote " +
               std::to_string(most_records) + ": " + name;
    if (auto removed = ask_to_remove(client, name); !removed) return std::unexpected(removed.error());
    for (const int64_t deadline = steady_now_ms() + patience_ms; steady_now_ms() < deadline; client.poll(pause_ms)) {
        partitions = partitions_of(client, name);
        if (partitions && *partitions == 0) break;
    }
    return "";
}

}  // namespace headwater
