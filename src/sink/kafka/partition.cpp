#include "sink/kafka/partition.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace headwater {

void KafkaBatch::clear() {
    records.clear();
    stretches.clear();
    numbers.clear();
    state = State::waiting;
    sequence = -1;
    is_doubted = false;
}

const std::string& KafkaBatch::stream_of(int32_t place) const {
    auto behind = std::ranges::upper_bound(stretches, place, {}, &Stretch::first);
    HW_CHECK(behind != stretches.begin());
    return *std::prev(behind)->stream;
}

int32_t sequence_after(int32_t sequence, int32_t records) {
    return static_cast<int32_t>((static_cast<uint32_t>(sequence) + static_cast<uint32_t>(records)) & INT32_MAX);
}

void KafkaPartition::seal() {
    HW_CHECK(open != nullptr && open->records.count() > 0);
    queue_.push_back(std::move(open));
    ++waiting_;
}

KafkaBatch* KafkaPartition::next() {
    if (waiting_ == 0) return nullptr;
    // A broker takes any number as the first one of a producer it does not know: one batch must be there before others come.
    if ((is_holding_ || !is_known_) && sent_ > 0) return nullptr;
    is_holding_ = false;
    KafkaBatch& batch = *queue_[sent_];
    HW_CHECK(batch.state == KafkaBatch::State::waiting);
    if (batch.sequence < 0) {
        batch.sequence = next_sequence_;
        next_sequence_ = sequence_after(next_sequence_, batch.records.count());
    }
    return &batch;
}

void KafkaPartition::mark_sent(KafkaBatch& batch) {
    batch.state = KafkaBatch::State::sent;
    --waiting_;
    ++sent_;
}

std::deque<std::unique_ptr<KafkaBatch>>::iterator KafkaPartition::find(const KafkaBatch& batch) {
    auto found = std::ranges::find(queue_, &batch, &std::unique_ptr<KafkaBatch>::get);
    HW_CHECK(found != queue_.end());
    return found;
}

std::unique_ptr<KafkaBatch> KafkaPartition::settle(KafkaBatch& batch) {
    auto found = find(batch);
    --(batch.state == KafkaBatch::State::sent ? sent_ : waiting_);
    is_known_ = true;
    std::unique_ptr<KafkaBatch> owned = std::move(*found);
    queue_.erase(found);
    return owned;
}

void KafkaPartition::put_back(KafkaBatch& batch, bool is_doubted) {
    HW_CHECK(batch.state == KafkaBatch::State::sent);
    batch.state = KafkaBatch::State::waiting;
    batch.is_doubted = batch.is_doubted || is_doubted;
    --sent_;
    ++waiting_;
    is_holding_ = true;
}

std::unique_ptr<KafkaBatch> KafkaPartition::replace(KafkaBatch& batch,
                                                    std::vector<std::unique_ptr<KafkaBatch>> others) {
    auto found = find(batch);
    --(batch.state == KafkaBatch::State::sent ? sent_ : waiting_);
    waiting_ += others.size();
    std::unique_ptr<KafkaBatch> owned = std::move(*found);
    found = queue_.erase(found);
    auto give_number = [&](KafkaBatch& one) {
        one.sequence = std::exchange(next_sequence_, sequence_after(next_sequence_, one.records.count()));
    };
    // What was refused left its numbers free, and nothing behind it can have been taken.
    next_sequence_ = owned->sequence;
    for (auto& other : others) {
        give_number(*other);
        found = std::next(queue_.insert(found, std::move(other)));
    }
    for (; found != queue_.end() && (*found)->sequence >= 0; ++found) give_number(**found);
    is_holding_ = true;
    return owned;
}

void KafkaPartition::begin_anew() {
    for (auto& batch : queue_) {
        batch->state = KafkaBatch::State::waiting;
        batch->sequence = -1;
        batch->is_doubted = false;
    }
    waiting_ = queue_.size();
    sent_ = 0;
    next_sequence_ = 0;
    is_known_ = is_holding_ = false;
    leader = -1;
    not_before_ms = 0;
}

bool KafkaPartition::has_doubted() const {
    return std::ranges::any_of(
        queue_, [](auto& batch) { return batch->is_doubted || batch->state == KafkaBatch::State::sent; });
}

}  // namespace headwater
