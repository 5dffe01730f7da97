// For the claims about what the properties of a client mean for writing.
#include "sink/kafka/write_settings.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

WriteSettings settings_of(const std::map<std::string, std::string>& options) {
    auto read = read_kafka_options({.address = "//h/t", .options = options, .compression = "", .identity = "headers"});
    REQUIRE(read);
    return write_settings_of(*read);
}

}  // namespace

TEST_CASE("nothing said gives the defaults") {
    const WriteSettings settings = settings_of({});
    CHECK(settings.client_id == "headwater");
    CHECK(settings.compression == "lz4");
    CHECK(settings.linger_ms == 20);
    CHECK(settings.most_in_flight == 5);
    CHECK(settings.has_no_delay);
    CHECK(!settings.uses_tls);
    CHECK(settings.mechanism.empty());
}

TEST_CASE("properties of writing have their effect, by either name") {
    const WriteSettings settings = settings_of({{"client.id", "me"},
                                                {"linger.ms", "0.5"},
                                                {"batch.size", "2000"},
                                                {"batch.num.messages", "7"},
                                                {"max.request.size", "9000"},
                                                {"max.in.flight", "3"},
                                                {"compression.level", "9"},
                                                {"request.timeout.ms", "11"},
                                                {"socket.timeout.ms", "12"},
                                                {"socket.connection.setup.timeout.ms", "1300"},
                                                {"reconnect.backoff.ms", "14"},
                                                {"reconnect.backoff.max.ms", "15"},
                                                {"retry.backoff.ms", "16"},
                                                {"topic.metadata.refresh.interval.ms", "17"},
                                                {"topic.metadata.propagation.max.ms", "18"},
                                                {"connections.max.idle.ms", "19"},
                                                {"send.buffer.bytes", "20"},
                                                {"socket.receive.buffer.bytes", "21"},
                                                {"socket.keepalive.enable", "true"},
                                                {"socket.nagle.disable", "false"},
                                                {"broker.address.family", "v6"}});
    CHECK(settings.client_id == "me");
    CHECK(settings.linger_ms == 0.5);
    CHECK(settings.batch_bytes == 2000);
    CHECK(settings.batch_records == 7);
    CHECK(settings.most_record_bytes == 9000);
    CHECK(settings.most_in_flight == 3);
    CHECK(settings.level == 9);
    CHECK(settings.request_timeout_ms == 11);
    CHECK(settings.socket_timeout_ms == 12);
    CHECK(settings.connect_timeout_ms == 1300);
    CHECK(settings.reconnect_first_ms == 14);
    CHECK(settings.reconnect_most_ms == 15);
    CHECK(settings.retry_ms == 16);
    CHECK(settings.metadata_refresh_ms == 17);
    CHECK(settings.metadata_patience_ms == 18);
    CHECK(settings.most_idle_ms == 19);
    CHECK(settings.send_buffer_bytes == 20);
    CHECK(settings.receive_buffer_bytes == 21);
    CHECK(settings.keeps_alive);
    CHECK(!settings.has_no_delay);
    CHECK(settings.family == 6);
}

TEST_CASE("leaders are never looked up again by the clock where that is switched off") {
    CHECK(settings_of({{"topic.metadata.refresh.interval.ms", "-1"}}).metadata_refresh_ms == INT32_MAX);
}

TEST_CASE("a protocol says whether connections are hidden and who we are") {
    const WriteSettings settings = settings_of({{"security.protocol", "SASL_SSL"},
                                                {"sasl.mechanism", "SCRAM-SHA-512"},
                                                {"sasl.username", "me"},
                                                {"sasl.password", "secret"}});
    CHECK(settings.uses_tls);
    CHECK(settings.mechanism == "SCRAM-SHA-512");
    CHECK(settings.user == "me");
    CHECK(settings.password == "secret");
    CHECK(settings_of({{"security.protocol", "ssl"}}).uses_tls);
    CHECK(!settings_of({{"security.protocol", "plaintext"}}).uses_tls);
}

TEST_CASE("what has no meaning for writing is told") {
    for (const char* name : {"socket.max.fails", "queue.buffering.backpressure.threshold", "broker.address.ttl"}) {
        auto read = read_kafka_options(
            {.address = "//h/t", .options = {{name, "1"}}, .compression = "", .identity = "headers"});
        REQUIRE(read);
        REQUIRE(read->properties.notices().size() == 1);
        CHECK(read->properties.notices()[0].ends_with(std::string(": ") + name));
    }
}
