// For running a typed register program over a batch of rows, or one row at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "data/program.h"

namespace headwater {

/// Runs a program with column kernels. One worker owns one executor and uses it again for every batch.
class ColumnExecutor {
  public:
    /// Plans registers and kernels; `max_rows` bounds the rows of frame 0 in one run.
    ColumnExecutor(std::shared_ptr<const Program> program, uint32_t max_rows);
    ~ColumnExecutor();
    ColumnExecutor(ColumnExecutor&&) noexcept;
    ColumnExecutor& operator=(ColumnExecutor&&) noexcept;

    /// Gives the memory of input `i` for the caller to fill before run.
    void* input(size_t i);
    /// Computes all outputs and kept registers for `rows` rows. What they point to stays valid until the next run.
    void run(uint32_t rows);
    /// Gives the values of an output or kept register (or of an input).
    const void* values(Reg reg) const;
    /// Counts the rows of a frame in the last run.
    uint32_t rows(int frame) const;
    /// Gives the rows-of-parent + 1 offsets of a list frame in the last run.
    const uint32_t* offsets(int frame) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// One value of any physical type.
struct Value {
    int64_t integer = 0;  ///< u8, i32, i64
    double real = 0;      ///< f64
    TextView text;        ///< text
    unsigned char uuid[16] = {};
};

/// Runs the same program a row at a time: for tiny waves, hot cells, and as the reference of the law tests.
class ScalarExecutor {
  public:
    explicit ScalarExecutor(std::shared_ptr<const Program> program);
    ~ScalarExecutor();
    ScalarExecutor(ScalarExecutor&&) noexcept;
    ScalarExecutor& operator=(ScalarExecutor&&) noexcept;

    Value& input(size_t i);
    /// Computes all outputs and kept registers of one row.
    void run();
    /// Gives the value of a register of frame 0, or row `row` of its list frame, after run.
    const Value& value(Reg reg, uint32_t row = 0) const;
    uint32_t rows(int frame) const;
    const uint32_t* offsets(int frame) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace headwater
