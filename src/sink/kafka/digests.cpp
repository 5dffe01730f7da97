// For knowing records again that were read back from a topic: 128 bits stand for a record.
#include "sink/kafka/digests.h"

#include <xxhash.h>

#include <array>

namespace headwater {

RecordDigest digest_of(std::string_view first, std::string_view second, std::string_view value) {
    // The digest of digests: a part cannot flow into the next one, and nothing is copied.
    std::array<XXH128_hash_t, 3> parts{XXH3_128bits(first.data(), first.size()), XXH3_128bits(second.data(), second.size()),
                                       XXH3_128bits(value.data(), value.size())};
    XXH128_hash_t all = XXH3_128bits(parts.data(), sizeof parts);
    return {all.low64, all.high64};
}

bool DigestBag::take(const RecordDigest& digest) {
    auto found = counts_.find(digest);
    if (found == counts_.end()) return false;
    if (--found->second == 0) counts_.erase(found);
    return true;
}

}  // namespace headwater
