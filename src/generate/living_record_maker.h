// For making records of what living entities emitted in one task: put in order, then computed column by column.
#pragma once

#include <cstdint>
#include <vector>

#include "data/batch.h"
#include "generate/executor.h"
#include "generate/living_order.h"
#include "generate/living_records.h"
#include "generate/source.h"

namespace headwater {

/// Makes the batches of one stream for one worker.
class LivingRecordMaker {
  public:
    /// `stream` and `script`, its program, must outlive the maker.
    LivingRecordMaker(const LivingStream& stream, const LivingProgram& script);

    /// Hands on all rows in order of (time, root, ordinal).
    void make(const EmittedRows& rows, int stream, const BatchSink& out);

  private:
    void make_batch(const EmittedRows& rows, const uint32_t* order, size_t count);
    void gather_identity(const EmittedRows& rows, const uint32_t* order, size_t count);
    void add_labels(const EmittedRows& rows, const uint32_t* order);

    const LivingStream& stream_;
    const Program& program_;
    ColumnExecutor executor_;
    Batch batch_;
    LivingOrder order_;
    std::vector<int64_t> times_, cells_, ordinals_;
};

}  // namespace headwater
