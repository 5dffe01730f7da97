// For finding for each record that was sent where it has landed, and what became of the others.
#include "verify/match.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace headwater {

namespace {

/// Bytes of entries that are matched at once; a larger partition is cut by further bits.
constexpr size_t most_bytes = 24 << 20;
constexpr int most_depth = 8;
/// What is left of either side and is looked at for records that differ in one field alone.
constexpr uint64_t most_left = 500'000;
/// Comparisons that records of one key are worth.
constexpr size_t most_comparisons = 1 << 16;

size_t partition_of(const ValueHash& hash, int depth) {
    const uint64_t bits = depth < 4 ? hash.high : hash.low;
    return bits >> (64 - Spool::partition_bits * (depth % 4 + 1)) & (Spool::partitions - 1);
}

bool is_earlier(const Entry* a, const Entry* b) {
    return std::pair(a->lane, a->position) < std::pair(b->lane, b->position);
}

bool by_digest(const Entry* a, const Entry* b) {
    if (a->digest.high != b->digest.high) return a->digest.high < b->digest.high;
    if (a->digest.low != b->digest.low) return a->digest.low < b->digest.low;
    return is_earlier(a, b);
}

/// Takes pairs of equal digests out of both lists, which stay in order.
template <typename Pair>
void take_equal(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed, Pair pair) {
    std::ranges::sort(sent, by_digest);
    std::ranges::sort(landed, by_digest);
    std::vector<const Entry*> sent_left, landed_left;
    size_t i = 0, j = 0;
    while (i < sent.size() && j < landed.size()) {
        if (sent[i]->digest == landed[j]->digest) {
            pair(*sent[i++], *landed[j++]);
        } else if (by_digest(sent[i], landed[j])) {
            sent_left.push_back(sent[i++]);
        } else {
            landed_left.push_back(landed[j++]);
        }
    }
    sent_left.insert(sent_left.end(), sent.begin() + static_cast<std::ptrdiff_t>(i), sent.end());
    landed_left.insert(landed_left.end(), landed.begin() + static_cast<std::ptrdiff_t>(j), landed.end());
    std::ranges::sort(sent_left, is_earlier);
    std::ranges::sort(landed_left, is_earlier);
    sent = std::move(sent_left);
    landed = std::move(landed_left);
}

}  // namespace

/// One way of putting records together.
struct StreamMatch::Round {
    KeyOfEntry key;
    void (StreamMatch::*settle)(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed);
};

StreamMatch::StreamMatch(int index, const Shape& shape, SpoolRoom& room, GradeBook& book)
    : index_(index),
      shape_(shape),
      room_(room),
      book_(book),
      named_(room, entry_bytes(shape)),
      nameless_(room, entry_bytes(shape)),
      sent_(room, entry_bytes(shape)) {}

void StreamMatch::add_landed(const Entry& entry) {
    if (is_by_content_ || entry.mark == has_no_identity || entry.mark == of_damaged)
        nameless_.add(partition_of(entry.digest, 0), &entry);
    else
        named_.add(partition_of(entry.identity, 0), &entry);
}

void StreamMatch::settle(bool by_identity) {
    by_identity_ = by_identity;
    is_by_content_ = !by_identity;
}

void StreamMatch::add_sent(const Entry& entry) {
    sent_.add(partition_of(by_identity_ ? entry.identity : entry.digest, 0), &entry);
}

Result<void> StreamMatch::match(OrderCheck& order) {
    order_ = &order;
    const size_t bytes = entry_bytes(shape_);
    auto fresh = [&] {
        left_sent_ = std::make_unique<Spool>(room_, bytes);
        left_landed_ = std::make_unique<Spool>(room_, bytes);
    };
    fresh();
    if (by_identity_) {
        const Round round{{KeyOfEntry::Kind::identity}, &StreamMatch::by_identity};
        if (auto done = match_partitions(sent_, named_, round, 0); !done) return done;
    }
    // What has no name, or a name that nobody was given, is known by what it holds.
    std::unique_ptr<Spool> sent = std::move(left_sent_), landed = std::move(left_landed_);
    fresh();
    auto add_all = [&](Spool& from, Spool& to) {
        Result<void> done;
        for (size_t partition = 0; done && partition < Spool::partitions; ++partition)
            done = from.drain(partition, [&](const char* at, size_t size) {
                for (const char* end = at + size; at < end; at += bytes)
                    to.add(partition_of(reinterpret_cast<const Entry*>(at)->digest, 0), at);
            });
        return done;
    };
    if (!by_identity_)
        if (auto done = add_all(named_, nameless_); !done) return done;
    if (auto done = add_all(*landed, nameless_); !done) return done;
    const Round content{{KeyOfEntry::Kind::digest}, &StreamMatch::by_content};
    if (auto done = match_partitions(by_identity_ ? *sent : sent_, nameless_, content, 0); !done) return done;
    sent = std::move(left_sent_);
    landed = std::move(left_landed_);
    fresh();
    const Round key{{KeyOfEntry::Kind::leaf, shape_.key()}, &StreamMatch::by_key};
    if (shape_.key() >= 0 && sent->entries() > 0 && landed->entries() > 0) {
        auto by_key_partition = [&](Spool& from, Spool& to) {
            Result<void> done;
            for (size_t partition = 0; done && partition < Spool::partitions; ++partition)
                done = from.drain(partition, [&](const char* at, size_t size) {
                    for (const char* end = at + size; at < end; at += bytes)
                        to.add(partition_of(key.key(*reinterpret_cast<const Entry*>(at)), 0), at);
                });
            return done;
        };
        Spool sent_by_key(room_, bytes), landed_by_key(room_, bytes);
        if (auto done = by_key_partition(*sent, sent_by_key); !done) return done;
        if (auto done = by_key_partition(*landed, landed_by_key); !done) return done;
        if (auto done = match_partitions(sent_by_key, landed_by_key, key, 0); !done) return done;
    } else {
        left_sent_ = std::move(sent);
        left_landed_ = std::move(landed);
    }
    const bool may_pair = left_sent_->entries() > 0 && left_landed_->entries() > 0;
    if (may_pair && left_sent_->entries() <= most_left && left_landed_->entries() <= most_left) return by_all_but_one();
    if (may_pair)
        book_.grade().notices.push_back(
            "Too much is lost and unexpected to look for records of which one field, the key, was altered: " +
            shape_.stream());
    return end();
}

