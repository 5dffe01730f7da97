// For knowing records again that were read back from a topic: 128 bits stand for a record.
#include "sink/kafka/digests.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace headwater {

RecordDigest digest_of(std::string_view first, std::string_view second, std::string_view value) {
    // The digest of digests: a part cannot flow into the next one, and nothing is copied.
    std::array<XXH128_hash_t, 3> parts{XXH3_128bits(first.data(), first.size()),
                                       XXH3_128bits(second.data(), second.size()),
                                       XXH3_128bits(value.data(), value.size())};
    XXH128_hash_t all = XXH3_128bits(parts.data(), sizeof parts);
    return {all.low64, all.high64};
}

std::vector<std::string> DigestBag::spelled() const {
    std::vector<std::string> all;
    for (auto& [digest, count] : counts_) {
        all.insert(all.end(), count, hex_of(digest.high) + hex_of(digest.low));
    }
    std::ranges::sort(all);
    return all;
}

bool DigestBag::add_spelled(std::string_view text) {
    if (text.size() != 32) return false;
    RecordDigest digest;
    for (auto [word, part] : {std::pair{&digest.high, text.substr(0, 16)}, {&digest.low, text.substr(16)}}) {
        auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *word, 16);
        if (error != std::errc() || end != part.data() + part.size()) return false;
    }
    add(digest);
    return true;
}

bool DigestBag::take(const RecordDigest& digest) {
    auto found = counts_.find(digest);
    if (found == counts_.end()) return false;
    if (--found->second == 0) counts_.erase(found);
    return true;
}

}  // namespace headwater
