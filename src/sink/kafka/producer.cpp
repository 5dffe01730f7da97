// For writing records in order and knowing of each whether the cluster has it.
#include "sink/kafka/producer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/print.h"

namespace headwater {

namespace {

constexpr uint64_t library_bytes = 192;  ///< what the library keeps of a record beside its bytes
constexpr uint64_t headers_bytes = 256;  ///< and of its headers
constexpr size_t most_idle_blocks = 32;
constexpr size_t most_idle_bytes = 4 << 20;  ///< a larger block is not kept for later

/// True when the cluster refuses a record, or one that came in the same batch, for what it is.
bool is_refusal(int error) {
    switch (error) {
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        case RD_KAFKA_RESP_ERR_INVALID_RECORD: return true;
        default: return false;
    }
}

bool is_gone(int error) {
    return error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

int64_t now_ms() {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

const char* text_of(int error) { return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)); }

}  // namespace

struct DeliveryAnswer {
    static void receive(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        auto* producer = static_cast<KafkaProducer*>(opaque);
        producer->answer(*static_cast<KafkaRecord*>(message->_private), message->err, message->offset);
    }
};

std::string_view KafkaBlock::row_of(const KafkaRecord& one, char* room) const {
    char* end = room;
    if (has_entities) {
        end = print_integer(end, one.entity);
        *end++ = '-';
    }
    end = print_integer(end, one.number);
    return {room, static_cast<size_t>(end - room)};
}

struct KafkaProducer::Messages {
    std::vector<rd_kafka_message_t> of_a_run;
};

KafkaProducer::KafkaProducer(const KafkaOptions& options, KafkaDress dress)
    : options_(options), dress_(std::move(dress)), messages_(std::make_unique<Messages>()) {}

KafkaProducer::~KafkaProducer() { HW_CHECK(client_ == nullptr); }

Result<void> KafkaProducer::connect(std::vector<KafkaTopic>& topics, std::vector<KafkaSetting> settings) {
    HW_CHECK(client_ == nullptr);
    auto client = KafkaClient::make(options_, {.role = KafkaClient::Role::producer,
                                               .settings = std::move(settings),
                                               .answer = DeliveryAnswer::receive,
                                               .opaque = this});
    if (!client) return std::unexpected(client.error());
    client_ = std::move(*client);
    for (KafkaTopic& topic : topics) {
        topic.handle = rd_kafka_topic_new(client_->handle(), topic.name.c_str(), nullptr);
        if (topic.handle == nullptr) return fail(ErrorKind::invalid, "Topic cannot be written: " + topic.name);
    }
    is_lost_ = false;
    return {};
}

void KafkaProducer::disconnect(std::vector<KafkaTopic>& topics) {
    if (client_ == nullptr) return;
    client_->poll(0);
    rd_kafka_purge(client_->handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(client_->handle()) > 0) client_->poll(100);
    for (KafkaTopic& topic : topics)
        if (topic.handle != nullptr) rd_kafka_topic_destroy(std::exchange(topic.handle, nullptr));
    client_.reset();
}

std::unique_ptr<KafkaBlock> KafkaProducer::idle_block() {
    if (idle_.empty()) return std::make_unique<KafkaBlock>();
    auto block = std::move(idle_.back());
    idle_.pop_back();
    return block;
}

Result<void> KafkaProducer::send(std::unique_ptr<KafkaBlock> owned) {
    KafkaBlock& block = *owned;
    block.unanswered = block.records.size();
    uint64_t each = sizeof(KafkaRecord) + library_bytes + (dress_.identity_headers ? headers_bytes : 0);
    block.weight_bytes = block.bytes.size() + block.keys.size() + block.records.size() * each;
    in_flight_bytes_ += block.weight_bytes;
    blocks_.push_back(std::move(owned));
    auto sent = send_waiting(block);
    count_for_test(block.records.size());
    return sent;
}

/// Hands over the records of a block that wait, a run of one partition at a time.
Result<void> KafkaProducer::send_waiting(KafkaBlock& block) {
    bool is_bare = !dress_.event_time && !dress_.identity_headers;
    for (size_t from = 0; from < block.records.size();) {
        size_t to = from + 1;
        while (to < block.records.size() && block.records[to].partition == block.records[from].partition) ++to;
        if (is_bare)
            send_bare(block, from, to);
        else
            send_dressed(block, from, to);
        from = to;
    }
    if (hopeless_.empty()) return {};
    return fail(ErrorKind::invalid, hopeless_);
}

/// The library's way for many records at once, which can give them neither a time nor headers.
void KafkaProducer::send_bare(KafkaBlock& block, size_t from, size_t to) {
    auto& messages = messages_->of_a_run;
    messages.clear();
    for (size_t i = from; i < to; ++i) {
        KafkaRecord& record = block.records[i];
        if (record.state != KafkaRecord::State::waiting) continue;
        rd_kafka_message_t message{};
        message.payload = block.bytes.data() + record.begin;
        message.len = record.end - record.begin;
        if (block.has_keys) {
            message.key = block.keys.data() + record.key_begin;
            message.key_len = record.key_end - record.key_begin;
        }
        message._private = &record;
        messages.push_back(message);
    }
    if (messages.empty()) return;
    int32_t partition = block.records[from].partition;
    int taken =
        rd_kafka_produce_batch(block.topic->handle, partition, 0, messages.data(), static_cast<int>(messages.size()));
    if (taken == static_cast<int>(messages.size())) return;
    for (const rd_kafka_message_t& message : messages) {
        if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        auto& record = *static_cast<KafkaRecord*>(message._private);
        int error = message.err == RD_KAFKA_RESP_ERR__QUEUE_FULL ? produce(block, record) : message.err;
        if (error != 0) answer(record, error, -1);
    }
}

void KafkaProducer::send_dressed(KafkaBlock& block, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
        KafkaRecord& record = block.records[i];
        if (record.state != KafkaRecord::State::waiting) continue;
        if (int error = produce(block, record); error != 0) answer(record, error, -1);
    }
}

