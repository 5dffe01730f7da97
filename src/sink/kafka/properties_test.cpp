// For the claims about properties of a Kafka client as people paste them.
#include "sink/kafka/properties.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace headwater;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string mistake_in(const Pairs& pairs) {
    KafkaProperties properties;
    for (auto& [name, value] : pairs)
        if (auto added = properties.add(name, value); !added) return added.error().message;
    auto settled = properties.settle();
    return settled ? "" : settled.error().message;
}

KafkaProperties settled(const Pairs& pairs) {
    KafkaProperties properties;
    for (auto& [name, value] : pairs) REQUIRE(properties.add(name, value));
    auto done = properties.settle();
    REQUIRE_MESSAGE(done, (done ? "" : done.error().message));
    return properties;
}

}  // namespace

TEST_CASE("names of Java become those of librdkafka") {
    auto properties = settled({{"max.request.size", "5000000"},
                               {"ssl.truststore.certificates", "PEM"},
                               {"send.buffer.bytes", "1"},
                               {"acks", "all"},
                               {"key.serializer", "org.apache.kafka.common.serialization.StringSerializer"}});
    CHECK(properties.value("message.max.bytes") == "5000000");
    CHECK(properties.value("ssl.ca.pem") == "PEM");
    CHECK(properties.value("socket.send.buffer.bytes") == "1");
    CHECK(properties.values().size() == 3);
}

TEST_CASE("a login of Java gives user, password and mechanism") {
    std::string module = "org.apache.kafka.common.security.";
    auto plain =
        settled({{"security.protocol", "SASL_SSL"},
                 {"sasl.jaas.config", module + R"(plain.PlainLoginModule required username="me" password="a;b c";)"}});
    CHECK(plain.value("sasl.username") == "me");
    CHECK(plain.value("sasl.password") == "a;b c");
    CHECK(plain.value("sasl.mechanism") == "PLAIN");
    auto scram = settled({{"security.protocol", "SASL_SSL"},
                          {"sasl.mechanism", "SCRAM-SHA-512"},
                          {"sasl.jaas.config", module + "scram.ScramLoginModule required username='me' password=x;"}});
    CHECK(scram.value("sasl.password") == "x");
    CHECK(scram.value("sasl.mechanism") == "SCRAM-SHA-512");
    CHECK(mistake_in({{"sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required;"}}) ==
          "Kafka property names a login other than PlainLoginModule, ScramLoginModule and "
          "OAuthBearerLoginModule: sasl.jaas.config");
}

TEST_CASE("stores of certificates are read in PEM and PKCS12, and JKS says how to change it") {
    auto pem = settled(
        {{"ssl.truststore.location", "ca.pem"}, {"ssl.keystore.location", "client"}, {"ssl.keystore.type", "PEM"}});
    CHECK(pem.value("ssl.ca.location") == "ca.pem");
    CHECK(pem.value("ssl.certificate.location") == "client");
    CHECK(pem.value("ssl.key.location") == "client");
    auto pkcs = settled({{"ssl.keystore.location", "client.p12"}, {"ssl.keystore.password", "x"}});
    CHECK(pkcs.value("ssl.keystore.location") == "client.p12");
    CHECK(pkcs.value("ssl.keystore.password") == "x");
    CHECK(mistake_in({{"ssl.keystore.location", "k.jks"}}) ==
          "Keys are read in PEM or PKCS12 (keytool -importkeystore -srckeystore k.jks -deststoretype PKCS12 makes it), "
          "not as "
          "JKS: k.jks");
}

TEST_CASE("what would weaken exactly-once delivery is refused") {
    CHECK(mistake_in({{"acks", "1"}}) == "Records are written exactly once, which needs acks=all: acks=1");
    CHECK(!mistake_in({{"enable.idempotence", "false"}}).empty());
    CHECK(!mistake_in({{"max.in.flight.requests.per.connection", "6"}}).empty());
    CHECK(!mistake_in({{"partitioner", "consistent_random"}}).empty());
    CHECK(mistake_in({{"max.in.flight.requests.per.connection", "1"}, {"partitioner", "murmur2"}}).empty());
}

TEST_CASE("what could harm is refused, and what has no effect is told") {
    for (const char* name :
         {"plugin.library.paths", "interceptor.classes", "debug", "enable.sasl.oauthbearer.unsecure.jwt",
          "sasl.kerberos.kinit.cmd", "ssl.engine.location", "transactional.id"})
        CHECK_MESSAGE(mistake_in({{name, "x"}}).starts_with("Kafka property cannot be set, "), name);
    auto properties = settled({{"delivery.timeout.ms", "5"}});
    CHECK(properties.values().empty());
    REQUIRE(properties.notices().size() == 1);
    CHECK(properties.notices()[0].ends_with("no record is given up because time has passed: delivery.timeout.ms"));
}

TEST_CASE("an unknown name is answered with the nearest one") {
    CHECK(mistake_in({{"batch.sise", "1"}}) ==
          "Kafka target has no such option (did you mean batch.size?): batch.sise");
    CHECK(mistake_in({{"quite.another.thing", "1"}}) == "Kafka target has no such option: quite.another.thing");
}

