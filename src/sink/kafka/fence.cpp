// For shutting out whoever wrote before: what they left on its way is refused by every broker, however late it comes.
#include "sink/kafka/fence.h"

#include <librdkafka/rdkafka.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "sink/kafka/cluster.h"
#include "sink/kafka/errors.h"
#include "sink/kafka/scram.h"

namespace headwater {

namespace {

constexpr int pause_ms = 20;
constexpr size_t most_run_bytes = 100;  ///< of an id, which may have 249

/// What an error of a coordinator asks of us.
enum class Reply { fine, again, elsewhere, never };

Reply reply_of(int16_t error) {
    switch (error) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return Reply::fine;
        case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NOT_COORDINATOR: return Reply::elsewhere;
        case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:  // the one before is not complete yet
        case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
        case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:  // a broker that does not know it yet
        case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
        case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED: return Reply::again;
        default: return Reply::never;
    }
}

/// True when somebody took the next epoch meanwhile, or the broker did, as we took too long.
bool is_overtaken(int16_t error) {
    constexpr int16_t producer_fenced = 90;  // newer than librdkafka's own name for it
    return error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH || error == producer_fenced ||
           error == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE;
}

std::unexpected<Error> not_whole() { return fail(ErrorKind::unavailable, "the broker's answer is not of Kafka"); }

}  // namespace

KafkaWriterName fresh_writer_name(const std::string& run) {
    std::string mark = fresh_nonce().substr(0, 12);
    std::ranges::replace(mark, '/', '_');
    std::ranges::replace(mark, '+', '-');
    return {"headwater-" + run.substr(0, most_run_bytes) + "-" + mark, 0};
}

std::string transactional_id_of(const KafkaWriterName& name) { return name.text + "-" + std::to_string(name.number); }

KafkaFence::KafkaFence(const KafkaOptions& options, std::function<void(std::string_view)> pass)
    : options_(options),
      pass_(pass ? std::move(pass) : [](std::string_view) {}),
      settings_(write_settings_of(options)),
      servers_(addresses_in(options.servers)) {}

KafkaFence::~KafkaFence() = default;

Result<void> KafkaFence::look(const KafkaWriterName& name, int patience_ms) {
    begin(patience_ms);
    auto found = find_coordinator(transactional_id_of(name));
    if (!found) return std::unexpected(in_words(found.error()));
    return {};
}

Result<BatchWriter> KafkaFence::enter(const KafkaWriterName& name, int patience_ms) {
    begin(patience_ms);
    auto writer = enter(transactional_id_of(name));
    if (!writer) return std::unexpected(in_words(writer.error()));
    return writer;
}

Result<BatchWriter> KafkaFence::renew(const KafkaWriterName& name, const BatchWriter& current, const KafkaTopic& topic,
                                      int patience_ms) {
    begin(patience_ms);
    if (auto begun = begin_as(name, current, {{.name = topic.name, .partitions = 1}}); !begun)
        return std::unexpected(begun.error());
    auto writer = enter(transactional_id_of(name));
    if (!writer) return std::unexpected(in_words(writer.error()));
    return writer;
}

Result<BatchWriter> KafkaFence::take_over(KafkaWriterName& name, const Succession& succession) {
    begin(succession.patience_ms);
    bool is_begun = succession.current.has_value();
    if (is_begun)
        if (auto begun = begin_as(name, *succession.current, succession.topics); !begun)
            return std::unexpected(begun.error());
    for (KafkaWriterName one = name;; ++one.number) {
        const std::string id = transactional_id_of(one);
        // The next epoch is there as soon as every partition has its mark of a transaction before.
        auto writer = enter(id);
        if (!writer) return std::unexpected(in_words(writer.error()));
        // Nobody was ever let in under that number.
        if (one.number > name.number && writer->epoch == 0) {
            name = one;
            return writer;
        }
        pass_("kafka.entered");
        if (!std::exchange(is_begun, false)) {
            auto put = put_empty_transaction(id, *writer, succession.topics);
            if (put) writer = enter(id);
            if (!put || !writer) return std::unexpected(in_words(put ? writer.error() : put.error()));
        }
        pass_("kafka.shut_out");
        if (!succession.is_history) return writer;
    }
}

