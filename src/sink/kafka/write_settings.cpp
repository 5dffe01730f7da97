#include "sink/kafka/write_settings.h"

#include <cstdlib>

#include "base/text.h"

namespace headwater {

WriteSettings write_settings_of(const KafkaOptions& options) {
    const KafkaProperties& asked = options.properties;
    WriteSettings settings;
    auto number = [&](const char* name, auto& value) {
        if (asked.has(name)) value = static_cast<std::decay_t<decltype(value)>>(std::atof(asked.value(name).c_str()));
    };
    auto flag = [&](const char* name, bool& value) {
        const std::string text = lower(asked.value(name));
        if (!text.empty()) value = text == "true" || text == "t" || text == "1";
    };
    settings.compression = options.compression;
    settings.guard = options.guard;
    if (asked.has("client.id")) settings.client_id = asked.value("client.id");
    number("compression.level", settings.level);
    number("linger.ms", settings.linger_ms);
    number("linger.ms", settings.prompt_linger_ms);
    number("batch.size", settings.batch_bytes);
    number("batch.num.messages", settings.batch_records);
    number("message.max.bytes", settings.most_record_bytes);
    number("max.in.flight.requests.per.connection", settings.most_in_flight);
    number("request.timeout.ms", settings.request_timeout_ms);
    number("socket.timeout.ms", settings.socket_timeout_ms);
    number("socket.connection.setup.timeout.ms", settings.connect_timeout_ms);
    number("reconnect.backoff.ms", settings.reconnect_first_ms);
    number("reconnect.backoff.max.ms", settings.reconnect_most_ms);
    number("retry.backoff.ms", settings.retry_ms);
    number("metadata.max.age.ms", settings.metadata_refresh_ms);
    number("topic.metadata.refresh.interval.ms", settings.metadata_refresh_ms);
    if (settings.metadata_refresh_ms <= 0) settings.metadata_refresh_ms = INT32_MAX;  // librdkafka: never
    number("topic.metadata.propagation.max.ms", settings.metadata_patience_ms);
    number("connections.max.idle.ms", settings.most_idle_ms);
    number("socket.send.buffer.bytes", settings.send_buffer_bytes);
    number("socket.receive.buffer.bytes", settings.receive_buffer_bytes);
    flag("socket.keepalive.enable", settings.keeps_alive);
    flag("socket.nagle.disable", settings.has_no_delay);
    const std::string family = lower(asked.value("broker.address.family"));
    settings.family = family == "v4" ? 4 : family == "v6" ? 6 : 0;
    const std::string protocol = lower(asked.value("security.protocol"));
    settings.uses_tls = protocol.ends_with("ssl");
    if (protocol.starts_with("sasl")) {
        settings.mechanism = asked.value("sasl.mechanism");
        settings.user = asked.value("sasl.username");
        settings.password = asked.value("sasl.password");
        settings.tokens = options.tokens;
    }
    return settings;
}

}  // namespace headwater
