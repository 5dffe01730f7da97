// For what one instruction does to the values of one row, as data/program.h defines it.
#pragma once

#include <vector>

#include "data/program.h"
#include "generate/arena.h"
#include "generate/executor.h"

namespace headwater {

/// The operands of an instruction in one row; null where it has none.
struct ScalarOperands {
    const Value* a = nullptr;
    const Value* b = nullptr;
    const Value* c = nullptr;
    const Value* e = nullptr;
};

/// Computes every instruction that stays within its row, but concat.
void compute_scalar(const Program& program, const Ins& ins, const ScalarOperands& operands, Value& d, TextArena& texts);

/// Prints the parts of a template; `values` has one entry per part, null where the part is a literal alone.
TextView print_template(const Program& program, const std::vector<TextPart>& parts,
                        const std::vector<const Value*>& values, TextArena& texts);

}  // namespace headwater
