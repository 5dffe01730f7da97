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

TEST_CASE("a transaction is asked for as Kafka's schemas have it") {
    std::string text;
    append_find_coordinator_request(text, "id");
    CHECK(text == std::string("\0\2id\1", 5));
    text.clear();
    append_init_producer_id_request(text);
    CHECK(text == std::string("\xff\xff\0\0\0\0", 6));
    text.clear();
    append_init_producer_id_request(text, "id");
    CHECK(text == std::string("\0\2id\0\0\x75\x30", 8));
    const BatchWriter writer{.producer_id = 5, .epoch = 3};
    text.clear();
    append_add_partitions_request(text, "id", writer, {{.name = "t", .partitions = 2}});
    CHECK(text == std::string("\0\2id\0\0\0\0\0\0\0\5\0\3\0\0\0\1\0\1t\0\0\0\2\0\0\0\0\0\0\0\1", 33));
    text.clear();
    append_abort_request(text, "id", writer);
    CHECK(text == std::string("\0\2id\0\0\0\0\0\0\0\5\0\3\0", 15));
}

TEST_CASE("answers about transactions are read, and cut ones known") {
    std::string found;
    WireWriter writer(found);
    writer.i32(0);
    writer.i16(0);
    writer.no_text();
    writer.i32(1);
    writer.text("host");
    writer.i32(9092);
    CHECK(read_find_coordinator(found)->host == "host");
    CHECK(read_find_coordinator(found)->port == 9092);
    check_cut(found, read_find_coordinator);

    std::string added;
    WireWriter partitions(added);
    partitions.i32(0);
    partitions.i32(1);
    partitions.text("t");
    partitions.i32(3);
    for (int16_t error : {int16_t{0}, int16_t{55}, int16_t{29}}) {
        partitions.i32(0);
        partitions.i16(error);
    }
    CHECK(read_add_partitions(added) == 29);
    check_cut(added, read_add_partitions);
    CHECK(read_end_txn(std::string("\0\0\0\0\0\x2f", 6)) == 47);
    CHECK(!read_end_txn(std::string("\0\0\0\0\0", 5)));
}

TEST_CASE("brokers without transactions are known by what they take") {
    ApiVersionsAnswer answer;
    for (int16_t api : {0, 3, 10, 17, 18, 22, 24, 26, 36}) answer.ranges.push_back({api, 0, 9});
    CHECK(answer.has_transactions());
    CHECK(answer.lacking() == "");
    answer.ranges.pop_back();
    answer.ranges.pop_back();
    CHECK(!answer.has_transactions());
    CHECK(answer.lacking() == "");
}
