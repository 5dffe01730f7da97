#include "sink/kafka/producer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "sink/kafka/codec.h"

namespace headwater {

namespace {

constexpr size_t least_batch_bytes = 16 << 10;
constexpr uint64_t most_around_record = 96;  ///< bytes of a record beside its parts, in a batch of its own
constexpr size_t bytes_behind_headers = 32;  ///< which may be read

int64_t floor_ms(int64_t us) { return us / 1000 - (us % 1000 < 0 ? 1 : 0); }

int64_t wall_clock_ms() {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

/// Gives the smaller of two bounds, of which 0 is none.
uint64_t lesser(uint64_t a, uint64_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); }

std::string_view key_of(const Payload& payload, size_t place) {
    if (payload.key_ends.size() != payload.ends.size()) return {};
    const uint32_t begin = place == 0 ? 0 : payload.key_ends[place - 1];
    return {payload.key_bytes.data() + begin, payload.key_ends[place] - begin};
}

std::string_view value_of(const Payload& payload, size_t place) {
    const uint32_t begin = place == 0 ? 0 : payload.ends[place - 1];
    return {payload.bytes.data() + begin, payload.ends[place] - payload.line_end_bytes - begin};
}

}  // namespace

KafkaProducer::KafkaProducer(const KafkaOptions& options, KafkaDress dress)
    : options_(options), dress_(std::move(dress)), settings_(write_settings_of(options)) {
    traffic_.linger_ms = settings_.linger_ms;
}

void KafkaProducer::set_topics(std::vector<KafkaTopic>& topics) {
    size_t partitions = 1;
    for (const KafkaTopic& topic : topics) partitions += static_cast<size_t>(topic.partitions);
    // Half of the memory may lie in open batches.
    const size_t share = std::max(options_.in_flight_bytes / (2 * partitions), least_batch_bytes);
    for (KafkaTopic& topic : topics) {
        TopicTraffic& one = traffic_.topics.emplace_back();
        one.topic = &topic;
        // A batch must not be larger than the topic takes, its head included.
        const uint64_t most =
            lesser(lesser(settings_.batch_bytes, topic.max_record_bytes), settings_.most_record_bytes);
        one.batch_bytes = std::min<uint64_t>(share, most - std::min<uint64_t>(most - 1, RecordBatch::head_bytes));
        for (int32_t number = 0; number < topic.partitions; ++number) one.partitions.emplace_back(topic, number);
    }
}

uint64_t KafkaProducer::most_record_bytes(size_t topic) const {
    return lesser(traffic_.topics[topic].topic->max_record_bytes, settings_.most_record_bytes);
}

Result<void> KafkaProducer::connect(const BatchWriter& writer) {
    HW_CHECK(sender_ == nullptr);
    if (settings_.uses_tls && tls_ == nullptr) {
        auto made = kafka::TlsContext::make(options_.properties);
        if (!made) return std::unexpected(made.error());
        tls_ = std::move(*made);
    }
    auto codec = make_batch_codec(settings_.compression, settings_.level);
    if (!codec) return std::unexpected(codec.error());
    for (TopicTraffic& topic : traffic_.topics) {
        topic.missing_since_ms = 0;
        for (KafkaPartition& partition : topic.partitions) partition.begin_anew();
    }
    traffic_.is_ending = traffic_.is_broken = traffic_.is_hurried = traffic_.shall_fail = false;
    traffic_.broken_by.clear();
    sender_ = std::make_unique<KafkaSender>(
        KafkaSender::Making{settings_, tls_.get(), options_.servers, dress_, writer}, traffic_, std::move(*codec));
    return {};
}

/// Gives the count of headers and all but the last one's value; behind it lies what may be read.
const std::string& KafkaProducer::headers_of(const std::string& stream) {
    std::string& shared = headers_[stream];
    if (!shared.empty()) return shared;
    char room[10];
    auto number = [&](uint64_t value) { shared.append(room, put_varint(room, value << 1)); };
    auto text = [&](std::string_view value) {
        number(value.size());
        shared += value;
    };
    number(dress_.identity_headers ? 3 : 0);
    if (dress_.identity_headers) {
        text(run_header);
        text(dress_.run);
        text(stream_header);
        text(stream);
        text(row_header);
    }
    shared.append(bytes_behind_headers, '\0');
    return shared;
}

void KafkaProducer::write(const Writing& writing) {
    const Payload& payload = writing.payload;
    const size_t rows = payload.ends.size();
    TopicTraffic& topic = traffic_.topics[writing.topic];
    const std::string& shared = headers_of(writing.stream);
    RecordParts record;
    record.has_key = payload.key_ends.size() == rows;
    record.has_row = dress_.identity_headers;
    record.headers = std::string_view(shared).substr(0, shared.size() - bytes_behind_headers);
    record.time_ms = dress_.event_time ? 0 : wall_clock_ms();
    char room[48];
    now_ms_ = steady_now_ms();
    std::unique_lock lock(traffic_.mutex);
    for (size_t i = 0; i < rows; ++i) {
        if (!writing.left_out.empty() && writing.left_out[i]) continue;
        record.value = value_of(payload, i);
        record.has_value = !payload.has_tombstones || !record.value.empty();
        if (record.has_key) record.key = key_of(payload, i);
        if (record.has_row) record.row = print_row(room, payload, i);
        if (dress_.event_time) record.time_ms = floor_ms(payload.times[i]);
        KafkaPartition& partition = topic.partitions[static_cast<size_t>(writing.partitions[i])];
        KafkaBatch* batch = partition.open.get();
        if (batch == nullptr || !batch->records.append(record)) {
            batch = &open_batch(topic, partition, record);
            HW_CHECK(batch->records.append(record));
        }
        if (batch->stretches.empty() || batch->stretches.back().stream != &writing.stream)
            batch->stretches.push_back({batch->records.count() - 1, &writing.stream});
        if (!record.has_row) batch->numbers.push_back(payload.numbers[i]);
        if (batch->records.count() < settings_.batch_records) continue;
        traffic_.seal(topic, partition);
        has_sealed_ = true;
    }
    if (dress_.fatal_after > 0 && (written_for_test_ += rows) >= dress_.fatal_after) {
        written_for_test_ = 0;
        traffic_.shall_fail = true;
    }
    const bool sleeps_too_long =
        has_opened_ && static_cast<double>(traffic_.sleeps_until_ms - now_ms_) > traffic_.linger_ms;
    has_opened_ = false;
    if (!has_sealed_ && !sleeps_too_long) return;
    has_sealed_ = false;
    lock.unlock();
    sender_->wake();
}

/// Opens a batch for a record that does not fit into the one that is open.
KafkaBatch& KafkaProducer::open_batch(TopicTraffic& topic, KafkaPartition& partition, const RecordParts& record) {
    if (partition.open != nullptr) {
        traffic_.seal(topic, partition);
        has_sealed_ = true;
    }
    const size_t least = record.key.size() + record.value.size() + record.headers.size() + most_around_record;
    partition.open = traffic_.take_batch(topic, least);
    partition.open->begun_ms = now_ms_;
    ++traffic_.open_batches;
    has_opened_ = true;
    return *partition.open;
}

template <typename Done>
bool KafkaProducer::wait_until(int wait_ms, Done done) {
    std::unique_lock lock(traffic_.mutex);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    traffic_.progress.wait_until(lock, deadline,
                                 [&] { return done() || traffic_.is_broken || !traffic_.hopeless.empty(); });
    return done();
}

bool KafkaProducer::wait_for_room(uint64_t bytes, int wait_ms) {
    return wait_until(wait_ms, [&] {
        const bool is_all_open = traffic_.batches == traffic_.open_batches;
        return is_all_open || traffic_.held_bytes + bytes <= options_.in_flight_bytes;
    });
}

void KafkaProducer::be_prompt() {
    std::lock_guard lock(traffic_.mutex);
    traffic_.linger_ms = settings_.prompt_linger_ms;
}

void KafkaProducer::set_hurried(bool is_hurried) {
    {
        std::lock_guard lock(traffic_.mutex);
        traffic_.is_hurried = is_hurried;
    }
    if (is_hurried) sender_->wake();
}

bool KafkaProducer::wait_until_idle(int wait_ms) {
    auto is_idle = [&] { return traffic_.batches == 0; };
    if (wait_until(0, is_idle)) return true;
    set_hurried(true);
    const bool is_done = wait_until(wait_ms, is_idle);
    set_hurried(false);
    return is_done;
}

bool KafkaProducer::is_broken() {
    std::lock_guard lock(traffic_.mutex);
    return sender_ == nullptr || traffic_.is_broken;
}

std::string KafkaProducer::why_broken() {
    std::lock_guard lock(traffic_.mutex);
    return traffic_.broken_by;
}

std::string KafkaProducer::hopeless() {
    std::lock_guard lock(traffic_.mutex);
    return traffic_.hopeless;
}

Error KafkaProducer::trouble_of(const std::string& otherwise) {
    std::lock_guard lock(traffic_.mutex);
    if (!traffic_.denied.empty())
        return {ErrorKind::invalid, "Kafka lets us not in (" + traffic_.denied + "): " + options_.servers};
    const std::string& why = traffic_.trouble.empty() ? otherwise : traffic_.trouble;
    return {ErrorKind::unavailable, "Kafka does not answer (" + why + "): " + options_.servers};
}

std::vector<Refusal> KafkaProducer::take_refusals() {
    std::lock_guard lock(traffic_.mutex);
    return std::exchange(traffic_.refusals, {});
}

int64_t KafkaProducer::slowest_answer_ms() {
    std::lock_guard lock(traffic_.mutex);
    return traffic_.slowest_answer_ms;
}

void KafkaProducer::refuse(const std::string& stream, const Payload& payload, size_t place, std::string reason) {
    Payload one;
    one.bytes = value_of(payload, place);
    one.ends = {static_cast<uint32_t>(one.bytes.size())};
    one.times = {payload.times[place]};
    one.first_row = payload.numbers[place];
    one.numbers = {one.first_row};
    one.key_bytes = key_of(payload, place);
    if (payload.key_ends.size() == payload.ends.size()) one.key_ends = {static_cast<uint32_t>(one.key_bytes.size())};
    one.rows = 1;
    one.has_tombstones = payload.has_tombstones;
    std::lock_guard lock(traffic_.mutex);
    traffic_.refusals.push_back({stream, std::move(one), std::move(reason)});
}

void KafkaProducer::leave_out(const std::function<bool(const RecordDigest&)>& arrived) {
    HW_CHECK(sender_ == nullptr);
    for (TopicTraffic& topic : traffic_.topics)
        for (KafkaPartition& partition : topic.partitions) leave_out_of(topic, partition, arrived);
}

void KafkaProducer::leave_out_of(TopicTraffic& topic, KafkaPartition& partition,
                                 const std::function<bool(const RecordDigest&)>& arrived) {
    std::vector<KafkaBatch*> batches;
    for (auto& batch : partition.queue()) batches.push_back(batch.get());
    for (KafkaBatch* batch : batches) {
        const int32_t count = batch->records.count();
        auto rest = rest_of(*batch, count, [&](int32_t place, const BatchRecord& record) {
            return !arrived(digest_of_record(*batch, place, record));
        });
        if (!rest.empty() && rest.front()->records.count() == count) continue;
        traffic_.replace(topic, partition, *batch, std::move(rest));
    }
}

RecordDigest KafkaProducer::digest_of_record(const std::string& stream, const Payload& payload, size_t place) const {
    if (!dress_.identity_headers) return digest_of(key_of(payload, place), "", value_of(payload, place));
    char room[48];
    return digest_of(stream, print_row(room, payload, place), value_of(payload, place));
}

RecordDigest KafkaProducer::digest_of_record(const KafkaBatch& batch, int32_t place, const BatchRecord& record) const {
    if (!dress_.identity_headers) return digest_of(record.key, "", record.value);
    return digest_of(batch.stream_of(place), header_in(record.headers, row_header).value_or(""), record.value);
}

}  // namespace headwater
