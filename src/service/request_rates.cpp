#include "service/request_rates.h"

#include <algorithm>

namespace headwater {

bool RequestRates::take(const std::string& address, int64_t now) {
    if (per_second_ == 0) return true;
    auto found = buckets_.find(address);
    if (found == buckets_.end()) {
        make_room(now);
        found = buckets_.emplace(address, Bucket{most(), now}).first;
    }
    Bucket& bucket = found->second;
    bucket = {allowed(bucket, now), now};
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
}

double RequestRates::allowed(const Bucket& bucket, int64_t now) const {
    const double passed_s = static_cast<double>(std::max<int64_t>(now - bucket.at, 0)) / 1e6;
    return std::min(most(), bucket.left + passed_s * per_second_);
}

/// Forgets those who may ask as often as a stranger. When all of them ask on, it forgets all: memory has a limit.
void RequestRates::make_room(int64_t now) {
    if (buckets_.size() < most_addresses) return;
    std::erase_if(buckets_, [&](const auto& entry) { return allowed(entry.second, now) >= most(); });
    if (buckets_.size() >= most_addresses) buckets_.clear();
}

}  // namespace headwater
