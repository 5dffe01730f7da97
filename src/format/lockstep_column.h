// For the pass over one column before its rows are written in lock step: values become words, cells, indices or views.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "format/row_plan.h"
#include "format/row_program.h"

namespace headwater {

/// Says in what form the row loop finds a step's values.
enum class ValueForm : uint8_t {
    nothing,
    word,      ///< eight bytes and a size
    decimal,   ///< eight bytes and a size, then four bytes of which all rows use as many
    cell,      ///< 32 bytes and a size
    entry_32,  ///< a byte that chooses an entry of 32 bytes
    entry_64,
    uuid,
    hex,
    view,    ///< TextView
    moment,  ///< four bytes: the rest of an instant whose second is in the prefix
};

/// Prepares the values of one step for a batch, and adds their sizes to the lengths of the rows.
class LockstepColumn {
  public:
    /// Where the row loop finds the values.
    struct View {
        ValueForm form = ValueForm::nothing;
        std::string_view prefix = {};
        const void* values = nullptr;
        const uint8_t* sizes = nullptr;  ///< by row; entries: by index
        const void* more = nullptr;      ///< decimal: fractions; entries: the table
        uint8_t tail_size = 0;
    };

    explicit LockstepColumn(const RowStep& step);

    /// Bytes that every row has of this prefix and value, apart from what `prepare` adds.
    uint32_t fixed_size() const;
    View prepare(const Batch& batch, uint32_t* lengths);

  private:
    /// How the values get their form.
    enum class Way : uint8_t {
        nothing,
        integers,
        signed_integers,
        decimals,
        wide_numbers,
        instants,
        entries,
        table_views,
        uuids,
        hexes,
        texts,
        printed
    };

    static Way way_of(const RowStep& step, const EntryTable& table);
    static ValueForm form_of(Way way, const EntryTable& table);
    View prepare_number(const Batch& batch, uint32_t* lengths);
    bool prepare_moments(const int64_t* values, uint32_t rows, uint32_t* lengths, View& view);
    View prepare_entries(const Batch& batch, uint32_t* lengths);
    View prepare_texts(const Batch& batch, uint32_t* lengths);
    View print_all(const Batch& batch, uint32_t* lengths);
    const void* narrowed(const Slot& slot, uint32_t rows);
    View view_of(const void* values, const uint8_t* sizes = nullptr, const void* more = nullptr) const;
    View views(const TextView* texts, uint32_t rows, uint32_t* lengths) const;
    View sized(const void* values, uint32_t rows, uint32_t* lengths, const void* more = nullptr);

    RowStep step_;
    EntryTable table_;
    EntryChoice choice_;
    Way way_;
    ValueForm form_;
    std::vector<uint8_t> sizes_;
    std::vector<uint64_t> words_;  ///< words, or cells of four
    std::vector<uint32_t> fractions_;
    std::vector<int32_t> narrow_;  ///< values in 32 bits
    std::vector<TextView> views_;
    std::vector<uint8_t> null_scratch_;
    const uint8_t* null_ = nullptr;  ///< of the batch at hand
    std::string printed_;
    std::vector<uint32_t> starts_;
    std::unique_ptr<RowProgram> program_;
    InstantText instants_;
    std::string prefix_, moment_prefix_;
};

}  // namespace headwater