/// Hands one record over; while the library's queue is full it waits. Gives the library's error.
int KafkaProducer::produce(KafkaBlock& block, KafkaRecord& record) {
    rd_kafka_headers_t* headers = dress_.identity_headers ? headers_of(block, record) : nullptr;
    rd_kafka_vu_t parts[8];
    size_t count = 0;
    auto part = [&](rd_kafka_vtype_t type) -> rd_kafka_vu_t& {
        parts[count].vtype = type;
        return parts[count++];
    };
    part(RD_KAFKA_VTYPE_RKT).u.rkt = block.topic->handle;
    part(RD_KAFKA_VTYPE_PARTITION).u.i32 = record.partition;
    part(RD_KAFKA_VTYPE_OPAQUE).u.ptr = &record;
    auto& value = part(RD_KAFKA_VTYPE_VALUE).u.mem;
    value.ptr = block.bytes.data() + record.begin;
    value.size = record.end - record.begin;
    if (block.has_keys) {
        auto& key = part(RD_KAFKA_VTYPE_KEY).u.mem;
        key.ptr = block.keys.data() + record.key_begin;
        key.size = record.key_end - record.key_begin;
    }
    if (dress_.event_time) part(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = record.time_ms;
    if (headers != nullptr) part(RD_KAFKA_VTYPE_HEADERS).u.headers = headers;
    while (true) {
        rd_kafka_error_t* error = rd_kafka_produceva(client_->handle(), parts, count);
        if (error == nullptr) return 0;
        int code = rd_kafka_error_code(error);
        rd_kafka_error_destroy(error);
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            if (headers != nullptr) rd_kafka_headers_destroy(headers);
            return code;
        }
        client_->poll(10);
    }
}

rd_kafka_headers_s* KafkaProducer::headers_of(const KafkaBlock& block, const KafkaRecord& record) {
    char room[48];
    std::string_view row = block.row_of(record, room);
    rd_kafka_headers_t* headers = rd_kafka_headers_new(3);
    auto add = [&](std::string_view name, std::string_view value) {
        rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                            static_cast<ssize_t>(value.size()));
    };
    add(run_header, dress_.run);
    add(stream_header, block.stream);
    add(row_header, row);
    return headers;
}

