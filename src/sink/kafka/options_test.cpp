// For the claims about what can be said of a Kafka target.
#include "sink/kafka/options.h"

#include <doctest/doctest.h>

#include <cstdlib>

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
    CHECK(mistake_in("//a/t", {{"in_flight", "much"}}) == "Option in_flight is not a size, such as 32MiB: much");
    CHECK(mistake_in("//a/t", {{"in_flight", "0"}}) == "Option in_flight is not a size, such as 32MiB: 0");
    CHECK(mistake_in("//a/t", {{"partition", "3"}}) ==
          "Kafka target has no such option (did you mean partitions?): partition");
    CHECK(mistake_in("//a/t", {{"compression.type", "brotli"}}) ==
          "Compression is none of none, gzip, snappy, lz4, zstd: brotli");
}

TEST_CASE("an answer key needs a topic of its own") {
    CHECK(!read_kafka_options({.address = "//a", .identity = "headers", .is_answer_key = true}));
    CHECK(read_kafka_options({.address = "//a/answers", .identity = "headers", .is_answer_key = true}));
}

TEST_CASE("a password of the environment goes to the servers that it is for, however they are written") {
    const Options login{{"security.protocol", "sasl_plaintext"}, {"sasl.mechanism", "PLAIN"}};
    setenv("KAFKA_SASL_USERNAME", "me", 1);
    setenv("KAFKA_SASL_PASSWORD", "secret", 1);
    CHECK(read("//anywhere:1/t", login)->properties.value("sasl.password") == "secret");
    setenv("KAFKA_SASL_SERVERS", "ours:9092,[::1]:9", 1);
    for (const char* ours : {"//ours:9092/t", "//OURS/t", "//ours/t", "//[::1]:9,ours/t"})
        CHECK(read(ours, login)->properties.value("sasl.password") == "secret");
    for (const char* theirs :
         {"//theirs:9092/t", "//ours:9093/t", "//ours,theirs/t", "//ours.example:9092/t", "//urs/t"}) {
        CHECK(mistake_in(theirs, login).starts_with("Password of Kafka is for the servers of the settings only: "));
        CHECK(!read(theirs)->properties.has("sasl.password"));
    }
    Options hidden = login;
    hidden["bootstrap.servers"] = "theirs:9092";
    CHECK(mistake_in("///t", hidden) == "Password of Kafka is for the servers of the settings only: theirs:9092");
    for (const char* name : {"KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD", "KAFKA_SASL_SERVERS"}) unsetenv(name);
}
