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
#include "sink/kafka/seat.h"
#include "sink/kafka/tokens.h"
#include "sink/kafka/topics.h"

namespace headwater {

namespace {

constexpr int longest_wait_ms = 1'000;
constexpr int clear_patience_ms = 5'000;    ///< for brokers to shut out a producer that is replaced
constexpr int resume_patience_ms = 15'000;  ///< the same, of a run that was cut off
/// How long the ends of partitions must not move before they are read back, where nobody can be shut out.
constexpr int64_t least_quiet_ms = 1'500, unknown_quiet_ms = 10'000, most_quiet_ms = 120'000;
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

/// Waits twice as long as what was on its way ever took; `slowest_ms` 0: nothing was answered yet.
int quiet_after(int64_t slowest_ms, int64_t unknown_ms) {
    return static_cast<int>(slowest_ms == 0 ? unknown_ms : std::clamp(2 * slowest_ms, least_quiet_ms, most_quiet_ms));
}

class KafkaSink final : public RecordSink {
  public:
    KafkaSink(const KafkaOptions& options, KafkaUse use)
        : options_(options),
          use_(std::move(use)),
          is_history_(options_.event_time && use_.age_us > shortest_memory_us),
          seat_(options_, use_, is_history_),
          producer_(options_, {.event_time = options_.event_time,
                               .identity_headers = options_.identity_headers,
                               .is_history = is_history_,
                               .run = use_.run,
                               .fatal_after = fatal_after_for_tests()}) {}

    bool takes_messages() const override { return true; }
    void be_prompt() override { producer_.be_prompt(); }
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
        seat_.look();
        return {};
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
            if (producer_.wait_until_idle(left)) return settle_idle();
            if (left == 0) return std::unexpected(producer_.trouble_of("records are not acknowledged"));
        }
    }

    std::vector<Refusal> take_refusals() override { return producer_.take_refusals(); }

    std::string cursor() const override {
        nlohmann::ordered_json ends = nlohmann::ordered_json::object();
        for (const KafkaTopic& topic : topics_) ends[topic.name] = topic.next_offsets;
        return nlohmann::ordered_json{{"ends", ends},
                                      {"arrived", arrived_.spelled()},
                                      {"writer", seat_.name().text},
                                      {"number", seat_.name().number},
                                      {"slowest_ms", slowest_ms_}}
            .dump();
    }

    Result<void> resume(const std::string& cursor) override {
        if (cursor.empty() && !options_.identity_headers)
            return fail(ErrorKind::invalid,
                        "Run cannot go on from its begin, as its records carry no identity (identity=headers): " +
                            topics_.front().name);
        DigestBag found;
        auto left = left_by(cursor, found);
        if (!left) return std::unexpected(left.error());
        slowest_ms_ = std::max(slowest_ms_, left->slowest_ms);
        seat_.inherit(left->name);
        auto is_shut_out = seat_.clear(topics_, resume_patience_ms);
        if (!is_shut_out) return std::unexpected(is_shut_out.error());
        auto reader = connect_reader();
        if (!reader) return std::unexpected(reader.error());
        auto firsts = offsets_of(**reader, topics_, true);
        if (!firsts) return std::unexpected(firsts.error());
        auto ends = *is_shut_out ? offsets_of(**reader, topics_, false)
                                 : settled_ends(**reader, topics_, quiet_after(slowest_ms_, unknown_quiet_ms));
        if (!ends) return std::unexpected(ends.error());
        auto ranges = ranges_behind(*left, *firsts, *ends);
        if (!ranges) return std::unexpected(ranges.error());
        set_next_offsets(*ends);
        if (options_.keeps_latest) return {};
        const bool by_identity = options_.identity_headers || cursor.empty();
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
        return remove_topic(**reader, options_, thing.name, records);
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
        if (!producer_.is_broken()) return {};
        return has_begun_ ? mend() : begin();
    }

    /// Begins to send, as who we are now.
    Result<void> begin() {
        auto writer = seat_.take();
        if (!writer) return std::unexpected(writer.error());
        has_begun_ = true;
        return producer_.connect(*writer);
    }

    /// When all has arrived: notes how long that took at most, and keeps the brokers from forgetting us.
    Result<void> settle_idle() {
        slowest_ms_ = std::max(slowest_ms_, producer_.slowest_answer_ms());
        if (!seat_.is_stale()) return {};
        producer_.disconnect();
        auto writer = seat_.renew(topics_);
        if (writer) return producer_.connect(*writer);
        if (writer.error().kind == ErrorKind::invalid) return std::unexpected(writer.error());
        return {};  // all has arrived; what comes next begins by mending that
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
        auto is_shut_out = seat_.clear(topics_, clear_patience_ms);
        if (!is_shut_out) return std::unexpected(is_shut_out.error());
        auto found = find_open_records(*is_shut_out);
        if (!found) return std::unexpected(found.error());
        producer_.leave_out([&](const RecordDigest& digest) { return found->take(digest); });
        return begin();
    }

    /// Reads, of each partition that has open records, what lies behind the last one acknowledged.
    Result<DigestBag> find_open_records(bool is_shut_out) {
        auto reader = connect_reader();
        if (!reader) return std::unexpected(reader.error());
        auto ends = is_shut_out
                        ? offsets_of(**reader, topics_, false, longest_wait_ms)
                        : settled_ends(**reader, topics_, quiet_after(producer_.slowest_answer_ms(), least_quiet_ms),
                                       longest_wait_ms);
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

    /// What a cursor tells of those who wrote before.
    struct Left {
        nlohmann::json ends = nlohmann::json::object();  ///< of partitions, by topic
        KafkaWriterName name;
        int64_t slowest_ms = 0;
    };

    /// Reads a cursor; `found` gets the records that it names itself.
    static Result<Left> left_by(const std::string& cursor, DigestBag& found) {
        if (cursor.empty()) return Left{};
        const auto known = nlohmann::json::parse(cursor, nullptr, false);
        bool is_whole =
            known.is_object() && known.contains("ends") && known["ends"].is_object() && known.contains("arrived");
        for (size_t i = 0; is_whole && i < known["arrived"].size(); ++i)
            is_whole = known["arrived"][i].is_string() && found.add_spelled(known["arrived"][i].get<std::string>());
        if (!is_whole) return fail(ErrorKind::invalid, "Cursor of a Kafka target is damaged: " + cursor);
        return Left{known["ends"],
                    {known.value("writer", ""), known.value("number", 0)},
                    known.value("slowest_ms", int64_t{0})};
    }

    /// What lies behind a cursor. Records that were deleted meanwhile cannot be told from records that never came.
    Result<std::vector<KafkaRange>> ranges_behind(const Left& left, const std::vector<int64_t>& firsts,
                                                  const std::vector<int64_t>& ends) const {
        std::vector<KafkaRange> ranges;
        size_t place = 0;
        for (size_t i = 0; i < topics_.size(); ++i) {
            const auto of_topic = left.ends.value(topics_[i].name, std::vector<int64_t>());
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
    bool is_history_;
    KafkaSeat seat_;
    KafkaProducer producer_;
    bool has_begun_ = false;
    int64_t slowest_ms_ = 0;  ///< that a request was on its way, those of earlier processes too
    DigestBag arrived_;       ///< before a run was cut off, and not claimed yet
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