/// Counts down to a failure that a test asked for.
void KafkaProducer::count_for_test(size_t records) {
    if (options_.test_fatal_after == 0) return;
    sent_for_test_ += records;
    if (sent_for_test_ < options_.test_fatal_after) return;
    sent_for_test_ = 0;
    rd_kafka_test_fatal_error(client_->handle(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "asked for by a test");
}

Result<void> KafkaProducer::send_again() {
    doubted_.clear();
    for (auto& block : blocks_) {
        for (KafkaRecord& record : block->records)
            if (record.state == KafkaRecord::State::doubted) doubted_.push_back(&record);
        if (auto sent = send_waiting(*block); !sent) return sent;
    }
    return {};
}

void KafkaProducer::serve(int wait_ms) {
    client_->poll(wait_ms);
    release();
}

void KafkaProducer::hurry(int wait_ms) {
    rd_kafka_flush(client_->handle(), wait_ms);
    release();
}

void KafkaProducer::answer(KafkaRecord& record, int error, int64_t offset) {
    KafkaBlock& block = *record.block;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (offset >= 0) {
            int64_t& next = block.topic->next_offsets[static_cast<size_t>(record.partition)];
            next = std::max(next, offset + 1);
        }
        return settle(record);
    }
    if (is_refusal(error)) {
        if (record.state == KafkaRecord::State::doubted) {
            refuse(block, record,
                   std::string("Kafka refuses the record (") + text_of(error) + "): " + block.topic->name);
            return settle(record);
        }
        record.state = KafkaRecord::State::doubted;
        doubted_.push_back(&record);
        return;
    }
    if (is_gone(error)) {
        hopeless_ = "Topic or partition is gone: " + block.topic->name;
    } else if (is_denial(error)) {
        hopeless_ = std::string("Topic may not be written (") + text_of(error) + "): " + block.topic->name;
    } else {
        lost_by_ = text_of(error);
        is_lost_ = true;  // stays in flight until it is known whether it arrived
    }
}

void KafkaProducer::settle(KafkaRecord& record) {
    record.state = KafkaRecord::State::done;
    --record.block->unanswered;
}

void KafkaProducer::release() {
    auto is_over = [](const std::unique_ptr<KafkaBlock>& block) { return block->unanswered == 0; };
    while (!blocks_.empty()) {
        // Blocks end nearly in order; one that is slow does not hold the others' memory.
        auto found = std::ranges::find_if(blocks_, is_over);
        if (found == blocks_.end()) return;
        in_flight_bytes_ -= (*found)->weight_bytes;
        auto block = std::move(*found);
        blocks_.erase(found);
        if (idle_.size() < most_idle_blocks && block->bytes.capacity() <= most_idle_bytes)
            idle_.push_back(std::move(block));
    }
}

void KafkaProducer::refuse(const KafkaBlock& block, const KafkaRecord& record, std::string reason) {
    Payload payload;
    payload.bytes = block.value_of(record);
    payload.ends = {static_cast<uint32_t>(payload.bytes.size())};
    payload.times = {record.time_ms * 1000};
    payload.numbers = {record.number};
    if (block.has_entities) payload.entities = {record.entity};
    if (block.has_keys) {
        payload.key_bytes = block.key_of(record);
        payload.key_ends = {static_cast<uint32_t>(payload.key_bytes.size())};
    }
    payload.first_row = record.number;
    payload.rows = 1;
    refusals_.push_back({block.stream, std::move(payload), std::move(reason)});
}

bool KafkaProducer::retry_doubted(int wait_ms) {
    int64_t deadline = now_ms() + wait_ms;
    while (!doubted_.empty() && !is_broken()) {
        auto left = static_cast<int>(std::max<int64_t>(deadline - now_ms(), 0));
        if (rd_kafka_outq_len(client_->handle()) > 0) hurry(left);
        if (rd_kafka_outq_len(client_->handle()) > 0 || left == 0) return false;
        KafkaRecord& record = *doubted_.front();
        doubted_.pop_front();
        if (int error = produce(*record.block, record); error != 0) answer(record, error, -1);
        hurry(std::max(left, 1));
    }
    release();
    return doubted_.empty();
}

}  // namespace headwater
