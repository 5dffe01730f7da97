// For running a program one row at a time: small, plain, and the reference that the column kernels are held to.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/math.h"
#include "generate/arena.h"
#include "generate/executor.h"
#include "generate/frame_limits.h"
#include "generate/scalar_operations.h"

namespace headwater {

struct ScalarExecutor::State {
    struct FrameRows {
        uint32_t rows = 1;
        std::vector<uint32_t> offsets;
        std::vector<uint32_t> selected;  ///< of a filtered frame: row in the source frame
    };

    std::shared_ptr<const Program> program;
    std::vector<std::vector<Value>> registers;  ///< by register, then by row
    std::vector<FrameRows> frames;
    TextArena texts;

    explicit State(std::shared_ptr<const Program> given)
        : program(std::move(given)), registers(program->registers.size()), frames(program->frames.size()) {
        HW_CHECK(program->frame_of.size() == program->registers.size());
        for (size_t reg = 0; reg < registers.size(); ++reg) registers[reg].resize(1);
        for (const Constant& constant : program->constants) registers[constant.reg].assign(1, value_of(constant));
    }

    Value value_of(const Constant& constant) const {
        Value value;
        value.integer = constant.integer;
        value.real = constant.real;
        value.text = {constant.text.data(), static_cast<uint32_t>(constant.text.size()), 0};
        if (program->registers[constant.reg] == Phys::uuid)
            std::memcpy(value.uuid, constant.text.data(), sizeof value.uuid);
        if (program->registers[constant.reg] == Phys::u8) value.integer = static_cast<uint8_t>(constant.integer);
        if (program->registers[constant.reg] == Phys::i32) value.integer = static_cast<int32_t>(constant.integer);
        return value;
    }

    const Value* operand(Reg reg, uint32_t row) const { return reg == no_reg ? nullptr : &registers[reg][row]; }

    /// Gives a frame its rows and room for its registers, its constants repeated.
    void set_rows(size_t frame, uint64_t rows) {
        HW_CHECK(rows <= INT32_MAX);
        frames[frame].rows = static_cast<uint32_t>(rows);
        for (size_t reg = 0; reg < registers.size(); ++reg) {
            if (program->frame_of[reg] != frame || registers[reg].size() >= rows) continue;
            const Value first = registers[reg][0];
            registers[reg].resize(rows, first);
        }
    }

    void number_rows(Reg d, const FrameRows& frame) {
        for (size_t row = 0; row + 1 < frame.offsets.size(); ++row)
            for (uint32_t i = frame.offsets[row]; i < frame.offsets[row + 1]; ++i)
                registers[d][i].integer = i - frame.offsets[row];
    }

    void open(const Ins& ins) {
        const auto target = static_cast<size_t>(ins.imm);
        const uint32_t parents = frames[static_cast<size_t>(program->frames[target].parent)].rows;
        FrameRows& frame = frames[target];
        frame.offsets.assign(1, 0);
        for (uint32_t row = 0; row < parents; ++row)
            frame.offsets.push_back(frame.offsets.back() + list_items(registers[ins.a][row].integer));
        set_rows(target, frame.offsets.back());
        number_rows(ins.d, frame);
    }

    void filter(const Ins& ins) {
        const FrameRows& source = frames[static_cast<size_t>(ins.imm2)];
        FrameRows& frame = frames[static_cast<size_t>(ins.imm)];
        frame.offsets.assign(1, 0);
        frame.selected.clear();
        for (size_t row = 0; row + 1 < source.offsets.size(); ++row) {
            for (uint32_t i = source.offsets[row]; i < source.offsets[row + 1]; ++i)
                if (registers[ins.b][i].integer != 0) frame.selected.push_back(i);
            frame.offsets.push_back(static_cast<uint32_t>(frame.selected.size()));
        }
        set_rows(static_cast<size_t>(ins.imm), frame.selected.size());
        number_rows(ins.d, frame);
    }

    void expand(const Ins& ins) {
        const FrameRows& frame = frames[program->frame_of[ins.d]];
        for (size_t row = 0; row + 1 < frame.offsets.size(); ++row)
            for (uint32_t i = frame.offsets[row]; i < frame.offsets[row + 1]; ++i)
                registers[ins.d][i] = registers[ins.a][row];
    }

