#include "service/settings.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace headwater;

namespace {

Result<ServiceSettings> settle(const GivenSettings& flags, const GivenSettings& variables = {},
                               const GivenSettings& file = {}) {
    auto environment = [&](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    return settle_settings(flags, environment, file);
}

}  // namespace

TEST_CASE("flags win over variables, those over the file, that over the defaults") {
    CHECK(settle({})->port == 8000);
    CHECK(settle({}, {}, {{"HEADWATER_PORT", "1"}})->port == 1);
    CHECK(settle({}, {{"HEADWATER_PORT", "2"}}, {{"HEADWATER_PORT", "1"}})->port == 2);
    CHECK(settle({{"HEADWATER_PORT", "3"}}, {{"HEADWATER_PORT", "2"}}, {{"HEADWATER_PORT", "1"}})->port == 3);
    CHECK(settle({})->emulation_rate == 5000);
    CHECK(settle({})->most_running == 16);
    CHECK(settle({})->most_waiting == 64);
    CHECK(settle({}, {{"LOG_LEVEL", "warning"}})->log_level == "warn");
}

TEST_CASE("every wrong setting is named at once, and no secret is") {
    const auto settings = settle({{"HEADWATER_PORT", "65536"}, {"EMULATION_RATE", "-1"}},
                                 {{"MINIO_SECURE", "maybe"}, {"HEADWATER_TOKEN", "too-short"}, {"LOG_LEVEL", "loud"}});
    REQUIRE(!settings);
    for (const char* name : {"HEADWATER_PORT", "EMULATION_RATE", "MINIO_SECURE", "HEADWATER_TOKEN", "LOG_LEVEL"})
        CHECK(settings.error().message.find(name) != std::string::npos);
    CHECK(settings.error().message.find("too-short") == std::string::npos);
}

TEST_CASE("beyond loopback a token is needed, and TLS or a word about plaintext") {
    const GivenSettings open{{"HEADWATER_HOST", "0.0.0.0"}};
    const GivenSettings token{{"HEADWATER_TOKEN", "0123456789abcdef"}};
    CHECK(!settle(open));
    CHECK(!settle(open, token));
    CHECK(settle({{"HEADWATER_HOST", "0.0.0.0"}, {"HEADWATER_ALLOW_PLAINTEXT", "true"}}, token));
    const GivenSettings sealed{{"HEADWATER_HOST", "0.0.0.0"}, {"HEADWATER_TLS_CERT", "a"}, {"HEADWATER_TLS_KEY", "b"}};
    CHECK(!settle(sealed));
    CHECK(settle(sealed, token)->tls_key == "b");
    CHECK(settle({{"HEADWATER_TLS_CERT", "a"}}).error().message ==
          "Setting HEADWATER_TLS_CERT is set without HEADWATER_TLS_KEY: a");
    CHECK(is_loopback("127.0.0.5"));
    CHECK(!is_loopback("127.0.0.1.example"));
    CHECK(!is_loopback("127.example"));
}

TEST_CASE("addresses have limits beyond loopback, and on it where they are set") {
    const GivenSettings token{{"HEADWATER_TOKEN", "0123456789abcdef"}};
    const GivenSettings open{{"HEADWATER_HOST", "::"}, {"HEADWATER_ALLOW_PLAINTEXT", "true"}};
    CHECK(settle({})->address_connections == 0);
    CHECK(settle({})->address_rate == 0);
    CHECK(settle(open, token)->address_connections == 64);
    CHECK(settle(open, token)->address_rate == 200);
    const GivenSettings set{{"HEADWATER_ADDRESS_CONNECTIONS", "3"}, {"HEADWATER_ADDRESS_RATE", "0.5"}};
    CHECK(settle({}, set)->address_connections == 3);
    CHECK(settle({}, set)->address_rate == 0.5);
    CHECK(settle({}, {{"HEADWATER_ADDRESS_RATE", "0"}})->address_rate == 0);
    CHECK(!settle({}, {{"HEADWATER_ADDRESS_RATE", "nan"}}));
    CHECK(!settle({}, {{"HEADWATER_ADDRESS_CONNECTIONS", "-1"}}));
}

TEST_CASE("the settings are printed with their secrets masked") {
    const auto settings = settle(
        {},
        {{"MINIO_SECRET_KEY", "canary-1"}, {"KAFKA_PASSWORD", "canary-2"}, {"HEADWATER_TOKEN", "canary-3-0123456789"}});
    const std::string text = settings_text(*settings);
    CHECK(text.find("canary") == std::string::npos);
    CHECK(text.find("MINIO_SECRET_KEY=****\n") != std::string::npos);
    CHECK(text.find("KAFKA_BOOTSTRAP_SERVERS=localhost:9092\n") != std::string::npos);
}

TEST_CASE("a settings file is read as .env files are") {
    const auto path = std::filesystem::temp_directory_path() / "headwater-settings-test.env";
    std::ofstream(path)
        << "# words\n\nexport HEADWATER_PORT=9 \r\nMINIO_ENDPOINT = \"minio:1\"\nLOG_LEVEL='ERROR'\nOTHER=1\n";
    const auto file = read_settings_file(path.string());
    REQUIRE(file);
    CHECK(*file == GivenSettings{{"HEADWATER_PORT", "9"}, {"MINIO_ENDPOINT", "minio:1"}, {"LOG_LEVEL", "ERROR"}});
    std::ofstream(path) << "HEADWATER_PORT\n";
    CHECK(!read_settings_file(path.string()));
    std::filesystem::remove(path);
    CHECK(!read_settings_file(path.string()));
}
