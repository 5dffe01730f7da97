// For running a program with column kernels: one loop over bound instructions, each a loop over rows.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"
#include "generate/executor.h"
#include "generate/frame_limits.h"
#include "generate/kernels/kernel.h"
#include "generate/register_plan.h"

namespace headwater {
namespace {

/// Memory of one buffer: aligned to a cache line, with room for kernels that read or write whole vectors past the last row.
class ColumnMemory {
  public:
    void resize(size_t bytes) {
        constexpr size_t line = 64;
        const size_t padded = (bytes + line - 1) / line * line + 2 * line;
        memory_.reset(static_cast<std::byte*>(std::aligned_alloc(line, padded)));
        if (memory_ == nullptr) throw std::bad_alloc();
        std::memset(memory_.get(), 0, padded);
    }
    std::byte* data() const { return memory_.get(); }

  private:
    struct Release {
        void operator()(std::byte* memory) const { std::free(memory); }
    };
    std::unique_ptr<std::byte, Release> memory_;
};

template <class T>
void fill(std::byte* memory, uint32_t rows, T value) {
    std::fill_n(reinterpret_cast<T*>(memory), rows, value);
}

}  // namespace

struct ColumnExecutor::State {
    std::shared_ptr<const Program> program;
    RegisterPlan plan;
    uint32_t max_rows = 0;
    std::vector<ColumnMemory> buffers;
    std::vector<FrameRows> frames;
    std::vector<uint32_t> capacity;  ///< rows that the buffers of a frame hold
    std::vector<Step> steps;
    std::vector<TextView> constant_texts;  ///< by constant
    TextArena constants;
    TextArena texts;

    State(std::shared_ptr<const Program> given, uint32_t rows)
        : program(std::move(given)),
          plan(plan_registers(*program)),
          max_rows(rows),
          buffers(plan.buffers.size()),
          frames(program->frames.size()),
          capacity(program->frames.size()) {
        for (const Constant& constant : program->constants) constant_texts.push_back(constants.copy(constant.text));
        constexpr uint32_t items_at_first = 4;
        for (size_t frame = 0; frame < frames.size(); ++frame)
            set_capacity(frame, frame == 0 ? max_rows : max_rows * items_at_first);
        steps.resize(program->code.size());
        for (size_t i = 0; i < steps.size(); ++i) bind(steps[i], program->code[i]);
        set_pointers();
    }

    std::byte* memory_of(Reg reg) const {
        if (reg == no_reg) return nullptr;
        const uint32_t buffer = plan.buffer_of.at(reg);
        HW_CHECK(buffer != RegisterPlan::none);
        return buffers[buffer].data();
    }

    void bind(Step& step, const Ins& ins) {
        step.ins = &ins;
        if (ins.op == Op::open || ins.op == Op::filter) return;
        bind_kernel(step, {*program, ins});
        if (ins.op == Op::expand || ins.op == Op::compact)
            step.lists = &frames[program->frame_of[ins.d]];
        else if (ins.op == Op::size)
            step.lists = &frames.at(static_cast<size_t>(ins.imm));
        else if (ins.op > Op::compact)
            step.lists = &frames[program->frame_of[ins.a]];
    }

    /// Takes the addresses of all registers, which change when a frame grows.
    void set_pointers() {
        for (Step& step : steps) {
            const Ins& ins = *step.ins;
            step.d = memory_of(ins.d);
            step.a = memory_of(ins.a);
            step.b = memory_of(ins.b);
            step.c = memory_of(ins.c);
            step.e = memory_of(ins.e);
            if (ins.op != Op::concat) continue;
            step.parts.clear();
            for (const TextPart& part : program->templates[ins.table]) step.parts.push_back(memory_of(part.reg));
        }
    }

    void set_capacity(size_t frame, uint32_t rows) {
        capacity[frame] = rows;
        for (size_t i = 0; i < buffers.size(); ++i)
            if (plan.buffers[i].frame == frame) buffers[i].resize(size_t{rows} * plan.buffers[i].width);
        for (size_t i = 0; i < program->constants.size(); ++i)
            if (program->frame_of[program->constants[i].reg] == frame) fill_constant(i, rows);
    }