    void compact(const Ins& ins) {
        const FrameRows& frame = frames[program->frame_of[ins.d]];
        for (size_t i = 0; i < frame.selected.size(); ++i) registers[ins.d][i] = registers[ins.a][frame.selected[i]];
    }

    /// Computes total, lowest, highest or nth over the list that belongs to `row`.
    Value over_list(const Ins& ins, uint32_t row) const {
        const std::vector<uint32_t>& offsets = frames[program->frame_of[ins.a]].offsets;
        const std::vector<Value>& items = registers[ins.a];
        const uint32_t begin = offsets[row];
        const uint32_t end = offsets[row + 1];
        if (begin == end) return {};
        if (ins.op == Op::nth)
            return items[begin + std::clamp<int64_t>(registers[ins.b][row].integer, 0, end - begin - 1)];
        Value value = items[begin];
        for (uint32_t i = begin + 1; i < end; ++i) value = combine(ins, value, items[i]);
        return value;
    }

    static Value combine(const Ins& ins, const Value& a, const Value& b) {
        Value result;
        if (ins.op == Op::total) {
            result.integer = static_cast<int64_t>(static_cast<uint64_t>(a.integer) + static_cast<uint64_t>(b.integer));
            result.real = a.real + b.real;
            return result;
        }
        const bool a_first = ins.type == Phys::f64 ? a.real < b.real : a.integer < b.integer;
        const bool b_first = ins.type == Phys::f64 ? b.real < a.real : b.integer < a.integer;
        return ins.op == Op::lowest ? (a_first ? a : b) : (b_first ? a : b);
    }

    int64_t size_of(const Ins& ins, uint32_t row) const {
        const std::vector<uint32_t>& offsets = frames[static_cast<size_t>(ins.imm)].offsets;
        return offsets[row + 1] - offsets[row];
    }

    void compute_row(const Ins& ins, uint32_t row) {
        Value& d = registers[ins.d][row];
        const ScalarOperands operands{operand(ins.a, row), operand(ins.b, row), operand(ins.c, row),
                                      operand(ins.e, row)};
        if (ins.op == Op::concat) {
            d.text = concat(ins, row);
        } else {
            compute_scalar(*program, ins, operands, d, texts);
        }
    }

    TextView concat(const Ins& ins, uint32_t row) {
        const std::vector<TextPart>& parts = program->templates[ins.table];
        std::vector<const Value*> values;
        for (const TextPart& part : parts) values.push_back(operand(part.reg, row));
        return print_template(*program, parts, values, texts);
    }

    void execute(const Ins& ins) {
        const uint32_t rows = frames[program->frame_of[ins.d]].rows;
        switch (ins.op) {
            case Op::open: open(ins); break;
            case Op::filter: filter(ins); break;
            case Op::expand: expand(ins); break;
            case Op::compact: compact(ins); break;
            case Op::total:
            case Op::lowest:
            case Op::highest:
            case Op::nth:
                for (uint32_t row = 0; row < rows; ++row) registers[ins.d][row] = over_list(ins, row);
                break;
            case Op::size:
                for (uint32_t row = 0; row < rows; ++row) registers[ins.d][row].integer = size_of(ins, row);
                break;
            default:
                for (uint32_t row = 0; row < rows; ++row) compute_row(ins, row);
        }
    }
};

ScalarExecutor::ScalarExecutor(std::shared_ptr<const Program> program)
    : state_(std::make_unique<State>(std::move(program))) {}
ScalarExecutor::~ScalarExecutor() = default;
ScalarExecutor::ScalarExecutor(ScalarExecutor&&) noexcept = default;
ScalarExecutor& ScalarExecutor::operator=(ScalarExecutor&&) noexcept = default;

Value& ScalarExecutor::input(size_t i) { return state_->registers[state_->program->inputs.at(i)][0]; }

void ScalarExecutor::run() {
    state_->texts.reset();
    for (const Ins& ins : state_->program->code) state_->execute(ins);
}

const Value& ScalarExecutor::value(Reg reg, uint32_t row) const { return state_->registers.at(reg).at(row); }

uint32_t ScalarExecutor::rows(int frame) const { return state_->frames.at(static_cast<size_t>(frame)).rows; }

const uint32_t* ScalarExecutor::offsets(int frame) const {
    return state_->frames.at(static_cast<size_t>(frame)).offsets.data();
}

}  // namespace headwater
