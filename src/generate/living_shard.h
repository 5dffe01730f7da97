// For the state of some cells: who lives in them, what they keep, and what is due when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "generate/living.h"

namespace headwater {

inline constexpr int64_t never_due = INT64_MAX;
inline constexpr uint32_t no_row = UINT32_MAX;

/// Names an entity of a shard. Rows are used again; `stamp` tells the one that was meant.
struct EntityRef {
    uint16_t kind = 0;
    uint32_t row = no_row;
    uint32_t stamp = 0;

    bool is_there() const { return row != no_row; }
    bool operator==(const EntityRef&) const = default;
};

/// Something that will happen to an entity.
struct LivingTimer {
    enum class Waits : uint8_t { not_at_all, to_fire, to_look, for_condition };
    Waits waits = Waits::not_at_all;
    int64_t due = never_due;
    int64_t since = 0;  ///< a rate: when `left` was right
    double left = 0;    ///< a rate: integral of it that is still to come
    double rate = 0;    ///< a rate: per second, since then
};

/// What every entity has, whatever its kind.
struct LivingEntity {
    int64_t number = 0;
    uint64_t address = 0;
    int64_t born = 0;
    int64_t order = 0;           ///< of its birth in the cell; decides between what is due at one instant
    int64_t next = never_due;    ///< the first of its timers
    int64_t queued = never_due;  ///< instant of its entry in the queue of its cell
    int64_t times = 0;           ///< journeys: how often the present step is taken
    int64_t taken = 0;           ///< journeys: how often it was
    uint32_t cell = 0;
    uint32_t stamp = 0;
    uint32_t events = 0;  ///< ordinal of its last event
    uint32_t children = 0;
    uint16_t phase = 0;  ///< or step of its journey
    bool lives = false;
    bool has_arrived = false;  ///< journeys: at the present step
    bool is_over = false;      ///< its journey has ended; it stays while it has children
    EntityRef parent, first_child, next_sibling, last_sibling;
};

/// All entities of one kind, as columns. What steps keep is a column per slot.
struct LivingRows {
    std::vector<LivingEntity> entities;
    std::vector<std::vector<int64_t>> words;      ///< by slot, then row
    std::vector<std::vector<std::string>> texts;  ///< by slot, then row
    std::vector<LivingTimer> timers;              ///< `timers_each` a row: the rhythm, then the ways out
    size_t timers_each = 1;
    std::vector<uint32_t> free;
};

/// A root entity and its descendants.
struct LivingCell {
    struct Due {
        int64_t time;
        int64_t order;
        EntityRef entity;
    };
    int64_t number = 0;   ///< of the root
    int64_t records = 0;  ///< ordinal of the next record
    int64_t births = 0;
    std::vector<Due> queue;  ///< a heap, the first on top
};

/// Some neighbouring cells.
class LivingShard {
  public:
    /// Roots first .. first + count - 1 (numbers, from 1).
    LivingShard(const LivingPlan& plan, int64_t first, int64_t count);

    LivingEntity& entity(EntityRef ref) { return rows[ref.kind].entities[ref.row]; }
    bool lives(EntityRef ref) const {
        return ref.is_there() && rows[ref.kind].entities[ref.row].lives &&
               rows[ref.kind].entities[ref.row].stamp == ref.stamp;
    }
    LivingTimer* timers(EntityRef ref) { return rows[ref.kind].timers.data() + ref.row * rows[ref.kind].timers_each; }

    /// Makes an entity with empty slots, linked to its parent (which may be absent).
    EntityRef add(int kind, uint32_t cell, EntityRef parent);
    /// Takes an entity without children away.
    void remove(EntityRef ref);
    /// Sets `next` from the timers and queues the entity when that is earlier than what is queued.
    void requeue(EntityRef ref);
    /// Takes the first that is due before `until` from the queue of a cell; its row is no_row when there is none.
    LivingCell::Due take_due(uint32_t cell, int64_t until);
    /// Gives a lower bound of the next instant at which something happens in a cell.
    int64_t next_of(uint32_t cell) const {
        return cells[cell].queue.empty() ? never_due : cells[cell].queue.front().time;
    }

    /// Appends all state, so that a shard of the same plan and cells can take it.
    void save(std::string& out) const;
    /// Reads what save wrote, and moves `bytes` behind it.
    Result<void> load(std::string_view& bytes);

    const LivingPlan& plan;
    std::vector<LivingRows> rows;  ///< by kind
    std::vector<LivingCell> cells;
    bool has_begun = false;  ///< its roots are born
};

}  // namespace headwater
