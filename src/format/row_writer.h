// For turning batches into records by a row plan, in the fastest way that the columns allow.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "data/batch.h"
#include "format/row_plan.h"

namespace headwater {

class RowProgram;
class Lockstep;

/// Names a way to write rows. Bytes are the same whatever the way.
enum class RowScheme : uint8_t {
    automatic,
    by_row,    ///< one row after the other; writes anything
    lockstep,  ///< digits of a whole batch first, then four rows at a time; where it can
};

/// Writes the rows of batches behind each other. One worker owns one writer.
class RowWriter {
  public:
    /// Compiles a plan; `narrow` plans rely on the bounds of fields, and serve the batches that keep them.
    using Compile = std::function<std::vector<RowStep>(bool narrow)>;

    explicit RowWriter(const Compile& compile, RowScheme scheme = RowScheme::automatic);
    ~RowWriter();
    RowWriter(RowWriter&&) noexcept;

    /// Appends all rows of the batch, in its order, with their ends and times.
    void write(const Batch& batch, Payload& payload);
    /// True when rows are written in lock step, as far as batches keep their bounds.
    bool in_lockstep() const { return lockstep_ != nullptr; }

  private:
    /// What a column's values must keep to for a plan to be right.
    struct Range {
        int slot;
        Storage storage;
        int64_t low, high;
        std::vector<int> nulls;
    };
    static void collect(const std::vector<RowStep>& steps, std::vector<Range>& ranges);
    bool keeps(const std::vector<Range>& ranges, const Batch& batch);

    Compile compile_;
    std::vector<Range> ranges_, wide_ranges_;
    std::unique_ptr<RowProgram> narrow_, wide_;
    std::unique_ptr<Lockstep> lockstep_;
    std::vector<uint8_t> null_scratch_;
};

}  // namespace headwater
