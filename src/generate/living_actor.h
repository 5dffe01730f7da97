// For acting out the script of living entities, one event at a time, on the scalar executor.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "generate/arena.h"
#include "generate/executor.h"
#include "generate/living_facts.h"
#include "generate/living_records.h"
#include "generate/living_shard.h"

namespace headwater {

/// Runs the programs of a plan for one worker. Keeps nothing of a shard between two calls.
class LivingActor {
  public:
    /// `plan` and `facts`, which are of it, must outlive the actor.
    LivingActor(const LivingPlan& plan, const LivingFacts& facts);

    /// Lets everything happen in a shard that is due before `until`, and adds what is emitted.
    void act(LivingShard& shard, int64_t until, LivingRecords& records);
    /// The same for one cell of a shard that has begun.
    void act_cell(LivingShard& shard, uint32_t cell, int64_t until, LivingRecords& records);
    /// Runs the steps of all that end with an entity of such a cell, but for its own.
    void tell_end_below(LivingShard& shard, EntityRef ref, int64_t time, LivingRecords& records);
    /// Chooses the children that a step asks for, on behalf of an entity of a shard that is acted out in waves.
    void choose_for(LivingShard& shard, const LivingStep& step, EntityRef entity, int64_t time, uint64_t base);
    /// Counts what it has let happen.
    int64_t events() const { return events_; }

  private:
    struct Event {
        EntityRef entity;
        int64_t time = 0;
        uint64_t base = 0;
        int64_t index = 0;
    };
    /// What a step hands to an entity or a record.
    struct Given {
        ScalarExecutor* executor = nullptr;
        const std::vector<LivingStore>* stores = nullptr;
        const Program* program = nullptr;
    };
    Event event_of(EntityRef ref, int64_t time);
    ScalarExecutor& run(int program, const Event& event);
    Value input_of(const LivingInput& input, Phys phys, const Event& event);
    const Value& value(const LivingValue& what, const Event& event) {
        return run(what.program, event).value(what.value);
    }

    void begin_cells(LivingShard& shard);
    void arrive(uint32_t cell);
    EntityRef bear(int kind, uint32_t cell, EntityRef parent, int64_t number, int64_t time, const Given& given);
    void bear_children(EntityRef ref, int64_t time);
    void begin(EntityRef ref, int64_t time);
    void end(EntityRef ref, int64_t time);
    void fire(EntityRef ref);
    void fire_timer(EntityRef ref, size_t timer, int64_t time);
    void begin_newborn(int64_t time);
    void settle(int64_t time);
    void enter(EntityRef ref, int phase, const Event& event);
    void set_timers(const Event& event);
    void set_rhythm(const Event& event, bool is_first);
    void try_chances(const Event& event);
    void take(EntityRef ref, size_t transition, const Event& event);
    int target_of(const LivingTransition& transition, const Event& event);
    void check(EntityRef ref, int64_t time);
    void check_below(EntityRef ref, LivingKinds lookers, int64_t time);
    void refresh_rate(EntityRef ref, size_t timer, const LivingValue& rate, int64_t time);

    void begin_rate(size_t timer, const LivingValue& rate, uint64_t place, const Event& event);
    void aim(size_t timer, const LivingValue& rate, const Event& event);

    void run_steps(const std::vector<LivingStep>& steps, const Event& event);
    void run_step(const LivingStep& step, const Event& event);
    void run_body(const LivingStep& step, const Event& event);
    void choose(const LivingChoice& choice, const Event& event);
    EntityRef chosen(EntityRef by, int32_t via, uint16_t kind) const {
        return shard_->entity_of(kind, shard_->rows[by.kind].words[static_cast<size_t>(via)][by.row]);
    }
    void run_journey(EntityRef ref, Event event, bool has_waited);
    int64_t times_of(const LivingStep& step, const Event& event);
    Event repetition(const LivingStep& step, const Event& event, int64_t index) const;
    void spawn(const LivingStep& step, const Event& event, ScalarExecutor* body);
    void emit(const LivingStep& step, const Event& event, ScalarExecutor* body);
    void keep(EntityRef ref, const LivingStore& store, const Value& value, Phys phys);
    void touch(EntityRef ref, LivingKinds lookers);
    EntityRef ancestor(EntityRef ref, int level) const;
    const LivingPhase& phase_of(EntityRef ref) const;
    LivingRows& rows_of(EntityRef ref) { return shard_->rows[ref.kind]; }
    LivingTimers& timer_of(EntityRef ref, size_t timer) { return shard_->rows[ref.kind].timers[timer]; }

    const LivingPlan& plan_;
    const LivingFacts& facts_;
    std::vector<std::unique_ptr<ScalarExecutor>> executors_;  ///< by program, made when first needed

    TextArena texts_;  ///< what programs of this instant read, as it was
    LivingShard* shard_ = nullptr;
    LivingRecords* records_ = nullptr;
    bool is_start_ = false;
    std::vector<EntityRef> candidates_;
    std::vector<EntityRef> newborn_;    ///< at this instant, whose lives have not begun
    size_t begun_ = 0;                  ///< those of them that have
    std::vector<LivingTouch> touched_;  ///< at this instant
    size_t looked_ = 0;                 ///< those of them that have been
    int64_t events_ = 0;
    int moves_ = 0;
    int births_ = 0;
};

}  // namespace headwater