/// Begins a transaction as who we were, which is ended as soon as the next epoch is asked for: thus nobody is pushed out who
/// has taken over from us.
Result<void> KafkaFence::begin_as(const KafkaWriterName& name, const BatchWriter& current,
                                  const std::vector<KafkaTopic>& topics) {
    auto begun = begin_transaction(transactional_id_of(name), current, topics);
    if (begun) return {};
    if (begun.error().kind == ErrorKind::rejected)
        return fail(ErrorKind::rejected,
                    "Another process goes on with this run (" + begun.error().message + "): " + options_.servers);
    return std::unexpected(in_words(begun.error()));
}

void KafkaFence::begin(int patience_ms) { deadline_ms_ = steady_now_ms() + patience_ms; }

Result<BatchWriter> KafkaFence::enter(const std::string& id) {
    BatchWriter writer;
    auto asked = ask_coordinator(
        id, {KafkaApi::init_producer_id, [&](std::string& out) { append_init_producer_id_request(out, id); },
             [&](std::string_view body) -> std::optional<int16_t> {
                 auto answer = read_init_producer_id(body);
                 if (!answer) return std::nullopt;
                 writer = {answer->producer_id, answer->epoch, 0};
                 return answer->error;
             }});
    if (!asked) return std::unexpected(asked.error());
    return writer;
}

Result<void> KafkaFence::put_empty_transaction(const std::string& id, const BatchWriter& writer,
                                               const std::vector<KafkaTopic>& topics) {
    auto put = begin_transaction(id, writer, topics);
    pass_("kafka.transaction_begun");
    if (put)
        put = ask_coordinator(
            id, {KafkaApi::end_txn, [&](std::string& out) { append_abort_request(out, id, writer); }, read_end_txn});
    // The next try has a newer epoch than whoever came between.
    if (!put && put.error().kind == ErrorKind::rejected) return fail(ErrorKind::unavailable, put.error().message);
    return put;
}

Result<void> KafkaFence::begin_transaction(const std::string& id, const BatchWriter& writer,
                                           const std::vector<KafkaTopic>& topics) {
    return ask_coordinator(
        id, {KafkaApi::add_partitions_to_txn,
             [&](std::string& out) { append_add_partitions_request(out, id, writer, topics); }, read_add_partitions});
}

/// Asks until the coordinator has done it, it never will, or time is up.
Result<void> KafkaFence::ask_coordinator(const std::string& id, const Question& question) {
    while (true) {
        auto found = find_coordinator(id);
        if (found) found = connect(coordinator_, coordinator_address_);
        auto body = found ? ask(*coordinator_, question) : Result<std::string>(std::unexpected(found.error()));
        if (!body) {
            coordinated_.clear();
            if (body.error().kind == ErrorKind::invalid || !pause()) return std::unexpected(body.error());
            continue;
        }
        const auto error = question.error_in(*body);
        if (!error) return not_whole();
        const Reply reply = reply_of(*error);
        if (reply == Reply::fine) return {};
        if (is_overtaken(*error)) return fail(ErrorKind::rejected, text_of_kafka_error(*error));
        if (reply == Reply::never) return fail(ErrorKind::invalid, text_of_kafka_error(*error));
        if (reply == Reply::elsewhere) coordinated_.clear();
        if (!pause()) return fail(ErrorKind::unavailable, text_of_kafka_error(*error));
    }
}

