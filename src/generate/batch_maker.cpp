#include "generate/batch_maker.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "generate/arena.h"
#include "generate/register_plan.h"

namespace headwater {

namespace {

/// Kernels and encoders may read so many bytes past the end of a column.
constexpr size_t read_past_end = 64;

template <typename Run>
void point_slots(const Program& program, const Run& run, Batch& batch) {
    batch.slots.resize(program.outputs.size());
    for (size_t i = 0; i < program.outputs.size(); ++i) {
        const Output& output = program.outputs[i];
        Slot& slot = batch.slots[i];
        slot.values = output.value == no_reg ? nullptr : run.values(output.value);
        slot.null = output.null == no_reg ? nullptr : static_cast<const uint8_t*>(run.values(output.null));
        slot.offsets = output.list_frame < 0 ? nullptr : run.offsets(output.list_frame);
        slot.rows = run.rows(output.frame);
    }
}

}  // namespace

void fill_slots(const Program& program, const ColumnExecutor& executor, Batch& batch) {
    point_slots(program, executor, batch);
}

void fill_labels(const uint8_t* rules, Batch& batch) {
    batch.labels.clear();
    if (rules == nullptr) return;
    for (uint32_t row = 0; row < batch.rows; ++row) {
        uint64_t eight = 0;
        if (row + sizeof eight <= batch.rows) {
            std::memcpy(&eight, rules + row, sizeof eight);
            if (eight == 0) {
                row += sizeof eight - 1;
                continue;
            }
        }
        if (rules[row] != 0) batch.labels.push_back({row, rules[row] - 1U});
    }
}

/// Collects what the scalar executor computes, row after row, into columns.
struct BatchMaker::ScalarRun {
    struct Column {
        std::vector<std::byte> bytes;
        size_t rows = 0;
    };

    std::shared_ptr<const Program> program;
    ScalarExecutor executor;
    std::vector<std::vector<int64_t>> inputs;
    std::vector<Column> columns;                ///< by register; those that are shown
    std::vector<bool> shown;                    ///< by register
    std::vector<std::vector<uint32_t>> bounds;  ///< by frame: offsets into it from all rows of its parent
    std::vector<uint32_t> frame_rows;
    TextArena texts;

    ScalarRun(std::shared_ptr<const Program> given, uint32_t batch_rows)
        : program(std::move(given)),
          executor(program),
          inputs(program->inputs.size(), std::vector<int64_t>(batch_rows)),
          columns(program->registers.size()),
          shown(program->registers.size()),
          bounds(program->frames.size()),
          frame_rows(program->frames.size()) {
        for (const Output& output : program->outputs) {
            if (output.value != no_reg) shown[output.value] = true;
            if (output.null != no_reg) shown[output.null] = true;
        }
        for (const Reg reg : program->kept) shown[reg] = true;
    }

    void run(uint32_t rows) {
        texts.reset();
        for (Column& column : columns) {
            column.bytes.clear();
            column.rows = 0;
        }
        for (auto& offsets : bounds) offsets.assign(1, 0);
        frame_rows.assign(frame_rows.size(), 0);
        for (uint32_t row = 0; row < rows; ++row) {
            for (size_t i = 0; i < inputs.size(); ++i) executor.input(i).integer = inputs[i][row];
            executor.run();
            add_row();
        }
        for (Column& column : columns) column.bytes.resize(column.bytes.size() + read_past_end);
    }

    void add_row() {
        for (size_t frame = 0; frame < frame_rows.size(); ++frame) {
            const auto rows = frame == 0 ? 1 : executor.rows(static_cast<int>(frame));
            if (frame > 0) {
                const auto parent = static_cast<size_t>(program->frames[frame].parent);
                const uint32_t parents = parent == 0 ? 1 : executor.rows(static_cast<int>(parent));
                const uint32_t* offsets = executor.offsets(static_cast<int>(frame));
                for (uint32_t i = 1; i <= parents; ++i) bounds[frame].push_back(frame_rows[frame] + offsets[i]);
            }
            for (Reg reg = 0; reg < columns.size(); ++reg)
                if (shown[reg] && program->frame_of[reg] == frame)
                    for (uint32_t i = 0; i < rows; ++i) add_value(reg, executor.value(reg, i));
            frame_rows[frame] += rows;
        }
    }

    void add_value(Reg reg, const Value& value) {
        const Phys phys = program->registers[reg];
        const size_t width = width_of(phys);
        std::vector<std::byte>& bytes = columns[reg].bytes;
        bytes.resize(bytes.size() + width);
        std::byte* place = bytes.data() + bytes.size() - width;
        const auto byte = static_cast<uint8_t>(value.integer);
        const auto narrow = static_cast<int32_t>(value.integer);
        const TextView text = phys == Phys::text ? texts.copy(view_of(value.text)) : TextView{};
        switch (phys) {
            case Phys::u8: std::memcpy(place, &byte, width); break;
            case Phys::i32: std::memcpy(place, &narrow, width); break;
            case Phys::i64: std::memcpy(place, &value.integer, width); break;
            case Phys::f64: std::memcpy(place, &value.real, width); break;
            case Phys::uuid: std::memcpy(place, value.uuid, width); break;
            case Phys::text: std::memcpy(place, &text, width); break;
        }
    }

    const void* values(Reg reg) const { return columns[reg].bytes.data(); }
    const uint32_t* offsets(int frame) const { return bounds[static_cast<size_t>(frame)].data(); }
    uint32_t rows(int frame) const { return frame_rows[static_cast<size_t>(frame)]; }
};

BatchMaker::BatchMaker(std::shared_ptr<const Program> program, ProgramOptions options)
    : program_(std::move(program)), options_(options) {
    HW_CHECK(options.batch_rows >= 1 && options.batch_rows <= Batch::max_rows);
    for (const Reg reg : program_->inputs) HW_CHECK(program_->registers[reg] == Phys::i64);
    if (options.scalar)
        scalar_ = std::make_unique<ScalarRun>(program_, options.batch_rows);
    else
        columns_ = std::make_unique<ColumnExecutor>(program_, options.batch_rows);
}

BatchMaker::~BatchMaker() = default;

int64_t* BatchMaker::input(size_t i) {
    return scalar_ ? scalar_->inputs.at(i).data() : static_cast<int64_t*>(columns_->input(i));
}

void BatchMaker::run(uint32_t rows) {
    if (scalar_)
        scalar_->run(rows);
    else
        columns_->run(rows);
}

void BatchMaker::show(Batch& batch) const {
    if (scalar_)
        point_slots(*program_, *scalar_, batch);
    else
        point_slots(*program_, *columns_, batch);
}

const void* BatchMaker::values(Reg reg) const { return scalar_ ? scalar_->values(reg) : columns_->values(reg); }

void BatchMaker::label(const FlatPlan& plan, Batch& batch) const {
    if (plan.rule == no_reg && plan.masks.empty()) return;
    fill_labels(plan.rule == no_reg ? nullptr : static_cast<const uint8_t*>(values(plan.rule)), batch);
    if (plan.masks.empty()) return;
    for (const LabelMask& mask : plan.masks) {
        const auto* holds = static_cast<const uint8_t*>(values(mask.holds));
        for (uint32_t row = 0; row < batch.rows; ++row)
            if (holds[row] != 0) batch.labels.push_back({row, mask.name});
    }
    std::ranges::stable_sort(batch.labels, {}, &Label::row);
}

const uint32_t* BatchMaker::offsets(int frame) const {
    return scalar_ ? scalar_->offsets(frame) : columns_->offsets(frame);
}

}  // namespace headwater
