// For values that are chosen from a table: the table as the writers copy from it, and the choice of a whole batch.
#include "format/row_entries.h"

#include <algorithm>

namespace headwater {

namespace {

/// Makes room for the next digit of the mixed-radix number, and adds it.
template <typename T, typename V>
void add_digit(T* __restrict chosen, size_t rows, const V* __restrict values, int64_t low, uint32_t radix) {
    const auto offset = static_cast<T>(low), factor = static_cast<T>(radix);
    for (size_t i = 0; i < rows; ++i)
        chosen[i] = static_cast<T>(chosen[i] * factor + static_cast<T>(static_cast<T>(values[i]) - offset));
}

}  // namespace

EntryTable EntryTable::of(const std::vector<std::string>& entries) {
    EntryTable table;
    size_t longest = 0;
    for (const auto& entry : entries) longest = std::max(longest, entry.size());
    table.stride = longest <= 32 ? 32 : longest <= 64 ? 64 : 0;
    for (const auto& entry : entries) {
        table.starts.push_back(static_cast<uint32_t>(table.text.size()));
        table.sizes.push_back(static_cast<uint32_t>(entry.size()));
        table.text.insert(table.text.end(), entry.begin(), entry.end());
        if (table.stride == 0) continue;
        table.short_sizes.push_back(static_cast<uint8_t>(entry.size()));
        table.text.resize(table.text.size() + table.stride - entry.size());
    }
    table.text.resize(table.text.size() + 2 * row_slack);
    return table;
}

const uint8_t* combined_nulls(const Batch& batch, const std::vector<int>& slots, std::vector<uint8_t>& scratch) {
    const uint8_t* found = nullptr;
    for (const int number : slots) {
        const Slot& slot = batch.slots[static_cast<size_t>(number)];
        if (slot.null == nullptr) continue;
        if (found == nullptr) {
            found = slot.null;
            continue;
        }
        if (found != scratch.data()) scratch.assign(found, found + slot.rows);
        for (uint32_t i = 0; i < slot.rows; ++i) scratch[i] |= slot.null[i];
        found = scratch.data();
    }
    return found;
}

/// Counts the rows of the frame that the entries belong to.
uint32_t EntryChoice::rows_in(const Batch& batch) const {
    const Index& index = indices_.front();
    return batch.slots[static_cast<size_t>(index.slot >= 0 ? index.slot : index.nulls.front())].rows;
}

template <typename T>
const T* EntryChoice::choose(const Batch& batch, std::vector<T>& chosen) {
    const uint32_t rows = rows_in(batch);
    chosen.assign(rows, 0);
    for (const Index& index : indices_) {
        const void* const values = index.slot < 0 ? nullptr : batch.slots[static_cast<size_t>(index.slot)].values;
        const uint8_t* const null = combined_nulls(batch, index.nulls, null_scratch_);
        const uint32_t radix = index.radix();
        if (null != nullptr || values == nullptr) {
            for (uint32_t i = 0; i < rows; ++i) {
                int64_t digit = values == nullptr ? 0 : integer_of(index.storage, values, i) - index.low;
                if (null != nullptr && null[i] != 0) digit = index.count;
                chosen[i] = static_cast<T>(chosen[i] * radix + static_cast<uint32_t>(digit));
            }
            continue;
        }
        switch (index.storage) {
            case Storage::u8:
            case Storage::index8:
                add_digit(chosen.data(), rows, static_cast<const uint8_t*>(values), index.low, radix);
                break;
            case Storage::i32:
            case Storage::index32:
                add_digit(chosen.data(), rows, static_cast<const int32_t*>(values), index.low, radix);
                break;
            default: add_digit(chosen.data(), rows, static_cast<const int64_t*>(values), index.low, radix); break;
        }
    }
    return chosen.data();
}

const uint8_t* EntryChoice::choose_bytes(const Batch& batch) {
    const Index& only = indices_.front();
    const bool direct = indices_.size() == 1 && only.slot >= 0 && only.storage == Storage::index8;
    if (direct && combined_nulls(batch, only.nulls, null_scratch_) == nullptr)
        return static_cast<const uint8_t*>(batch.slots[static_cast<size_t>(only.slot)].values);
    return choose(batch, bytes_);
}

const uint32_t* EntryChoice::choose_words(const Batch& batch) { return choose(batch, words_); }

}  // namespace headwater
