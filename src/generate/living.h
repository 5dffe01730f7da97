// For entities that live: a compiled script of kinds with state, phases and steps, and the source that acts it out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/program.h"
#include "generate/source.h"
#include "generate/switch_times.h"

namespace headwater {

/// Says what fills an input of a program. `level` counts ancestors: 0 the entity itself, 1 its parent, and so on. With `via`
/// it is of another entity of the cell, which a step chose; 0 or empty where that has ended.
struct LivingInput {
    enum class Is : uint8_t {
        number,      ///< i64: of the entity within its parent, from 1
        born,        ///< i64: instant of its birth
        address,     ///< i64: base of the draws of its attributes
        phase,       ///< u8: index of its phase
        word,        ///< u8, i32, i64, f64: what it keeps in slot `slot` of its words
        text,        ///< text, uuid: what it keeps in slot `slot` of its texts
        is_there,    ///< u8: 1 while the entity that was chosen lives
        time,        ///< i64: the instant
        base,        ///< i64: base of the draws of this event
        index,       ///< i64: of the repetition, from 1
        is_on,       ///< u8: 1 while number `slot` of LivingPlan::switches is on
        given_word,  ///< as word, but given by the step that emits a record
        given_text,  ///< as text, but given by the step that emits a record
    };
    Is is = Is::number;
    uint8_t level = 0;
    uint16_t slot = 0;
    int32_t via = -1;   ///< word of the entity itself that refers to the one chosen
    uint16_t kind = 0;  ///< of the one chosen

    bool operator==(const LivingInput&) const = default;
};

/// A program of a kind. Texts and uuids are kept among the texts, everything else as 64-bit words.
struct LivingProgram {
    std::shared_ptr<const Program> program;
    std::vector<LivingInput> inputs;  ///< as Program::inputs
};

/// One value of a program, in row 0 of frame 0; absent where `program` is -1.
struct LivingValue {
    int program = -1;
    Reg value = no_reg;

    bool is_there() const { return program >= 0; }
};

/// Where a value of a step's program goes.
struct LivingStore {
    Reg value = no_reg;
    bool is_text = false;
    uint8_t level = 0;
    uint16_t slot = 0;
    int32_t via = -1;   ///< as LivingInput; nothing is kept where that entity has ended
    uint16_t kind = 0;  ///< as LivingInput
};

/// A choice among the children of an ancestor, at random among those for whom a condition holds.
struct LivingChoice {
    int level = 0;       ///< whose children: 0 the entity itself
    int kind = 0;        ///< of the children
    LivingValue where;   ///< u8, of the child; absent for all
    uint64_t place = 0;  ///< address of the draw
    int slot = 0;        ///< word of the entity itself that will refer to the one chosen, or be 0
};

/// Whose row may have changed with a step: an ancestor by its level, or with `via` an entity that was chosen.
struct LivingChange {
    uint8_t level = 0;
    int32_t via = -1;   ///< as LivingStore
    uint16_t kind = 0;  ///< of the one chosen

    bool operator==(const LivingChange&) const = default;
};

/// One step: what it needs, then what it does, in the order of the members.
struct LivingStep {
    uint64_t place = 0;   ///< address of its draws among those of its kind
    LivingValue after;    ///< journeys: i64 us to wait before it
    LivingValue proceed;  ///< journeys: u8, 0 ends the journey
    int head = -1;        ///< program of the next two
    Reg go = no_reg;      ///< u8, 0 skips the step
    Reg repeat = no_reg;  ///< i64, how often
    std::vector<LivingChoice> choose;
    int body = -1;  ///< program of all that follows
    std::vector<LivingStore> set;
    std::vector<LivingChange> changes;  ///< entities whose `at_change` follows what was set
    int spawn = -1;                     ///< kind
    std::vector<LivingStore> spawn_with;
    int emit = -1;  ///< stream
    std::vector<LivingStore> emit_with;
    std::vector<uint32_t> labels;  ///< of the record, in LivingStream::labels
    std::vector<LivingStep> steps;
};

/// A way out of a phase.
struct LivingTransition {
    uint64_t place = 0;       ///< address of the choice of a target
    std::vector<int> to;      ///< phases; -1 is the end
    int weights = -1;         ///< program of the weights, where there is more than one target
    std::vector<Reg> weight;  ///< f64, by target
    LivingValue after;        ///< i64 us
    LivingValue rate;         ///< f64 per second
    uint64_t rate_place = 0;
    LivingValue when;    ///< u8, watched
    LivingValue chance;  ///< u8, tried after each tick
    std::vector<LivingStep> steps;
};

struct LivingPhase {
    std::vector<LivingStep> enter;
    LivingValue every;          ///< i64 us
    uint64_t middle_place = 0;  ///< address of the share of the first period that is over at the start
    LivingValue rate;           ///< f64 per second, instead of every
    uint64_t rate_place = 0;
    std::vector<LivingStep> steps;
    std::vector<LivingTransition> leave;
};

/// A kind of entity. A kind without phases and without a journey rests.
struct LivingKind {
    std::string name;
    uint64_t key = 0;
    int parent = -1;    ///< kind, before this one in LivingPlan::kinds
    int counter = -1;   ///< word of the parent that counts these children
    LivingValue count;  ///< children born with their parent: i64; read as the parent
    int words = 0;
    int texts = 0;
    int birth = -1;  ///< program of the first values of the state
    std::vector<LivingStore> state;
    std::vector<LivingPhase> phases;
    std::vector<std::string> phase_names;  ///< by phase
    bool is_journey = false;
    std::vector<LivingStep> journey;

