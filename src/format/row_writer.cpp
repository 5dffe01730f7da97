// For turning batches into records by a row plan, in the fastest way that the columns allow.
#include "format/row_writer.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "format/lockstep.h"
#include "format/row_program.h"

namespace headwater {

namespace {

template <typename T>
bool all_within(const void* values, uint32_t rows, int64_t low, int64_t high) {
    const T* const column = static_cast<const T*>(values);
    T lowest = std::numeric_limits<T>::max(), highest = std::numeric_limits<T>::min();
    for (uint32_t i = 0; i < rows; ++i) {
        lowest = column[i] < lowest ? column[i] : lowest;
        highest = column[i] > highest ? column[i] : highest;
    }
    return rows == 0 || (lowest >= low && highest <= high);
}

bool all_within(Storage storage, const void* values, uint32_t rows, int64_t low, int64_t high) {
    switch (storage) {
        case Storage::u8:
        case Storage::index8: return all_within<uint8_t>(values, rows, low, high);
        case Storage::i32:
        case Storage::index32: return all_within<int32_t>(values, rows, low, high);
        default: return all_within<int64_t>(values, rows, low, high);
    }
}

void add_times(const Batch& batch, std::vector<int64_t>& times) {
    const size_t before = times.size();
    if (batch.times != nullptr && batch.order == nullptr) {
        times.insert(times.end(), batch.times, batch.times + batch.rows);
        return;
    }
    times.resize(before + batch.rows);
    if (batch.times == nullptr) return;
    for (uint32_t i = 0; i < batch.rows; ++i) times[before + i] = batch.times[batch.order[i]];
}

}  // namespace

RowWriter::RowWriter(const Compile& compile, RowScheme scheme) : compile_(compile) {
    const std::vector<RowStep> steps = compile(true);
    collect(steps, ranges_);
    narrow_ = std::make_unique<RowProgram>(steps);
    if (scheme != RowScheme::by_row && Lockstep::can_write(steps)) lockstep_ = std::make_unique<Lockstep>(steps);
}

RowWriter::~RowWriter() = default;
RowWriter::RowWriter(RowWriter&&) noexcept = default;

void RowWriter::collect(const std::vector<RowStep>& steps, std::vector<Range>& ranges) {
    for (const RowStep& step : steps) {
        if (step.slot >= 0 && (step.low != INT64_MIN || step.high != INT64_MAX))
            ranges.push_back({step.slot, step.storage, step.low, step.high, step.nulls});
        for (const Index& index : step.indices)
            if (index.slot >= 0)
                ranges.push_back({index.slot, index.storage, index.low, index.low + index.count - 1, index.nulls});
        collect(step.body, ranges);
    }
}

bool RowWriter::keeps(const std::vector<Range>& ranges, const Batch& batch) {
    for (const Range& range : ranges) {
        const Slot& slot = batch.slots[static_cast<size_t>(range.slot)];
        if (all_within(range.storage, slot.values, slot.rows, range.low, range.high)) continue;
        const uint8_t* const null = combined_nulls(batch, range.nulls, null_scratch_);
        if (null == nullptr) return false;
        for (uint32_t i = 0; i < slot.rows; ++i) {
            const int64_t value = integer_of(range.storage, slot.values, i);
            if (null[i] == 0 && (value < range.low || value > range.high)) return false;
        }
    }
    return true;
}

void RowWriter::write(const Batch& batch, Payload& payload) {
    if (payload.rows == 0) payload.first_row = batch.first_row;
    const bool narrow = keeps(ranges_, batch);
    if (!narrow && wide_ == nullptr) {
        const std::vector<RowStep> steps = compile_(false);
        collect(steps, wide_ranges_);
        wide_ = std::make_unique<RowProgram>(steps);
    }
    HW_CHECK(narrow || keeps(wide_ranges_, batch));

    const size_t before = payload.ends.size();
    payload.ends.resize(before + batch.rows);
    uint32_t* const ends = payload.ends.data() + before;
    add_times(batch, payload.times);

    RowOutput out(payload.bytes);
    char* at = nullptr;
    uint32_t done = 0;
    // Columns are passed over as far as there are records to write.
    if (narrow && lockstep_ != nullptr && rows_in_memory(batch) == batch.rows)
        at = lockstep_->write(batch, out, ends, done);
    RowProgram& program = narrow ? *narrow_ : *wide_;
    if (done < batch.rows) program.bind(batch);
    for (; done < batch.rows; ++done) {
        at = program.write(out, at, batch.order != nullptr ? batch.order[done] : done);
        ends[done] = static_cast<uint32_t>(at - out.data());
    }
    out.finish(at);
    HW_CHECK(payload.bytes.size() <= UINT32_MAX);
    payload.rows += batch.rows;
}

}  // namespace headwater
