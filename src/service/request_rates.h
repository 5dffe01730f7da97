// For keeping one client from asking so often that the others wait.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

namespace headwater {

/// How often each client address may ask: so many requests a second, and those of two seconds at once after a pause.
class RequestRates {
  public:
    /// `per_second` 0: as often as they like.
    explicit RequestRates(double per_second) : per_second_(per_second) {}

    /// Takes note of a request at the instant `now` (microseconds); false when it comes too soon.
    bool take(const std::string& address, int64_t now);
    /// Gives the number of addresses that are remembered.
    size_t size() const { return buckets_.size(); }

    static constexpr size_t most_addresses = 4096;

  private:
    struct Bucket {
        double left = 0;  ///< requests that may come at once
        int64_t at = 0;
    };

    double most() const { return per_second_ < 0.5 ? 1 : 2 * per_second_; }
    double allowed(const Bucket& bucket, int64_t now) const;
    void make_room(int64_t now);

    double per_second_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace headwater
