// For acting out the script of living entities in waves: cells advance side by side, and what happens to many is computed in columns.
#pragma once

#include <cstdint>
#include <vector>

#include "generate/living_actor.h"
#include "generate/living_columns.h"
#include "generate/living_facts.h"
#include "generate/living_records.h"
#include "generate/living_shard.h"
#include "generate/living_wave.h"

namespace headwater {

/// Gives the same state and records as LivingActor. In every round each cell of a shard takes the next thing that happens in
/// it; things of one sort are a wave. Cells never touch, so it does not matter that they are at different instants.
class LivingWaves {
  public:
    /// `plan` and `facts`, which are of it, must outlive the waves. Rounds of at most `few` cells are left to the actor;
    /// UINT32_MAX: all of them.
    LivingWaves(const LivingPlan& plan, const LivingFacts& facts, uint32_t few);

    /// Lets everything happen in a shard that is due before `until`, and adds what is emitted.
    void act(LivingShard& shard, int64_t until, LivingRecords& records);

  private:
    /// A sort of things that happen.
    struct Act {
        enum class Is : uint8_t { arrive, begin, go_on, check, chances, fire, look };
        Is is;
        int kind;
        int phase = 0;  ///< or step of the journey
        size_t timer = 0;
    };
    struct Member {
        uint32_t row;
        uint32_t cell;
        int64_t time;
    };
    /// What is left to do in a cell at one instant, in the order of the members.
    struct Agenda {
        std::vector<LivingTouch> below;  ///< who may look because an ancestor changed; the last comes first
        std::vector<EntityRef> newborn;
        EntityRef tried;  ///< whose chances are tried after its tick
        std::vector<LivingTouch> touched;
        size_t begun = 0, looked = 0;  ///< of newborn, of touched
        LivingTouch watched;           ///< just looked at; those below it are next
        int64_t time = 0;
        int moves = 0, births = 0;
    };
    /// What is given to those who are born.
    struct Given {
        const std::vector<LivingStore>* stores = nullptr;
        LivingColumns::Values values;
    };
    struct Newborn {
        int kind;
        int parent_kind;  ///< -1 for roots
        const uint32_t* parents;
        const int64_t* numbers;
    };

    // Rounds
    void begin_cells();
    void bear_roots(LivingWave& wave);
    void run_rounds(int64_t until);
    void leave_few_to_actor(int64_t until);
    bool find_next(uint32_t cell, int64_t until);
    bool find_in_agenda(uint32_t cell);
    void add_due(uint32_t kind, uint32_t row, uint32_t cell);
    void add(size_t act, uint32_t row, uint32_t cell, int64_t time);
    void run_acts();
    void run_act(const Act& act, LivingWave& wave);
    Agenda& agenda(uint32_t cell, int64_t time);
    void touch(int kind, const uint32_t* rows, const LivingWave& wave, LivingKinds lookers);
    void requeue(const LivingWave& wave);
    void draw_bases(LivingWave& wave, bool is_new_event);

    // Phases
    void fire(const Act& act, LivingWave& wave);
    void try_chances(const Act& act, LivingWave& wave);
    void check(const Act& act, LivingWave& wave);
    void take(const LivingTransition& way, LivingWave& wave);
    void enter(int phase, const LivingWave& wave);
    void end(const LivingWave& wave);
    void set_rhythm(const LivingPhase& phase, const LivingWave& wave, bool is_first);
    void begin_rate(size_t timer, const LivingValue& rate, uint64_t place, const LivingWave& wave);
    void refresh_rate(size_t timer, const LivingValue& rate, const LivingWave& wave);
    void aim(size_t timer, const LivingValue& rate, const LivingWave& wave);
    void keep_where(const LivingValue& condition, LivingWave& wave);

    // Steps and births
    void run_steps(const std::vector<LivingStep>& steps, const LivingWave& wave);
    void run_step(const LivingStep& step, const LivingWave& wave);
    void run_body(const LivingStep& step, const LivingWave& wave);
    void tell_change(const LivingChange& change, const LivingWave& wave);
    void keep_in_chosen(const LivingStore& store, const LivingWave& wave, const LivingColumns::Values& values);
    void repeat(const LivingStep& step, const LivingWave& wave, int64_t index, LivingWave& out) const;
    void times_of(const LivingStep& step, const LivingWave& wave, int64_t* times);
    void spawn(const LivingStep& step, const LivingWave& wave, const LivingColumns::Values& values);
    void bear(const Newborn& newborn, const LivingWave& at, const Given& given);
    void bear_children(const LivingWave& parents);
    void run_journey(size_t step, const LivingWave& wave, bool has_waited);
    void arrive(const LivingStep& step, const LivingWave& here);
    void move_on(size_t next_step, LivingWave& here, LivingWave& next);
    void wait(const LivingStep& step, const LivingWave& here);
    void run_journey_step(const LivingStep& step, LivingWave& here);

    LivingRows& rows_of(const LivingWave& wave) { return shard_->rows[static_cast<size_t>(wave.kind)]; }
    const LivingKind& script_of(const LivingWave& wave) const { return plan_.kinds[static_cast<size_t>(wave.kind)]; }

    const LivingPlan& plan_;
    const LivingFacts& facts_;
    const uint32_t few_;
    LivingActor actor_;
    LivingColumns columns_;
    LivingWavePool pool_;
    std::vector<Act> acts_;
    std::vector<size_t> first_act_;                ///< by kind: begin; then the steps of the journey
    std::vector<std::vector<size_t>> phase_acts_;  ///< by kind, phase: check, chances, then fire and look by timer
    std::vector<std::vector<Member>> members_;     ///< by act: of this round
    std::vector<size_t> used_;                     ///< acts of this round

    LivingShard* shard_ = nullptr;
    LivingRecords* records_ = nullptr;
    bool is_start_ = false;
    std::vector<uint32_t> active_;  ///< cells that go on in this slice
    std::vector<uint8_t> is_busy_;  ///< by cell: its agenda is not done
    std::vector<Agenda> agendas_;   ///< by cell
};

}  // namespace headwater
