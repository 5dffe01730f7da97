// For records that are held back, late or by a fault: they wait until their stream has come far enough, then go on their way.
#include "engine/holdback.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace headwater {

namespace {

/// The rows of a parcel one after the other, however they lie.
class Rows {
  public:
    explicit Rows(const Parcel& parcel) : parcel_(parcel) {
        for (size_t i = 0; i < parcel.batches.size(); ++i)
            begins_.push_back((begins_.empty() ? 0 : begins_.back()) + (i == 0 ? 0 : parcel.batches.at(i - 1).rows));
    }

    int64_t time(int64_t row) const {
        if (begins_.empty()) return parcel_.payload.times.empty() ? 0 : parcel_.payload.times[static_cast<size_t>(row)];
        const Batch& batch = parcel_.batches.at(batch_of(row));
        return batch.times == nullptr ? 0 : batch.times[physical(batch, row - begins_[batch_of(row)])];
    }

    /// Appends rows [from, to) to another parcel.
    void append(int64_t from, int64_t to, Parcel& out) const {
        if (from >= to) return;
        if (begins_.empty())
            return append_records(parcel_.payload, static_cast<size_t>(from), static_cast<size_t>(to), out.payload);
        for (size_t i = batch_of(from); i < begins_.size() && begins_[i] < to; ++i) {
            const Batch& batch = parcel_.batches.at(i);
            const int64_t first = std::max<int64_t>(from - begins_[i], 0);
            const int64_t end = std::min<int64_t>(to - begins_[i], batch.rows);
            std::vector<uint32_t> order;
            for (int64_t row = first; row < end; ++row) order.push_back(physical(batch, row));
            Batch some = batch;
            some.order = order.data();
            some.rows = static_cast<uint32_t>(order.size());
            out.batches.append(some);
        }
    }

  private:
    size_t batch_of(int64_t row) const {
        auto behind = std::ranges::upper_bound(begins_, row);
        return static_cast<size_t>(behind - begins_.begin()) - 1;
    }
    static uint32_t physical(const Batch& batch, int64_t row) {
        const auto i = static_cast<uint32_t>(row);
        return batch.order == nullptr ? i : batch.order[i];
    }

    const Parcel& parcel_;
    std::vector<int64_t> begins_;  ///< of the batches; empty for encoded records
};

}  // namespace

bool Holdback::pass(Parcel& parcel, Parcel& out) {
    if (parcel.held.empty() && is_empty()) return false;
    const Rows rows(parcel);
    const int64_t count = parcel.rows();
    int64_t from = 0;  // first row not delivered yet
    auto held = parcel.held.begin();
    for (int64_t row = 0; row < count; ++row) {
        const int64_t ordinal = parcel.mark_of(row).record;
        const int64_t time = rows.time(row);
        const bool is_due = (!by_time_.empty() && std::get<0>(by_time_.begin()->first) <= time) ||
                            (!by_passes_.empty() && std::get<0>(by_passes_.begin()->first) < ordinal);
        if (is_due) {
            rows.append(from, row, out);
            from = row;
            release_before(time, ordinal, out);
        }
        if (held == parcel.held.end() || held->row != row) continue;
        rows.append(from, row, out);
        from = row + 1;
        Held one{.ordinal = ordinal, .due = held->due};
        Parcel alone;
        rows.append(row, row + 1, alone);
        one.payload = std::move(alone.payload);
        if (alone.batches.size() > 0) one.columns = std::make_unique<BatchCopies>(std::move(alone.batches));
        ordinals_.insert(ordinal);
        put(std::move(one), held->passes);
        ++held;
    }
    rows.append(from, count, out);
    return true;
}

void Holdback::put(Held held, int64_t passes) {
    const int64_t ordinal = held.ordinal;
    if (passes > 0)
        by_passes_.emplace(Place{ordinal + passes, ordinal, count_++}, std::move(held));
    else
        by_time_.emplace(Place{held.due, ordinal, count_++}, std::move(held));
}

/// Delivers what is due in front of a record.
void Holdback::release_before(int64_t time, int64_t ordinal, Parcel& out) {
    while (!by_passes_.empty() && std::get<0>(by_passes_.begin()->first) < ordinal) {
        auto next = by_passes_.extract(by_passes_.begin());
        if (next.mapped().due > time)
            put(std::move(next.mapped()), 0);
        else
            release(next.mapped(), out);
    }
    while (!by_time_.empty() && std::get<0>(by_time_.begin()->first) <= time) {
        auto next = by_time_.extract(by_time_.begin());
        release(next.mapped(), out);
    }
}

void Holdback::release(Held& held, Parcel& out) {
    ordinals_.erase(ordinals_.find(held.ordinal));
    append_records(held.payload, 0, held.payload.ends.size(), out.payload);
    if (held.columns == nullptr) return;
    for (size_t i = 0; i < held.columns->size(); ++i) out.batches.append(held.columns->at(i));
}

void Holdback::advance(int64_t instant, Parcel& out) {
    while (!by_time_.empty() && std::get<0>(by_time_.begin()->first) < instant) {
        auto next = by_time_.extract(by_time_.begin());
        release(next.mapped(), out);
    }
}

void Holdback::release_all(Parcel& out) {
    for (auto* held : {&by_passes_, &by_time_})
        while (!held->empty()) {
            auto next = held->extract(held->begin());
            release(next.mapped(), out);
        }
}

}  // namespace headwater
