// For topics as they must be before the first record: there, of the asked shape, and able to keep what comes.
#include "sink/kafka/topics.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>

#include "base/owned.h"
#include "sink/kafka/cluster.h"

namespace headwater {

namespace {

constexpr int patience_ms = 10'000;
constexpr int try_ms = 1'000;
constexpr int pause_ms = 100;
constexpr size_t reason_bytes = 512;

using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;

std::optional<int64_t> number_in(const std::string& text) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string reason_of(int error, const char* text) {
    return text != nullptr ? text : rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error));
}

/// Spells a duration in its largest whole unit.
std::string spell_span(int64_t ms) {
    for (auto [unit, size] : {std::pair{" days", int64_t{86'400'000}}, {" hours", 3'600'000}, {" minutes", 60'000}})
        if (ms >= 2 * size) return std::to_string(ms / size) + unit;
    return ms >= 2000 ? std::to_string(ms / 1000) + " seconds" : std::to_string(ms) + " ms";
}

}  // namespace

Result<std::vector<KafkaTopic>> TopicPreparation::prepare(const std::vector<std::string>& names) {
    std::vector<KafkaTopic> topics;
    for (const std::string& name : names) topics.push_back({.name = name});
    std::vector<KafkaTopic*> missing;
    for (KafkaTopic& topic : topics) {
        if (auto looked = look(topic); !looked) return std::unexpected(looked.error());
        if (topic.partitions == 0) missing.push_back(&topic);
    }
    TopicPolicy policy = options_.topics.policy;
    if (!missing.empty() && policy == TopicPolicy::check)
        return fail(ErrorKind::invalid, "Topic does not exist: " + missing.front()->name);
    if (!missing.empty() && (policy == TopicPolicy::create || policy == TopicPolicy::accept))
        if (auto made = make(missing); !made) return std::unexpected(made.error());
    for (KafkaTopic* topic : missing)
        if (auto waited = wait_for_partitions(*topic); !waited) return std::unexpected(waited.error());
    if (policy != TopicPolicy::off) {
        for (const KafkaTopic& topic : topics)
            if (auto checked = check_shape(topic); !checked) return std::unexpected(checked.error());
        if (auto checked = check_settings(topics, missing); !checked) return std::unexpected(checked.error());
    }
    for (KafkaTopic& topic : topics) topic.next_offsets.assign(static_cast<size_t>(topic.partitions), 0);
    return topics;
}

/// Asks for the partitions of a topic; 0 = it is not there.
Result<void> TopicPreparation::look(KafkaTopic& topic) {
    Owned<rd_kafka_topic_t, rd_kafka_topic_destroy> handle(
        rd_kafka_topic_new(client_.handle(), topic.name.c_str(), nullptr));
    for (int64_t deadline = steady_now_ms() + patience_ms;;) {
        const rd_kafka_metadata_t* answer = nullptr;
        int error = rd_kafka_metadata(client_.handle(), 0, handle.get(), &answer, try_ms);
        Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy> owned(answer);
        client_.poll(0);
        if (error == 0) {
            brokers_ = answer->broker_cnt;
            const rd_kafka_metadata_topic_t& found = answer->topics[0];
            bool is_missing = found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
            if (is_denial(found.err))
                return fail(ErrorKind::invalid,
                            "Topic may not be seen (" + reason_of(found.err, nullptr) + "): " + topic.name);
            if (found.err == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
                return fail(ErrorKind::invalid, "Topic cannot be called so: " + topic.name);
            bool has_leaders = found.partition_cnt > 0;
            for (int i = 0; i < found.partition_cnt; ++i) has_leaders = has_leaders && found.partitions[i].leader >= 0;
            topic.partitions = has_leaders ? found.partition_cnt : 0;
            if (has_leaders || is_missing) return {};
            if (steady_now_ms() >= deadline)
                return fail(ErrorKind::unavailable, "Topic has partitions without a leader (" +
                                                        reason_of(found.err, nullptr) + "): " + topic.name);
        } else if (Error why = client_.trouble_of(reason_of(error, nullptr)); why.kind == ErrorKind::invalid ||
                                                                              steady_now_ms() >= deadline ||
                                                                              (use_.gives_up && use_.gives_up())) {
            return std::unexpected(why);
        }
        client_.poll(pause_ms);
    }
}

Result<void> TopicPreparation::wait_for_partitions(KafkaTopic& topic) {
    for (int64_t deadline = steady_now_ms() + patience_ms; topic.partitions == 0;) {
        if (auto looked = look(topic); !looked) return looked;
        if (topic.partitions > 0) break;
        if (steady_now_ms() >= deadline)
            return fail(options_.topics.policy == TopicPolicy::off ? ErrorKind::invalid : ErrorKind::unavailable,
                        "Topic does not exist: " + topic.name);
        client_.poll(pause_ms);
    }
    return {};
}

int16_t TopicPreparation::replication() {
    if (!options_.topics.replication) return -1;
    int asked = *options_.topics.replication;
    if (asked <= brokers_) return static_cast<int16_t>(asked);
    use_.notice("Topics are kept in " + std::to_string(brokers_) +
                " copies, as there are no more brokers; asked for: " + std::to_string(asked));
    return static_cast<int16_t>(brokers_);
}

Result<void> TopicPreparation::make(const std::vector<KafkaTopic*>& missing) {
    char reason[reason_bytes] = "";
    std::vector<rd_kafka_NewTopic_t*> asked;
    int16_t copies = replication();
    for (const KafkaTopic* topic : missing) {
        int partitions = options_.topics.partitions.value_or(TopicOptions::default_partitions);
        auto* one = rd_kafka_NewTopic_new(topic->name.c_str(), partitions, copies, reason, sizeof reason);
        if (one == nullptr) {
            rd_kafka_NewTopic_destroy_array(asked.data(), asked.size());
            return fail(ErrorKind::invalid, "Topic cannot be made (" + std::string(reason) + "): " + topic->name);
        }
        asked.push_back(one);
        for (auto& [name, value] : options_.topics.config)
            rd_kafka_NewTopic_set_config(one, name.c_str(), value.c_str());
    }
    Queue queue(rd_kafka_queue_new(client_.handle()));
    rd_kafka_CreateTopics(client_.handle(), asked.data(), asked.size(), nullptr, queue.get());
    Event event(rd_kafka_queue_poll(queue.get(), 2 * patience_ms));
    rd_kafka_NewTopic_destroy_array(asked.data(), asked.size());
    client_.poll(0);
    if (event == nullptr) return std::unexpected(client_.trouble_of("no answer to the making of topics"));
    if (int error = rd_kafka_event_error(event.get()); error != 0)
        return fail(is_denial(error) ? ErrorKind::invalid : ErrorKind::unavailable,
                    "Topics cannot be made (" + reason_of(error, rd_kafka_event_error_string(event.get())) +
                        "): " + missing.front()->name);
    size_t count = 0;
    auto** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (size_t i = 0; i < count; ++i) {
        int error = rd_kafka_topic_result_error(results[i]);
        if (error == 0) made_.emplace_back(rd_kafka_topic_result_name(results[i]));
    }
    for (size_t i = 0; i < count; ++i) {
        int error = rd_kafka_topic_result_error(results[i]);
        if (error == 0 || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
        return fail(ErrorKind::invalid, "Topic cannot be made (" +
                                            reason_of(error, rd_kafka_topic_result_error_string(results[i])) +
                                            "): " + rd_kafka_topic_result_name(results[i]));
    }
    return {};
}

Result<void> TopicPreparation::check_shape(const KafkaTopic& topic) {
    int asked = options_.topics.partitions.value_or(topic.partitions);
    if (asked == topic.partitions || options_.topics.policy == TopicPolicy::accept) return {};
    return fail(ErrorKind::invalid, "Topic has " + std::to_string(topic.partitions) + " partitions, not the " +
                                        std::to_string(asked) + " asked for: " + topic.name);
}

/// Reads how topics are kept. A user who may not read that is not stopped.
Result<void> TopicPreparation::check_settings(std::vector<KafkaTopic>& topics, const std::vector<KafkaTopic*>& made) {
    std::vector<rd_kafka_ConfigResource_t*> asked;
    for (const KafkaTopic& topic : topics)
        asked.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.name.c_str()));
    Queue queue(rd_kafka_queue_new(client_.handle()));
    rd_kafka_DescribeConfigs(client_.handle(), asked.data(), asked.size(), nullptr, queue.get());
    Event event(rd_kafka_queue_poll(queue.get(), patience_ms));
    rd_kafka_ConfigResource_destroy_array(asked.data(), asked.size());
    if (event == nullptr || rd_kafka_event_error(event.get()) != 0) return {};
    size_t count = 0;
    auto** found =
        rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (size_t i = 0; i < count; ++i) {
        if (rd_kafka_ConfigResource_error(found[i]) != 0) continue;
        auto topic = std::ranges::find(topics, rd_kafka_ConfigResource_name(found[i]), &KafkaTopic::name);
        if (topic == topics.end()) continue;
        bool is_new = std::ranges::find(made, &*topic) != made.end();
        size_t entries = 0;
        auto** settings = rd_kafka_ConfigResource_configs(found[i], &entries);
        for (size_t k = 0; k < entries; ++k) {
            const char* value = rd_kafka_ConfigEntry_value(settings[k]);
            if (value != nullptr) check_setting(*topic, rd_kafka_ConfigEntry_name(settings[k]), value, is_new);
        }
    }
    return {};
}

void TopicPreparation::check_setting(KafkaTopic& topic, const std::string& name, const std::string& value,
                                     bool is_new) {
    if (name == "max.message.bytes") topic.max_record_bytes = static_cast<uint64_t>(number_in(value).value_or(0));
    if (name == "retention.ms") check_retention(topic, value);
    if (name == "message.timestamp.type" && value == "LogAppendTime" && options_.event_time)
        use_.notice("Topic stamps records with the time they arrive (message.timestamp.type=LogAppendTime): " +
                    topic.name);
    auto asked = options_.topics.config.find(name);
    if (!is_new && asked != options_.topics.config.end() && asked->second != value)
        use_.notice("Topic exists and keeps its " + name + "=" + value + ", not the " + asked->second +
                    " asked for: " + topic.name);
}

/// Records as old as their events are deleted as soon as the broker looks.
void TopicPreparation::check_retention(const KafkaTopic& topic, const std::string& retention_ms) {
    auto keeps = number_in(retention_ms);
    if (!options_.event_time || !keeps || *keeps < 0 || use_.age_us / 1000 <= *keeps) return;
    use_.notice("Topic deletes records older than " + spell_span(*keeps) + ", and the first one is " +
                spell_span(use_.age_us / 1000) +
                " old; retention.ms=-1 on the topic or timestamp=now keeps them: " + topic.name);
}

}  // namespace headwater
