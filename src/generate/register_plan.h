// For deciding which registers of a program share memory: a buffer is used again once its register was read for the last time.
#pragma once

#include <cstdint>
#include <vector>

#include "data/program.h"

namespace headwater {

/// Memory for one register at a time, all of one frame and width.
struct BufferPlan {
    uint16_t frame = 0;
    uint8_t width = 0;  ///< bytes per row
};

/// Says which buffer each register uses.
struct RegisterPlan {
    static constexpr uint32_t none = UINT32_MAX;

    std::vector<BufferPlan> buffers;
    std::vector<uint32_t> buffer_of;  ///< by register; `none` when nothing writes it
};

/// Gives the bytes of one value.
uint8_t width_of(Phys phys);

/// Plans by liveness. Inputs, constants, outputs, null masks and kept registers have buffers of their own. Checks that each
/// register is written once, before it is read, and that operands are in the frame where their instruction expects them.
RegisterPlan plan_registers(const Program& program);

/// Lists the registers that an instruction reads, those of its template included.
std::vector<Reg> operands_of(const Program& program, const Ins& ins);

}  // namespace headwater
