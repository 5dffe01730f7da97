// For the rival of living entities: one event after the other from a heap, by an interpreter of single rows, written well.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/math.h"
#include "base/random.h"
#include "generate/living.h"
#include "generate/living_records.h"

namespace headwater::bench {

/// A program over registers of eight bytes, one row at a time. Knows what the entities of the benches need.
class RowInterpreter {
  public:
    union Word {
        int64_t integer;
        double real;
    };

    explicit RowInterpreter(const LivingProgram& script) : program_(*script.program), inputs_(script.inputs) {
        HW_CHECK(program_.frames.size() == 1);
        registers_.resize(program_.registers.size());
        for (const Constant& constant : program_.constants) {
            if (program_.registers[constant.reg] == Phys::f64)
                registers_[constant.reg].real = constant.real;
            else
                registers_[constant.reg].integer = constant.integer;
        }
    }

    const std::vector<LivingInput>& inputs() const { return inputs_; }
    Word& input(size_t i) { return registers_[program_.inputs[i]]; }
    Word value(Reg reg) const { return registers_[reg]; }

    void run() {
        Word* const r = registers_.data();
        for (const Ins& ins : program_.code) {
            Word& d = r[ins.d];
            const auto real = ins.type == Phys::f64;
            const Word a = ins.a == no_reg ? Word{} : r[ins.a];
            const Word b = ins.b == no_reg ? Word{} : r[ins.b];
            switch (ins.op) {
                case Op::draw: d.integer = signed_of(draw(bits(a), static_cast<uint64_t>(ins.imm))); break;
                case Op::key_under: d.integer = signed_of(key_under(static_cast<uint64_t>(ins.imm), bits(a))); break;
                case Op::below: d.integer = ins.imm + signed_of(below(bits(a), static_cast<uint64_t>(ins.imm2))); break;
                case Op::unit: d.real = unit_of(bits(a)); break;
                case Op::chance: d.integer = unit_of(bits(a)) < ins.real ? 1 : 0; break;
                case Op::normal: d.real = normal_quantile(unit_of(bits(a))); break;
                case Op::exponential: d.real = 0.0 - log_of(1.0 - unit_of(bits(a))); break;
                case Op::exp: d.real = exp_of(a.real); break;
                case Op::add: d = real ? of_real(a.real + b.real) : of_whole(bits(a) + bits(b)); break;
                case Op::sub: d = real ? of_real(a.real - b.real) : of_whole(bits(a) - bits(b)); break;
                case Op::mul: d = real ? of_real(a.real * b.real) : of_whole(bits(a) * bits(b)); break;
                case Op::max:
                    d = real ? of_real(b.real < a.real ? a.real : b.real)
                             : Word{.integer = std::max(a.integer, b.integer)};
                    break;
                case Op::less: d.integer = (real ? a.real < b.real : a.integer < b.integer) ? 1 : 0; break;
                case Op::less_equal: d.integer = (real ? a.real <= b.real : a.integer <= b.integer) ? 1 : 0; break;
                case Op::pick: d = a.integer != 0 ? b : r[ins.c]; break;
                case Op::convert: d = converted(ins, a); break;
                case Op::divide: d.real = b.real == 0 ? 0 : a.real / b.real; break;
                case Op::round: d.real = round_of(a.real); break;
                case Op::logic_not: d.integer = a.integer == 0 ? 1 : 0; break;
                case Op::logic_and: d.integer = a.integer != 0 && b.integer != 0 ? 1 : 0; break;
                default:
                    std::printf("The interpreter of the bench does not know: %s\n",
                                std::string(name_of(ins.op)).c_str());
                    std::exit(1);
            }
        }
    }

  private:
    static uint64_t bits(Word word) { return static_cast<uint64_t>(word.integer); }
    static int64_t signed_of(uint64_t value) { return static_cast<int64_t>(value); }
    static Word of_real(double value) { return {.real = value}; }
    static Word of_whole(uint64_t value) { return {.integer = signed_of(value)}; }

    Word converted(const Ins& ins, Word a) const {
        if (program_.registers[ins.a] == Phys::f64)
            return ins.type == Phys::f64 ? a : Word{.integer = static_cast<int64_t>(round_of(a.real))};
        return ins.type == Phys::f64 ? of_real(static_cast<double>(a.integer)) : a;
    }

    const Program& program_;
    const std::vector<LivingInput>& inputs_;
    std::vector<Word> registers_;
};

/// Some entities of a plan with one kind, words only, whose phases are entered, emit, and are left by one timer.
class HeapOfEntities {
  public:
    HeapOfEntities(const LivingPlan& plan, int64_t first, int64_t count)
        : plan_(plan), kind_(plan.kinds.at(0)), first_(first), rows_(static_cast<size_t>(count)) {
        HW_CHECK(plan.kinds.size() == 1 && kind_.texts == 0);
        for (const LivingProgram& script : plan.programs) programs_.emplace_back(script);
        words_.assign(static_cast<size_t>(kind_.words), std::vector<int64_t>(rows_.size()));
        records_.streams.resize(plan.streams.size());
        for (uint32_t row = 0; row < rows_.size(); ++row) begin(row);
    }

