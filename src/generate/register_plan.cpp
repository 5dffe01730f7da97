// For deciding which registers of a program share memory.
#include "generate/register_plan.h"

#include <map>
#include <utility>

#include "base/check.h"

namespace headwater {
namespace {

/// True for instructions whose operands lie in another frame than their result.
bool crosses_frames(Op op) { return op >= Op::open; }

class Planner {
  public:
    explicit Planner(const Program& program)
        : program_(program),
          last_read_(program.registers.size(), 0),
          pinned_(program.registers.size(), false),
          written_(program.registers.size(), false) {
        plan_.buffer_of.assign(program.registers.size(), RegisterPlan::none);
    }

    RegisterPlan plan() {
        HW_CHECK(program_.frame_of.size() == program_.registers.size());
        find_last_reads();
        find_pinned();
        for (const Reg reg : program_.inputs) write(reg);
        for (const Constant& constant : program_.constants) write(constant.reg);
        for (size_t i = 0; i < program_.code.size(); ++i) place(program_.code[i], i);
        return std::move(plan_);
    }

  private:
    void find_last_reads() {
        for (size_t i = 0; i < program_.code.size(); ++i)
            for (const Reg reg : operands_of(program_, program_.code[i])) last_read_.at(reg) = i;
    }

    void pin(Reg reg) {
        if (reg != no_reg) pinned_.at(reg) = true;
    }

    void find_pinned() {
        for (const Reg reg : program_.inputs) pin(reg);
        for (const Constant& constant : program_.constants) pin(constant.reg);
        for (const Reg reg : program_.kept) pin(reg);
        for (const Output& output : program_.outputs) {
            pin(output.value);
            pin(output.null);
        }
    }

    void write(Reg reg) {
        HW_CHECK(reg < program_.registers.size() && !written_[reg]);
        written_[reg] = true;
        const uint16_t frame = program_.frame_of[reg];
        HW_CHECK(frame < program_.frames.size());
        const uint8_t width = width_of(program_.registers[reg]);
        std::vector<uint32_t>& free = free_[{frame, width}];
        if (pinned_[reg] || free.empty()) {
            plan_.buffer_of[reg] = static_cast<uint32_t>(plan_.buffers.size());
            plan_.buffers.push_back({frame, width});
        } else {
            plan_.buffer_of[reg] = free.back();
            free.pop_back();
        }
    }

    void release(Reg reg) {
        if (pinned_[reg]) return;
        free_[{program_.frame_of[reg], width_of(program_.registers[reg])}].push_back(plan_.buffer_of[reg]);
        pinned_[reg] = true;  // an operand named twice is released once
    }

    void place(const Ins& ins, size_t at) {
        const std::vector<Reg> operands = operands_of(program_, ins);
        for (const Reg reg : operands) {
            HW_CHECK(written_.at(reg));
            HW_CHECK(crosses_frames(ins.op) || program_.frame_of[reg] == program_.frame_of.at(ins.d));
        }
        write(ins.d);
        for (const Reg reg : operands)
            if (last_read_[reg] == at) release(reg);
        if (last_read_[ins.d] <= at) release(ins.d);
    }

    const Program& program_;
    RegisterPlan plan_;
    std::vector<size_t> last_read_;
    std::vector<bool> pinned_;
    std::vector<bool> written_;
    std::map<std::pair<uint16_t, uint8_t>, std::vector<uint32_t>> free_;
};

}  // namespace

uint8_t width_of(Phys phys) {
    switch (phys) {
        case Phys::u8: return 1;
        case Phys::i32: return 4;
        case Phys::i64:
        case Phys::f64: return 8;
        case Phys::uuid:
        case Phys::text: return 16;
    }
    return 0;
}

std::vector<Reg> operands_of(const Program& program, const Ins& ins) {
    std::vector<Reg> operands;
    for (const Reg reg : {ins.a, ins.b, ins.c, ins.e})
        if (reg != no_reg) operands.push_back(reg);
    if (ins.op == Op::concat)
        for (const TextPart& part : program.templates.at(ins.table))
            if (part.reg != no_reg) operands.push_back(part.reg);
    return operands;
}

RegisterPlan plan_registers(const Program& program) { return Planner(program).plan(); }

}  // namespace headwater
