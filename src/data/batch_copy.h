// For keeping batches beyond the call that showed them: until a lane that needs columns takes its turn.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "data/batch.h"

namespace headwater {

/// Holds deep copies of batches in memory of its own, which is used again after clear. One thread at a time.
class BatchCopies {
  public:
    BatchCopies();
    ~BatchCopies();
    BatchCopies(BatchCopies&&) noexcept;
    BatchCopies& operator=(BatchCopies&&) noexcept;

    /// Copies a batch with everything it points to, except label names, dictionaries and schema, which outlive it anyway.
    void append(const Batch& batch);
    size_t size() const;
    /// Gives copy `i`; valid until clear.
    Batch& at(size_t i);
    const Batch& at(size_t i) const;
    /// Takes at most `rows` records off the front of copy `i`, as Batch::order has them, and gives how many.
    size_t drop_front(size_t i, size_t rows);
    /// Counts the bytes copied.
    size_t bytes() const;
    /// Forgets the copies and keeps the memory.
    void clear();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace headwater
