// For building a typed register program: shares equal instructions, folds constants, keeps track of frames.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "data/program.h"

namespace headwater {

/// Runs a program without inputs and gives the value of its last kept register in each row of its frame, as constants.
using Evaluate = std::function<std::vector<Constant>(const Program& program, Reg reg)>;

/// Constants of an instruction that are not operands.
struct Extra {
    int64_t imm = 0;
    int64_t imm2 = 0;
    double real = 0;
    uint32_t table = 0;
};

/// Builds one program. Operands of a parent frame are expanded into the frame of the deepest operand by themselves.
class ProgramBuilder {
  public:
    explicit ProgramBuilder(Evaluate evaluate);

    Reg input(Phys phys);
    Reg integer(int64_t value, Phys phys = Phys::i64);
    Reg boolean(bool value) { return integer(value ? 1 : 0, Phys::u8); }
    Reg real(double value);
    Reg text(const std::string& value);

    /// Emits an instruction of kernel type `type` whose result is `result`; gives an equal one if there is one.
    Reg emit(Op op, Phys type, Phys result, std::initializer_list<Reg> operands, Extra extra = {});
    /// The same where kernel type and result are one.
    Reg emit(Op op, Phys type, std::initializer_list<Reg> operands) { return emit(op, type, type, operands); }
    /// Converts to another physical type, or gives the register itself.
    Reg convert(Reg reg, Phys to);
    Reg logic_and(Reg a, Reg b);  ///< either may be no_reg, which counts as true
    Reg logic_or(Reg a, Reg b);   ///< either may be no_reg, which counts as false
    Reg logic_not(Reg a);
    Reg pick(Reg condition, Reg yes, Reg no);

    /// Opens a frame with `count` (i64) rows for each row of `count`'s frame, or of `frame` when that lies deeper.
    int open(Reg count, int frame, Reg* index);
    /// Opens a frame with the rows of `source` where `mask` holds.
    int filter(int source, Reg mask, Reg* index);
    /// Gives `reg` in `frame`: itself, expanded from an ancestor, or compacted from the frame it was filtered from.
    Reg in_frame(Reg reg, int frame);
    /// Folds a register of a child frame into its parent: total, lowest, highest.
    Reg reduce(Op op, Reg reg);
    Reg size(int frame);
    Reg nth(Reg reg, Reg position);

    int frame_of(Reg reg) const { return program_.frame_of[reg]; }
    Phys phys_of(Reg reg) const { return program_.registers[reg]; }
    int parent_of(int frame) const { return program_.frames[frame].parent; }
    /// True when `ancestor` is `frame` or above it.
    bool is_above(int ancestor, int frame) const;
    const Constant* constant(Reg reg) const;

    uint32_t table(std::shared_ptr<const Table> table);
    uint32_t string(const std::string& value);
    uint32_t cron(const Cron& cron);
    uint32_t clock(std::shared_ptr<const RowClock> clock);
    /// True when an instruction reads this clock.
    bool has_clock(const RowClock& clock) const;
    /// Prints parts one after the other into a text register; a constant when all parts are.
    Reg concat(std::vector<TextPart> parts);

    std::vector<Output>& outputs() { return program_.outputs; }
    void keep(Reg reg) { program_.kept.push_back(reg); }
    /// Leaves out what no output and no kept register needs, and gives the program. The builder is used up.
    /// Kept registers and outputs are renumbered in place; `renumber` maps others the caller holds.
    std::shared_ptr<const Program> finish(const std::vector<Reg*>& renumber = {});

  private:
    using Key = std::tuple<int, int, int, Reg, Reg, Reg, Reg, int64_t, int64_t, uint64_t, uint32_t>;

    Reg fresh(Phys phys, int frame);
    Reg fold(const Ins& ins, Phys result);
    Reg make_constant(Constant constant, Phys phys, int frame);

    Evaluate evaluate_;
    Program program_;
    std::map<Key, Reg> known_;
    std::map<std::tuple<int, int, int64_t, uint64_t, std::string>, Reg> known_constants_;
    std::map<Reg, size_t> constant_of_;
};

}  // namespace headwater
