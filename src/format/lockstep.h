// For writing rows fast: the digits of a whole batch first, then four rows at a time, step by step.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "format/row_plan.h"
#include "format/row_program.h"

namespace headwater {

class LockstepColumn;
struct LockstepOp;

/// Cuts a batch into quarters and writes one row of each in lock step: one dispatch and one load of a step's operands serve
/// four rows, whose chains of stores do not wait for each other. Lengths of rows are known from the pass over the columns, so
/// each quarter starts at its place, and each row where the one before it ends. Stores run over the ends of values; the row
/// behind is written later and mends that, but for the head of the next quarter, which is kept aside and put back.
class Lockstep {
  public:
    /// True when the steps hold no lists or guards, and no row is empty.
    static bool can_write(const std::vector<RowStep>& steps);

    explicit Lockstep(const std::vector<RowStep>& steps);
    ~Lockstep();

    /// Appends the first `done` rows (in the batch's order), a multiple of four, with their ends; gives the end, or null when
    /// `done` is 0, as it is for batches too small to be cut. The batch must keep the bounds of the plan.
    char* write(const Batch& batch, RowOutput& out, uint32_t* ends, uint32_t& done);

    /// Where the next row of each quarter goes.
    using Places = std::array<char*, 4>;

    /// What the row loop knows of the rows.
    struct Rows {
        const LockstepOp* first = nullptr;
        size_t end = 0;      ///< stop in front of this row of a quarter
        size_t quarter = 0;  ///< rows of each
        const uint32_t* order = nullptr;
        Places* places = nullptr;  ///< set when it stops
    };

  private:
    void prepare(const Batch& batch);
    void write_rows(size_t from, size_t end);

    std::vector<LockstepOp> ops_;  ///< of the columns, then the end of a row
    std::vector<std::unique_ptr<LockstepColumn>> columns_;
    Rows rows_;
    Places places_;
    uint32_t fixed_size_ = 0;  ///< bytes of every row that do not depend on its values
    uint32_t shortest_ = 0;    ///< bytes that every row has at least
    std::array<uint32_t, Batch::max_rows + 8> lengths_;
};

}  // namespace headwater
