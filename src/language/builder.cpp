#include "language/builder.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace headwater {

namespace {

bool same_values(const Table& a, const Table& b) {
    return a.phys == b.phys && a.u8 == b.u8 && a.i32 == b.i32 && a.i64 == b.i64 && a.f64 == b.f64 && a.text == b.text &&
           a.alias.entries == b.alias.entries;
}

}  // namespace

ProgramBuilder::ProgramBuilder(Evaluate evaluate) : evaluate_(std::move(evaluate)) {}

Reg ProgramBuilder::fresh(Phys phys, int frame) {
    program_.registers.push_back(phys);
    program_.frame_of.push_back(static_cast<uint16_t>(frame));
    return static_cast<Reg>(program_.registers.size() - 1);
}

Reg ProgramBuilder::input(Phys phys) {
    const Reg reg = fresh(phys, 0);
    program_.inputs.push_back(reg);
    return reg;
}

Reg ProgramBuilder::make_constant(Constant constant, Phys phys, int frame) {
    const auto key = std::tuple(static_cast<int>(phys), frame, constant.integer, std::bit_cast<uint64_t>(constant.real),
                                constant.text);
    if (auto found = known_constants_.find(key); found != known_constants_.end()) return found->second;
    constant.reg = fresh(phys, frame);
    known_constants_[key] = constant.reg;
    constant_of_[constant.reg] = program_.constants.size();
    program_.constants.push_back(constant);
    return constant.reg;
}

Reg ProgramBuilder::integer(int64_t value, Phys phys) { return make_constant({.integer = value}, phys, 0); }
Reg ProgramBuilder::real(double value) { return make_constant({.real = value}, Phys::f64, 0); }
Reg ProgramBuilder::text(const std::string& value) { return make_constant({.text = value}, Phys::text, 0); }

const Constant* ProgramBuilder::constant(Reg reg) const {
    auto found = constant_of_.find(reg);
    return found == constant_of_.end() ? nullptr : &program_.constants[found->second];
}

bool ProgramBuilder::is_above(int ancestor, int frame) const {
    for (; frame >= 0; frame = program_.frames[frame].parent) {
        if (frame == ancestor) return true;
    }
    return false;
}

Reg ProgramBuilder::in_frame(Reg reg, int frame) {
    if (reg == no_reg || frame_of(reg) == frame) return reg;
    if (const Constant* known = constant(reg)) return make_constant(*known, phys_of(reg), frame);
    const Frame& target = program_.frames[frame];
    if (target.source >= 0 && is_above(frame_of(reg), target.source)) {
        const Reg from = in_frame(reg, target.source);
        Ins ins{.op = Op::compact, .type = phys_of(reg), .frame = static_cast<uint16_t>(frame), .a = from};
        const Key key{int(ins.op), int(ins.type), frame, from, no_reg, no_reg, no_reg, 0, 0, 0, 0};
        if (auto found = known_.find(key); found != known_.end()) return found->second;
        ins.d = fresh(ins.type, frame);
        program_.code.push_back(ins);
        return known_[key] = ins.d;
    }
    HW_CHECK(target.parent >= 0 && is_above(frame_of(reg), target.parent));
    const Reg from = in_frame(reg, target.parent);
    Ins ins{.op = Op::expand, .type = phys_of(reg), .frame = static_cast<uint16_t>(frame), .a = from};
    const Key key{int(ins.op), int(ins.type), frame, from, no_reg, no_reg, no_reg, 0, 0, 0, 0};
    if (auto found = known_.find(key); found != known_.end()) return found->second;
    ins.d = fresh(ins.type, frame);
    program_.code.push_back(ins);
    return known_[key] = ins.d;
}

Reg ProgramBuilder::fold(const Ins& ins, Phys result) {
    Program small;
    small.frames = {Frame{}};
    Ins copy = ins;
    copy.frame = 0;
    auto bring = [&](Reg reg) -> Reg {
        if (reg == no_reg) return no_reg;
        Constant constant = *this->constant(reg);
        constant.reg = static_cast<Reg>(small.registers.size());
        small.registers.push_back(phys_of(reg));
        small.frame_of.push_back(0);
        small.constants.push_back(constant);
        return constant.reg;
    };
    copy.a = bring(ins.a);
    copy.b = bring(ins.b);
    copy.c = bring(ins.c);
    copy.e = bring(ins.e);
    small.tables = program_.tables;
    small.strings = program_.strings;
    small.crons = program_.crons;
    small.clocks = program_.clocks;
    copy.d = static_cast<Reg>(small.registers.size());
    small.registers.push_back(result);
    small.frame_of.push_back(0);
    small.code.push_back(copy);
    small.kept.push_back(copy.d);
    const std::vector<Constant> values = evaluate_(small, copy.d);
    HW_CHECK(values.size() == 1);
    Constant value = values[0];
    return make_constant(value, result, 0);
}

