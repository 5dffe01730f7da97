// For running the programs of living entities over waves: state is gathered into columns, and what is kept goes back.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "generate/arena.h"
#include "generate/executor.h"
#include "generate/living_records.h"
#include "generate/living_shard.h"
#include "generate/living_wave.h"

namespace headwater {

/// The programs of a plan for one worker. Keeps nothing of a shard between two calls.
class LivingColumns {
  public:
    /// What the last run of a program made; valid until it runs again.
    struct Values {
        const Program* program = nullptr;
        const ColumnExecutor* executor = nullptr;

        bool are_there() const { return executor != nullptr; }
        Phys phys(Reg reg) const { return program->registers[reg]; }
        template <typename T>
        const T* column(Reg reg) const {
            return static_cast<const T*>(executor->values(reg));
        }
    };

    explicit LivingColumns(const LivingPlan& plan);

    void attach(LivingShard& shard) { shard_ = &shard; }
    /// Forgets the texts that programs have read.
    void forget_texts() { texts_.reset(); }

    /// Runs a program for all rows of a wave.
    Values run(int program, const LivingWave& wave);
    /// Keeps a value of each row: in row `i` of the wave it goes to `rows[i]` of a kind.
    void keep(int kind, const uint32_t* rows, uint32_t size, const LivingStore& store, const Values& values);
    /// Keeps the value of row `i` of the wave in one entity.
    void keep_one(EntityRef ref, uint32_t i, const LivingStore& store, const Values& values);
    /// Gives the rows of the ancestors of a wave; `level` 0 is the wave itself.
    const uint32_t* rows_above(const LivingWave& wave, int level);
    int kind_above(int kind, int level) const;
    /// Adds a record for each row of a wave.
    void emit(const LivingStep& step, const LivingWave& wave, const Values& given, LivingRecords& records);

  private:
    struct Rows {
        std::vector<uint32_t> rows = std::vector<uint32_t>(LivingWave::most);
    };

    void fill(const LivingInput& input, Phys phys, const LivingWave& wave, void* to);
    void fill_texts(const LivingInput& input, Phys phys, const LivingWave& wave, void* to);
    void fill_chosen(const LivingInput& input, Phys phys, const LivingWave& wave, void* to);
    void fill_switch(const LivingInput& input, Phys phys, const LivingWave& wave, void* to) const;
    void emit_input(const LivingInput& input, Phys phys, const LivingWave& wave, EmittedRows& rows, size_t place,
                    LivingRecords& records);
    void emit_given(const LivingStep& step, const LivingInput& input, const LivingWave& wave, const Values& given,
                    EmittedRows& rows, size_t place, LivingRecords& records);

    const LivingPlan& plan_;
    LivingShard* shard_ = nullptr;
    std::vector<std::unique_ptr<ColumnExecutor>> executors_;  ///< by program, made when first needed
    std::vector<std::vector<void*>> inputs_;                  ///< by program: where its inputs go
    std::vector<Rows> above_;                                 ///< by level
    TextArena texts_;                                         ///< what programs read, as it was
};

}  // namespace headwater
