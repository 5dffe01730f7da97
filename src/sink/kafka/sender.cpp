#include "sink/kafka/sender.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/check.h"
#include "sink/kafka/errors.h"
#include "sink/kafka/wire.h"

namespace headwater {

namespace {

constexpr size_t most_load_bytes = 1 << 20;  ///< of batches in one request, but for a larger one
constexpr size_t most_rooms = 16;
constexpr int64_t longest_sleep_ms = 1'000;
constexpr int32_t unexpected_step = 1'000'000;

std::vector<std::string> names_of(const KafkaTraffic& traffic) {
    std::vector<std::string> names;
    for (const TopicTraffic& one : traffic.topics) names.push_back(one.topic->name);
    return names;
}

}  // namespace

KafkaSender::KafkaSender(const Making& making, KafkaTraffic& traffic, std::unique_ptr<BatchCodec> codec)
    : settings_(making.settings),
      dress_(making.dress),
      has_name_(making.writer.producer_id >= 0),
      traffic_(traffic),
      codec_(std::move(codec)),
      cluster_(making.settings, making.tls, making.servers, names_of(traffic), *this),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    HW_CHECK(wake_ >= 0);
    if (has_name_) cluster_.be(making.writer);
    // Signals are for the thread that waits for them; SIGPIPE is for nobody.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

KafkaSender::~KafkaSender() {
    {
        std::lock_guard lock(traffic_.mutex);
        traffic_.is_ending = true;
    }
    wake();
    thread_.join();
    ::close(wake_);
}

void KafkaSender::wake() {
    const uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(wake_, &one, sizeof one);
}

void KafkaSender::run() {
    while (true) {
        now_ms_ = steady_now_ms();
        int64_t next_ms = cluster_.tend(now_ms_);
        {
            std::lock_guard lock(traffic_.mutex);
            if (traffic_.is_ending) return;
            next_ms = std::min({next_ms, collect(now_ms_), now_ms_ + longest_sleep_ms});
            if (cluster_.has_wish()) next_ms = now_ms_;
            traffic_.sleeps_until_ms = next_ms;
        }
        for (Load& load : loads_) dispatch(load, now_ms_);
        loads_.clear();
        now_ms_ = steady_now_ms();
        cluster_.wait(wake_, static_cast<int>(std::max<int64_t>(next_ms - now_ms_, 0)));
        uint64_t count = 0;
        [[maybe_unused]] auto read = ::read(wake_, &count, sizeof count);
    }
}

/// Brings batches that may be sent now into loads, and gives when the next one may.
int64_t KafkaSender::collect(int64_t now_ms) {
    int64_t next_ms = INT64_MAX;
    if (traffic_.is_broken || !traffic_.hopeless.empty() || !cluster_.has_producer()) return next_ms;
    // A request holds one batch of a partition at most; what else there is comes after these are sent.
    for (TopicTraffic& topic : traffic_.topics)
        for (KafkaPartition& partition : topic.partitions) collect_from(topic, partition, now_ms, next_ms);
    return loads_.empty() ? next_ms : now_ms;
}

void KafkaSender::collect_from(TopicTraffic& topic, KafkaPartition& partition, int64_t now_ms, int64_t& next_ms) {
    if (partition.is_empty()) return;
    if (partition.leader < 0) {
        cluster_.ask_for_leaders();
        return;
    }
    KafkaConnection* connection = cluster_.writer_to(partition.leader);
    if (connection == nullptr) return;
    if (now_ms < partition.not_before_ms) {
        next_ms = std::min(next_ms, partition.not_before_ms);
        return;
    }
    // An open batch goes on being filled while the broker is busy with others.
    if (!partition.has_waiting() && partition.open != nullptr) {
        const auto due_ms = partition.open->begun_ms + static_cast<int64_t>(std::ceil(traffic_.linger_ms));
        if (!traffic_.is_hurried && now_ms < due_ms) {
            next_ms = std::min(next_ms, due_ms);
            return;
        }
        traffic_.seal(topic, partition);
    }
    KafkaBatch* batch = partition.next();
    if (batch == nullptr) return;
    auto load = std::ranges::find(loads_, connection, &Load::connection);
    if (load == loads_.end()) load = loads_.insert(loads_.end(), Load{connection, {}, 0});
    const size_t bytes = batch->records.records().size();
    if (load->bytes > 0 && load->bytes + bytes > most_load_bytes) return;
    partition.mark_sent(*batch);
    const bool fails = batch->sequence > 0 && std::exchange(traffic_.shall_fail, false);
    load->batches.push_back({&partition, batch, sequence_after(batch->sequence, fails ? unexpected_step : 0)});
    load->bytes += bytes;
}

/// Gives the bytes of a batch as they are sent; what is compressed lies in `room`.
std::string_view KafkaSender::finish(const WireRequest::Carried& carried, std::string& room) {
    KafkaBatch& batch = *carried.batch;
    BatchWriter writer = cluster_.producer();
    writer.sequence = carried.sequence;
    if (codec_ == nullptr) {
        batch.records.seal(writer);
        return batch.records.whole();
    }
    room.assign(RecordBatch::head_bytes, '\0');
    auto done = codec_->append(batch.records.records(), room);
    HW_CHECK(done);  // the codecs fail only where their bounds are wrong
    const std::string_view compressed = std::string_view(room).substr(RecordBatch::head_bytes);
    batch.records.write_head(room.data(), writer, codec_->number(), compressed);
    return room;
}

void KafkaSender::dispatch(Load& load, int64_t now_ms) {
    auto request = std::make_unique<WireRequest>();
    request->api = KafkaApi::produce;
    request->batches = std::move(load.batches);
    open_frame(request->head, KafkaApi::produce, 0, settings_.client_id);
    append_produce_begin(request->head, settings_.request_timeout_ms);
    append_batches(*request);
    if (load.connection->is_ready())
        load.connection->send(std::move(request), now_ms);
    else  // it was lost a moment ago
        on_unanswered(*request);
}

/// Lists the batches by topic and partition; their bytes stay where they are.
void KafkaSender::append_batches(WireRequest& request) {
    const size_t count = request.batches.size();
    auto topic_at = [&](size_t i) { return i < count ? &request.batches[i].partition->topic() : nullptr; };
    std::vector<size_t> firsts;  // of each topic
    for (size_t i = 0; i < count; ++i)
        if (i == 0 || topic_at(i) != topic_at(i - 1)) firsts.push_back(i);
    std::vector<size_t> ends;
    std::vector<std::string_view> bodies;
    size_t bytes = 0;
    WireWriter writer(request.head);
    writer.i32(static_cast<int32_t>(firsts.size()));
    request.compressed.resize(count);
    for (size_t i = 0, topic = 0; i < count; ++i) {
        if (topic < firsts.size() && firsts[topic] == i) {
            const size_t behind = ++topic < firsts.size() ? firsts[topic] : count;
            writer.text(topic_at(i)->name);
            writer.i32(static_cast<int32_t>(behind - i));
        }
        if (codec_ != nullptr && !rooms_.empty()) {
            request.compressed[i] = std::move(rooms_.back());
            rooms_.pop_back();
        }
        bodies.push_back(finish(request.batches[i], request.compressed[i]));
        bytes += bodies.back().size();
        writer.i32(request.batches[i].partition->number());
        writer.i32(static_cast<int32_t>(bodies.back().size()));
        ends.push_back(request.head.size());
    }
    close_frame(request.head, bytes);
    for (size_t i = 0, from = 0; i < count; from = ends[i++]) {
        request.pieces.push_back({request.head.data() + from, ends[i] - from});
        request.pieces.push_back({const_cast<char*>(bodies[i].data()), bodies[i].size()});
    }
}

TopicTraffic& KafkaSender::traffic_of(const KafkaPartition& partition) {
    return *std::ranges::find(traffic_.topics, &partition.topic(), &TopicTraffic::topic);
}

bool KafkaSender::on_produced(WireRequest& request, const ProduceAnswer& answer) {
    std::lock_guard lock(traffic_.mutex);
    if (answer.partitions.size() != request.batches.size()) return false;
    std::vector<const ProduceAnswer::Partition*> answers;
    for (const WireRequest::Carried& carried : request.batches) {
        auto is_of = [&](const ProduceAnswer::Partition& one) {
            return one.number == carried.partition->number() && one.topic == carried.partition->topic().name;
        };
        auto found = std::ranges::find_if(answer.partitions, is_of);
        if (found == answer.partitions.end()) return false;
        answers.push_back(&*found);
    }
    for (size_t i = 0; i < answers.size(); ++i) settle(request.batches[i], *answers[i]);
    for (std::string& room : request.compressed)
        if (codec_ != nullptr && rooms_.size() < most_rooms) rooms_.push_back(std::move(room));
    traffic_.progress.notify_all();
    return true;
}

void KafkaSender::settle(const WireRequest::Carried& carried, const ProduceAnswer::Partition& answer) {
    KafkaPartition* const partition = carried.partition;
    KafkaBatch* const batch = carried.batch;
    const KafkaTopic& topic = partition->topic();
    if (tells_of_new_leader(answer.error)) cluster_.ask_for_leaders();
    KafkaReaction reaction = reaction_to(answer.error);
    if (reaction == KafkaReaction::disorder && !partition->is_holding()) reaction = KafkaReaction::broken;
    // It may be there from before, and is refused only now.
    if (reaction == KafkaReaction::refuse && batch->is_doubted) reaction = KafkaReaction::broken;
    switch (reaction) {
        case KafkaReaction::none: {
            int64_t& next = partition->topic().next_offsets[static_cast<size_t>(partition->number())];
            if (answer.base_offset >= 0) next = std::max(next, answer.base_offset + batch->records.count());
            return traffic_.give_back(traffic_of(*partition), partition->settle(*batch));
        }
        case KafkaReaction::again:
        case KafkaReaction::gone: partition->not_before_ms = now_ms_ + settings_.retry_ms; [[fallthrough]];
        case KafkaReaction::disorder: return partition->put_back(*batch, false);
        case KafkaReaction::doubt: return doubt(carried);
        case KafkaReaction::refuse: return take_apart(carried, answer);
        case KafkaReaction::denied:
            traffic_.hopeless = "Topic may not be written (" + text_of_kafka_error(answer.error) + "): " + topic.name;
            return;
        case KafkaReaction::replaced:
            if (has_name_) return be_shut_out();
            [[fallthrough]];
        case KafkaReaction::broken: return break_off(text_of_kafka_error(answer.error));
    }
}

/// A batch that may be there is sent again as it is, for the broker to know it again. Of history it would not.
void KafkaSender::doubt(const WireRequest::Carried& carried) {
    if (dress_.is_history) return break_off("");
    carried.partition->put_back(*carried.batch, true);
    carried.partition->not_before_ms = now_ms_ + settings_.retry_ms;
}

/// Only who goes on with the run takes its next epoch: what we would send now is theirs to send.
void KafkaSender::be_shut_out() {
    traffic_.hopeless = "Another process goes on with this run, which this one must leave to it: run " + dress_.run;
}

void KafkaSender::break_off(const std::string& why) {
    if (!traffic_.is_broken || traffic_.broken_by.empty()) traffic_.broken_by = why;
    traffic_.is_broken = true;
}

/// Sets the records aside that are to blame, where the broker names them; else halves the batch to find them.
void KafkaSender::take_apart(const WireRequest::Carried& carried, const ProduceAnswer::Partition& answer) {
    KafkaPartition* const partition = carried.partition;
    KafkaBatch* const batch = carried.batch;
    const int32_t count = batch->records.count();
    std::set<int32_t> blamed;
    for (const ProduceAnswer::Refused& one : answer.refused) blamed.insert(one.record);
    if (count == 1) blamed.insert(0);
    const std::string reason =
        "Kafka refuses the record (" + text_of_kafka_error(answer.error) + "): " + partition->topic().name;
    auto rest =
        rest_of(*batch, blamed.empty() ? (count + 1) / 2 : count, [&](int32_t place, const BatchRecord& record) {
            if (!blamed.contains(place)) return true;
            traffic_.refuse(*batch, place, record, reason);
            return false;
        });
    traffic_.replace(traffic_of(*partition), *partition, *batch, std::move(rest));
}

void KafkaSender::on_waited(int64_t ms) {
    std::lock_guard lock(traffic_.mutex);
    traffic_.slowest_answer_ms = std::max(traffic_.slowest_answer_ms, ms);
}

void KafkaSender::on_unanswered(WireRequest& request) {
    std::lock_guard lock(traffic_.mutex);
    for (const WireRequest::Carried& carried : request.batches) doubt(carried);
    traffic_.progress.notify_all();
}

void KafkaSender::on_metadata(const MetadataAnswer& answer) {
    std::lock_guard lock(traffic_.mutex);
    for (TopicTraffic& one : traffic_.topics) {
        auto found = std::ranges::find(answer.topics, one.topic->name, &MetadataAnswer::Topic::name);
        const KafkaReaction reaction = found == answer.topics.end() ? KafkaReaction::gone : reaction_to(found->error);
        if (reaction == KafkaReaction::denied)
            traffic_.hopeless =
                "Topic may not be written (" + text_of_kafka_error(found->error) + "): " + one.topic->name;
        if (reaction != KafkaReaction::gone) one.missing_since_ms = 0;
        if (reaction == KafkaReaction::gone && one.missing_since_ms == 0) one.missing_since_ms = now_ms_;
        if (one.missing_since_ms > 0 && now_ms_ - one.missing_since_ms >= settings_.metadata_patience_ms)
            traffic_.hopeless = "Topic or partition is gone: " + one.topic->name;
        if (reaction != KafkaReaction::none) {
            cluster_.ask_for_leaders();
            continue;
        }
        for (const MetadataAnswer::Partition& told : found->partitions) {
            if (told.number < 0 || static_cast<size_t>(told.number) >= one.partitions.size()) continue;
            KafkaPartition& partition = one.partitions[static_cast<size_t>(told.number)];
            if (told.leader < 0) cluster_.ask_for_leaders();
            if (partition.leader != told.leader) partition.hold();
            partition.leader = told.leader;
        }
    }
    traffic_.progress.notify_all();
}

void KafkaSender::on_trouble(const Error& why) {
    std::lock_guard lock(traffic_.mutex);
    traffic_.denied = why.kind == ErrorKind::invalid ? why.message : "";
    if (!why.message.empty()) traffic_.trouble = why.message;
}

}  // namespace headwater