    /// Lets everything happen before `until`; counts events.
    int64_t act(int64_t until) {
        int64_t events = 0;
        for (; !heap_.empty() && heap_[0].time < until; ++events) {
            const Due due = heap_[0];
            Entity& own = rows_[due.row];
            ++own.events;
            const Event event{due.row, due.time, base_of(key_under(own.address, key_of("event")), own.events)};
            leave(event);
            heap_[0].time = own.next;
            sink(0);
        }
        return events;
    }

    LivingRecords& records() { return records_; }

  private:
    struct Entity {
        uint64_t address = 0;
        int64_t next = 0;
        int64_t ordinal = 0;
        uint32_t events = 0;
        int phase = 0;
    };
    struct Due {
        int64_t time;
        uint32_t row;
    };
    struct Event {
        uint32_t row;
        int64_t time;
        uint64_t base;
    };

    void begin(uint32_t row) {
        const auto number = static_cast<uint64_t>(first_) + row;
        rows_[row].address = base_of(kind_.key, number);
        const Event event{row, plan_.start, base_of(key_under(rows_[row].address, key_of("event")), 0)};
        if (kind_.birth >= 0) keep(run(kind_.birth, event), kind_.state, event);
        enter(0, event);
        heap_.push_back({rows_[row].next, row});
        rise(heap_.size() - 1);
    }

    void leave(const Event& event) {
        const LivingTransition& way = kind_.phases[static_cast<size_t>(rows_[event.row].phase)].leave.at(0);
        if (way.to.size() == 1) return enter(way.to[0], event);
        const RowInterpreter& weights = run(way.weights, event);
        double total = 0;
        for (const Reg reg : way.weight) total += std::max(weights.value(reg).real, 0.0);
        double rest = unit_of(draw(event.base, way.place)) * total;
        int target = way.to[0];
        for (size_t i = 0; i < way.to.size(); ++i) {
            rest -= std::max(weights.value(way.weight[i]).real, 0.0);
            if (rest >= 0) continue;
            target = way.to[i];
            break;
        }
        enter(target, event);
    }

    void enter(int phase, const Event& event) {
        rows_[event.row].phase = phase;
        const LivingPhase& script = kind_.phases[static_cast<size_t>(phase)];
        for (const LivingStep& step : script.enter) {
            if (step.head >= 0 && run(step.head, event).value(step.go).integer == 0) continue;
            if (step.body >= 0) keep(run(step.body, event), step.set, event);
            if (step.emit >= 0) emit(step, event);
        }
        const LivingTransition& way = script.leave.at(0);
        rows_[event.row].next =
            event.time + std::max<int64_t>(run(way.after.program, event).value(way.after.value).integer, 0);
    }

    RowInterpreter& run(int index, const Event& event) {
        RowInterpreter& program = programs_[static_cast<size_t>(index)];
        for (size_t i = 0; i < program.inputs().size(); ++i)
            program.input(i).integer = input(program.inputs()[i], event);
        program.run();
        return program;
    }

    int64_t input(const LivingInput& input, const Event& event) const {
        switch (input.is) {
            case LivingInput::Is::number: return first_ + event.row;
            case LivingInput::Is::phase: return rows_[event.row].phase;
            case LivingInput::Is::word: return words_[input.slot][event.row];
            case LivingInput::Is::time: return event.time;
            case LivingInput::Is::base: return static_cast<int64_t>(event.base);
            default: HW_CHECK(!"an input that the bench does not know");
        }
    }

    void keep(const RowInterpreter& values, const std::vector<LivingStore>& stores, const Event& event) {
        for (const LivingStore& store : stores) words_[store.slot][event.row] = values.value(store.value).integer;
    }

    void emit(const LivingStep& step, const Event& event) {
        EmittedRows& rows = records_.streams[static_cast<size_t>(step.emit)];
        const auto& inputs =
            plan_.programs[static_cast<size_t>(plan_.streams[static_cast<size_t>(step.emit)].program)].inputs;
        rows.words.resize(inputs.size());
        rows.texts.resize(inputs.size());
        rows.times.push_back(event.time);
        rows.cells.push_back(first_ + event.row);
        rows.ordinals.push_back(rows_[event.row].ordinal++);
        const Event record{event.row, event.time, draw(event.base, step.place)};
        for (size_t i = 0; i < inputs.size(); ++i) rows.words[i].push_back(input(inputs[i], record));
    }

    static bool is_before(const Due& a, const Due& b) { return a.time != b.time ? a.time < b.time : a.row < b.row; }

    void rise(size_t at) {
        const Due due = heap_[at];
        for (; at > 0 && is_before(due, heap_[(at - 1) / 4]); at = (at - 1) / 4) heap_[at] = heap_[(at - 1) / 4];
        heap_[at] = due;
    }

    void sink(size_t at) {
        const Due due = heap_[at];
        for (;;) {
            const size_t child = 4 * at + 1;
            if (child >= heap_.size()) break;
            size_t least = child;
            for (size_t other = child + 1; other < std::min(child + 4, heap_.size()); ++other)
                if (is_before(heap_[other], heap_[least])) least = other;
            if (!is_before(heap_[least], due)) break;
            heap_[at] = heap_[least];
            at = least;
        }
        heap_[at] = due;
    }

    const LivingPlan& plan_;
    const LivingKind& kind_;
    int64_t first_;
    std::vector<Entity> rows_;
    std::vector<std::vector<int64_t>> words_;
    std::vector<RowInterpreter> programs_;
    std::vector<Due> heap_;
    LivingRecords records_;
};

}  // namespace headwater::bench
