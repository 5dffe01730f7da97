#include "sink/kafka/protocol.h"

#include <algorithm>
#include <array>

#include "sink/kafka/wire.h"

namespace headwater {

namespace {

struct Known {
    KafkaApi api;
    int16_t version;
    std::string_view name;
    enum class Need : uint8_t { always, of_logins, of_transactions } need = Need::always;
};

/// The last versions without tagged fields; Produce 8 tells which records of a batch are to blame (KIP-467).
constexpr std::array known{
    Known{KafkaApi::produce, 8, "Produce"},
    Known{KafkaApi::metadata, 7, "Metadata"},
    Known{KafkaApi::find_coordinator, 1, "FindCoordinator", Known::Need::of_transactions},
    Known{KafkaApi::sasl_handshake, 1, "SaslHandshake", Known::Need::of_logins},
    Known{KafkaApi::api_versions, 0, "ApiVersions"},
    Known{KafkaApi::init_producer_id, 1, "InitProducerId"},
    Known{KafkaApi::add_partitions_to_txn, 1, "AddPartitionsToTxn", Known::Need::of_transactions},
    Known{KafkaApi::end_txn, 1, "EndTxn", Known::Need::of_transactions},
    Known{KafkaApi::sasl_authenticate, 1, "SaslAuthenticate", Known::Need::of_logins},
};

constexpr int16_t not_attempted = 55;               ///< OPERATION_NOT_ATTEMPTED
constexpr int32_t transaction_timeout_ms = 30'000;  ///< after which the broker ends one that was left open

bool is_taken(const Known& one, const std::vector<ApiVersionsAnswer::Range>& ranges) {
    return std::ranges::any_of(ranges, [&](const ApiVersionsAnswer::Range& range) {
        return range.api == static_cast<int16_t>(one.api) && range.least <= one.version && one.version <= range.most;
    });
}

const Known& known_of(KafkaApi api) {
    for (const Known& one : known)
        if (one.api == api) return one;
    return known[0];
}

}  // namespace

int16_t version_of(KafkaApi api) { return known_of(api).version; }
std::string_view name_of(KafkaApi api) { return known_of(api).name; }

void open_frame(std::string& out, KafkaApi api, int32_t correlation, std::string_view client) {
    WireWriter writer(out);
    writer.i32(0);
    writer.i16(static_cast<int16_t>(api));
    writer.i16(version_of(api));
    writer.i32(correlation);
    writer.text(client);
}

void close_frame(std::string& out, size_t more_bytes) {
    const size_t size = out.size() - 4 + more_bytes;
    for (size_t i = 0; i < 4; ++i) out[i] = static_cast<char>(size >> (24 - 8 * i));
}

void append_produce_begin(std::string& out, int32_t timeout_ms) {
    WireWriter writer(out);
    writer.no_text();
    writer.i16(-1);
    writer.i32(timeout_ms);
}

void append_metadata_request(std::string& out, const std::vector<std::string>& topics) {
    WireWriter writer(out);
    writer.i32(static_cast<int32_t>(topics.size()));
    for (const std::string& topic : topics) writer.text(topic);
    writer.i8(0);  // topics shall not come into being because somebody asks for them
}

void append_find_coordinator_request(std::string& out, std::string_view transactional_id) {
    WireWriter writer(out);
    writer.text(transactional_id);
    writer.i8(1);  // of transactions, not of a group
}

void append_init_producer_id_request(std::string& out, std::string_view transactional_id) {
    WireWriter writer(out);
    if (transactional_id.empty())
        writer.no_text();
    else
        writer.text(transactional_id);
    writer.i32(transactional_id.empty() ? 0 : transaction_timeout_ms);
}

void append_add_partitions_request(std::string& out, std::string_view transactional_id, const BatchWriter& writer,
                                   const std::vector<KafkaTopic>& topics) {
    WireWriter request(out);
    request.text(transactional_id);
    request.i64(writer.producer_id);
    request.i16(writer.epoch);
    request.i32(static_cast<int32_t>(topics.size()));
    for (const KafkaTopic& topic : topics) {
        request.text(topic.name);
        request.i32(topic.partitions);
        for (int32_t number = 0; number < topic.partitions; ++number) request.i32(number);
    }
}

void append_abort_request(std::string& out, std::string_view transactional_id, const BatchWriter& writer) {
    WireWriter request(out);
    request.text(transactional_id);
    request.i64(writer.producer_id);
    request.i16(writer.epoch);
    request.i8(0);
}

void append_sasl_handshake_request(std::string& out, std::string_view mechanism) { WireWriter(out).text(mechanism); }

void append_sasl_authenticate_request(std::string& out, std::string_view message) { WireWriter(out).bytes(message); }

std::string_view ApiVersionsAnswer::lacking() const {
    for (const Known& one : known) {
        if (one.need == Known::Need::always && !is_taken(one, ranges)) return one.name;
    }
    return "";
}

bool ApiVersionsAnswer::has_transactions() const {
    return std::ranges::all_of(
        known, [&](const Known& one) { return one.need != Known::Need::of_transactions || is_taken(one, ranges); });
}

std::optional<ApiVersionsAnswer> read_api_versions(std::string_view body) {
    WireReader reader(body);
    ApiVersionsAnswer answer;
    answer.error = reader.i16();
    const int32_t ranges = reader.count(6);
    for (int32_t i = 0; i < ranges; ++i) {
        ApiVersionsAnswer::Range range;
        range.api = reader.i16();
        range.least = reader.i16();
        range.most = reader.i16();
        answer.ranges.push_back(range);
    }
    return reader.is_broken() ? std::nullopt : std::optional(std::move(answer));
}

std::optional<MetadataAnswer> read_metadata(std::string_view body) {
    WireReader reader(body);
    MetadataAnswer answer;
    reader.i32();  // throttle time
    const int32_t brokers = reader.count(12);
    for (int32_t i = 0; i < brokers && !reader.is_broken(); ++i) {
        MetadataAnswer::Broker& broker = answer.brokers.emplace_back();
        broker.id = reader.i32();
        broker.host = reader.text();
        broker.port = reader.i32();
        reader.text();  // rack
    }
    reader.text();  // cluster
    reader.i32();   // controller
    const int32_t topics = reader.count(9);
    for (int32_t i = 0; i < topics && !reader.is_broken(); ++i) {
        MetadataAnswer::Topic& topic = answer.topics.emplace_back();
        topic.error = reader.i16();
        topic.name = reader.text();
        reader.i8();  // internal
        const int32_t partitions = reader.count(26);
        for (int32_t k = 0; k < partitions && !reader.is_broken(); ++k) {
            MetadataAnswer::Partition& partition = topic.partitions.emplace_back();
            partition.error = reader.i16();
            partition.number = reader.i32();
            partition.leader = reader.i32();
            reader.i32();                           // leader epoch
            for (int list = 0; list < 3; ++list) {  // replicas: all, in sync, offline
                const int32_t replicas = reader.count(4);
                for (int32_t r = 0; r < replicas; ++r) reader.i32();
            }
        }
    }
    return reader.is_broken() ? std::nullopt : std::optional(std::move(answer));
}

std::optional<InitProducerIdAnswer> read_init_producer_id(std::string_view body) {
    WireReader reader(body);
    InitProducerIdAnswer answer;
    reader.i32();  // throttle time
    answer.error = reader.i16();
    answer.producer_id = reader.i64();
    answer.epoch = reader.i16();
    return reader.is_broken() ? std::nullopt : std::optional(answer);
}

std::optional<FindCoordinatorAnswer> read_find_coordinator(std::string_view body) {
    WireReader reader(body);
    FindCoordinatorAnswer answer;
    reader.i32();  // throttle time
    answer.error = reader.i16();
    reader.text();  // what the error means
    reader.i32();   // number of the broker
    answer.host = reader.text();
    answer.port = reader.i32();
    return reader.is_broken() ? std::nullopt : std::optional(std::move(answer));
}

std::optional<int16_t> read_add_partitions(std::string_view body) {
    WireReader reader(body);
    int16_t first = 0;
    reader.i32();  // throttle time
    const int32_t topics = reader.count(6);
    for (int32_t i = 0; i < topics && !reader.is_broken(); ++i) {
        reader.text();
        const int32_t partitions = reader.count(6);
        for (int32_t k = 0; k < partitions && !reader.is_broken(); ++k) {
            reader.i32();
            const int16_t error = reader.i16();
            // Of several the one that is to blame, not those that were then not tried.
            if (error != 0 && (first == 0 || first == not_attempted)) first = error;
        }
    }
    return reader.is_broken() ? std::nullopt : std::optional(first);
}

std::optional<int16_t> read_end_txn(std::string_view body) {
    WireReader reader(body);
    reader.i32();  // throttle time
    const int16_t error = reader.i16();
    return reader.is_broken() ? std::nullopt : std::optional(error);
}

std::optional<SaslAnswer> read_sasl_handshake(std::string_view body) {
    WireReader reader(body);
    SaslAnswer answer;
    answer.error = reader.i16();
    const int32_t mechanisms = reader.count(2);
    for (int32_t i = 0; i < mechanisms && !reader.is_broken(); ++i)
        answer.reason += (i > 0 ? ", " : "") + std::string(reader.text());
    return reader.is_broken() ? std::nullopt : std::optional(std::move(answer));
}

std::optional<SaslAnswer> read_sasl_authenticate(std::string_view body) {
    WireReader reader(body);
    SaslAnswer answer;
    answer.error = reader.i16();
    answer.reason = reader.text();
    answer.message = reader.bytes();
    answer.lifetime_ms = reader.i64();
    return reader.is_broken() ? std::nullopt : std::optional(std::move(answer));
}

std::optional<ProduceAnswer> read_produce(std::string_view body) {
    WireReader reader(body);
    ProduceAnswer answer;
    const int32_t topics = reader.count(6);
    for (int32_t i = 0; i < topics && !reader.is_broken(); ++i) {
        const std::string topic(reader.text());
        const int32_t partitions = reader.count(36);
        for (int32_t k = 0; k < partitions && !reader.is_broken(); ++k) {
            ProduceAnswer::Partition& partition = answer.partitions.emplace_back();
            partition.topic = topic;
            partition.number = reader.i32();
            partition.error = reader.i16();
            partition.base_offset = reader.i64();
            reader.i64();  // time of appending
            reader.i64();  // first offset of the log
            const int32_t refused = reader.count(6);
            for (int32_t r = 0; r < refused && !reader.is_broken(); ++r) {
                ProduceAnswer::Refused& one = partition.refused.emplace_back();
                one.record = reader.i32();
                one.reason = reader.text();
            }
            partition.reason = reader.text();
        }
    }
    answer.throttle_ms = reader.i32();
    return reader.is_broken() ? std::nullopt : std::optional(std::move(answer));
}

}  // namespace headwater
