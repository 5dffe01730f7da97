// For one connection to a Kafka cluster: settings, the last trouble, and the kinds of its failures.
#include "sink/kafka/client.h"

#include <librdkafka/rdkafka.h>

#include <array>

namespace headwater {

/// What the library calls.
struct KafkaCallbacks {
    static void error(rd_kafka_t*, int error, const char* reason, void* opaque) {
        static_cast<KafkaClient*>(opaque)->note(error, reason);
    }
    static void answer(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque) {
        auto* client = static_cast<KafkaClient*>(opaque);
        client->answer_(handle, message, client->opaque_);
    }
    /// Log lines are for people with a terminal of their own; what matters comes as an error.
    static void log(const rd_kafka_t*, int, const char*, const char*) {}
};

namespace {

constexpr size_t reason_bytes = 512;
constexpr int first_with_strict_scram = 0x020601ff;

/// Nothing is dropped because time has passed or a queue is full: our own bound of bytes holds everything back.
const std::array producer_settings{
    KafkaSetting{"enable.idempotence", "true"},
    KafkaSetting{"acks", "all"},
    KafkaSetting{"message.timeout.ms", "0"},
    KafkaSetting{"queue.buffering.max.messages", "10000000"},
    KafkaSetting{"queue.buffering.max.kbytes", "2097151"},
    KafkaSetting{"linger.ms", "20"},
};

const std::array reader_settings{
    KafkaSetting{"enable.partition.eof", "true"},
    KafkaSetting{"enable.auto.commit", "false"},
    KafkaSetting{"isolation.level", "read_uncommitted"},
    KafkaSetting{"check.crcs", "true"},
};

const std::array common_settings{
    KafkaSetting{"client.id", "headwater"},
    KafkaSetting{"reconnect.backoff.max.ms", "1000"},
};

bool is_of_producers(const std::string& name) {
    return name == "linger.ms" || name == "batch.size" || name == "batch.num.messages" ||
           name.starts_with("compression.") || name == "max.in.flight.requests.per.connection" ||
           name == "queue.buffering.backpressure.threshold" || name == "retry.backoff.ms" ||
           name == "request.timeout.ms";
}

}  // namespace

Result<std::unique_ptr<KafkaClient>> KafkaClient::make(const KafkaOptions& options, const Making& making) {
    std::unique_ptr<KafkaClient> client(new KafkaClient(options, making));
    rd_kafka_conf_t* settings = rd_kafka_conf_new();
    if (auto configured = client->configure(settings, options, making); !configured) {
        rd_kafka_conf_destroy(settings);
        return std::unexpected(configured.error());
    }
    char reason[reason_bytes] = "";
    auto type = making.role == Role::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
    client->handle_ = rd_kafka_new(type, settings, reason, sizeof reason);
    if (client->handle_ != nullptr) return client;
    rd_kafka_conf_destroy(settings);
    return fail(ErrorKind::invalid, "Kafka client cannot be made: " + std::string(reason));
}

Result<void> KafkaClient::check(const KafkaOptions& options) {
    for (Role role : {Role::producer, Role::reader}) {
        Making making{.role = role};
        rd_kafka_conf_t* settings = rd_kafka_conf_new();
        auto configured = KafkaClient(options, making).configure(settings, options, making);
        rd_kafka_conf_destroy(settings);
        if (!configured) return configured;
    }
    return {};
}

Result<void> KafkaClient::configure(rd_kafka_conf_s* settings, const KafkaOptions& options, const Making& making) {
    char reason[reason_bytes] = "";
    auto set = [&](const std::string& name, const std::string& value) -> Result<void> {
        if (rd_kafka_conf_set(settings, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK)
            return {};
        // The library's own words may repeat the value, which may be a secret.
        std::string shown = is_secret_of_kafka(name) ? name : name + "=" + value;
        return fail(ErrorKind::invalid, "Kafka property has no such value: " + shown);
    };
    bool is_producer = making.role == Role::producer;
    for (const KafkaSetting& one : common_settings)
        if (auto done = set(one.name, one.value); !done) return done;
    for (const KafkaSetting *one = is_producer ? producer_settings.data() : reader_settings.data(),
                            *end = one + (is_producer ? producer_settings.size() : reader_settings.size());
         one != end; ++one)
        if (auto done = set(one->name, one->value); !done) return done;
    if (is_producer)
        if (auto done = set("compression.codec", options.compression); !done) return done;
    for (auto& [name, value] : options.properties.values()) {
        if (!is_producer && is_of_producers(name)) continue;
        if (auto done = set(name, value); !done) return done;
    }
    for (const KafkaSetting& one : making.settings)
        if (auto done = set(one.name, one.value); !done) return done;
    if (auto done = set("bootstrap.servers", options.servers); !done) return done;
    rd_kafka_conf_set_opaque(settings, this);
    rd_kafka_conf_set_error_cb(settings, KafkaCallbacks::error);
    rd_kafka_conf_set_log_cb(settings, KafkaCallbacks::log);
    if (making.answer != nullptr) rd_kafka_conf_set_dr_msg_cb(settings, KafkaCallbacks::answer);
    return {};
}

KafkaClient::~KafkaClient() {
    if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

void KafkaClient::poll(int wait_ms) { rd_kafka_poll(handle_, wait_ms); }

void KafkaClient::note(int error, const char* reason) {
    if (error == RD_KAFKA_RESP_ERR__FATAL) {
        char text[reason_bytes] = "";
        rd_kafka_fatal_error(handle_, text, sizeof text);
        trouble_.is_fatal = true;
        trouble_.last = text;
        return;
    }
    std::string text = reason != nullptr ? reason : rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error));
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !trouble_.last.empty()) return;  // the reason came before
    trouble_.last = text;
    if (is_denial(error) || error == RD_KAFKA_RESP_ERR__SSL) trouble_.denied = text;
}

Error KafkaClient::trouble_of(const std::string& otherwise) const {
    if (!trouble_.denied.empty()) {
        bool is_old = mechanism_.starts_with("SCRAM") && rd_kafka_version() < first_with_strict_scram;
        std::string hint =
            is_old ? "; librdkafka before 2.6.1 cannot show a password by SCRAM to Kafka 4, only by PLAIN" : "";
        return {ErrorKind::invalid, "Kafka lets us not in (" + trouble_.denied + hint + "): " + servers_};
    }
    const std::string& why = trouble_.last.empty() ? otherwise : trouble_.last;
    return {ErrorKind::unavailable, "Kafka does not answer (" + why + "): " + servers_};
}

bool is_denial(int error) {
    switch (error) {
        case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
        case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return true;
        default: return false;
    }
}

}  // namespace headwater