/// Asks one server after the other who coordinates the id, unless that is known.
Result<void> KafkaFence::find_coordinator(const std::string& id) {
    FindCoordinatorAnswer answer;
    const Question question{KafkaApi::find_coordinator,
                            [&](std::string& out) { append_find_coordinator_request(out, id); },
                            [&](std::string_view body) -> std::optional<int16_t> {
                                auto read = read_find_coordinator(body);
                                if (!read) return std::nullopt;
                                answer = std::move(*read);
                                return answer.error;
                            }};
    std::string told;  // says more than that time is over
    while (coordinated_ != id) {
        Result<std::string> body;
        if (auto connected = connect(seed_, servers_[next_server_ % servers_.size()]); !connected)
            body = std::unexpected(connected.error());
        else if (!seed_->has_transactions())
            return fail(ErrorKind::invalid, "the brokers have no transactions");
        else
            body = ask(*seed_, question);
        if (!body) {
            ++next_server_;
            if (body.error().kind == ErrorKind::invalid) return std::unexpected(body.error());
            if (!pause()) return fail(ErrorKind::unavailable, told.empty() ? body.error().message : told);
            continue;
        }
        const auto error = question.error_in(*body);
        if (!error) return not_whole();
        told = text_of_kafka_error(*error);
        if (reply_of(*error) == Reply::never) return fail(ErrorKind::invalid, told);
        if (*error == 0) {
            coordinated_ = id;
            coordinator_address_ = {answer.host, std::to_string(answer.port)};
        } else if (!pause()) {
            return fail(ErrorKind::unavailable, told);
        }
    }
    return {};
}

/// Makes a connection to a place, unless it is there and ready.
Result<void> KafkaFence::connect(std::unique_ptr<KafkaConnection>& connection, const KafkaAddress& address) {
    if (settings_.uses_tls && tls_ == nullptr) {
        auto made = kafka::TlsContext::make(options_.properties);
        if (!made) return std::unexpected(made.error());
        tls_ = std::move(*made);
    }
    if (connection != nullptr && connection->address() == address && connection->is_ready()) return {};
    connection = std::make_unique<KafkaConnection>(settings_, tls_.get(), address, static_cast<KafkaListener&>(*this));
    connection->begin(steady_now_ms());
    return serve_until(*connection, [&] { return connection->is_ready(); });
}

Result<std::string> KafkaFence::ask(KafkaConnection& connection, const Question& question) {
    auto request = std::make_unique<WireRequest>();
    request->api = question.api;
    open_frame(request->head, question.api, 0, settings_.client_id);
    question.append(request->head);
    close_frame(request->head);
    answer_.reset();
    connection.send(std::move(request), steady_now_ms());
    if (auto served = serve_until(connection, [&] { return answer_.has_value(); }); !served)
        return std::unexpected(served.error());
    return std::move(*answer_);
}

template <typename Done>
Result<void> KafkaFence::serve_until(KafkaConnection& connection, Done done) {
    while (!done()) {
        if (connection.is_down()) return std::unexpected(lost_);
        const int64_t now_ms = steady_now_ms();
        if (now_ms >= deadline_ms_) {
            connection.drop({ErrorKind::unavailable, "no answer"});
            return std::unexpected(lost_);
        }
        const int64_t next_ms = std::min(connection.look_at_time(now_ms), deadline_ms_);
        pollfd waited = connection.interest();
        if (waited.fd >= 0 && ::poll(&waited, 1, static_cast<int>(std::max<int64_t>(next_ms - now_ms, 0))) > 0)
            connection.serve(waited.revents, steady_now_ms());
    }
    return {};
}

/// Waits a moment before the next try; false when time is up.
bool KafkaFence::pause() {
    if (steady_now_ms() + pause_ms >= deadline_ms_) return false;
    ::poll(nullptr, 0, pause_ms);
    return true;
}

Error KafkaFence::in_words(const Error& why) const {
    if (why.kind == ErrorKind::invalid)
        return {why.kind, "Kafka gives us no transactional id (" + why.message + "): " + options_.servers};
    return {why.kind, "Kafka's transaction coordinator does not answer (" + why.message + "): " + options_.servers};
}

bool KafkaFence::on_answer(WireRequest&, std::string_view body) {
    answer_ = std::string(body);
    return true;
}

void KafkaFence::on_lost(KafkaConnection&, std::deque<std::unique_ptr<WireRequest>>, const Error& why) { lost_ = why; }

}  // namespace headwater