    // What tells of its rows in tables. Such steps set no more than what only they read, and draw nothing.
    std::vector<LivingStep> at_birth;   ///< when its state has its first values, before its children are born
    std::vector<LivingStep> at_change;  ///< behind a step that names its level
    std::vector<LivingStep> at_end;     ///< before it ends by a way out, its own or an ancestor's
    bool tells_phase = false;           ///< `at_change` follows every new phase
    bool stays = false;                 ///< when its journey is over it rests until an ancestor ends
};

/// A stream that steps emit into.
struct LivingStream {
    std::shared_ptr<const Schema> schema;
    int program = -1;
    Reg rule = no_reg;                ///< kept u8 register: 0 none, k the k-th label; or no_reg
    std::vector<std::string> labels;  ///< those of its rules, then those of phases, transitions and steps, then others
    std::vector<LabelMask> masks;     ///< which records have the others
};

/// A root kind with all that is born in it. The root is kind 0; parents come before their children.
struct LivingPlan {
    std::vector<LivingKind> kinds;
    std::vector<LivingStream> streams;
    std::vector<LivingProgram> programs;
    int64_t start = 0;
    int64_t roots = 0;                       ///< how many there are from the start
    std::shared_ptr<const RowClock> births;  ///< or when they arrive: number k at row k - 1
    std::shared_ptr<const RowClock>
        usual_births{};  ///< when they would arrive if nothing were ever on; null: as they do
    std::vector<std::shared_ptr<const SwitchTimes>> switches{};  ///< what programs may read; null for what is never on

    /// Gives when a root is born, INT64_MAX for never.
    int64_t born(int64_t number) const { return births ? births->time_of(number - 1) : start; }
};

/// How cells are divided among tasks, and how they are acted out. No choice changes a record; all are for tests of that law.
struct LivingOptions {
    int64_t cells_of_shard = 0;  ///< 0: at least 64, at most 16384, so that there are about 64 shards
    int64_t slice_us = 0;        ///< 0: about 8192 records of a shard
    bool one_by_one = false;     ///< no waves: every event by itself, on the scalar executor
    uint32_t few_cells = 4;      ///< waves of so many cells are acted out one by one
};

/// Makes the source of a living kind and all that is born in it.
///
/// A root entity and its descendants are a cell; inside, events come in order of time, then of birth. Cells never touch.
/// Tasks are slices of time by shards of cells; both are cut the same whatever windows are asked for. Where roots arrive,
/// shards are opened as their first root is born and forgotten when all their cells have ended. The records of a task
/// come stream by stream, in order of (time, root, ordinal within the cell).
///
/// A random rate (of a transition or of a rhythm) draws an amount from the unit exponential distribution when it begins and
/// fires when the integral of the rate since then reaches it. The rate is read at its begin, at every change of what it
/// reads of the cell, where it reads time at every full hour, and where it reads a switch whenever that switches: exact for
/// curves by hour, for state that changes, and for switches.
std::shared_ptr<const SourcePlan> make_living_source(LivingPlan plan, LivingOptions options = {});

/// Estimates the memory of a source of entities that is opened, in bytes; 0 for one that keeps none.
uint64_t memory_bytes_of(const SourcePlan& source);

}  // namespace headwater
