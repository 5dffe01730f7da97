// For being the one writer of an output that brokers listen to, from the start of a run to its end, whoever writes for it.
#include "sink/kafka/seat.h"

#include <cstdlib>
#include <utility>

#include "sink/kafka/cluster.h"

namespace headwater {

namespace {

constexpr int look_patience_ms = 8'000;  ///< the first one who asks has the brokers make the topic of transactions
constexpr int take_patience_ms = 10'000;

/// How long an id is used before it is told again that it is; brokers forget ids that nobody used for a week.
int64_t stale_after_ms() {
    const char* of_tests = std::getenv("HEADWATER_KAFKA_STALE_AFTER_MS");
    return of_tests == nullptr ? int64_t{3'600'000} : std::strtoll(of_tests, nullptr, 10);
}

}  // namespace

KafkaSeat::KafkaSeat(const KafkaOptions& options, const KafkaUse& use, bool is_history)
    : options_(options), use_(use), is_history_(is_history) {}

void KafkaSeat::look() {
    name_ = fresh_writer_name(use_.run);
    fence_ = std::make_unique<KafkaFence>(options_, use_.pass);
    auto found = fence_->look(name_, look_patience_ms);
    doubt_ = found ? std::nullopt : std::optional(found.error());
}

void KafkaSeat::inherit(KafkaWriterName name) {
    if (has_predecessors_ || name.text.empty()) return;
    has_predecessors_ = true;
    name_ = std::move(name);
}

Result<BatchWriter> KafkaSeat::take() {
    if (next_) return *(current_ = std::exchange(next_, std::nullopt));
    if (doubt_) give_up(*std::exchange(doubt_, std::nullopt));
    if (fence_ == nullptr) return BatchWriter{};
    auto writer = fence_->enter(name_, take_patience_ms);
    if (!writer && writer.error().kind == ErrorKind::invalid) {
        give_up(writer.error());
        return BatchWriter{};
    }
    if (!writer) return writer;
    has_predecessors_ = true;
    taken_ms_ = steady_now_ms();
    current_ = *writer;
    return writer;
}

Result<bool> KafkaSeat::clear(const std::vector<KafkaTopic>& topics, int patience_ms) {
    if (next_) return true;
    if (fence_ == nullptr || !has_predecessors_) return false;
    // Asked once: a try that is cut off may itself be what makes the epoch an old one.
    const auto current = std::exchange(current_, std::nullopt);
    auto writer = fence_->take_over(name_, {topics, current, is_history_, patience_ms});
    if (writer) {
        next_ = *writer;
        doubt_.reset();
        taken_ms_ = steady_now_ms();
        return true;
    }
    if (writer.error().kind == ErrorKind::unavailable) return std::unexpected(writer.error());
    if (writer.error().kind == ErrorKind::rejected) return fail(ErrorKind::invalid, writer.error().message);
    give_up(writer.error());
    return false;
}

bool KafkaSeat::is_stale() const {
    return fence_ != nullptr && current_ && steady_now_ms() - taken_ms_ >= stale_after_ms();
}

Result<BatchWriter> KafkaSeat::renew(const std::vector<KafkaTopic>& topics) {
    auto writer = fence_->renew(name_, *std::exchange(current_, std::nullopt), topics.front(), take_patience_ms);
    if (!writer && writer.error().kind == ErrorKind::rejected) return fail(ErrorKind::invalid, writer.error().message);
    if (!writer) return fail(ErrorKind::unavailable, writer.error().message);
    taken_ms_ = steady_now_ms();
    current_ = *writer;
    return writer;
}

void KafkaSeat::give_up(Error why) {
    fence_.reset();
    doubt_.reset();
    name_ = {};
    has_predecessors_ = false;
    use_.notice(std::move(why.message) +
                "; should the run be killed, what is on its way then may be there twice where it takes longer than the "
                "run that goes on waits for it");
}

}  // namespace headwater
