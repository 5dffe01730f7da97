// For the claims about targets as users type them.
#include "app/target.h"

#include <doctest/doctest.h>

#include "app/components.h"
#include "engine/real_time.h"
#include "pack/output_options.h"
#include "sink/s3/place.h"

using namespace headwater;

namespace {

/// Gives the first mistake that is seen before anything is connected to, or "".
std::string mistake_in(std::string to) {
    OutputPlan output = output_to(std::move(to));
    if (auto settled = settle(output); !settled) return settled.error().message;
    auto named = named_in(output);
    if (!named) return named.error().message;
    auto checked = check(*named);
    return checked ? "" : checked.error().message;
}

}  // namespace

TEST_CASE("a target is a scheme and a folder") {
    CHECK(address_of("stdout")->kind->scheme == "stdout");
    CHECK(address_of("discard:")->kind->scheme == "discard");
    CHECK(address_of("file:out/")->path == "out");
    CHECK(address_of("file:///tmp/out")->path == "/tmp/out");
    CHECK(address_of("file:lake/$(stream)/dt=$(date)")->path == "lake/$(stream)/dt=$(date)");
}

TEST_CASE("options behind the question mark go to the output") {
    OutputPlan output = output_to("file:out?format=csv&layout=chunked&max_chunk_size=8MiB&delimiter=tab");
    REQUIRE(settle(output));
    CHECK(output.to == "file:out");
    CHECK(output.format == "csv");
    CHECK(output.layout == "chunked");
    CHECK(output.max_chunk_size_bytes == 8 << 20);
    CHECK(output.options.at("delimiter") == "tab");
}

TEST_CASE("Parquet is compressed by zstd unless something else is asked for") {
    OutputPlan output = output_to("file:out?format=parquet");
    REQUIRE(settle(output));
    CHECK(output.compression == "zstd");
    output = output_to("file:out?format=parquet&compression=none");
    REQUIRE(settle(output));
    CHECK(output.compression == "none");
    output = output_to("file:out");
    REQUIRE(settle(output));
    CHECK(output.format == "json");
    CHECK(output.compression == "none");
}

TEST_CASE("a target that cannot be is told what exists") {
    CHECK(mistake_in("out") == "Target has no scheme (for a folder write file:out): out");
    CHECK(mistake_in("ftp://x") ==
          "Target is none of stdout: discard: file:DIR s3://BUCKET/PREFIX kafka://HOST:PORT/TOPIC: ftp://x");
    CHECK(mistake_in("kinesis://r/s") ==
          "Target is not in this version, which has stdout: discard: file:DIR s3://BUCKET/PREFIX "
          "kafka://HOST:PORT/TOPIC: kinesis://r/s");
    CHECK(mistake_in("file:") == "Target names no folder, as file:out does: file:");
    CHECK(mistake_in("file://host/out") == "Target file: has no host; write file:DIR or file:///DIR: file://host/out");
    CHECK(mistake_in("stdout:x") == "Target stdout: takes nothing behind the colon: stdout:x");
    CHECK(mistake_in("file:out?format") == "Target option is not name=value: format");
    CHECK(mistake_in("file:out?target_size=big") == "Option target_size is not a size, such as 256MiB: big");
}

TEST_CASE("a topic takes records with their identity, and formats of single records") {
    OutputPlan output = output_to("kafka://h:9092/t?linger.ms=5");
    REQUIRE(settle(output));
    CHECK(output.to == "kafka://h:9092/t");
    CHECK(output.identity == "headers");
    CHECK(output.format == "json");
    CHECK(output.options.at("linger.ms") == "5");
    CHECK(mistake_in("kafka://h/t?format=parquet") ==
          "Target kafka: takes records one by one, as format json or csv gives them, not: parquet");
    CHECK(mistake_in("kafka://h/t/u") ==
          "Kafka target names one topic behind its servers, as kafka://localhost:9092/orders does: kafka://h/t/u");
}

