#include "engine/version_runs.h"

#include <algorithm>

namespace headwater {

void VersionRuns::cut(const OutgoingStream& stream, const Batch& batch, const VersionRun& out) {
    if (stream.versions() == 1 || batch.rows == 0) return out(0, batch, 0);
    order_.clear();
    versions_.clear();
    for (uint32_t i = 0; i < batch.rows; ++i) {
        order_.push_back(batch.order != nullptr ? batch.order[i] : i);
        versions_.push_back(stream.version_at(batch.times[order_.back()]));
    }
    const auto [least, most] = std::ranges::minmax(versions_);
    if (least == most) return out(least, batch, 0);
    for (size_t from = 0; from < batch.rows;) {
        size_t to = from;
        while (to < batch.rows && versions_[to] == versions_[from]) ++to;
        take(batch, from, to);
        out(versions_[from], run_, static_cast<uint32_t>(from));
        from = to;
    }
}

void VersionRuns::take(const Batch& batch, size_t from, size_t to) {
    run_ = batch;
    run_.order = order_.data() + from;
    run_.rows = static_cast<uint32_t>(to - from);
    is_taken_.assign(*std::ranges::max_element(order_) + size_t{1}, 0);
    for (size_t i = from; i < to; ++i) is_taken_[order_[i]] = 1;
    std::erase_if(run_.labels, [&](const Label& label) { return is_taken_[label.row] == 0; });
}

}  // namespace headwater
