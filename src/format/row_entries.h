// For values that are chosen from a table: the table as the writers copy from it, and the choice of a whole batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "format/row_bytes.h"
#include "format/row_plan.h"

namespace headwater {

/// Texts at a fixed stride, so that one is written by one or two stores; longer ones lie end to end.
struct EntryTable {
    uint32_t stride = 0;     ///< 32, 64, or 0: found by `starts`
    std::vector<char> text;  ///< some bytes more than the entries, to be read and not used
    std::vector<uint32_t> starts;
    std::vector<uint32_t> sizes;
    std::vector<uint8_t> short_sizes;  ///< the same, while stride is not 0

    static EntryTable of(const std::vector<std::string>& entries);
    const char* at(uint32_t i) const { return text.data() + (stride != 0 ? size_t{stride} * i : starts[i]); }
    /// True when a byte chooses the entry and stores of 32 bytes write it.
    bool is_small() const { return stride != 0 && sizes.size() <= 256; }
};

/// Works out which entry each row of a batch has.
class EntryChoice {
  public:
    explicit EntryChoice(std::vector<Index> indices) : indices_(std::move(indices)) {}

    /// Gives a byte per row; for small tables.
    const uint8_t* choose_bytes(const Batch& batch);
    /// Gives 32 bits per row.
    const uint32_t* choose_words(const Batch& batch);

  private:
    template <typename T>
    const T* choose(const Batch& batch, std::vector<T>& chosen);
    uint32_t rows_in(const Batch& batch) const;

    std::vector<Index> indices_;
    std::vector<uint8_t> bytes_, null_scratch_;
    std::vector<uint32_t> words_;
};

/// Puts the null masks of several slots together; `scratch` is used when more than one says anything.
const uint8_t* combined_nulls(const Batch& batch, const std::vector<int>& slots, std::vector<uint8_t>& scratch);

}  // namespace headwater