Result<void> StreamMatch::match_partitions(Spool& sent, Spool& landed, const Round& round, int depth) {
    for (size_t partition = 0; partition < Spool::partitions; ++partition)
        if (auto done = match_partition(sent, landed, partition, round, depth); !done) return done;
    return {};
}

Result<void> StreamMatch::match_partition(Spool& sent, Spool& landed, size_t partition, const Round& round, int depth) {
    const size_t bytes = sent.entry_bytes();
    if ((sent.entries(partition) + landed.entries(partition)) * bytes > most_bytes && depth < most_depth) {
        Spool sent_parts(room_, bytes), landed_parts(room_, bytes);
        auto cut = [&](Spool& from, Spool& to) {
            return from.drain(partition, [&](const char* at, size_t size) {
                for (const char* end = at + size; at < end; at += bytes)
                    to.add(partition_of(round.key(*reinterpret_cast<const Entry*>(at)), depth + 1), at);
            });
        };
        if (auto done = cut(sent, sent_parts); !done) return done;
        if (auto done = cut(landed, landed_parts); !done) return done;
        return match_partitions(sent_parts, landed_parts, round, depth + 1);
    }
    if (auto taken = sent.take(partition, sent_bytes_); !taken) return taken;
    if (auto taken = landed.take(partition, landed_bytes_); !taken) return taken;
    const Entries sent_entries(sent_bytes_, bytes), landed_entries(landed_bytes_, bytes);
    groups_.gather(sent_entries, landed_entries, round.key);
    groups_.visit([&](std::vector<const Entry*>& some, std::vector<const Entry*>& others) {
        (this->*round.settle)(some, others);
    });
    return {};
}

void StreamMatch::pair(const Entry& sent, const Entry& landed, bool by_content) {
    const bool is_misnamed = by_content && by_identity_ && landed.mark != has_no_identity && landed.mark != of_damaged;
    if (sent.digest == landed.digest && !is_misnamed)
        book_.equal(index_, sent, landed);
    else
        book_.altered(index_, sent, landed, is_misnamed);
    if (has_order_) order_->add(index_, sent, landed, key_of_entry(sent));
}

/// Of one name: what is equal belongs together, then what is left in order; the rest came once too often or is lost.
void StreamMatch::by_identity(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed) {
    if (sent.size() == 1 && landed.size() == 1) return pair(*sent[0], *landed[0], false);
    if (sent.empty()) {
        for (const Entry* one : landed) left_landed_->add(partition_of(one->digest, 0), one);
        return;
    }
    const Entry& first = *sent[0];
    take_equal(sent, landed, [&](const Entry& a, const Entry& b) { pair(a, b, false); });
    size_t paired = 0;
    // What was sent once and is there equal and altered is there twice.
    for (; paired < sent.size() && paired < landed.size(); ++paired) pair(*sent[paired], *landed[paired], false);
    for (size_t i = paired; i < landed.size(); ++i) book_.duplicated(index_, first, *landed[i]);
    for (size_t i = paired; i < sent.size(); ++i) left_sent_->add(partition_of(sent[i]->digest, 0), sent[i]);
}

void StreamMatch::by_content(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed) {
    const size_t both = std::min(sent.size(), landed.size());
    // Of records that are alike nobody can say which is which: they are taken in the order in which they landed.
    if (both > 1) std::ranges::sort(sent, is_earlier);
    if (landed.size() > 1) std::ranges::sort(landed, is_earlier);
    for (size_t i = 0; i < both; ++i) pair(*sent[i], *landed[i], true);
    for (size_t i = both; i < landed.size(); ++i) {
        if (!sent.empty())
            book_.duplicated(index_, *sent[0], *landed[i]);
        else
            left_landed_->add(partition_of(landed[i]->digest, 0), landed[i]);
    }
    for (size_t i = both; i < sent.size(); ++i) left_sent_->add(partition_of(sent[i]->digest, 0), sent[i]);
}

