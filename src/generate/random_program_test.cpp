// For tests of executors: programs made at random, of every instruction, with nested frames.
#include "generate/random_program_test.h"

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace headwater {
namespace {

/// Physical types of an instruction's result and operands.
struct Shape {
    Op op;
    Phys type;
    Phys result;
    std::vector<Phys> operands;
};

constexpr Phys u8 = Phys::u8;
constexpr Phys i32 = Phys::i32;
constexpr Phys i64 = Phys::i64;
constexpr Phys f64 = Phys::f64;
constexpr Phys uuid = Phys::uuid;
constexpr Phys text = Phys::text;
constexpr Phys all_types[] = {u8, i32, i64, f64, uuid, text};

std::vector<Shape> shapes_within_a_row() {
    std::vector<Shape> shapes = {{Op::base, i64, i64, {i64}},
                                 {Op::base_under, i64, i64, {i64, i64}},
                                 {Op::draw, i64, i64, {i64}},
                                 {Op::hash_text, i64, i64, {text}},
                                 {Op::key_under, i64, i64, {i64}},
                                 {Op::below, u8, u8, {i64}},
                                 {Op::below, i32, i32, {i64}},
                                 {Op::below, i64, i64, {i64}},
                                 {Op::below_reg, i64, i64, {i64, i64, i64}},
                                 {Op::unit, f64, f64, {i64}},
                                 {Op::chance, u8, u8, {i64}},
                                 {Op::alias, u8, u8, {i64}},
                                 {Op::alias, i32, i32, {i64}},
                                 {Op::normal, f64, f64, {i64}},
                                 {Op::exponential, f64, f64, {i64}},
                                 {Op::poisson, i64, i64, {i64, f64}},
                                 {Op::zipf, i64, i64, {i64, i64}},
                                 {Op::permute, i64, i64, {i64, i64, i64}},
                                 {Op::uuid4, uuid, uuid, {i64, i64}},
                                 {Op::pattern, text, text, {i64}},
                                 {Op::floor_divide, i64, i64, {i64}},
                                 {Op::round_divide, i64, i64, {i64}},
                                 {Op::divide, f64, f64, {f64, f64}},
                                 {Op::power, f64, f64, {f64, f64}},
                                 {Op::distance_km, f64, f64, {f64, f64, f64, f64}},
                                 {Op::noise, f64, f64, {i64, i64}},
                                 {Op::logic_and, u8, u8, {u8, u8}},
                                 {Op::logic_or, u8, u8, {u8, u8}},
                                 {Op::logic_not, u8, u8, {u8}},
                                 {Op::logic_and_not, u8, u8, {u8, u8}},
                                 {Op::in_set, i64, u8, {i64}},
                                 {Op::in_set, text, u8, {text}},
                                 {Op::time_part, i64, i64, {i64}},
                                 {Op::cron, u8, u8, {i64}},
                                 {Op::row_time, i64, i64, {i64}},
                                 {Op::rows_by, i64, i64, {i64}},
                                 {Op::concat, text, text, {}},
                                 {Op::lower, text, text, {text}},
                                 {Op::upper, text, text, {text}},
                                 {Op::slug, text, text, {text}},
                                 {Op::text_size, i64, i64, {text}},
                                 {Op::format_time, text, text, {i64}}};
    for (const Op op : {Op::add, Op::sub, Op::mul, Op::min, Op::max, Op::modulo})
        for (const Phys type : {i64, f64}) shapes.push_back({op, type, type, {type, type}});
    for (const Op op : {Op::negate, Op::absolute})
        for (const Phys type : {i64, f64}) shapes.push_back({op, type, type, {type}});
    for (const Op op : {Op::floor, Op::ceil, Op::round, Op::exp, Op::log, Op::cos, Op::sqrt})
        shapes.push_back({op, f64, f64, {f64}});
    for (const Phys from : {u8, i32, i64, f64})
        for (const Phys to : {u8, i32, i64, f64}) shapes.push_back({Op::convert, to, to, {from}});
    for (const Phys type : all_types) {
        shapes.push_back({Op::pick, type, type, {u8, type, type}});
        for (const Op op : {Op::equal, Op::less, Op::less_equal}) shapes.push_back({op, type, u8, {type, type}});
        for (const Phys index : {u8, i32, i64})
            if (type != uuid) shapes.push_back({Op::take, type, type, {index}});
    }
    return shapes;
}

/// A clock that is easy to check: two rows share each instant.
class PairClock final : public RowClock {
  public:
    int64_t time_of(int64_t row) const override { return (row >> 1 & 0xffffffff) * 1000; }
    int64_t rows_by(int64_t instant) const override { return instant <= 0 ? 0 : (instant - 1) / 1000 * 2 + 2; }
    void times(int64_t first, uint32_t count, int64_t* times) const override {
        for (uint32_t i = 0; i < count; ++i) times[i] = time_of(first + i);
    }
};

class Generator {
  public:
    explicit Generator(uint64_t seed) : seed_(seed) {}

    Program generate(int length, bool keep_all) {
        for (const Phys type : {i64, i64, f64, text}) program_.inputs.push_back(add_register(type, 0));
        add_tables();
        add_constants(0);
        const std::vector<Shape> shapes = shapes_within_a_row();
        for (int i = 0; i < length; ++i) {
            const auto frame = static_cast<uint16_t>(next(program_.frames.size()));
            if (next(8) == 0)
                cross_frames(frame);
            else
                add_within(shapes[next(shapes.size())], frame);
        }
        for (Reg reg = 0; reg < program_.registers.size(); ++reg)
            if (keep_all || next(5) == 0) program_.kept.push_back(reg);
        return std::move(program_);
    }

  private:
    uint64_t next(uint64_t range) { return below(draw(seed_, ++drawn_ * draw_step), range); }

    Reg add_register(Phys type, uint16_t frame) {
        program_.registers.push_back(type);
        program_.frame_of.push_back(frame);
        return static_cast<Reg>(program_.registers.size() - 1);
    }

    Reg any(Phys type, uint16_t frame) {
        std::vector<Reg> found;
        for (Reg reg = 0; reg < program_.registers.size(); ++reg)
            if (program_.registers[reg] == type && program_.frame_of[reg] == frame) found.push_back(reg);
        return found[next(found.size())];
    }

    void add_constants(uint16_t frame) {
        for (const Phys type : all_types) {
            for (int i = 0; i < 2; ++i) {
                Constant constant;
                constant.reg = add_register(type, frame);
                constant.integer = static_cast<int64_t>(next(2000)) - (type == i64 ? 500 : 0);
                constant.real = static_cast<double>(next(1000)) / 8 - 20;
                constant.text = type == uuid ? "0123456789abcdef" : i == 0 ? "" : "Grüße, World 42";
                program_.constants.push_back(constant);
            }
        }
    }

    void add_tables() {
        for (const size_t size : {1, 7, 8, 9, 16, 17, 300}) {
            auto table = std::make_shared<Table>();
            std::vector<double> weights;
            for (size_t i = 0; i < size; ++i) {
                weights.push_back(static_cast<double>(1 + next(100)));
                table->u8.push_back(static_cast<uint8_t>(next(256)));
                table->i32.push_back(static_cast<int32_t>(next(1ULL << 32)));
                table->i64.push_back(static_cast<int64_t>(next(2000)) - 500);
                table->f64.push_back(static_cast<double>(next(1000)) / 3);
                table->text.push_back(std::string(next(20), 'x') + std::to_string(i));
            }
            std::sort(table->i64.begin(), table->i64.end());
            std::sort(table->text.begin(), table->text.end());
            table->alias = Alias::of(weights);
            program_.tables.push_back(table);
        }
        program_.strings = {"AB-##/aa hh\\A\\", "yyyy-MM-dd'T'HH:mm:ss.SSS", "EEE MMM dd 'o''clock' yyyy''x", ""};
        program_.crons = {{.minutes = ~0ULL,
                           .hours = 0xff00ff,
                           .days = 0xf0f0f0f0,
                           .months = 0xfff,
                           .weekdays = 0x2a,
                           .any_day = false,
                           .any_weekday = false},
                          {.minutes = 0x5555555555555555ULL,
                           .hours = 0xffffff,
                           .days = ~0U,
                           .months = 0xffe,
                           .weekdays = 0x55,
                           .any_weekday = false}};
        program_.clocks = {std::make_shared<PairClock>()};
    }

    void add_within(const Shape& shape, uint16_t frame) {
        Ins ins{.op = shape.op, .type = shape.type, .frame = frame};
        Reg* const slots[] = {&ins.a, &ins.b, &ins.c, &ins.e};
        for (size_t i = 0; i < shape.operands.size(); ++i) *slots[i] = any(shape.operands[i], frame);
        if (shape.op == Op::concat) add_template(frame);
        set_constants(ins);
        finish(ins, shape.result, frame);
    }

    void finish(Ins& ins, Phys result, uint16_t frame) {
        ins.d = add_register(result, frame);
        program_.code.push_back(ins);
    }

    void set_constants(Ins& ins) {
        ins.imm = static_cast<int64_t>(next(1ULL << (1 + next(40))));
        ins.imm2 = static_cast<int64_t>(1 + next(1ULL << (1 + next(60))));
        ins.real = static_cast<double>(next(1000)) / 400;
        switch (ins.op) {
            case Op::floor_divide:
            case Op::round_divide:
            case Op::noise: ins.imm += 1; break;
            case Op::zipf: ins.real += 0.1; break;
            case Op::time_part: ins.imm = static_cast<int64_t>(next(8)); break;
            case Op::concat: ins.table = static_cast<uint32_t>(program_.templates.size() - 1); break;
            case Op::cron: ins.table = static_cast<uint32_t>(next(program_.crons.size())); break;
            case Op::pattern:
            case Op::format_time: ins.table = static_cast<uint32_t>(next(program_.strings.size())); break;
            case Op::row_time:
            case Op::rows_by: ins.table = 0; break;
            default: ins.table = static_cast<uint32_t>(next(program_.tables.size()));
        }
    }

    void add_template(uint16_t frame) {
        const Type types[] = {{.kind = Kind::integer},
                              {.kind = Kind::decimal, .scale = 2},
                              {.kind = Kind::boolean},
                              {.kind = Kind::enumeration, .symbols = {"ONE", "TWO", "THREE"}}};
        std::vector<TextPart> parts;
        for (uint64_t i = next(4); i-- > 0;) {
            const Phys type = all_types[next(std::size(all_types))];
            const bool is_whole = type == u8 || type == i32 || type == i64;
            const Type printed = is_whole      ? types[next(std::size(types))]
                                 : type == f64 ? Type{.kind = Kind::real}
                                               : Type{.kind = Kind::text};
            parts.push_back({std::string(next(30), '-'), any(type, frame), printed});
        }
        parts.push_back({"end", no_reg, {}});
        program_.templates.push_back(parts);
    }

    /// Opens a frame, or moves values between a frame and its neighbours.
    void cross_frames(uint16_t frame) {
        constexpr size_t most_frames = 7;
        const Frame here = program_.frames[frame];
        const bool may_open = program_.frames.size() < most_frames;
        if (may_open && next(2) == 0) return open_under(frame);
        if (may_open && here.parent >= 0 && next(2) == 0) return filter_of(frame);
        if (here.parent < 0) return;
        const auto parent = static_cast<uint16_t>(here.parent);
        const Phys type = all_types[next(std::size(all_types))];
        const Phys number = next(2) == 0 ? i64 : f64;
        Ins ins{.type = type, .frame = parent};
        switch (next(4)) {
            case 0:
                ins = {.op = Op::expand, .type = type, .frame = frame, .a = any(type, parent)};
                return finish(ins, type, frame);
            case 1:
                ins = {.op = Op::nth, .type = type, .frame = parent, .a = any(type, frame), .b = any(i64, parent)};
                return finish(ins, type, parent);
            case 2: ins = {.op = Op::size, .type = i64, .frame = parent, .imm = frame}; return finish(ins, i64, parent);
            default: {
                const Op folds[] = {Op::total, Op::lowest, Op::highest};
                ins = {.op = folds[next(3)], .type = number, .frame = parent, .a = any(number, frame)};
                return finish(ins, number, parent);
            }
        }
    }

    void open_under(uint16_t frame) {
        Ins count{.op = Op::below, .type = i64, .frame = frame, .a = any(i64, frame), .imm = -2, .imm2 = 7};
        Ins word{.op = Op::draw, .type = i64, .frame = frame, .a = count.a, .imm = 99};
        finish(word, i64, frame);
        count.a = word.d;
        finish(count, i64, frame);
        const auto target = static_cast<uint16_t>(program_.frames.size());
        program_.frames.push_back({.parent = frame});
        Ins open{.op = Op::open, .type = i64, .frame = frame, .a = count.d, .imm = target};
        finish(open, i64, target);
        add_constants(target);
        program_.outputs.push_back({.frame = frame, .list_frame = target});
    }

    void filter_of(uint16_t frame) {
        const auto target = static_cast<uint16_t>(program_.frames.size());
        program_.frames.push_back({.parent = program_.frames[frame].parent, .source = frame});
        Ins filter{.op = Op::filter, .type = i64, .frame = frame, .b = any(u8, frame), .imm = target, .imm2 = frame};
        finish(filter, i64, target);
        for (const Phys type : all_types) {
            Ins compact{.op = Op::compact, .type = type, .frame = target, .a = any(type, frame)};
            finish(compact, type, target);
        }
        add_constants(target);
    }

    uint64_t seed_;
    uint64_t drawn_ = 0;
    Program program_;
};

}  // namespace

std::shared_ptr<const Program> random_program(uint64_t seed, int length, bool keep_all) {
    return std::make_shared<const Program>(Generator(mix(seed)).generate(length, keep_all));
}

}  // namespace headwater
