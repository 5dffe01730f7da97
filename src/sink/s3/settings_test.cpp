// For the claims about where keys, endpoint and region come from, and in which order.
#include "sink/s3/settings.h"

#include <doctest/doctest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <map>

#include "sink/s3/profile.h"

using namespace headwater;
using namespace headwater::s3;

namespace {

using Variables = std::map<std::string, std::string>;

Result<S3Settings> settled(const Variables& variables, S3Options options = {}) {
    if (options.bucket.empty()) options.bucket = "lake";
    return settle_s3(options, [&](const char* name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        if (found == variables.end()) return std::nullopt;
        return found->second;
    });
}

std::string mistake(const Variables& variables, S3Options options = {}) {
    auto settings = settled(variables, std::move(options));
    return settings ? "" : settings.error().message;
}

Variables with_keys(Variables variables) {
    variables.merge(Variables{{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "SK"}});
    return variables;
}

/// A home with profile files, removed again.
class Home {
  public:
    Home(const std::string& credentials, const std::string& config)
        : path_(std::filesystem::temp_directory_path() / ("headwater-home-" + std::to_string(getpid()))) {
        std::filesystem::create_directories(path_ / ".aws");
        std::ofstream(path_ / ".aws" / "credentials") << credentials;
        std::ofstream(path_ / ".aws" / "config") << config;
    }
    ~Home() { std::filesystem::remove_all(path_); }
    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("keys come from AWS variables, then MinIO's, then profiles") {
    const Home home("[default]\naws_access_key_id = PK\naws_secret_access_key = PS\naws_session_token=PT\n", "");
    Variables variables{{"HOME", home.path()}};
    CHECK(settled(variables)->keys.access_key == "PK");
    CHECK(settled(variables)->keys.session_token == "PT");
    variables["MINIO_ROOT_USER"] = "RK";
    variables["MINIO_ROOT_PASSWORD"] = "RS";
    CHECK(settled(variables)->keys.access_key == "RK");
    variables["MINIO_ACCESS_KEY"] = "MK";
    variables["MINIO_SECRET_KEY"] = "MS";
    CHECK(settled(variables)->keys.access_key == "MK");
    variables["AWS_SESSION_TOKEN"] = "T";
    CHECK(settled(variables)->keys.session_token == "");
    variables["AWS_ACCESS_KEY_ID"] = "AK";
    variables["AWS_SECRET_ACCESS_KEY"] = "AS";
    CHECK(settled(variables)->keys.access_key == "AK");
    CHECK(settled(variables)->keys.secret_key == "AS");
    CHECK(settled(variables)->keys.session_token == "T");
    CHECK(settled(variables)->keys_source == "AWS_ACCESS_KEY_ID");
    CHECK(settled(variables, {.bucket = "lake", .profile = "default"})->keys.access_key == "PK");
}

TEST_CASE("a profile is put together from both files") {
    const Home home("[work]\naws_access_key_id=WK\naws_secret_access_key=WS\n",
                    "[default]\nregion = eu-north-1\n[profile work]\nregion = eu-west-3  # Paris\n"
                    "endpoint_url = http://10.0.0.1:9000\ns3 =\n  addressing_style = path\n");
    Variables variables{{"HOME", home.path()}, {"AWS_PROFILE", "work"}};
    auto settings = settled(variables);
    REQUIRE(settings);
    CHECK(settings->keys.access_key == "WK");
    CHECK(settings->region == "eu-west-3");
    CHECK(settings->endpoint.host == "10.0.0.1:9000");
    variables["AWS_PROFILE"] = "play";
    CHECK(mistake(variables) == "Profile is in neither ~/.aws/credentials nor ~/.aws/config: play");
}

TEST_CASE("half a pair of keys is told, and no key at all") {
    CHECK(
        mistake({{"AWS_ACCESS_KEY_ID", "AK"}}) ==
        "Keys of S3 come in pairs, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; one is not set: AWS_SECRET_ACCESS_KEY");
    CHECK(mistake({}).starts_with("No keys for S3; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "));
    CHECK(mistake({{"AWS_SECRET_ACCESS_KEY", "hush"}}).find("hush") == std::string::npos);
}

TEST_CASE("a line end that was copied along with a key is told, the key is not") {
    CHECK(mistake({{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "hush\n"}}) ==
          "Keys of S3 hold a blank or a line end; mend what gives them: AWS_ACCESS_KEY_ID");
    CHECK(mistake(with_keys({{"AWS_SESSION_TOKEN", "a\r\nx-amz-acl: public-read"}})).starts_with("Keys of S3 hold"));
}

TEST_CASE("the endpoint comes from the option, AWS variables, MinIO's, the profile, then the region") {
    Variables variables = with_keys({{"AWS_REGION", "eu-west-1"}});
    CHECK(settled(variables)->endpoint.host == "s3.eu-west-1.amazonaws.com");
    CHECK(settled(variables)->endpoint.scheme == "https");
    CHECK(settled(variables)->endpoint.is_aws);
    CHECK(!settled(variables)->path_style);
    CHECK(!settled(variables)->create_bucket);
    variables["MINIO_ENDPOINT"] = "minio:9000";
    CHECK(settled(variables)->endpoint.scheme == "http");
    CHECK(settled(variables)->path_style);
    CHECK(settled(variables)->create_bucket);
    variables["MINIO_SECURE"] = "true";
    CHECK(settled(variables)->endpoint.scheme == "https");
    CHECK(settled(variables)->endpoint.host == "minio:9000");
    variables["AWS_ENDPOINT_URL"] = "http://one:80/";
    CHECK(settled(variables)->endpoint.host == "one");
    variables["AWS_ENDPOINT_URL_S3"] = "https://two:8443";
    CHECK(settled(variables)->endpoint.host == "two:8443");
    CHECK(settled(variables, {.bucket = "lake", .endpoint = "http://[::1]:9000"})->endpoint.host == "[::1]:9000");
}

TEST_CASE("an endpoint that cannot be is refused, and a password in it is not repeated") {
    for (const char* bad :
         {"ftp://x", "http://", "http://x:0", "http://x:99999", "http://x:9000/path", "http://a b", "http://x:"})
        CHECK_MESSAGE(!endpoint_of(bad, "https"), bad);
    auto refused = endpoint_of("http://me:hush@host:9000", "https");
    REQUIRE(!refused);
    CHECK(refused.error().message.find("hush") == std::string::npos);
}

TEST_CASE("the bucket is in the host's name at AWS, unless it has dots") {
    const Endpoint endpoint = aws_endpoint("eu-west-1");
    CHECK(address_of_bucket(endpoint, "lake", false).origin == "https://lake.s3.eu-west-1.amazonaws.com");
    CHECK(address_of_bucket(endpoint, "lake", false).path == "/");
    CHECK(address_of_bucket(endpoint, "lake", true).path == "/lake/");
    CHECK(settled(with_keys({}), {.bucket = "my.lake"})->path_style);
    CHECK(aws_endpoint("cn-north-1").host == "s3.cn-north-1.amazonaws.com.cn");
    CHECK(!settled(with_keys({{"AWS_REGION", "evil.example/"}})));
}

TEST_CASE("options that no bucket can have are refused") {
    const auto refused = [](S3Options options) {
        auto checked = check_s3_options(options);
        return checked ? "" : checked.error().message;
    };
    CHECK(refused({.bucket = "lake"}) == "");
    CHECK(refused({.bucket = "lake", .prefix = "raw/payments"}) == "");
    CHECK(refused({.bucket = "La"}) ==
          "Name of a bucket is 3 to 63 of a-z, 0-9, - and ., as in s3://bucket/prefix: La");
    CHECK(refused({.bucket = "key:hush@lake"}).find("hush") == std::string::npos);
    CHECK(refused({.bucket = "$(stream)"}) == "Name of a bucket holds no holes, the prefix behind it may: $(stream)");
    CHECK(refused({.bucket = "lake", .prefix = "a//b"}) == "Prefix must be a plain path: a//b");
    CHECK(refused({.bucket = "lake", .prefix = "../b"}) == "Prefix must be a plain path: ../b");
    CHECK(refused({.bucket = "lake", .part_size_bytes = 1 << 20}) ==
          "Option part_size is not from 5MiB to 5GiB: 1048576");
    CHECK(refused({.bucket = "lake", .parts_in_flight = 0}) == "Option parts_in_flight is not from 1 to 64: 0");
}

TEST_CASE("what is no line of a profile is passed over") {
    auto profiles = parse_profiles(
        "a = b\n# c\n; d\n[one]\nx = 1\n # e\n  nested = 2\nnothing\n[broken\ny = 3\n[profile  two ]\nz=4 ; five\n");
    CHECK(profiles.size() == 2);
    CHECK(profiles["one"] == Profile{{"x", "1"}});
    CHECK(profiles["two"] == Profile{{"z", "4"}});
}

TEST_CASE("keys that are bound go to the endpoints that variables name, and no other") {
    const Variables bound = with_keys({{"MINIO_ENDPOINT", "Ours:9000"}, {"S3_KEYS_BOUND", "1"}});
    for (const char* ours : {"", "http://ours:9000", "http://OURS:9000/", "https://s3.eu-west-1.amazonaws.com"})
        CHECK_MESSAGE(settled(bound, {.endpoint = ours})->keys.access_key == "AK", ours);
    for (const char* theirs : {"http://theirs:9000", "https://ours:9000", "http://ours", "http://ours.:9000",
                               "http://s3.amazonaws.com", "https://s3.amazonaws.com.theirs"})
        CHECK_MESSAGE(settled(bound, {.endpoint = theirs})->keys.access_key.empty(), theirs);
    const Variables of_minio{{"MINIO_ACCESS_KEY", "MK"}, {"MINIO_SECRET_KEY", "MS"}, {"S3_KEYS_BOUND", "1"}};
    CHECK(settled(of_minio, {.endpoint = "https://s3.amazonaws.com"})->keys.access_key.empty());
    CHECK(settled(with_keys({}), {.endpoint = "http://theirs:9000"})->keys.access_key == "AK");
}