TEST_CASE("a password needs all that belongs to it") {
    CHECK(!mistake_in({{"security.protocol", "SASL_SSL"}}).empty());
    CHECK(!mistake_in({{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "PLAIN"}}).empty());
    CHECK(mistake_in({{"sasl.mechanism", "PLAIN"}}) ==
          "sasl.mechanism needs security.protocol=SASL_SSL or SASL_PLAINTEXT: PLAIN");
    CHECK(mistake_in({{"sasl.mechanism", "GSSAPI"}}) ==
          "SASL mechanism is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER: GSSAPI");
    CHECK(!mistake_in({{"security.protocol", "SSLL"}}).empty());
}

TEST_CASE("a login by token needs an endpoint with a client, or a command") {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    auto mistake = [](Pairs more) {
        more.insert(more.begin(), {{"security.protocol", "SASL_SSL"}, {"sasl.mechanism", "OAUTHBEARER"}});
        return mistake_in(more);
    };
    const Pairs endpoint{{"sasl.oauthbearer.token.endpoint.url", "https://a/token"}};
    auto with = [](Pairs some, const Pairs& more) {
        some.insert(some.end(), more.begin(), more.end());
        return some;
    };
    const Pairs client{{"sasl.oauthbearer.client.credentials.client.id", "me"},
                       {"sasl.oauthbearer.client.credentials.client.secret", "secret"}};
    CHECK(mistake({}).starts_with("sasl.mechanism=OAUTHBEARER needs the address that gives tokens"));
    CHECK(mistake(endpoint).starts_with("Token endpoint needs a client and its secret"));
    CHECK(mistake(with(endpoint, client)).empty());
    CHECK(mistake({{"sasl.oauthbearer.token.command", "print-token"}}).empty());
    CHECK(mistake(with(endpoint, {{"sasl.oauthbearer.token.command", "print-token"}})) ==
          "Token comes from an endpoint or a command, not from both: sasl.oauthbearer.token.command");
    CHECK(mistake(with(with(endpoint, client), {{"sasl.oauthbearer.method", "device"}})) ==
          "sasl.oauthbearer.method is neither oidc nor default: device");
    CHECK(!mistake(with(with(endpoint, client), {{"sasl.oauthbearer.extensions", "1=2"}})).empty());
    CHECK(!mistake({{"sasl.login.callback.handler.class", "software.amazon.msk.auth.iam.IAMClientCallbackHandler"}})
               .empty());
}

TEST_CASE("a login by token of Java is read from its module") {
    KafkaProperties properties;
    REQUIRE(properties.add("security.protocol", "SASL_SSL"));
    REQUIRE(properties.add("sasl.login.callback.handler.class",
                           "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler"));
    REQUIRE(properties.add("sasl.oauthbearer.token.endpoint.url", "http://idp.example:8080/token"));
    REQUIRE(
        properties.add("sasl.jaas.config",
                       "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId=\"me\" "
                       "clientSecret='s=1' scope=\"a b\" extension_logicalCluster=\"lkc-1\";"));
    REQUIRE(properties.settle());
    CHECK(properties.value("sasl.mechanism") == "OAUTHBEARER");
    CHECK(properties.value("sasl.oauthbearer.client.id") == "me");
    CHECK(properties.value("sasl.oauthbearer.client.secret") == "s=1");
    CHECK(properties.value("sasl.oauthbearer.scope") == "a b");
    CHECK(properties.value("sasl.oauthbearer.extensions") == "logicalCluster=lkc-1");
    REQUIRE(properties.notices().size() == 1);
    CHECK(properties.notices()[0] ==
          "Secret of the client goes unprotected over the network, as the address is not https: "
          "http://idp.example:8080/token");
}

TEST_CASE("a file of properties is read as Java does") {
    std::string path =
        std::filesystem::temp_directory_path() / ("headwater-" + std::to_string(::getpid()) + ".properties");
    std::ofstream(path) << "# comment\n! another\n\nbootstrap.servers = a:1,\\\n    b:2\r\nclient.id:me\nlinger.ms 7\n"
                           "ssl.key.password=a\\=b\\\\\n";
    KafkaProperties properties;
    REQUIRE(properties.add_file(path));
    CHECK(properties.servers() == "a:1,b:2");
    CHECK(properties.value("client.id") == "me");
    CHECK(properties.value("linger.ms") == "7");
    CHECK(properties.value("ssl.key.password") == "a=b\\");
    std::ofstream(path) << "nonsense.at.all=1\n";
    auto added = properties.add_file(path);
    REQUIRE(!added);
    CHECK(added.error().message == "Kafka target has no such option: nonsense.at.all (in " + path + ")");
    std::filesystem::remove(path);
    CHECK(!properties.add_file(path));
}

TEST_CASE("secrets are known by their names") {
    for (const char* name : {"sasl.password", "ssl.key.password", "sasl.jaas.config", "ssl.key.pem", "ssl.keystore.key",
                             "sasl.oauthbearer.client.secret", "sasl.oauthbearer.token.command"})
        CHECK_MESSAGE(is_secret_of_kafka(name), name);
    for (const char* name : {"sasl.username", "ssl.ca.location", "linger.ms"})
        CHECK_MESSAGE(!is_secret_of_kafka(name), name);
}
