// For running the program of a stream over some rows and showing what it computed as a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/batch.h"
#include "data/program.h"
#include "generate/executor.h"
#include "generate/flat.h"

namespace headwater {

/// Points the slots of a batch at the outputs of the last run; valid until the next run.
void fill_slots(const Program& program, const ColumnExecutor& executor, Batch& batch);

/// Replaces the labels of a batch by those of `rules` per row: 0 none, k the name k - 1. `rules` may be null.
void fill_labels(const uint8_t* rules, Batch& batch);

/// Runs one program for one worker, by either executor, and uses its memory again for every batch.
class BatchMaker {
  public:
    BatchMaker(std::shared_ptr<const Program> program, ProgramOptions options);
    ~BatchMaker();

    /// Bounds the rows of a run.
    uint32_t batch_rows() const { return options_.batch_rows; }
    /// Gives the memory of input `i`, an i64, to fill before run; it holds until the next run.
    int64_t* input(size_t i);
    /// Computes all outputs and kept registers for 1 .. batch_rows rows.
    void run(uint32_t rows);
    /// Points the slots of a batch at the outputs of the last run.
    void show(Batch& batch) const;
    /// Gives the values of a kept register in the last run.
    const void* values(Reg reg) const;
    /// Replaces the labels of a batch by those that a plan gives to the rows of the last run.
    void label(const FlatPlan& plan, Batch& batch) const;
    /// Gives the offsets of a list frame in the last run.
    const uint32_t* offsets(int frame) const;

  private:
    struct ScalarRun;

    std::shared_ptr<const Program> program_;
    ProgramOptions options_;
    std::unique_ptr<ColumnExecutor> columns_;
    std::unique_ptr<ScalarRun> scalar_;
};

}  // namespace headwater
