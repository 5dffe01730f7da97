// For tests of executors: programs made at random, of every instruction, with nested frames.
#pragma once

#include <memory>

#include "data/program.h"

namespace headwater {

/// Makes a program of about `length` instructions that a seed decides. Inputs are i64, i64, f64, text.
/// With `keep_all` every register is kept, else few, so that buffers are shared.
std::shared_ptr<const Program> random_program(uint64_t seed, int length, bool keep_all);

}  // namespace headwater