Reg ProgramBuilder::emit(Op op, Phys type, Phys result, std::initializer_list<Reg> operands, Extra extra) {
    int frame = 0;
    bool constant_only = operands.size() > 0;
    for (Reg reg : operands) {
        if (reg == no_reg) continue;
        if (constant(reg)) continue;
        constant_only = false;
        if (is_above(frame, frame_of(reg))) frame = frame_of(reg);
    }
    Ins ins{.op = op,
            .type = type,
            .frame = static_cast<uint16_t>(frame),
            .imm = extra.imm,
            .imm2 = extra.imm2,
            .real = extra.real,
            .table = extra.table};
    Reg* places[] = {&ins.a, &ins.b, &ins.c, &ins.e};
    size_t place = 0;
    for (Reg reg : operands) *places[place++] = constant_only ? reg : in_frame(reg, frame);
    if (constant_only && evaluate_) return fold(ins, result);
    const Key key{int(op),  int(type), frame,   ins.a,    ins.b,
                  ins.c,    ins.e,     ins.imm, ins.imm2, std::bit_cast<uint64_t>(ins.real),
                  ins.table};
    if (auto found = known_.find(key); found != known_.end()) return found->second;
    ins.d = fresh(result, frame);
    program_.code.push_back(ins);
    return known_[key] = ins.d;
}

Reg ProgramBuilder::convert(Reg reg, Phys to) {
    if (reg == no_reg || phys_of(reg) == to) return reg;
    return emit(Op::convert, to, to, {reg});
}

Reg ProgramBuilder::logic_and(Reg a, Reg b) {
    if (a == no_reg) return b;
    if (b == no_reg) return a;
    if (const Constant* known = constant(a)) return known->integer ? b : a;
    if (const Constant* known = constant(b)) return known->integer ? a : b;
    return emit(Op::logic_and, Phys::u8, {a, b});
}

Reg ProgramBuilder::logic_or(Reg a, Reg b) {
    if (a == no_reg) return b;
    if (b == no_reg) return a;
    if (const Constant* known = constant(a)) return known->integer ? a : b;
    if (const Constant* known = constant(b)) return known->integer ? b : a;
    return emit(Op::logic_or, Phys::u8, {a, b});
}

Reg ProgramBuilder::logic_not(Reg a) { return emit(Op::logic_not, Phys::u8, {a}); }

Reg ProgramBuilder::pick(Reg condition, Reg yes, Reg no) {
    if (yes == no) return yes;
    if (const Constant* known = constant(condition)) return known->integer ? yes : no;
    return emit(Op::pick, phys_of(yes), phys_of(yes), {condition, yes, no});
}

int ProgramBuilder::open(Reg count, int frame, Reg* index) {
    if (is_above(frame_of(count), frame)) count = in_frame(count, frame);
    const int parent = frame_of(count);
    program_.frames.push_back(Frame{.parent = parent, .source = -1});
    const int opened = static_cast<int>(program_.frames.size()) - 1;
    Ins ins{.op = Op::open, .type = Phys::i64, .frame = static_cast<uint16_t>(parent), .a = count, .imm = opened};
    ins.d = fresh(Phys::i64, opened);
    program_.code.push_back(ins);
    *index = ins.d;
    return opened;
}

int ProgramBuilder::filter(int source, Reg mask, Reg* index) {
    program_.frames.push_back(Frame{.parent = program_.frames[source].parent, .source = source});
    const int opened = static_cast<int>(program_.frames.size()) - 1;
    Ins ins{.op = Op::filter,
            .type = Phys::i64,
            .frame = static_cast<uint16_t>(source),
            .b = in_frame(mask, source),
            .imm = opened,
            .imm2 = source};
    ins.d = fresh(Phys::i64, opened);
    program_.code.push_back(ins);
    *index = ins.d;
    return opened;
}

Reg ProgramBuilder::reduce(Op op, Reg reg) {
    const int parent = program_.frames[frame_of(reg)].parent;
    Ins ins{.op = op, .type = phys_of(reg), .frame = static_cast<uint16_t>(parent), .a = reg};
    ins.d = fresh(ins.type, parent);
    program_.code.push_back(ins);
    return ins.d;
}

Reg ProgramBuilder::size(int frame) {
    const int parent = program_.frames[frame].parent;
    Ins ins{.op = Op::size, .type = Phys::i64, .frame = static_cast<uint16_t>(parent), .imm = frame};
    ins.d = fresh(Phys::i64, parent);
    program_.code.push_back(ins);
    return ins.d;
}

