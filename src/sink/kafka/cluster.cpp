#include "sink/kafka/cluster.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "sink/kafka/errors.h"

namespace headwater {

namespace {

constexpr size_t most_frame_head = 512;

}  // namespace

std::vector<KafkaAddress> addresses_in(const std::string& servers) {
    std::vector<KafkaAddress> addresses;
    for (const std::string_view one : split(servers, ',')) {
        const std::string server(one);
        const size_t colon = server.rfind(':');
        std::string host = server.substr(0, colon);
        if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
        addresses.push_back({host, server.substr(colon + 1)});
    }
    return addresses;
}

int64_t steady_now_ms() {
    auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

KafkaCluster::KafkaCluster(const WriteSettings& settings, const kafka::TlsContext* tls, const std::string& servers,
                           std::vector<std::string> topics, KafkaClusterListener& listener)
    : settings_(settings),
      tls_(tls),
      servers_(addresses_in(servers)),
      topics_(std::move(topics)),
      listener_(listener) {}

int64_t KafkaCluster::tend(int64_t now_ms) {
    now_ms_ = now_ms;
    has_wish_ = false;
    left_.clear();
    int64_t next = INT64_MAX;
    for (auto& [id, broker] : brokers_) {
        if (!broker.is_wanted) continue;
        if (broker.connection == nullptr) broker.connection = connection_to(broker.address);
        next = std::min(next, broker.connection->look_at_time(now_ms));
        if (!broker.connection->is_down()) continue;
        if (now_ms >= broker.connection->retry_at_ms())
            broker.connection->begin(now_ms);
        else
            next = std::min(next, broker.connection->retry_at_ms());
    }
    if (seed_ != nullptr) next = std::min(next, seed_->look_at_time(now_ms));

    if (now_ms >= metadata_asked_ms_ + settings_.metadata_refresh_ms) wants_metadata_ = true;
    next = std::min(next, metadata_asked_ms_ + settings_.metadata_refresh_ms);
    const bool wants_metadata = wants_metadata_ && !awaits_metadata_;
    const bool wants_producer = !has_producer() && !awaits_producer_;
    KafkaConnection* ready = idlest();
    if (!wants_metadata && !wants_producer) {
        if (seed_ != nullptr && seed_->is_ready() && seed_->unanswered() == 0 && ready != seed_.get()) seed_.reset();
        return next;
    }
    if (ready == nullptr) {
        tend_seed();
        return seed_->is_down() ? std::min(next, seed_->retry_at_ms()) : next;
    }
    if (wants_metadata)
        next = std::min(next, ask_when_due(*ready, KafkaApi::metadata, metadata_asked_ms_, awaits_metadata_));
    if (wants_producer)
        next = std::min(next, ask_when_due(*ready, KafkaApi::init_producer_id, producer_asked_ms_, awaits_producer_));
    return next;
}

/// Asks unless that was done a moment ago, and gives when it is due then.
int64_t KafkaCluster::ask_when_due(KafkaConnection& connection, KafkaApi api, int64_t& asked_ms, bool& awaits) {
    if (now_ms_ < asked_ms + settings_.retry_ms) return asked_ms + settings_.retry_ms;
    asked_ms = now_ms_;
    awaits = true;
    ask(connection, api);
    return INT64_MAX;
}

/// Gives the ready connection with the fewest open requests: one that hangs is not asked.
KafkaConnection* KafkaCluster::idlest() {
    KafkaConnection* best = nullptr;
    auto consider = [&](KafkaConnection* one) {
        if (one == nullptr || !one->is_ready()) return;
        if (best == nullptr || one->unanswered() < best->unanswered()) best = one;
    };
    for (auto& [id, broker] : brokers_) consider(broker.connection.get());
    if (best == nullptr) consider(seed_.get());
    return best;
}

/// Has one of the servers named connected, each in its turn.
void KafkaCluster::tend_seed() {
    if (seed_ != nullptr && (!seed_->is_down() || now_ms_ < seed_->retry_at_ms())) return;
    const KafkaAddress& address = servers_[next_server_++ % servers_.size()];
    // The same connection again knows how long to wait from one try to the next.
    if (seed_ == nullptr || seed_->address() != address) seed_ = connection_to(address);
    seed_->begin(now_ms_);
}

void KafkaCluster::ask(KafkaConnection& connection, KafkaApi api) {
    auto request = std::make_unique<WireRequest>();
    request->api = api;
    request->head.reserve(most_frame_head);
    open_frame(request->head, api, 0, settings_.client_id);
    if (api == KafkaApi::metadata)
        append_metadata_request(request->head, topics_);
    else
        append_init_producer_id_request(request->head);
    close_frame(request->head);
    connection.send(std::move(request), now_ms_);
}

void KafkaCluster::wait(int wake, int wait_ms) {
    polled_.assign(1, {wake, POLLIN, 0});
    polled_connections_.clear();
    auto add = [&](KafkaConnection* one) {
        if (one == nullptr || one->is_down()) return;
        polled_.push_back(one->interest());
        polled_connections_.push_back(one);
    };
    for (auto& [id, broker] : brokers_) add(broker.connection.get());
    add(seed_.get());
    if (::poll(polled_.data(), polled_.size(), wait_ms) <= 0) return;
    now_ms_ = steady_now_ms();
    for (size_t i = 0; i < polled_connections_.size(); ++i)
        polled_connections_[i]->serve(polled_[i + 1].revents, now_ms_);
}

KafkaConnection* KafkaCluster::writer_to(int32_t id) {
    auto found = brokers_.find(id);
    if (found == brokers_.end()) return nullptr;
    Broker& broker = found->second;
    has_wish_ = has_wish_ || !broker.is_wanted;
    broker.is_wanted = true;
    const KafkaConnection* connection = broker.connection.get();
    const bool is_free =
        connection != nullptr && connection->is_ready() && connection->unanswered() < settings_.most_in_flight;
    return is_free ? broker.connection.get() : nullptr;
}

void KafkaCluster::on_ready(KafkaConnection&) { listener_.on_trouble({ErrorKind::unavailable, ""}); }

bool KafkaCluster::on_answer(WireRequest& request, std::string_view body) {
    if (request.api == KafkaApi::metadata) return take_metadata(body);
    if (request.api == KafkaApi::init_producer_id) return take_producer(body);
    listener_.on_waited(now_ms_ - request.sent_ms);
    auto answer = read_produce(body);
    return answer && listener_.on_produced(request, *answer);
}

bool KafkaCluster::take_metadata(std::string_view body) {
    auto answer = read_metadata(body);
    if (!answer) return false;
    awaits_metadata_ = wants_metadata_ = false;
    for (const MetadataAnswer::Broker& one : answer->brokers) {
        Broker& broker = brokers_[one.id];
        KafkaAddress address{one.host, std::to_string(one.port)};
        if (broker.address == address) continue;
        broker.address = address;
        if (broker.connection == nullptr) continue;
        if (!broker.connection->is_down())
            broker.connection->drop({ErrorKind::unavailable, "the broker listens elsewhere now"});
        left_.push_back(std::move(broker.connection));
    }
    listener_.on_metadata(*answer);
    return true;
}

bool KafkaCluster::take_producer(std::string_view body) {
    auto answer = read_init_producer_id(body);
    if (!answer) return false;
    awaits_producer_ = false;
    if (answer->error == 0) {
        producer_ = {answer->producer_id, answer->epoch, 0};
        return true;
    }
    const bool is_denied = reaction_to(answer->error) == KafkaReaction::denied;
    listener_.on_trouble({is_denied ? ErrorKind::invalid : ErrorKind::unavailable, text_of_kafka_error(answer->error)});
    return true;
}

void KafkaCluster::on_lost(KafkaConnection&, std::deque<std::unique_ptr<WireRequest>> unanswered, const Error& why) {
    wants_metadata_ = true;
    for (auto& request : unanswered) {
        if (request->api == KafkaApi::metadata) awaits_metadata_ = false;
        if (request->api == KafkaApi::init_producer_id) awaits_producer_ = false;
        if (request->api != KafkaApi::produce) continue;
        listener_.on_waited(now_ms_ - request->sent_ms);
        listener_.on_unanswered(*request);
    }
    listener_.on_trouble(why);
}

}  // namespace headwater
