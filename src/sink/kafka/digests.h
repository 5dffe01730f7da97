// For knowing records again that were read back from a topic: 128 bits stand for a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace headwater {

/// Stands for one record. Of a billion records two are alike with a chance of about 10^-21.
struct RecordDigest {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const RecordDigest&) const = default;
};

/// Gives the digest of two names and a value: stream and row where records carry them, else the key alone.
RecordDigest digest_of(std::string_view first, std::string_view second, std::string_view value);

/// Counts digests.
class DigestBag {
  public:
    void add(const RecordDigest& digest) { ++counts_[digest]; }
    /// Takes one of that digest out; false when there is none.
    bool take(const RecordDigest& digest);
    bool is_empty() const { return counts_.empty(); }
    /// Gives every digest in hex, as often as it was added, in a fixed order.
    std::vector<std::string> spelled() const;
    /// Adds a digest in hex; false when it is none.
    bool add_spelled(std::string_view text);

  private:
    struct Hash {
        size_t operator()(const RecordDigest& digest) const { return digest.low; }
    };
    std::unordered_map<RecordDigest, uint32_t, Hash> counts_;
};

}  // namespace headwater