Reg ProgramBuilder::nth(Reg reg, Reg position) {
    const int parent = program_.frames[frame_of(reg)].parent;
    Ins ins{.op = Op::nth,
            .type = phys_of(reg),
            .frame = static_cast<uint16_t>(parent),
            .a = reg,
            .b = in_frame(position, parent)};
    ins.d = fresh(ins.type, parent);
    program_.code.push_back(ins);
    return ins.d;
}

uint32_t ProgramBuilder::table(std::shared_ptr<const Table> table) {
    for (size_t i = 0; i < program_.tables.size(); ++i) {
        if (program_.tables[i] == table || same_values(*program_.tables[i], *table)) return static_cast<uint32_t>(i);
    }
    program_.tables.push_back(std::move(table));
    return static_cast<uint32_t>(program_.tables.size() - 1);
}

uint32_t ProgramBuilder::string(const std::string& value) {
    for (size_t i = 0; i < program_.strings.size(); ++i) {
        if (program_.strings[i] == value) return static_cast<uint32_t>(i);
    }
    program_.strings.push_back(value);
    return static_cast<uint32_t>(program_.strings.size() - 1);
}

uint32_t ProgramBuilder::cron(const Cron& cron) {
    program_.crons.push_back(cron);
    return static_cast<uint32_t>(program_.crons.size() - 1);
}

uint32_t ProgramBuilder::clock(std::shared_ptr<const RowClock> clock) {
    for (size_t i = 0; i < program_.clocks.size(); ++i) {
        if (program_.clocks[i] == clock) return static_cast<uint32_t>(i);
    }
    program_.clocks.push_back(std::move(clock));
    return static_cast<uint32_t>(program_.clocks.size() - 1);
}

bool ProgramBuilder::has_clock(const RowClock& clock) const {
    return std::ranges::any_of(program_.clocks, [&](const auto& known) { return known.get() == &clock; });
}

Reg ProgramBuilder::concat(std::vector<TextPart> parts) {
    std::vector<TextPart> merged;
    for (TextPart& part : parts) {
        if (part.reg != no_reg && phys_of(part.reg) == Phys::text) {
            if (const Constant* known = constant(part.reg)) {
                part.literal += known->text;
                part.reg = no_reg;
            }
        }
        if (!merged.empty() && merged.back().reg == no_reg) {
            part.literal = merged.back().literal + part.literal;
            merged.back() = std::move(part);
        } else {
            merged.push_back(std::move(part));
        }
    }
    if (merged.empty()) return text("");
    if (merged.size() == 1 && merged[0].reg == no_reg) return text(merged[0].literal);
    if (merged.size() == 1 && merged[0].literal.empty() && phys_of(merged[0].reg) == Phys::text) return merged[0].reg;
    int frame = 0;
    for (const TextPart& part : merged) {
        if (part.reg != no_reg && !constant(part.reg) && is_above(frame, frame_of(part.reg)))
            frame = frame_of(part.reg);
    }
    for (TextPart& part : merged) part.reg = in_frame(part.reg, frame);
    for (size_t i = 0; i < program_.code.size(); ++i) {
        const Ins& ins = program_.code[i];
        if (ins.op != Op::concat || ins.frame != frame) continue;
        const std::vector<TextPart>& other = program_.templates[ins.table];
        const bool same = std::equal(
            other.begin(), other.end(), merged.begin(), merged.end(), [](const TextPart& a, const TextPart& b) {
                return a.literal == b.literal && a.reg == b.reg && a.type.kind == b.type.kind &&
                       a.type.scale == b.type.scale && a.type.form == b.type.form && a.type.unit == b.type.unit;
            });
        if (same) return ins.d;
    }
    Ins ins{.op = Op::concat, .type = Phys::text, .frame = static_cast<uint16_t>(frame)};
    ins.table = static_cast<uint32_t>(program_.templates.size());
    program_.templates.push_back(std::move(merged));
    ins.d = fresh(Phys::text, frame);
    program_.code.push_back(ins);
    return ins.d;
}

namespace {

bool opens_frame(const Ins& ins) { return ins.op == Op::open || ins.op == Op::filter; }

/// Finds what of a program is asked for, going back from its results.
class Liveness {
  public:
    Liveness(const Program& program, const std::vector<Reg*>& asked)
        : program_(program),
          registers_(program.registers.size(), false),
          frames_(program.frames.size(), false),
          code_(program.code.size(), false) {
        frames_[0] = true;
        for (const Output& output : program.outputs) {
            need(output.value);
            need(output.null);
            frames_[output.frame] = true;
            if (output.list_frame >= 0) frames_[output.list_frame] = true;
        }
        for (const Reg reg : program.kept) need(reg);
        for (const Reg* reg : asked) need(*reg);
        for (const Reg reg : program.inputs) need(reg);
        for (size_t i = program.code.size(); i-- > 0;) code_[i] = look_at(program.code[i]);
    }

