// For delivering records to the topics of Kafka, each exactly once.
#include "sink/kafka/kafka.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/check.h"
#include "sink/kafka/client.h"
#include "sink/kafka/digests.h"
#include "sink/kafka/partitioner.h"
#include "sink/kafka/producer.h"
#include "sink/kafka/read_back.h"
#include "sink/kafka/removal.h"
#include "sink/kafka/topics.h"

namespace headwater {

namespace {

constexpr int longest_wait_ms = 1'000;
/// Brokers remember producers for a day unless told otherwise (producer.id.expiration.ms); history is what is half as old.
constexpr int64_t shortest_memory_us = int64_t{12} * 3600 * 1'000'000;
constexpr uint64_t usual_batch_bytes = 1'000'000;  ///< batch.size of the library
constexpr uint64_t most_message_bytes = 1'000'000'000;
constexpr uint64_t batch_overhead_bytes = 512;  ///< frame of a batch of one record, with the names of our headers

int64_t now_ms() {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

class KafkaSink final : public RecordSink {
  public:
    KafkaSink(const KafkaOptions& options, KafkaUse use)
        : options_(options),
          use_(std::move(use)),
          producer_(options_, {.event_time = options_.event_time,
                               .identity_headers = options_.identity_headers,
                               .is_history = options_.event_time && use_.age_us > shortest_memory_us,
                               .run = use_.run}) {}
    ~KafkaSink() override { producer_.disconnect(topics_); }

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
        return producer_.connect(topics_, producer_settings());
    }

    Result<void> write(const std::string& stream, const Payload& payload) override {
        if (auto ready = be_ready(longest_wait_ms); !ready) return ready;
        if (auto room = make_room(payload); !room) return room;
        auto known = topic_of_stream_.find(stream);
        HW_CHECK(known != topic_of_stream_.end());
        auto block = fill_block(stream, topics_[known->second], payload);
        return block->records.empty() ? Result<void>{} : producer_.send(std::move(block));
    }

    Result<void> flush() override {
        int64_t deadline = now_ms() + longest_wait_ms;
        while (true) {
            auto left = static_cast<int>(std::max<int64_t>(deadline - now_ms(), 0));
            if (auto ready = be_ready(left); !ready) return ready;
            if (producer_.is_idle()) return {};
            if (left == 0) return std::unexpected(producer_.client().trouble_of("records are not acknowledged"));
            producer_.hurry(left);
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
        bool by_identity = options_.identity_headers || cursor.empty();
        if (cursor.empty() && !options_.identity_headers)
            return fail(ErrorKind::invalid,
                        "Run cannot go on from its begin, as its records carry no identity (identity=headers): " +
                            topics_.front().name);
        auto read = read_back(**reader, topics_, *ranges, {by_identity, use_.run}, found);
        if (!read) return read;
        arrived_ = std::move(found);
        set_next_offsets(*ends);
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
        KafkaClient::Making making{.role = KafkaClient::Role::reader};
        // A topic that is not there shall not come into being because somebody looks for it.
        making.settings = {{"allow.auto.create.topics", options_.topics.policy == TopicPolicy::off ? "true" : "false"},
                           {"auto.offset.reset", "error"}};
        return KafkaClient::make(options_, making);
    }

    void set_next_offsets(const std::vector<int64_t>& ends) {
        size_t place = 0;
        for (KafkaTopic& topic : topics_)
            for (int64_t& next : topic.next_offsets) next = ends[place++];
    }

    /// A batch must not be larger than any of the topics takes, and a record may be as large as one of them does.
    std::vector<KafkaSetting> producer_settings() const {
        uint64_t least = most_message_bytes, most = 0;
        for (const KafkaTopic& topic : topics_) {
            if (topic.max_record_bytes == 0) return {};
            least = std::min(least, topic.max_record_bytes);
            most = std::max(most, topic.max_record_bytes);
        }
        std::vector<KafkaSetting> settings;
        const KafkaProperties& asked = options_.properties;
        if (!asked.has("message.max.bytes"))
            settings.push_back(
                {"message.max.bytes", std::to_string(std::clamp<uint64_t>(most, 1000, most_message_bytes))});
        if (!asked.has("batch.size"))
            settings.push_back(
                {"batch.size", std::to_string(std::max<uint64_t>(std::min(least, usual_batch_bytes), 1))});
        settings.push_back({"allow.auto.create.topics", "false"});
        return settings;
    }

    /// Serves what has come, mends what is broken, and finds those to blame in what was refused.
    Result<void> be_ready(int wait_ms) {
        if (!producer_.hopeless().empty()) return fail(ErrorKind::invalid, producer_.hopeless());
        if (!producer_.is_broken()) producer_.serve(0);
        if (producer_.is_broken())
            if (auto mended = mend(); !mended) return mended;
        if (producer_.retry_doubted(wait_ms)) return {};
        return std::unexpected(producer_.client().trouble_of("refused records are tried one by one"));
    }

    Result<void> make_room(const Payload& payload) {
        uint64_t need = payload.bytes.size() + payload.key_bytes.size();
        for (int64_t deadline = now_ms() + longest_wait_ms;;) {
            if (producer_.is_idle() || producer_.in_flight_bytes() + need <= options_.in_flight_bytes) return {};
            auto left = static_cast<int>(deadline - now_ms());
            if (left <= 0) return std::unexpected(producer_.client().trouble_of("records are not acknowledged"));
            producer_.serve(std::min(left, 100));
            if (!producer_.is_broken()) continue;
            if (auto mended = mend(); !mended) return mended;
        }
    }

    /// Copies a payload, by partition; leaves out what has arrived before and what is too large.
    std::unique_ptr<KafkaBlock> fill_block(const std::string& stream, KafkaTopic& topic, const Payload& payload) {
        auto block = producer_.idle_block();
        block->topic = &topic;
        block->stream = stream;
        block->bytes = payload.bytes;
        block->keys = payload.key_bytes;
        const size_t rows = payload.ends.size();
        block->has_keys = rows > 0 && payload.key_ends.size() == rows;
        block->has_entities = rows > 0 && payload.entities.size() == rows;
        block->records.resize(rows);
        choose_partitions(payload, topic.partitions, chosen_);
        begins_.assign(static_cast<size_t>(topic.partitions) + 1, 0);
        for (size_t i = 0; i < rows; ++i) ++begins_[static_cast<size_t>(chosen_[i]) + 1];
        for (size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
        for (size_t i = 0; i < rows; ++i) {
            KafkaRecord& record = block->records[begins_[static_cast<size_t>(chosen_[i])]++];
            record = record_of(payload, i);
            record.block = block.get();
            record.partition = chosen_[i];
        }
        leave_out(*block);
        return block;
    }

    static KafkaRecord record_of(const Payload& payload, size_t i) {
        KafkaRecord record;
        record.begin = i == 0 ? 0 : payload.ends[i - 1];
        record.end = payload.ends[i] - payload.line_end_bytes;
        if (payload.key_ends.size() == payload.ends.size()) {
            record.key_begin = i == 0 ? 0 : payload.key_ends[i - 1];
            record.key_end = payload.key_ends[i];
        }
        const int64_t time = payload.times[i];
        record.time_ms = time / 1000 - (time % 1000 < 0 ? 1 : 0);
        record.number = payload.numbers[i];
        if (!payload.entities.empty()) record.entity = payload.entities[i];
        return record;
    }

    void leave_out(KafkaBlock& block) {
        const uint64_t most = block.topic->max_record_bytes;
        bool has_large = most > 0 && std::ranges::any_of(block.records, [&](auto& one) { return size_of(one) > most; });
        if (!has_large && arrived_.is_empty()) return;
        std::erase_if(block.records, [&](const KafkaRecord& one) {
            if (arrived_.take(digest_of_record(block, one))) return true;
            if (most == 0 || size_of(one) <= most) return false;
            producer_.refuse(block, one,
                             "Record of " + std::to_string(one.end - one.begin) +
                                 " bytes is larger than the topic takes (max.message.bytes=" + std::to_string(most) +
                                 "): " + block.topic->name);
            return true;
        });
    }

    static uint64_t size_of(const KafkaRecord& one) {
        return uint64_t{one.end} - one.begin + one.key_end - one.key_begin + batch_overhead_bytes;
    }

    RecordDigest digest_of_record(const KafkaBlock& block, const KafkaRecord& one) const {
        if (!options_.identity_headers)
            return digest_of(block.has_keys ? block.key_of(one) : "", "", block.value_of(one));
        char room[48];
        return digest_of(block.stream, block.row_of(one, room), block.value_of(one));
    }

    /// After a failure that ended the producer: a new one, which sends again what did not arrive, in order.
    Result<void> mend() {
        if (producer_.is_connected()) {
            if (std::string why = producer_.why_broken(); !why.empty())
                use_.notice("Kafka's producer failed (" + why +
                            ") and is replaced; what it left open is looked up: " + options_.servers);
            producer_.disconnect(topics_);
        }
        auto found = find_open_records();
        if (!found) return std::unexpected(found.error());
        for (auto& block : producer_.blocks()) {
            for (KafkaRecord& record : block->records) {
                if (record.state != KafkaRecord::State::done && found->take(digest_of_record(*block, record)))
                    producer_.settle(record);
            }
        }
        producer_.release();
        if (auto connected = producer_.connect(topics_, producer_settings()); !connected) return connected;
        return producer_.send_again();
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
        auto read = read_back(**reader, topics_, ranges, {options_.identity_headers, use_.run}, found);
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
    std::vector<uint32_t> begins_;
};

}  // namespace

Result<std::unique_ptr<RecordSink>> make_kafka_sink(const KafkaOptions& options, KafkaUse use) {
    if (auto checked = KafkaClient::check(options); !checked) return std::unexpected(checked.error());
    return std::make_unique<KafkaSink>(options, std::move(use));
}

}  // namespace headwater
