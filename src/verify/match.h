// For finding for each record that was sent where it has landed, and what became of the others.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "verify/entry_groups.h"
#include "verify/grade.h"
#include "verify/order.h"
#include "verify/spool.h"

namespace headwater {

/// Matches the records of one stream. First all landed ones are added, then all that were sent, then match() is called once.
/// Memory is that of the room, and of one partition of entries.
class StreamMatch {
  public:
    /// All references must outlive it.
    StreamMatch(int index, const Shape& shape, SpoolRoom& room, GradeBook& book);

    void add_landed(const Entry& entry);
    /// Says how records are matched, before the first one that was sent: by identity, or by their content alone. Known before
    /// the first one lands, it saves work.
    void settle(bool by_identity);
    uint64_t named() const { return named_.entries(); }
    uint64_t nameless() const { return nameless_.entries(); }

    void add_sent(const Entry& entry);
    Result<void> match(OrderCheck& order);
    /// Says that records of this stream are in no order that could be looked at.
    void leave_order() { has_order_ = false; }

  private:
    struct Round;
    Result<void> match_partitions(Spool& sent, Spool& landed, const Round& round, int depth);
    Result<void> match_partition(Spool& sent, Spool& landed, size_t partition, const Round& round, int depth);
    void by_identity(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed);
    void by_content(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed);
    void by_key(std::vector<const Entry*>& sent, std::vector<const Entry*>& landed);
    Result<void> by_all_but_one();
    void pair(const Entry& sent, const Entry& landed, bool by_content);
    size_t differing(const Entry& sent, const Entry& landed) const;
    uint32_t key_of_entry(const Entry& entry) const { return shape_.key() < 0 ? 0 : entry.fields()[shape_.key()]; }
    Result<void> end();

    int index_;
    const Shape& shape_;
    SpoolRoom& room_;
    GradeBook& book_;
    OrderCheck* order_ = nullptr;
    bool by_identity_ = false;
    bool is_by_content_ = false;  ///< for sure
    bool has_order_ = true;
    Spool named_, nameless_, sent_;
    // Memory of one partition, used again for the next one.
    std::vector<char> sent_bytes_, landed_bytes_;
    EntryGroups groups_;
    std::unique_ptr<Spool> left_sent_, left_landed_;
};

}  // namespace headwater
