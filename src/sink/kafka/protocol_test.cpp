// For the claims about what is asked of brokers, and about answers, whole and cut short.
#include "sink/kafka/protocol.h"

#include <doctest/doctest.h>

#include "sink/kafka/wire.h"

using namespace headwater;

namespace {

std::string whole_metadata() {
    std::string body;
    WireWriter writer(body);
    writer.i32(0);
    writer.i32(1);
    writer.i32(7);
    writer.text("h");
    writer.i32(9092);
    writer.no_text();
    writer.text("cluster");
    writer.i32(7);
    writer.i32(1);
    writer.i16(0);
    writer.text("t");
    writer.i8(0);
    writer.i32(2);
    for (int32_t number : {0, 1}) {
        writer.i16(number == 0 ? 0 : 5);
        writer.i32(number);
        writer.i32(number == 0 ? 7 : -1);
        writer.i32(3);
        writer.i32(1);
        writer.i32(7);
        writer.i32(0);
        writer.i32(-1);
    }
    return body;
}

std::string whole_produce() {
    std::string body;
    WireWriter writer(body);
    writer.i32(1);
    writer.text("t");
    writer.i32(1);
    writer.i32(3);
    writer.i16(87);
    writer.i64(-1);
    writer.i64(-1);
    writer.i64(5);
    writer.i32(2);
    for (int32_t place : {1, 4}) {
        writer.i32(place);
        writer.text("no");
    }
    writer.text("bad records");
    writer.i32(20);
    return body;
}

/// Claims that every front of a body is refused.
template <typename Read>
void check_cut(const std::string& body, Read read) {
    for (size_t size = 0; size < body.size(); ++size) CHECK(!read(std::string_view(body).substr(0, size)));
    CHECK(read(std::string_view(body)));
}

}  // namespace

TEST_CASE("a request says its length, kind, version and number") {
    std::string frame;
    open_frame(frame, KafkaApi::metadata, 5, "me");
    append_metadata_request(frame, {"t"});
    close_frame(frame, 3);
    CHECK(frame == std::string("\0\0\0\x17\0\x03\0\x07\0\0\0\x05\0\x02me\0\0\0\x01\0\x01t\0", 24));
}

TEST_CASE("answers tell what they hold") {
    auto metadata = read_metadata(whole_metadata());
    REQUIRE(metadata);
    CHECK(metadata->brokers[0].id == 7);
    CHECK(metadata->brokers[0].host == "h");
    CHECK(metadata->brokers[0].port == 9092);
    REQUIRE(metadata->topics[0].partitions.size() == 2);
    CHECK(metadata->topics[0].partitions[0].leader == 7);
    CHECK(metadata->topics[0].partitions[1].leader == -1);
    auto produced = read_produce(whole_produce());
    REQUIRE(produced);
    CHECK(produced->partitions[0].topic == "t");
    CHECK(produced->partitions[0].number == 3);
    CHECK(produced->partitions[0].error == 87);
    CHECK(produced->partitions[0].refused[1].record == 4);
    CHECK(produced->partitions[0].reason == "bad records");
    CHECK(produced->throttle_ms == 20);
}

TEST_CASE("an answer that is cut short is none") {
    check_cut(whole_metadata(), read_metadata);
    check_cut(whole_produce(), read_produce);
    check_cut(std::string("\0\0\0\0\0\x01\0\x12\0\0\0\x04", 12), read_api_versions);
    check_cut(std::string(16, '\0'), read_init_producer_id);
    check_cut(std::string("\0\0\0\0\0\x01\0\x05PLAIN", 13), read_sasl_handshake);
    check_cut(std::string("\0\0\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0", 16), read_sasl_authenticate);
}

TEST_CASE("lists that cannot be are refused before memory is taken for them") {
    CHECK(!read_produce(std::string("\x7f\xff\xff\xff\0\0\0\0\0\0", 10)));
    CHECK(!read_api_versions(std::string("\0\0\x10\0\0\0", 6)));
    CHECK(!read_metadata(std::string("\0\0\0\0\xff\xff\xff\xfe", 8)));
}

TEST_CASE("a broker that lacks one of our versions is found out") {
    ApiVersionsAnswer answer{0, {{0, 3, 11}, {3, 0, 12}, {18, 0, 4}, {22, 0, 5}}};
    CHECK(answer.lacking() == "");
    answer.ranges[0].most = 7;
    CHECK(answer.lacking() == "Produce");
    answer.ranges[0] = {0, 9, 12};
    CHECK(answer.lacking() == "Produce");
    answer.ranges.erase(answer.ranges.begin());
    CHECK(answer.lacking() == "Produce");
}
