// For the claims about what can be said of a Kafka target.
#include "sink/kafka/options.h"

#include <doctest/doctest.h>

using namespace headwater;

namespace {

using Options = std::map<std::string, std::string>;

Result<KafkaOptions> read(const std::string& address, const Options& options = {}) {
    return read_kafka_options({.address = address, .options = options, .compression = "", .identity = "headers"});
}

std::string mistake_in(const std::string& address, const Options& options = {}) {
    auto read_options = read(address, options);
    return read_options ? "" : read_options.error().message;
}

}  // namespace

TEST_CASE("an address is servers and a topic") {
    auto options = read("//a:9092,b,[::1]:9/orders");
    REQUIRE(options);
    CHECK(options->servers == "a:9092,b:9092,[::1]:9");
    CHECK(options->topic == "orders");
    CHECK(options->compression == "lz4");
    CHECK(options->event_time);
    CHECK(options->identity_headers);
    CHECK(read("//a")->topic == "$(stream)");
    CHECK(mistake_in("a:9092/t") ==
          "Kafka target does not begin with //, as kafka://localhost:9092/orders does: kafka:a:9092/t");
    CHECK(mistake_in("//a:0/t") == "Kafka server is not host:port: a:0");
    CHECK(mistake_in("//a:70000/t") == "Kafka server is not host:port: a:70000");
    CHECK(mistake_in("//a,/t") == "Kafka server is not host:port: ");
    CHECK(mistake_in("//me:secret@a/t").find("secret") == std::string::npos);
}

TEST_CASE("a topic has the names that Kafka allows") {
    CHECK(topic_of("$(pack).$(stream)-x", "shop.orders") == "shop.orders-x");
    CHECK(topic_of("all", "shop.orders") == "all");
    CHECK(mistake_in("//a/t$(date)") == "Topic has holes other than $(stream) and $(pack): t$(date)");
    CHECK(!mistake_in("//a/t t").empty());
    CHECK(!mistake_in("//a/..").empty());
    CHECK(!mistake_in("//a/" + std::string(250, 't')).empty());
}

TEST_CASE("options are read with their units") {
    auto options = read("//a/t", {{"partitions", "12"},
                                  {"replication", "3"},
                                  {"retention.ms", "-1"},
                                  {"topics", "check"},
                                  {"timestamp", "now"},
                                  {"in_flight", "8MiB"},
                                  {"linger.ms", "5"},
                                  {"compression.type", "zstd"}});
    REQUIRE(options);
    CHECK(options->topics.partitions == 12);
    CHECK(options->topics.replication == 3);
    CHECK(options->topics.config.at("retention.ms") == "-1");
    CHECK(options->topics.policy == TopicPolicy::check);
    CHECK(!options->event_time);
    CHECK(options->in_flight_bytes == 8 << 20);
    CHECK(read("//a/t", {{"in_flight", "1.5 GB"}})->in_flight_bytes == 1'500'000'000);
    CHECK(options->properties.value("linger.ms") == "5");
    CHECK(options->compression == "zstd");
}

TEST_CASE("a wrong option names what is allowed, a misspelt one the nearest") {
    CHECK(mistake_in("//a/t", {{"partitions", "0"}}) == "Option partitions is not a whole number from 1 to 100000: 0");
    CHECK(mistake_in("//a/t", {{"timestamp", "later"}}) == "Option timestamp is not event or now: later");
    CHECK(mistake_in("//a/t", {{"topics", "drop"}}) == "Option topics is not create, accept, check or off: drop");
    CHECK(mistake_in("//a/t", {{"in_flight", "much"}}) ==
          "Option in_flight is not a size, such as 64KiB, 256MiB or 1.5GB: much");
    CHECK(mistake_in("//a/t", {{"in_flight", "0"}}) ==
          "Option in_flight is not a size, such as 64KiB, 256MiB or 1.5GB: 0");
    CHECK(mistake_in("//a/t", {{"partition", "3"}}) ==
          "Kafka target has no such option (did you mean partitions?): partition");
    CHECK(mistake_in("//a/t", {{"compression.type", "brotli"}}) ==
          "Compression is none of none, gzip, snappy, lz4, zstd: brotli");
}

TEST_CASE("an answer key needs a topic of its own") {
    CHECK(!read_kafka_options({.address = "//a", .identity = "headers", .is_answer_key = true}));
    CHECK(read_kafka_options({.address = "//a/answers", .identity = "headers", .is_answer_key = true}));
}