    void fill_constant(size_t index, uint32_t rows) {
        const Constant& constant = program->constants[index];
        std::byte* memory = memory_of(constant.reg);
        switch (program->registers[constant.reg]) {
            case Phys::u8: fill(memory, rows, static_cast<uint8_t>(constant.integer)); break;
            case Phys::i32: fill(memory, rows, static_cast<int32_t>(constant.integer)); break;
            case Phys::i64: fill(memory, rows, constant.integer); break;
            case Phys::f64: fill(memory, rows, constant.real); break;
            case Phys::text: fill(memory, rows, constant_texts[index]); break;
            case Phys::uuid:
                HW_CHECK(constant.text.size() == 16);
                for (size_t i = 0; i < rows; ++i) std::memcpy(memory + 16 * i, constant.text.data(), 16);
                break;
        }
    }

    /// Makes room in a frame that is about to be opened; none of its registers holds anything yet.
    void set_rows(size_t frame, uint64_t rows) {
        HW_CHECK(rows <= INT32_MAX);
        frames[frame].rows = static_cast<uint32_t>(rows);
        if (rows <= capacity[frame]) return;
        set_capacity(frame, std::max(static_cast<uint32_t>(rows), 2 * capacity[frame]));
        set_pointers();
    }

    /// Numbers the rows of each list from 0.
    void number_rows(const Step& step, const FrameRows& frame) {
        auto* d = step.result<int64_t>();
        for (size_t row = 0; row + 1 < frame.offsets.size(); ++row)
            for (uint32_t i = frame.offsets[row]; i < frame.offsets[row + 1]; ++i) d[i] = i - frame.offsets[row];
    }

    void open(const Step& step) {
        const auto target = static_cast<size_t>(step.ins->imm);
        const uint32_t parent_rows = frames[static_cast<size_t>(program->frames[target].parent)].rows;
        const auto* counts = Step::as<int64_t>(step.a);
        FrameRows& frame = frames[target];
        frame.offsets.resize(size_t{parent_rows} + 1);
        uint64_t total = 0;
        for (uint32_t row = 0; row < parent_rows; ++row) {
            frame.offsets[row] = static_cast<uint32_t>(total);
            total += list_items(counts[row]);
        }
        frame.offsets[parent_rows] = static_cast<uint32_t>(total);
        set_rows(target, total);
        number_rows(step, frame);
    }

    void filter(const Step& step) {
        const FrameRows& source = frames[static_cast<size_t>(step.ins->imm2)];
        const auto target = static_cast<size_t>(step.ins->imm);
        const auto* mask = Step::as<uint8_t>(step.b);
        FrameRows& frame = frames[target];
        frame.offsets.resize(source.offsets.size());
        frame.selected.resize(size_t{source.rows} + 1);
        uint32_t found = 0;
        for (size_t row = 0; row + 1 < source.offsets.size(); ++row) {
            frame.offsets[row] = found;
            for (uint32_t i = source.offsets[row]; i < source.offsets[row + 1]; ++i) {
                frame.selected[found] = i;
                found += mask[i] != 0 ? 1 : 0;
            }
        }
        if (!frame.offsets.empty()) frame.offsets.back() = found;
        set_rows(target, found);
        number_rows(step, frame);
    }

    void run(uint32_t rows) {
        HW_CHECK(rows <= max_rows);
        texts.reset();
        frames[0].rows = rows;
        for (const Step& step : steps) {
            if (step.kernel != nullptr)
                step.kernel(step, frames[program->frame_of[step.ins->d]].rows, texts);
            else if (step.ins->op == Op::open)
                open(step);
            else
                filter(step);
        }
    }
};

ColumnExecutor::ColumnExecutor(std::shared_ptr<const Program> program, uint32_t max_rows)
    : state_(std::make_unique<State>(std::move(program), max_rows)) {}
ColumnExecutor::~ColumnExecutor() = default;
ColumnExecutor::ColumnExecutor(ColumnExecutor&&) noexcept = default;
ColumnExecutor& ColumnExecutor::operator=(ColumnExecutor&&) noexcept = default;

void* ColumnExecutor::input(size_t i) { return state_->memory_of(state_->program->inputs.at(i)); }

void ColumnExecutor::run(uint32_t rows) { state_->run(rows); }

const void* ColumnExecutor::values(Reg reg) const { return state_->memory_of(reg); }

uint32_t ColumnExecutor::rows(int frame) const { return state_->frames.at(static_cast<size_t>(frame)).rows; }

const uint32_t* ColumnExecutor::offsets(int frame) const {
    return state_->frames.at(static_cast<size_t>(frame)).offsets.data();
}

}  // namespace headwater