    bool needs_register(size_t reg) const { return registers_[reg]; }
    bool needs_frame(size_t frame) const { return frames_[frame]; }
    bool needs_code(size_t i) const { return code_[i]; }

  private:
    void need(Reg reg) {
        if (reg == no_reg) return;
        registers_[reg] = true;
        frames_[program_.frame_of[reg]] = true;
    }

    /// True for an instruction whose result, or whose frame, is needed: then all that it reads is.
    bool look_at(const Ins& ins) {
        if (!registers_[ins.d] && !(opens_frame(ins) && frames_[ins.imm])) return false;
        if (opens_frame(ins) || ins.op == Op::size) frames_[ins.imm] = true;
        if (ins.op == Op::filter) frames_[ins.imm2] = true;
        frames_[ins.frame] = true;
        frames_[program_.frame_of[ins.d]] = true;
        for (const Reg reg : {ins.a, ins.b, ins.c, ins.e}) need(reg);
        if (ins.op != Op::concat) return true;
        for (const TextPart& part : program_.templates[ins.table]) need(part.reg);
        return true;
    }

    const Program& program_;
    std::vector<bool> registers_, frames_, code_;
};

/// Moves what is needed of a program into another one, under new numbers.
class Renumbering {
  public:
    Renumbering(const Program& from, const Liveness& live)
        : from_(from), frames_(from.frames.size(), -1), registers_(from.registers.size(), no_reg) {
        to_->frames.clear();
        for (size_t f = 0; f < from.frames.size(); ++f) {
            if (!live.needs_frame(f)) continue;
            frames_[f] = static_cast<int>(to_->frames.size());
            Frame frame = from.frames[f];
            if (frame.parent >= 0) frame.parent = frames_[frame.parent];
            if (frame.source >= 0) frame.source = frames_[frame.source];
            to_->frames.push_back(frame);
        }
        for (size_t r = 0; r < from.registers.size(); ++r)
            if (live.needs_register(r)) add_register(static_cast<Reg>(r));
    }

    Reg at(Reg reg) const { return reg == no_reg ? no_reg : registers_[reg]; }
    int frame_at(int64_t frame) const { return frames_[static_cast<size_t>(frame)]; }

    void add(Ins ins) {
        if (registers_[ins.d] == no_reg) add_register(ins.d);  // a frame that is needed for its size only
        for (Reg* reg : {&ins.d, &ins.a, &ins.b, &ins.c, &ins.e}) *reg = at(*reg);
        ins.frame = static_cast<uint16_t>(frame_at(ins.frame));
        if (opens_frame(ins) || ins.op == Op::size) ins.imm = frame_at(ins.imm);
        if (ins.op == Op::filter) ins.imm2 = frame_at(ins.imm2);
        to_->code.push_back(ins);
    }
    void add(Output output) {
        output.value = at(output.value);
        output.null = at(output.null);
        output.frame = frame_at(output.frame);
        if (output.list_frame >= 0) output.list_frame = frame_at(output.list_frame);
        to_->outputs.push_back(output);
    }

    const std::shared_ptr<Program>& program() { return to_; }

  private:
    void add_register(Reg reg) {
        registers_[reg] = static_cast<Reg>(to_->registers.size());
        to_->registers.push_back(from_.registers[reg]);
        to_->frame_of.push_back(static_cast<uint16_t>(frame_at(from_.frame_of[reg])));
    }

    const Program& from_;
    std::shared_ptr<Program> to_ = std::make_shared<Program>();
    std::vector<int> frames_;
    std::vector<Reg> registers_;
};

}  // namespace

std::shared_ptr<const Program> ProgramBuilder::finish(const std::vector<Reg*>& renumber) {
    const Liveness live(program_, renumber);
    Renumbering numbers(program_, live);
    const std::shared_ptr<Program>& result = numbers.program();
    for (const Reg reg : program_.inputs) result->inputs.push_back(numbers.at(reg));
    for (Constant constant : program_.constants) {
        if (!live.needs_register(constant.reg)) continue;
        constant.reg = numbers.at(constant.reg);
        result->constants.push_back(std::move(constant));
    }
    for (size_t i = 0; i < program_.code.size(); ++i)
        if (live.needs_code(i)) numbers.add(program_.code[i]);
    result->templates = std::move(program_.templates);
    for (auto& parts : result->templates)
        for (TextPart& part : parts) part.reg = numbers.at(part.reg);
    for (const Output& output : program_.outputs) numbers.add(output);
    for (const Reg reg : program_.kept) result->kept.push_back(numbers.at(reg));
    for (Reg* reg : renumber) *reg = numbers.at(*reg);
    result->tables = std::move(program_.tables);
    result->strings = std::move(program_.strings);
    result->crons = std::move(program_.crons);
    result->clocks = std::move(program_.clocks);
    return result;
}

}  // namespace headwater
