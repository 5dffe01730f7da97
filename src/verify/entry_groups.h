// For putting entries of what was sent and of what has landed together by a key, one partition after the other.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "verify/entry.h"

namespace headwater {

/// The entries of one partition, one behind the other.
class Entries {
  public:
    Entries(const std::vector<char>& bytes, size_t entry_bytes)
        : at_(bytes.data()), entry_bytes_(entry_bytes), count_(bytes.size() / entry_bytes) {}
    size_t count() const { return count_; }
    const Entry& at(size_t i) const { return *reinterpret_cast<const Entry*>(at_ + i * entry_bytes_); }

  private:
    const char* at_;
    size_t entry_bytes_;
    size_t count_;
};

/// What entries are put together by.
struct KeyOfEntry {
    enum class Kind : uint8_t { identity, digest, leaf } kind = Kind::digest;
    int leaf = 0;

    ValueHash operator()(const Entry& entry) const {
        if (kind == Kind::identity) return entry.identity;
        if (kind == Kind::digest) return entry.digest;
        return hash_word(entry.fields()[leaf], text_tag);
    }
};

/// Groups entries with equal keys. Its memory is used again for every partition.
class EntryGroups {
  public:
    /// Takes the entries of a partition, which must outlive the visit.
    void gather(const Entries& sent, const Entries& landed, KeyOfEntry key) {
        sent_ = &sent;
        landed_ = &landed;
        const size_t all = sent.count() + landed.count();
        slots_.assign(std::bit_ceil(all + all / 3 + 2), Slot{});
        next_sent_.resize(sent.count());
        next_landed_.resize(landed.count());
        // From the last to the first, so that groups have them in order.
        for (size_t i = sent.count(); i-- > 0;) {
            uint32_t& head = slot_of(key(sent.at(i)), key).sent;
            next_sent_[i] = head;
            head = static_cast<uint32_t>(i);
        }
        for (size_t i = landed.count(); i-- > 0;) {
            uint32_t& head = slot_of(key(landed.at(i)), key).landed;
            next_landed_[i] = head;
            head = static_cast<uint32_t>(i);
        }
    }

    /// Shows the entries of each key: those that were sent, and those that have landed; the lists may be changed.
    template <typename Visit>
    void visit(Visit visit) {
        for (const Slot& slot : slots_) {
            if (slot.sent == nobody && slot.landed == nobody) continue;
            these_.clear();
            those_.clear();
            for (uint32_t i = slot.sent; i != nobody; i = next_sent_[i]) these_.push_back(&sent_->at(i));
            for (uint32_t i = slot.landed; i != nobody; i = next_landed_[i]) those_.push_back(&landed_->at(i));
            visit(these_, those_);
        }
    }

  private:
    static constexpr uint32_t nobody = UINT32_MAX;
    struct Slot {
        uint64_t high = 0;  ///< half of the key; the other half is looked up where this one is equal
        uint32_t sent = nobody;
        uint32_t landed = nobody;
    };

    Slot& slot_of(const ValueHash& hash, KeyOfEntry key) {
        const size_t mask = slots_.size() - 1;
        for (size_t at = hash.low & mask;; at = (at + 1) & mask) {
            Slot& slot = slots_[at];
            const bool is_free = slot.sent == nobody && slot.landed == nobody;
            if (is_free) slot.high = hash.high;
            if (is_free || (slot.high == hash.high && key(one_of(slot)) == hash)) return slot;
        }
    }
    const Entry& one_of(const Slot& slot) const {
        return slot.sent != nobody ? sent_->at(slot.sent) : landed_->at(slot.landed);
    }

    const Entries* sent_ = nullptr;
    const Entries* landed_ = nullptr;
    std::vector<Slot> slots_;
    std::vector<uint32_t> next_sent_, next_landed_;
    std::vector<const Entry*> these_, those_;
};

}  // namespace headwater