TEST_CASE("a target that others can see takes no secrets, and does not repeat them") {
    for (const char* name : {"sasl.password", "ssl.key.password", "sasl.jaas.config", "ssl.key.pem"}) {
        std::string message = mistake_in("kafka://h/t?" + std::string(name) + "=canary");
        CHECK(message.ends_with("(config=FILE): " + std::string(name)));
        CHECK(message.find("canary") == std::string::npos);
    }
}

TEST_CASE("a bucket is opened by name, its folders by the prefix") {
    auto target =
        s3_place_of({.path = "lake/raw/$(stream)/x", .options = {{"part_size", "64MiB"}, {"path_style", "true"}}});
    REQUIRE(target);
    CHECK(target->options.bucket == "lake");
    CHECK(target->options.prefix == "raw");
    CHECK(target->folder == "$(stream)/x");
    CHECK(target->options.part_size_bytes == 64 << 20);
    CHECK(target->options.path_style == true);
    CHECK(s3_place_of({.path = "lake"})->options.prefix == "");
    CHECK(s3_place_of({.path = "lake"})->folder == "$(stream)");
    CHECK(s3_place_of({.path = "lake/$(date)"})->options.prefix == "");
}

TEST_CASE("a target of S3 that cannot be is told before anything runs, and no secret is repeated") {
    CHECK(mistake_in("s3://") == "Target names no bucket, as s3://BUCKET/PREFIX does: s3://");
    CHECK(mistake_in("s3:lake") == "Target is not s3://BUCKET/PREFIX: s3:lake");
    CHECK(mistake_in("s3://Lake/x").starts_with("Name of a bucket is 3 to 63 of a-z"));
    CHECK(mistake_in("s3://lake?part_size=1MiB") == "Option part_size is not from 5MiB to 5GiB: 1048576");
    CHECK(mistake_in("s3://lake?parts_in_flight=many") ==
          "Option parts_in_flight is not a whole number from 1 to 64: many");
    CHECK(mistake_in("s3://lake?create_bucket=1") == "Option create_bucket is not true or false: 1");
    CHECK(mistake_in("s3://lake?secret_key=hush").ends_with("AWS_SECRET_ACCESS_KEY: secret_key"));
    CHECK(mistake_in("s3://me:hush@lake").find("hush") == std::string::npos);
    CHECK(mistake_in("s3://lake/raw?format=csv&endpoint=http://127.0.0.1:9000&delimiter=tab") == "");
}

TEST_CASE("formats refuse options that are not theirs") {
    SystemTime time;
    BuiltInComponents components(time, [](const std::string&) {});
    auto message = [&](std::string to) {
        OutputPlan output = output_to(std::move(to));
        if (auto settled = settle(output); !settled) return settled.error().message;
        auto format = components.format(output);
        return format ? std::string("fine") : format.error().message;
    };
    CHECK(message("file:out?format=csv&header=false&line_end=crlf") == "fine");
    CHECK(message("kafka://h/t?format=csv&delimiter=tab&linger.ms=5&compression=snappy") == "fine");
    CHECK(message("kafka://h/t?lingr.ms=5") == "Kafka target has no such option (did you mean linger.ms?): lingr.ms");
    CHECK(message("kafka://h/t?format=json&delimiter=tab") == "Format json has no such option: delimiter");
    CHECK(message("kafka://h/t?compression=rar") == "Option compression is not none, zstd, gzip, lz4 or snappy: rar");
    CHECK(message("s3://lake?format=csv&header=false&part_size=5MiB&region=eu-west-1") == "fine");
    CHECK(message("s3://lake?indent=2") == "Format json and target s3: have no such option: indent");
    CHECK(message("file:out?part_size=5MiB") == "Format json and target file: have no such option: part_size");
    CHECK(message("file:out?format=xml") == "Option format is not json, json-array, csv or parquet: xml");
    CHECK(message("file:out?format=json&indent=2") == "Format json and target file: have no such option: indent");
    CHECK(message("file:out?format=csv&header=maybe") == "Option header is not true or false: maybe");
    CHECK(message("file:out?compression=rar") == "Option compression is not none, zstd, gzip, lz4 or snappy: rar");
    CHECK(message("file:out?compression=snappy") == "Compression is none of none, zstd, gzip, lz4: snappy");
    CHECK(message("file:out?format=parquet&row_group_rows=none") ==
          "Option row_group_rows is not a whole number above 0: none");
}

