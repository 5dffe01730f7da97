// For what one instruction does to the values of one row. Shares no kernel: it is what kernels are compared with.
#include "generate/scalar_operations.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "base/digits.h"
#include "base/math.h"
#include "base/random.h"
#include "base/sample.h"
#include "base/time.h"
#include "data/print.h"
#include "generate/scalar_text.h"

namespace headwater {
namespace {

uint64_t bits(const Value* value) { return static_cast<uint64_t>(value->integer); }
int64_t wrapped(uint64_t value) { return static_cast<int64_t>(value); }

/// Keeps the low bits that the physical type has.
int64_t narrowed(Phys type, int64_t value) {
    if (type == Phys::u8) return static_cast<uint8_t>(value);
    if (type == Phys::i32) return static_cast<int32_t>(value);
    return value;
}

Value uuid_of(uint64_t high, uint64_t low) {
    high = (high & ~uint64_t{0xf000}) | 0x4000;
    low = (low & (~uint64_t{0} >> 2)) | (uint64_t{1} << 63);
    Value value;
    for (int i = 0; i < 16; ++i) value.uuid[i] = static_cast<unsigned char>((i < 8 ? high : low) >> (56 - 8 * (i % 8)));
    return value;
}

int64_t modulo(int64_t a, int64_t b) {
    if (b == 0 || b == -1) return 0;
    const int64_t rest = a % b;
    return rest != 0 && (rest ^ b) < 0 ? rest + b : rest;
}

double modulo(double a, double b) {
    if (b == 0) return 0;
    const double rest = std::fmod(a, b);
    if (rest == 0) return 0;
    return (rest < 0) == (b < 0) ? rest : rest + b;
}

int64_t round_div(int64_t a, int64_t by) {
    const __int128 twice = static_cast<__int128>(a < 0 ? -static_cast<__int128>(a) : a) * 2 + by;
    const auto size = static_cast<int64_t>(twice / (static_cast<__int128>(by) * 2));
    return a < 0 ? -size : size;
}

int64_t saturated(double value, int64_t low, int64_t high) {
    const double rounded = round_of(value);
    if (std::isnan(rounded)) return 0;
    if (rounded <= static_cast<double>(low)) return low;
    if (rounded >= static_cast<double>(high)) return high;
    return static_cast<int64_t>(rounded);
}

void convert(Phys from, Phys to, const Value& a, Value& d) {
    if (to == Phys::f64) {
        d.real = from == Phys::f64 ? a.real : static_cast<double>(a.integer);
    } else if (from != Phys::f64) {
        d.integer = narrowed(to, a.integer);
    } else if (to == Phys::u8) {
        d.integer = saturated(a.real, 0, UINT8_MAX);
    } else if (to == Phys::i32) {
        d.integer = saturated(a.real, INT32_MIN, INT32_MAX);
    } else {
        d.integer = saturated(a.real, INT64_MIN, INT64_MAX);
    }
}

void take(const Table& table, Phys type, int64_t index, Value& d) {
    const auto place = [index](size_t size) {
        return static_cast<size_t>(std::clamp<int64_t>(index, 0, static_cast<int64_t>(size) - 1));
    };
    switch (type) {
        case Phys::u8: d.integer = table.u8[place(table.u8.size())]; break;
        case Phys::i32: d.integer = table.i32[place(table.i32.size())]; break;
        case Phys::i64: d.integer = table.i64[place(table.i64.size())]; break;
        case Phys::f64: d.real = table.f64[place(table.f64.size())]; break;
        case Phys::text: {
            const std::string& text = table.text[place(table.text.size())];
            d.text = {text.data(), static_cast<uint32_t>(text.size()), 0};
            break;
        }
        case Phys::uuid: HW_CHECK(type != Phys::uuid); break;
    }
}

/// -1, 0, 1; 2 where a NaN is among the two.
int order_of(Phys type, const Value& a, const Value& b) {
    const auto sign = [](auto x, auto y) { return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2; };
    if (type == Phys::f64) return sign(a.real, b.real);
    if (type == Phys::text) return sign(view_of(a.text).compare(view_of(b.text)), 0);
    if (type == Phys::uuid) return sign(std::memcmp(a.uuid, b.uuid, sizeof a.uuid), 0);
    return sign(a.integer, b.integer);
}

bool is_member(const Table& table, Phys type, const Value& a) {
    if (type != Phys::text) return std::find(table.i64.begin(), table.i64.end(), a.integer) != table.i64.end();
    return std::find(table.text.begin(), table.text.end(), view_of(a.text)) != table.text.end();
}

int64_t time_part(int64_t part, int64_t micros) {
    const int64_t days = floor_div(micros, micros_per_day);
    const int64_t rest = floor_mod(micros, micros_per_day);
    switch (part) {
        case 0: return days;
        case 1: return rest / micros_per_hour;
        case 2: return floor_mod(days + 3, 7) + 1;
        case 3: return days - days_of({.year = civil_of(days).year, .month = 1, .day = 1}) + 1;
        case 4: return civil_of(days).month;
        case 5: return civil_of(days).year;
        case 6: return rest / micros_per_minute % 60;
        case 7: return rest / micros_per_second % 60;
        default: HW_CHECK(part >= 0 && part <= 7); return 0;
    }
}

bool matches(const Cron& cron, int64_t micros) {
    const int64_t days = floor_div(micros, micros_per_day);
    const CivilDate date = civil_of(days);
    const auto holds = [](uint64_t mask, int64_t bit) { return (mask & (uint64_t{1} << bit)) != 0; };
    const bool day = holds(cron.days, date.day);
    const bool weekday = holds(cron.weekdays, time_part(2, micros) % 7);
    const bool on_day = cron.any_day ? cron.any_weekday || weekday : cron.any_weekday ? day : day || weekday;
    return on_day && holds(cron.months, date.month) && holds(cron.hours, time_part(1, micros)) &&
           holds(cron.minutes, time_part(6, micros));
}

bool compute_draw(const Program& program, const Ins& ins, const ScalarOperands& in, Value& d) {
    const auto imm = static_cast<uint64_t>(ins.imm);
    switch (ins.op) {
        case Op::base: d.integer = wrapped(base_of(imm, bits(in.a))); return true;
        case Op::base_under: d.integer = wrapped(base_of(key_under(bits(in.a), imm), bits(in.b))); return true;
        case Op::draw: d.integer = wrapped(draw(bits(in.a), imm)); return true;
        case Op::hash_text: d.integer = wrapped(key_of(view_of(in.a->text))); return true;
        case Op::key_under: d.integer = wrapped(key_under(imm, bits(in.a))); return true;
        case Op::below:
            d.integer = narrowed(ins.type, wrapped(imm + below(bits(in.a), static_cast<uint64_t>(ins.imm2))));
            return true;
        case Op::below_reg:
            d.integer =
                wrapped(bits(in.b) + below(bits(in.a), static_cast<uint64_t>(std::max<int64_t>(in.c->integer, 1))));
            return true;
        case Op::unit: d.real = unit_of(bits(in.a)); return true;
        case Op::chance: d.integer = unit_of(bits(in.a)) < ins.real ? 1 : 0; return true;
        case Op::alias: d.integer = narrowed(ins.type, program.tables[ins.table]->alias.pick(bits(in.a))); return true;
        case Op::normal: d.real = normal_quantile(unit_of(bits(in.a))); return true;
        case Op::exponential: d.real = 0.0 - log_of(1.0 - unit_of(bits(in.a))); return true;
        case Op::poisson: d.integer = poisson_of(bits(in.a), in.b->real); return true;
        case Op::zipf: d.integer = zipf_of(bits(in.a), in.b->integer, ins.real); return true;
        case Op::permute: d.integer = permuted(in.a->integer, in.b->integer, bits(in.c)); return true;
        case Op::uuid4: d = uuid_of(bits(in.a), bits(in.b)); return true;
        default: return false;
    }
}

bool compute_integer(const Ins& ins, const Value* a, const Value* b, Value& d) {
    switch (ins.op) {
        case Op::add: d.integer = wrapped(bits(a) + bits(b)); return true;
        case Op::sub: d.integer = wrapped(bits(a) - bits(b)); return true;
        case Op::mul: d.integer = wrapped(bits(a) * bits(b)); return true;
        case Op::min: d.integer = std::min(a->integer, b->integer); return true;
        case Op::max: d.integer = std::max(a->integer, b->integer); return true;
        case Op::negate: d.integer = wrapped(0 - bits(a)); return true;
        case Op::absolute: d.integer = a->integer < 0 ? wrapped(0 - bits(a)) : a->integer; return true;
        case Op::modulo: d.integer = modulo(a->integer, b->integer); return true;
        case Op::floor_divide: d.integer = floor_div(a->integer, ins.imm); return true;
        case Op::round_divide: d.integer = round_div(a->integer, ins.imm); return true;
        default: return false;
    }
}

bool compute_real(const Ins& ins, const ScalarOperands& in, Value& d) {
    const double a = in.a != nullptr ? in.a->real : 0;
    const double b = in.b != nullptr ? in.b->real : 0;
    switch (ins.op) {
        case Op::add: d.real = a + b; return true;
        case Op::sub: d.real = a - b; return true;
        case Op::mul: d.real = a * b; return true;
        case Op::min: d.real = a < b ? a : b; return true;
        case Op::max: d.real = b < a ? a : b; return true;
        case Op::negate: d.real = -a; return true;
        case Op::absolute: d.real = std::fabs(a); return true;
        case Op::divide: d.real = b == 0 ? 0 : a / b; return true;
        case Op::modulo: d.real = modulo(a, b); return true;
        case Op::floor: d.real = std::floor(a); return true;
        case Op::ceil: d.real = std::ceil(a); return true;
        case Op::round: d.real = round_of(a); return true;
        case Op::exp: d.real = exp_of(a); return true;
        case Op::log: d.real = log_of(a); return true;
        case Op::cos: d.real = cos_of(a); return true;
        case Op::sqrt: d.real = std::sqrt(a); return true;
        case Op::power: d.real = power_of(a, b); return true;
        case Op::distance_km: d.real = distance_km({a, b}, {in.c->real, in.e->real}); return true;
        case Op::noise: d.real = noise_of(in.a->integer, bits(in.b), ins.imm); return true;
        default: return false;
    }
}

bool compute_choice(const Program& program, const Ins& ins, const ScalarOperands& in, Value& d) {
    switch (ins.op) {
        case Op::convert: convert(program.registers[ins.a], ins.type, *in.a, d); return true;
        case Op::pick: d = in.a->integer != 0 ? *in.b : *in.c; return true;
        case Op::take: take(*program.tables[ins.table], ins.type, in.a->integer, d); return true;
        case Op::equal: d.integer = order_of(ins.type, *in.a, *in.b) == 0 ? 1 : 0; return true;
        case Op::less: d.integer = order_of(ins.type, *in.a, *in.b) == -1 ? 1 : 0; return true;
        case Op::less_equal: d.integer = order_of(ins.type, *in.a, *in.b) <= 0 ? 1 : 0; return true;
        case Op::logic_and: d.integer = in.a->integer != 0 && in.b->integer != 0 ? 1 : 0; return true;
        case Op::logic_or: d.integer = in.a->integer != 0 || in.b->integer != 0 ? 1 : 0; return true;
        case Op::logic_not: d.integer = in.a->integer == 0 ? 1 : 0; return true;
        case Op::logic_and_not: d.integer = in.a->integer != 0 && in.b->integer == 0 ? 1 : 0; return true;
        case Op::in_set:
            d.integer = is_member(*program.tables[ins.table], program.registers[ins.a], *in.a) ? 1 : 0;
            return true;
        default: return false;
    }
}

bool compute_time(const Program& program, const Ins& ins, const Value& a, Value& d) {
    switch (ins.op) {
        case Op::time_part: d.integer = time_part(ins.imm, a.integer); return true;
        case Op::cron: d.integer = matches(program.crons[ins.table], a.integer) ? 1 : 0; return true;
        case Op::row_time: d.integer = program.clocks[ins.table]->time_of(std::max<int64_t>(a.integer, 0)); return true;
        case Op::rows_by: d.integer = program.clocks[ins.table]->rows_by(a.integer); return true;
        default: return false;
    }
}

bool compute_text(const Program& program, const Ins& ins, const Value& a, const Value& b, Value& d, TextArena& texts) {
    switch (ins.op) {
        case Op::pattern:
            d.text = texts.copy(fill_pattern(
                ins.b == no_reg ? std::string_view(program.strings[ins.table]) : view_of(b.text), bits(&a)));
            return true;
        case Op::lower: d.text = texts.copy(lower_text(view_of(a.text))); return true;
        case Op::upper: d.text = texts.copy(upper_text(view_of(a.text))); return true;
        case Op::hex_text: {
            char digits[16];
            write_hex(digits, bits(&a));
            d.text = texts.copy(std::string_view(digits, static_cast<size_t>(ins.imm)));
            return true;
        }
        case Op::slug: d.text = texts.copy(slug_text(view_of(a.text))); return true;
        case Op::text_size: d.integer = scalar_text_size(view_of(a.text)); return true;
        case Op::format_time: d.text = texts.copy(format_time(program.strings[ins.table], a.integer)); return true;
        default: return false;
    }
}

bool is_arithmetic(Op op) { return op >= Op::add && op <= Op::noise; }

}  // namespace

void compute_scalar(const Program& program, const Ins& ins, const ScalarOperands& operands, Value& d,
                    TextArena& texts) {
    bool done = false;
    if (ins.op < Op::add)
        done = compute_draw(program, ins, operands, d);
    else if (is_arithmetic(ins.op))
        done = ins.type == Phys::i64 ? compute_integer(ins, operands.a, operands.b, d) : compute_real(ins, operands, d);
    else
        done = compute_choice(program, ins, operands, d) || compute_time(program, ins, *operands.a, d);
    if (!done) done = compute_text(program, ins, *operands.a, ins.b == no_reg ? *operands.a : *operands.b, d, texts);
    HW_CHECK(done);
}

TextView print_template(const Program& program, const std::vector<TextPart>& parts,
                        const std::vector<const Value*>& values, TextArena& texts) {
    std::string out;
    for (size_t i = 0; i < parts.size(); ++i) {
        out += parts[i].literal;
        if (values[i] == nullptr) continue;
        const Phys phys = program.registers[parts[i].reg];
        const Value& value = *values[i];
        const Type& type = parts[i].type;
        const bool is_whole = phys == Phys::u8 || phys == Phys::i32 || phys == Phys::i64;
        if (phys == Phys::text) {
            out += view_of(value.text);
        } else if (is_whole && type.kind == Kind::enumeration &&
                   static_cast<uint64_t>(value.integer) < type.symbols.size()) {
            out += type.symbols[static_cast<size_t>(value.integer)];
        } else {
            char buffer[64];
            out.append(buffer, print_scalar(buffer, type, phys, value.integer, value.real, value.uuid));
        }
    }
    return texts.copy(out);
}

}  // namespace headwater
