// For delivering records to the topics of Kafka, each exactly once.
#include "sink/kafka/kafka.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/check.h"
#include "sink/kafka/client.h"
#include "sink/kafka/digests.h"
#include "sink/kafka/partitioner.h"
#include "sink/kafka/producer.h"
#include "sink/kafka/read_back.h"
#include "sink/kafka/removal.h"
#include "sink/kafka/tokens.h"
#include "sink/kafka/topics.h"

namespace headwater {

namespace {

constexpr int longest_wait_ms = 1'000;
/// Brokers remember producers for a day unless told otherwise (producer.id.expiration.ms); history is what is half as old.
constexpr int64_t shortest_memory_us = int64_t{12} * 3600 * 1'000'000;
constexpr uint64_t bytes_around_record = 16;  ///< in a batch, about; and of the headers
constexpr uint64_t bytes_of_headers = 112;
constexpr uint64_t around_bytes = 512;  ///< of a batch of one record, beside key and value

/// Tests have the broker refuse the producer for good after each so many records: a batch gets a number that is not its turn.
uint64_t fatal_after_for_tests() {
    const char* text = std::getenv("HEADWATER_KAFKA_FATAL_AFTER");
    return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

class KafkaSink final : public RecordSink {
  public:
    KafkaSink(const KafkaOptions& options, KafkaUse use)
        : options_(options),
          use_(std::move(use)),
          producer_(options_, {.event_time = options_.event_time,
                               .identity_headers = options_.identity_headers,
                               .is_history = options_.event_time && use_.age_us > shortest_memory_us,
                               .run = use_.run,
                               .fatal_after = fatal_after_for_tests()}) {}

    bool takes_messages() const override { return true; }
    bool wants_keys() const override { return true; }
    bool wants_identity() const override { return true; }

    Result<void> open() override {
        for (const std::string& notice : options_.properties.notices()) use_.notice(notice);
        std::map<std::string, size_t> places;
        std::vector<std::string> names;
        for (const std::string& stream : use_.streams) {
            auto [place, is_new] = places.emplace(topic_of(options_.topic, stream), names.size());
            if (is_new) names.push_back(place->first);
            topic_of_stream_[stream] = place->second;
        }
        auto reader = connect_reader();
        if (!reader) return std::unexpected(reader.error());
        TopicPreparation preparation(**reader, options_, use_);
        auto topics = preparation.prepare(names);
        for (const std::string& topic : preparation.made()) made_.push_back({"topic", topic});
        if (!topics) return std::unexpected(topics.error());
        topics_ = std::move(*topics);
        auto ends = offsets_of(**reader, topics_, false);
        if (!ends) return std::unexpected(ends.error());
        set_next_offsets(*ends);
        producer_.set_topics(topics_);
        return producer_.connect();
    }

    Result<void> write(const std::string& stream, const Payload& payload) override {
        if (auto ready = be_ready(); !ready) return ready;
        if (auto room = make_room(payload); !room) return room;
        auto known = topic_of_stream_.find(stream);
        HW_CHECK(known != topic_of_stream_.end());
        choose_partitions(payload, topics_[known->second].partitions, chosen_);
        find_left_out(known->first, known->second, payload);
        producer_.write({known->first, known->second, payload, chosen_, left_out_});
        return {};
    }

    Result<void> flush() override {
        for (int64_t deadline = steady_now_ms() + longest_wait_ms;;) {
            if (auto ready = be_ready(); !ready) return ready;
            const auto left = static_cast<int>(std::max<int64_t>(deadline - steady_now_ms(), 0));
            if (producer_.wait_until_idle(left)) return {};
            if (left == 0) return std::unexpected(producer_.trouble_of("records are not acknowledged"));
        }
    }

    std::vector<Refusal> take_refusals() override { return producer_.take_refusals(); }

    std::string cursor() const override {
        nlohmann::ordered_json ends = nlohmann::ordered_json::object();
        for (const KafkaTopic& topic : topics_) ends[topic.name] = topic.next_offsets;
        return nlohmann::ordered_json{{"ends", ends}, {"arrived", arrived_.spelled()}}.dump();
    }

    Result<void> resume(const std::string& cursor) override {
        auto reader = connect_reader();
        if (!reader) return std::unexpected(reader.error());
        auto firsts = offsets_of(**reader, topics_, true);
        if (!firsts) return std::unexpected(firsts.error());
        auto ends = settled_ends(**reader, topics_);
        if (!ends) return std::unexpected(ends.error());
        DigestBag found;
        auto ranges = ranges_behind(cursor, *firsts, *ends, found);
        if (!ranges) return std::unexpected(ranges.error());
        set_next_offsets(*ends);
        if (options_.keeps_latest) return {};
        bool by_identity = options_.identity_headers || cursor.empty();
        if (cursor.empty() && !options_.identity_headers)
            return fail(ErrorKind::invalid,
                        "Run cannot go on from its begin, as its records carry no identity (identity=headers): " +
                            topics_.front().name);
        auto read = read_back(**reader, topics_, *ranges, {by_identity, use_.run}, found);
        if (!read) return read;
        arrived_ = std::move(found);
        return {};
    }

    std::vector<MadeThing> take_made() override { return std::exchange(made_, {}); }

    Result<std::string> unmake(const MadeThing& thing, const std::map<std::string, int64_t>& delivered) override {
        int64_t records = 0;
        for (const auto& [stream, count] : delivered)
            if (topic_of(options_.topic, stream) == thing.name) records += count;
        auto reader = connect_reader();
        if (!reader) return std::unexpected(reader.error());
        return remove_topic(**reader, thing.name, records);
    }

  private:
    Result<std::unique_ptr<KafkaClient>> connect_reader() {
        // A topic that is not there shall not come into being because somebody looks for it.
        const char* makes_topics = options_.topics.policy == TopicPolicy::off ? "true" : "false";
        return KafkaClient::make(options_,
                                 {{"allow.auto.create.topics", makes_topics}, {"auto.offset.reset", "error"}});
    }

    void set_next_offsets(const std::vector<int64_t>& ends) {
        size_t place = 0;
        for (KafkaTopic& topic : topics_)
            for (int64_t& next : topic.next_offsets) next = ends[place++];
    }

    /// Stops where waiting does not help, and mends what is broken.
    Result<void> be_ready() {
        if (std::string why = producer_.hopeless(); !why.empty()) return fail(ErrorKind::invalid, why);
        return producer_.is_broken() ? mend() : Result<void>{};
    }

    Result<void> make_room(const Payload& payload) {
        const uint64_t each = bytes_around_record + (options_.identity_headers ? bytes_of_headers : 0);
        const uint64_t need = payload.bytes.size() + payload.key_bytes.size() + payload.ends.size() * each;
        for (int64_t deadline = steady_now_ms() + longest_wait_ms;;) {
            const auto left = static_cast<int>(std::max<int64_t>(deadline - steady_now_ms(), 0));
            if (producer_.wait_for_room(need, left)) return {};
            if (left == 0) return std::unexpected(producer_.trouble_of("records are not acknowledged"));
            if (auto ready = be_ready(); !ready) return ready;
        }
    }

    /// Finds what has arrived before, and sets aside what is too large.
    void find_left_out(const std::string& stream, size_t topic, const Payload& payload) {
        left_out_.clear();
        const uint64_t most = producer_.most_record_bytes(topic);
        const bool may_be_large = most > 0 && payload.bytes.size() + payload.key_bytes.size() + around_bytes > most;
        if (!may_be_large && arrived_.is_empty()) return;
        left_out_.resize(payload.ends.size());
        for (size_t i = 0; i < left_out_.size(); ++i) {
            left_out_[i] = !arrived_.is_empty() && arrived_.take(producer_.digest_of_record(stream, payload, i));
            const uint64_t bytes = payload.ends[i] - (i == 0 ? 0 : payload.ends[i - 1]) - payload.line_end_bytes;
            const uint64_t key_bytes = payload.key_ends.size() != payload.ends.size()
                                           ? 0
                                           : payload.key_ends[i] - (i == 0 ? 0 : payload.key_ends[i - 1]);
            if (left_out_[i] || most == 0 || bytes + key_bytes + around_bytes <= most) continue;
            left_out_[i] = true;
            const bool is_of_topic = most == topics_[topic].max_record_bytes;
            producer_.refuse(stream, payload, i,
                             "Record of " + std::to_string(bytes) + " bytes is larger than " +
                                 (is_of_topic ? "the topic takes (max.message.bytes=" : "we send (message.max.bytes=") +
                                 std::to_string(most) + "): " + topics_[topic].name);
        }
    }

    /// After a failure that ended the producer: a new one, which sends again what did not arrive, in order.
    Result<void> mend() {
        if (producer_.is_connected()) {
            if (std::string why = producer_.why_broken(); !why.empty())
                use_.notice("Kafka's producer failed (" + why +
                            ") and is replaced; what it left open is looked up: " + options_.servers);
            producer_.disconnect();
        }
        auto found = find_open_records();
        if (!found) return std::unexpected(found.error());
        producer_.leave_out([&](const RecordDigest& digest) { return found->take(digest); });
        return producer_.connect();
    }

    /// Reads, of each partition that has open records, what lies behind the last one acknowledged.
    Result<DigestBag> find_open_records() {
        auto reader = connect_reader();
        if (!reader) return std::unexpected(reader.error());
        auto ends = settled_ends(**reader, topics_, longest_wait_ms);
        if (!ends) return std::unexpected(ends.error());
        std::vector<KafkaRange> ranges;
        size_t place = 0;
        for (size_t i = 0; i < topics_.size(); ++i) {
            for (int32_t partition = 0; partition < topics_[i].partitions; ++partition) {
                int64_t from = topics_[i].next_offsets[static_cast<size_t>(partition)];
                ranges.push_back({i, partition, from, (*ends)[place++]});
            }
        }
        DigestBag found;
        auto read = options_.keeps_latest
                        ? Result<void>{}
                        : read_back(**reader, topics_, ranges, {options_.identity_headers, use_.run}, found);
        if (!read) return std::unexpected(read.error());
        set_next_offsets(*ends);
        return found;
    }

    /// What lies behind a cursor; `found` gets what the cursor itself names. Records that were deleted meanwhile cannot be told from records that never came.
    Result<std::vector<KafkaRange>> ranges_behind(const std::string& cursor, const std::vector<int64_t>& firsts,
                                                  const std::vector<int64_t>& ends, DigestBag& found) const {
        auto known = nlohmann::json::parse(cursor.empty() ? R"({"ends":{},"arrived":[]})" : cursor, nullptr, false);
        bool is_whole =
            known.is_object() && known.contains("ends") && known["ends"].is_object() && known.contains("arrived");
        for (size_t i = 0; is_whole && i < known["arrived"].size(); ++i)
            is_whole = known["arrived"][i].is_string() && found.add_spelled(known["arrived"][i].get<std::string>());
        if (!is_whole) return fail(ErrorKind::invalid, "Cursor of a Kafka target is damaged: " + cursor);
        std::vector<KafkaRange> ranges;
        size_t place = 0;
        for (size_t i = 0; i < topics_.size(); ++i) {
            const auto of_topic = known["ends"].value(topics_[i].name, std::vector<int64_t>());
            for (int32_t partition = 0; partition < topics_[i].partitions; ++partition, ++place) {
                auto number = static_cast<size_t>(partition);
                int64_t from = number < of_topic.size() ? of_topic[number] : firsts[place];
                std::string where = topics_[i].name + "/" + std::to_string(partition);
                if (from < firsts[place])
                    return fail(ErrorKind::invalid,
                                "Topic has deleted records that a run must see to go on (it begins at " +
                                    std::to_string(firsts[place]) + ", the run stood at " + std::to_string(from) +
                                    "): " + where);
                if (from > ends[place])
                    return fail(ErrorKind::invalid, "Topic is not the one the run wrote to (it ends at " +
                                                        std::to_string(ends[place]) + ", the run stood at " +
                                                        std::to_string(from) + "): " + where);
                ranges.push_back({i, partition, from, ends[place]});
            }
        }
        return ranges;
    }

    std::vector<MadeThing> made_;  ///< by open(), and not told yet
    KafkaOptions options_;
    KafkaUse use_;
    std::vector<KafkaTopic> topics_;
    std::map<std::string, size_t> topic_of_stream_;
    KafkaProducer producer_;
    DigestBag arrived_;  ///< before a run was cut off, and not claimed yet
    std::vector<int32_t> chosen_;
    std::vector<bool> left_out_;
};

}  // namespace

Result<std::unique_ptr<RecordSink>> make_kafka_sink(const KafkaOptions& options, KafkaUse use) {
    if (auto checked = KafkaClient::check(options); !checked) return std::unexpected(checked.error());
    KafkaOptions settled = options;
    settled.tokens = KafkaTokens::make(options.properties);
    return std::make_unique<KafkaSink>(settled, std::move(use));
}

}  // namespace headwater