TEST_CASE("history that a topic would delete is warned of") {
    constexpr int64_t day_us = int64_t{86'400} * 1'000'000;
    OutputPlan output;
    output.to = "kafka://localhost:9092/t?retention.ms=86400000";
    REQUIRE(settle(output));
    CHECK(warning_of(output, 2 * day_us).ends_with("keeps them: retention.ms=86400000"));
    CHECK(warning_of(output, day_us / 2).empty());
    for (const char* mend : {"retention.ms=-1", "retention.ms=86400000&timestamp=now"}) {
        output = OutputPlan();
        output.to = std::string("kafka://localhost:9092/t?") + mend;
        REQUIRE(settle(output));
        CHECK(warning_of(output, 2 * day_us).empty());
    }
}

TEST_CASE("a server that a client names is asked about, one of the settings is not") {
    const ServicePlace place{.files = "", .why_not = [](const std::string& host, uint16_t port) {
                                 return "Not " + host + " " + std::to_string(port);
                             }};
    auto told = [&](std::string to) {
        OutputPlan output = output_to(std::move(to));
        REQUIRE(settle(output));
        auto confined = confine(output, place);
        return confined ? "" : confined.error().message;
    };
    CHECK(told("s3://lake/x?endpoint=http://theirs.example:9000") == "Not theirs.example 9000");
    CHECK(told("s3://lake/x?endpoint=https://[::1]") == "Not [::1] 443");
    CHECK(told("s3://lake/x?endpoint=theirs.example") == "Not theirs.example 443");
    CHECK(told("s3://lake/x").empty());
    REQUIRE(setenv("KAFKA_SASL_SERVERS", "ours:9092", 1) == 0);
    CHECK(told("kafka://theirs.example/t") == "Not theirs.example 9092");
    CHECK(told("kafka://[::1]:5/t") == "Not [::1] 5");
    CHECK(told("kafka://OURS:9092/t").empty());
    REQUIRE(unsetenv("KAFKA_SASL_SERVERS") == 0);
}

TEST_CASE("clients of a service say what is allowed and nothing else") {
    const ServicePlace place{.files = "/srv/files"};
    auto told = [&](std::string to) {
        OutputPlan output = output_to(std::move(to));
        REQUIRE(settle(output));
        auto confined = confine(output, place);
        return confined ? output.to : confined.error().message;
    };
    CHECK(told("file:out/a?format=csv&delimiter=tab") == "file:/srv/files/out/a");
    CHECK(told("file:../out") == "Target is not a folder below that of the service's files: file:../out");
    CHECK(told("file:/etc") == "Target is not a folder below that of the service's files: file:/etc");
    CHECK(told("stdout:") == "Service has no standard output; name a target: outputs");
    CHECK(told("s3://lake/raw?region=eu-west-1") == "s3://lake/raw");
    CHECK(told("kafka://h/t?linger.ms=5&acks=all") == "kafka://h/t");
    for (const char* refused :
         {"s3://lake?profile=x", "s3://lake?ca_file=/etc/passwd", "kafka://h/t?config=/etc/passwd",
          "kafka://h/t?ssl.ca.location=/etc/passwd", "kafka://h/t?ssl.keystore.location=/x"}) {
        const std::string name = std::string(refused).substr(std::string(refused).find('?') + 1);
        const std::string message = told(refused);
        CHECK(message.starts_with("Target option is not for clients of the service, who may say format, "));
        CHECK(message.ends_with(": " + name.substr(0, name.find('='))));
    }
}