size_t StreamMatch::differing(const Entry& sent, const Entry& landed) const {
    size_t differing = 0;
    for (size_t leaf = 0; leaf <= shape_.leaves().size(); ++leaf)
        differing += sent.fields()[leaf] != landed.fields()[leaf];
    return differing;
}

/// Of one key: those belong together that have most in common, if that is half of their fields.
void StreamMatch::by_key(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed) {
    const size_t most = (shape_.leaves().size() + 1) / 2;
    std::vector<bool> is_taken(sent.size());
    std::vector<std::pair<ValueHash, const Entry*>> paired;
    const size_t reach = std::max<size_t>(1, most_comparisons / std::max<size_t>(1, landed.size()));
    std::ranges::sort(sent, is_earlier);
    std::ranges::sort(landed, is_earlier);
    size_t begin = 0;
    for (const Entry* one : landed) {
        while (begin < sent.size() && is_taken[begin]) ++begin;
        size_t best = sent.size(), least = most + 1;
        for (size_t i = begin; i < std::min(sent.size(), begin + reach); ++i) {
            if (is_taken[i]) continue;
            const size_t count = differing(*sent[i], *one);
            if (count >= least) continue;
            least = count;
            best = i;
        }
        if (best < sent.size()) {
            is_taken[best] = true;
            pair(*sent[best], *one, true);
            paired.emplace_back(one->digest, sent[best]);
            continue;
        }
        auto again = std::ranges::find(paired, one->digest, &std::pair<ValueHash, const Entry*>::first);
        if (again != paired.end())
            book_.duplicated(index_, *again->second, *one);
        else
            left_landed_->add(partition_of(one->digest, 0), one);
    }
    for (size_t i = 0; i < sent.size(); ++i)
        if (!is_taken[i]) left_sent_->add(partition_of(sent[i]->digest, 0), sent[i]);
}

/// Looks for records that differ in one field alone, be it the key.
Result<void> StreamMatch::by_all_but_one() {
    const size_t bytes = entry_bytes(shape_);
    auto gather = [&](Spool& from) -> Result<std::vector<char>> {
        std::vector<char> all;
        for (size_t partition = 0; partition < Spool::partitions; ++partition) {
            if (auto taken = from.take(partition, sent_bytes_); !taken) return std::unexpected(taken.error());
            all.insert(all.end(), sent_bytes_.begin(), sent_bytes_.end());
        }
        return all;
    };
    auto these = gather(*left_sent_);
    if (!these) return std::unexpected(these.error());
    auto those = gather(*left_landed_);
    if (!those) return std::unexpected(those.error());
    const Entries sent(*these, bytes), landed(*those, bytes);
    const size_t leaves = shape_.leaves().size();
    auto sum = [&](const Entry& entry) {
        uint64_t all = 0;
        for (size_t leaf = 0; leaf <= leaves; ++leaf) all += base_of(leaf, entry.fields()[leaf]);
        return all;
    };
    std::vector<uint64_t> sent_sums, landed_sums;
    for (size_t i = 0; i < sent.count(); ++i) sent_sums.push_back(sum(sent.at(i)));
    for (size_t i = 0; i < landed.count(); ++i) landed_sums.push_back(sum(landed.at(i)));
    std::vector<bool> sent_done(sent.count()), landed_done(landed.count());
    for (size_t leaf = 0; leaf <= leaves && leaves > 1; ++leaf) {
        std::unordered_multimap<uint64_t, size_t> rest;
        for (size_t i = 0; i < sent.count(); ++i)
            if (!sent_done[i]) rest.emplace(sent_sums[i] - base_of(leaf, sent.at(i).fields()[leaf]), i);
        for (size_t i = 0; i < landed.count(); ++i) {
            if (landed_done[i]) continue;
            auto found = rest.find(landed_sums[i] - base_of(leaf, landed.at(i).fields()[leaf]));
            if (found == rest.end()) continue;
            pair(sent.at(found->second), landed.at(i), true);
            sent_done[found->second] = landed_done[i] = true;
            rest.erase(found);
        }
    }
    for (size_t i = 0; i < sent.count(); ++i)
        if (!sent_done[i]) book_.lost(index_, sent.at(i));
    for (size_t i = 0; i < landed.count(); ++i)
        if (!landed_done[i]) book_.unexpected(index_, landed.at(i));
    return {};
}

Result<void> StreamMatch::end() {
    const size_t bytes = entry_bytes(shape_);
    Result<void> done;
    for (size_t partition = 0; done && partition < Spool::partitions; ++partition) {
        done = left_sent_->drain(partition, [&](const char* at, size_t size) {
            for (const char* end = at + size; at < end; at += bytes)
                book_.lost(index_, *reinterpret_cast<const Entry*>(at));
        });
        if (!done) break;
        done = left_landed_->drain(partition, [&](const char* at, size_t size) {
            for (const char* end = at + size; at < end; at += bytes)
                book_.unexpected(index_, *reinterpret_cast<const Entry*>(at));
        });
    }
    return done;
}

}  // namespace headwater
