#include "generate/living_record_maker.h"

#include <algorithm>
#include <cstring>

#include "generate/batch_maker.h"

namespace headwater {

namespace {

template <typename T>
void gather(const std::vector<int64_t>& from, const uint32_t* order, size_t count, void* to) {
    for (size_t i = 0; i < count; ++i) static_cast<T*>(to)[i] = static_cast<T>(from[order[i]]);
}

void gather_texts(const std::vector<TextView>& from, const uint32_t* order, size_t count, Phys phys, void* to) {
    for (size_t i = 0; i < count; ++i) {
        const TextView text = from[order[i]];
        if (phys == Phys::text)
            static_cast<TextView*>(to)[i] = text;
        else
            std::memcpy(static_cast<char*>(to) + 16 * i, text.data, 16);
    }
}

}  // namespace

LivingRecordMaker::LivingRecordMaker(const LivingStream& stream, const LivingProgram& script)
    : stream_(stream), program_(*script.program), executor_(script.program, Batch::max_rows) {
    batch_.schema = stream.schema;
    batch_.label_names = &stream.labels;
}

void LivingRecordMaker::make(const EmittedRows& rows, int stream, const BatchSink& out) {
    const std::vector<uint32_t>& order = order_.of(rows);
    for (size_t first = 0; first < order.size(); first += Batch::max_rows) {
        make_batch(rows, order.data() + first, std::min<size_t>(Batch::max_rows, order.size() - first));
        out(stream, batch_);
    }
}

void LivingRecordMaker::make_batch(const EmittedRows& rows, const uint32_t* order, size_t count) {
    for (size_t i = 0; i < program_.inputs.size(); ++i) {
        const Phys phys = program_.registers[program_.inputs[i]];
        void* to = executor_.input(i);
        switch (phys) {
            case Phys::u8: gather<uint8_t>(rows.words[i], order, count, to); break;
            case Phys::i32: gather<int32_t>(rows.words[i], order, count, to); break;
            case Phys::i64:
            case Phys::f64: gather<int64_t>(rows.words[i], order, count, to); break;
            case Phys::uuid:
            case Phys::text: gather_texts(rows.texts[i], order, count, phys, to); break;
        }
    }
    gather_identity(rows, order, count);
    executor_.run(static_cast<uint32_t>(count));
    fill_slots(program_, executor_, batch_);
    add_labels(rows, order);
}

void LivingRecordMaker::gather_identity(const EmittedRows& rows, const uint32_t* order, size_t count) {
    times_.resize(count);
    cells_.resize(count);
    ordinals_.resize(count);
    gather<int64_t>(rows.times, order, count, times_.data());
    gather<int64_t>(rows.cells, order, count, cells_.data());
    gather<int64_t>(rows.ordinals, order, count, ordinals_.data());
    batch_.rows = static_cast<uint32_t>(count);
    batch_.times = times_.data();
    batch_.entities = cells_.data();
    batch_.row_numbers = ordinals_.data();
    batch_.first_row = ordinals_[0];
    batch_.order = nullptr;
}

void LivingRecordMaker::add_labels(const EmittedRows& rows, const uint32_t* order) {
    const auto* rules = stream_.rule == no_reg ? nullptr : static_cast<const uint8_t*>(executor_.values(stream_.rule));
    batch_.labels.clear();
    if (stream_.labels.empty()) return;
    for (uint32_t row = 0; row < batch_.rows; ++row) {
        if (rules != nullptr && rules[row] != 0) batch_.labels.push_back({row, rules[row] - 1U});
        for (const uint32_t label : *rows.labels[order[row]]) batch_.labels.push_back({row, label});
        for (const LabelMask& mask : stream_.masks)
            if (static_cast<const uint8_t*>(executor_.values(mask.holds))[row] != 0)
                batch_.labels.push_back({row, mask.name});
    }
}

}  // namespace headwater
