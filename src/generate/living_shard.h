// For the state of some cells, as columns: who lives in them, what they keep, and what is due when.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "generate/living.h"
#include "generate/living_queue.h"

namespace headwater {

inline constexpr int64_t never_due = INT64_MAX;

/// What a timer waits for.
enum class Waits : uint8_t { not_at_all, to_fire, to_look, for_condition };

/// A random rate since it was last looked at.
struct LivingRate {
    int64_t since = 0;  ///< when `left` was right
    double left = 0;    ///< integral of the rate that is still to come
    double rate = 0;    ///< per second, since then
};

/// One timer of all entities of a kind: the rhythm or a way out of their phase, or the wait of their journey.
struct LivingTimers {
    std::vector<int64_t> due;
    std::vector<Waits> waits;
    std::vector<LivingRate> rates;  ///< empty where no phase has a rate here
    bool is_used = false;           ///< some phase or journey has it

    void set(uint32_t row, Waits what, int64_t instant) {
        waits[row] = what;
        due[row] = instant;
    }
};

// State is saved as its bytes, so these have no gaps.

/// What binds an entity to its cell and family.
struct LivingLinks {
    int64_t order = 0;           ///< of its birth in the cell; decides between what is due at one instant
    int64_t queued = never_due;  ///< instant of its entry in the queue of its cell
    uint32_t cell = 0;
    uint32_t children = 0;
    EntityRef parent, first_child, next_sibling, last_sibling;
};

/// How far an entity is on its journey.
struct LivingProgress {
    int64_t times = 0;        ///< how often the present step is taken
    int64_t taken = 0;        ///< how often it was
    int32_t has_arrived = 0;  ///< 1 at the present step
    int32_t is_over = 0;      ///< 1 when it has ended, and stays while it has children or as its kind does
};

/// All entities of one kind, as columns by row. What steps keep is a column per slot.
struct LivingRows {
    std::vector<uint8_t> lives;
    std::vector<uint16_t> phase;  ///< or step of its journey
    std::vector<uint32_t> stamp;
    std::vector<uint32_t> events;  ///< ordinal of its last event
    std::vector<int64_t> number;
    std::vector<int64_t> born;
    std::vector<int64_t> next;  ///< the first of its timers
    std::vector<uint64_t> address;
    std::vector<LivingTimers> timers;             ///< the rhythm, then the ways out
    std::vector<std::vector<int64_t>> words;      ///< by slot
    std::vector<std::vector<std::string>> texts;  ///< by slot
    std::vector<LivingLinks> links;               ///< empty where cells hold nothing but their roots
    std::vector<LivingProgress> progress;         ///< of journeys, else empty
    std::vector<uint32_t> free;                   ///< rows to be used again; none of roots

    size_t size() const { return lives.size(); }
};

/// Some neighbouring cells, each a root entity and its descendants. Roots have the row of their cell.
class LivingShard {
  public:
    /// Roots first .. first + count - 1 (numbers, from 1).
    LivingShard(const LivingPlan& plan, int64_t first, int64_t count);

    /// Estimates what one entity of a kind takes.
    static uint64_t row_bytes(const LivingKind& kind);
    size_t cells() const { return records.size(); }
    /// The stamp of a row changes when who had it ends.
    bool lives(EntityRef ref) const { return ref.is_there() && rows[ref.kind].stamp[ref.row] == ref.stamp; }
    EntityRef ref(int kind, uint32_t row) const {
        return {static_cast<uint32_t>(kind), row, rows[static_cast<size_t>(kind)].stamp[row]};
    }
    /// Spells a reference to who lives as a word; 0 is nobody.
    static int64_t word_of(EntityRef ref) { return static_cast<int64_t>((uint64_t{ref.row} + 1) << 32 | ref.stamp); }
    /// Gives whom a word refers to; absent when that one has ended.
    EntityRef entity_of(uint32_t kind, int64_t word) const {
        if (word == 0) return {};
        const EntityRef ref{kind, static_cast<uint32_t>((static_cast<uint64_t>(word) >> 32) - 1),
                            static_cast<uint32_t>(word)};
        return lives(ref) ? ref : EntityRef{};
    }
    LivingLinks& links(EntityRef ref) { return rows[ref.kind].links[ref.row]; }
    uint32_t cell_of(EntityRef ref) const { return is_flat ? ref.row : rows[ref.kind].links[ref.row].cell; }
    bool has_children(EntityRef ref) const { return !is_flat && rows[ref.kind].links[ref.row].children > 0; }
    /// Visits all that end with an entity in the order in which they end: children first, the last born before others.
    template <typename Visit>
    void each_ending(EntityRef ref, const Visit& visit) {
        if (has_children(ref))
            for (EntityRef child = links(ref).first_child; child.is_there(); child = links(child).next_sibling)
                each_ending(child, visit);
        visit(ref);
    }

    /// Makes an entity with empty slots and no timers, linked to its parent (which may be absent).
    EntityRef add(int kind, uint32_t cell, EntityRef parent);
    /// Ends an entity, its children first, and its parent where that only waited for it.
    void end(EntityRef ref);
    /// Ends an entity whose journey is over, now or when its last child does, unless its kind stays.
    void end_journey(EntityRef ref);
    /// Stops all timers of an entity.
    void stop(EntityRef ref);
    /// Sets `next` from the timers and queues the entity when that is earlier than what is queued.
    void requeue(EntityRef ref);
    /// True for a cell whose root is still to arrive, at the next instant of the cell.
    bool is_awaited(uint32_t cell) const { return births[cell] == 0; }
    /// Takes the first that is due before `until` from a cell; absent when there is none.
    EntityRef take_due(uint32_t cell, int64_t until);
    /// Gives, by cell, a lower bound of the next instant at which something happens in it.
    const std::vector<int64_t>& nexts() const { return is_flat ? rows[0].next : next; }
    /// Gives a lower bound of the next instant at which something happens.
    int64_t next_of_all() const;

    /// Appends all state, so that a shard of the same plan and cells can take it.
    void save(std::string& out) const;
    /// Reads what save wrote, and moves `bytes` behind it.
    Result<void> load(std::string_view& bytes);

    const LivingPlan& plan;
    const int64_t first;           ///< number of the first root
    const bool is_flat;            ///< cells hold nothing but their roots
    bool has_begun = false;        ///< its roots are born
    std::vector<LivingRows> rows;  ///< by kind
    std::vector<int64_t> records;  ///< by cell: ordinal of the next record
    std::vector<int64_t> births;   ///< by cell
    std::vector<int64_t> next;     ///< by cell, unless flat

  private:
    /// Takes an entity without children away.
    void remove(EntityRef ref);
    void resize(LivingRows& own, size_t size);
    void grow(LivingRows& own);
    bool derive();
    void aim_again();
    void await(uint32_t cell);

    std::vector<LivingQueue> queues_;  ///< by cell, unless flat
};

}  // namespace headwater
