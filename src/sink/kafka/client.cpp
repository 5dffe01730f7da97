#include "sink/kafka/client.h"

#include <librdkafka/rdkafka.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "sink/kafka/tokens.h"

namespace headwater {

namespace {

constexpr size_t reason_bytes = 512;
constexpr int first_with_strict_scram = 0x020601ff;

const std::array reader_settings{
    KafkaSetting{"client.id", "headwater"},
    KafkaSetting{"reconnect.backoff.max.ms", "1000"},
    KafkaSetting{"enable.partition.eof", "true"},
    KafkaSetting{"enable.auto.commit", "false"},
    KafkaSetting{"isolation.level", "read_uncommitted"},
    KafkaSetting{"check.crcs", "true"},
};

/// What the library calls.
void tell_error(rd_kafka_t*, int error, const char* reason, void* opaque) {
    static_cast<KafkaClient*>(opaque)->note(error, reason);
}
void renew_token(rd_kafka_t*, const char*, void* opaque) { static_cast<KafkaClient*>(opaque)->renew_token(); }
int connect_socket(int socket, const sockaddr* place, int size, const char*, void* opaque) {
    return static_cast<KafkaClient*>(opaque)->connect(socket, place, static_cast<unsigned>(size));
}
/// Log lines are for people with a terminal of their own; what matters comes as an error.
void drop_log_line(const rd_kafka_t*, int, const char*, const char*) {}

/// True for properties that are ours to see to: the library gets tokens from us.
bool is_of_tokens(const std::string& name) {
    return name.starts_with("sasl.oauthbearer.") || name == "https.ca.location";
}

/// True for properties of writing, of which a reader would complain.
bool is_of_writing(const std::string& name) {
    return name == "linger.ms" || name == "batch.size" || name == "batch.num.messages" ||
           name.starts_with("compression.") || name == "max.in.flight.requests.per.connection" ||
           name == "retry.backoff.ms" || name == "request.timeout.ms";
}

Result<void> set(rd_kafka_conf_t* settings, const std::string& name, const std::string& value) {
    char reason[reason_bytes] = "";
    if (rd_kafka_conf_set(settings, name.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK) return {};
    // The library's own words may repeat the value, which may be a secret.
    std::string shown = is_secret_of_kafka(name) ? name : name + "=" + value;
    return fail(ErrorKind::invalid, "Kafka property has no such value: " + shown);
}

/// Gives the settings of a reader, to be destroyed by the caller unless a client takes them.
Result<rd_kafka_conf_t*> settings_of(const KafkaOptions& options, const std::vector<KafkaSetting>& more) {
    rd_kafka_conf_t* settings = rd_kafka_conf_new();
    Result<void> done;
    auto add = [&](const std::string& name, const std::string& value) {
        if (done) done = set(settings, name, value);
    };
    for (const KafkaSetting& one : reader_settings) add(one.name, one.value);
    for (auto& [name, value] : options.properties.values())
        if (!is_of_writing(name) && !is_of_tokens(name)) add(name, value);
    for (const KafkaSetting& one : more) add(one.name, one.value);
    add("bootstrap.servers", options.servers);
    if (done) return settings;
    rd_kafka_conf_destroy(settings);
    return std::unexpected(done.error());
}

}  // namespace

Result<std::unique_ptr<KafkaClient>> KafkaClient::make(const KafkaOptions& options,
                                                       const std::vector<KafkaSetting>& more) {
    std::unique_ptr<KafkaClient> client(new KafkaClient(options));
    auto settings = settings_of(options, more);
    if (!settings) return std::unexpected(settings.error());
    rd_kafka_conf_set_opaque(*settings, client.get());
    rd_kafka_conf_set_error_cb(*settings, tell_error);
    rd_kafka_conf_set_log_cb(*settings, drop_log_line);
    if (options.guard) rd_kafka_conf_set_connect_cb(*settings, connect_socket);
    if (options.tokens != nullptr) rd_kafka_conf_set_oauthbearer_token_refresh_cb(*settings, headwater::renew_token);
    char reason[reason_bytes] = "";
    client->handle_ = rd_kafka_new(RD_KAFKA_CONSUMER, *settings, reason, sizeof reason);
    if (client->handle_ == nullptr) {
        rd_kafka_conf_destroy(*settings);
        return fail(ErrorKind::invalid, "Kafka client cannot be made: " + std::string(reason));
    }
    if (auto renewed = client->renew_token(); !renewed) return std::unexpected(renewed.error());
    return client;
}

Result<void> KafkaClient::check(const KafkaOptions& options) {
    auto settings = settings_of(options, {});
    if (!settings) return std::unexpected(settings.error());
    Result<void> done;
    for (auto& [name, value] : options.properties.values())
        if (done && is_of_writing(name)) done = set(*settings, name, value);
    rd_kafka_conf_destroy(*settings);
    return done;
}

KafkaClient::~KafkaClient() {
    if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

Result<void> KafkaClient::renew_token() {
    if (tokens_ == nullptr) return {};
    auto token = tokens_->take();
    if (!token) {
        rd_kafka_oauthbearer_set_token_failure(handle_, token.error().message.c_str());
        return std::unexpected(token.error());
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const int64_t ends_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count() + token->lifetime_ms;
    std::vector<const char*> extensions;
    for (const auto& [name, value] : tokens_->extensions())
        extensions.insert(extensions.end(), {name.c_str(), value.c_str()});
    char reason[reason_bytes] = "";
    // The name is nobody's: a broker reads it from the token.
    const int error = rd_kafka_oauthbearer_set_token(handle_, token->text.c_str(), ends_ms, "headwater",
                                                     extensions.data(), extensions.size(), reason, sizeof reason);
    if (error == 0) return {};
    return fail(ErrorKind::invalid, "Token for Kafka cannot be used (" + std::string(reason) + "): " + servers_);
}

int KafkaClient::connect(int socket, const sockaddr* place, unsigned size) {
    if (!may_connect(guard_, place, size)) {
        is_kept_away_ = true;
        return EACCES;
    }
    return ::connect(socket, place, size) == 0 || errno == EINPROGRESS ? 0 : errno;
}

void KafkaClient::poll(int wait_ms) { rd_kafka_poll(handle_, wait_ms); }

void KafkaClient::note(int error, const char* reason) {
    std::string text = reason != nullptr ? reason : rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error));
    if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !trouble_.last.empty()) return;  // the reason came before
    trouble_.last = text;
    if (is_denial(error) || error == RD_KAFKA_RESP_ERR__SSL) trouble_.denied = text;
}

Error KafkaClient::trouble_of(const std::string& otherwise) const {
    if (is_kept_away_)
        return {ErrorKind::invalid, "Kafka leads to an address that nothing may be sent to: " + servers_};
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
