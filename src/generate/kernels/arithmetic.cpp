// For the kernels of arithmetic on integers and doubles.
#include <cstring>

#include "base/check.h"
#include "base/math.h"
#include "base/sample.h"
#include "generate/kernels/loop.h"

namespace headwater {
namespace {

using U64 = uint64_t;
using I64 = int64_t;

template <class T>
Kernel arithmetic(Op op) {
    switch (op) {
        case Op::add: return plain_two<T, T, T, [](T a, T b) { return a + b; }>;
        case Op::sub: return plain_two<T, T, T, [](T a, T b) { return a - b; }>;
        case Op::mul: return plain_two<T, T, T, [](T a, T b) { return a * b; }>;
        case Op::negate: return plain_one<T, T, [](T a) { return -a; }>;
        default: return nullptr;
    }
}

template <class T>
Kernel choice_of_two(Op op) {
    switch (op) {
        case Op::min: return plain_two<T, T, T, [](T a, T b) { return a < b ? a : b; }>;
        case Op::max: return plain_two<T, T, T, [](T a, T b) { return b < a ? a : b; }>;
        default: return nullptr;
    }
}

I64 absolute_of(I64 a) { return a < 0 ? static_cast<I64>(0 - static_cast<U64>(a)) : a; }

double quotient(double a, double b) {
    const double q = a / b;
    return b == 0 ? 0.0 : q;
}

I64 modulo_any(I64 a, I64 b) {
    if (b == 0 || b == -1) return 0;
    const I64 rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double modulo_real(double a, double b) {
    if (b == 0) return 0;
    const double rest = std::fmod(a, b);
    if (rest == 0) return 0;
    return (rest < 0) != (b < 0) ? rest + b : rest;
}

/// Modulo by a constant above 1, kept in step.table_size.
void modulo_constant(const Step& step, uint32_t rows, TextArena&) {
    const auto by = static_cast<I64>(step.table_size);
    const auto real_by = static_cast<double>(by);
    map_whole(
        step, rows, [real_by](double a) { return a - std::floor(a / real_by) * real_by; },
        [by](I64 a) { return floor_mod(a, by); });
}

void floor_divide_kernel(const Step& step, uint32_t rows, TextArena&) {
    const I64 by = step.ins->imm;
    const auto real_by = static_cast<double>(by);
    map_whole(
        step, rows, [real_by](double a) { return std::floor(a / real_by); }, [by](I64 a) { return floor_div(a, by); });
}

I64 round_div(I64 a, I64 by) {
    const I64 whole = a / by;
    const I64 rest = a % by;
    const I64 size = rest < 0 ? -rest : rest;
    if (size < by - size) return whole;
    return rest < 0 ? whole - 1 : whole + 1;
}

void round_divide_kernel(const Step& step, uint32_t rows, TextArena&) {
    const I64 by = step.ins->imm;
    const auto real_by = static_cast<double>(by);
    const auto half = static_cast<double>(by / 2);
    map_whole(
        step, rows, [=](double a) { return std::copysign(std::floor((std::fabs(a) + half) / real_by), a); },
        [by](I64 a) { return round_div(a, by); });
}

void copy_kernel(const Step& step, uint32_t rows, TextArena&) {
    if (rows > 0) std::memcpy(step.d, step.a, rows * sizeof(I64));
}

/// Divisors that keep quotients of small values inside map_whole's bounds and sums exact.
bool suits_doubles(I64 by) { return by >= 2 && by <= (1LL << 50); }

template <I64 (*divide)(I64, I64)>
void divide_slowly(const Step& step, uint32_t rows, TextArena&) {
    const I64 by = step.ins->imm;
    map_one<I64, I64>(step, rows, [by](I64 a) { return divide(a, by); });
}

void power_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_two<double, double, double>(step, rows, power_of);
}

void distance_kernel(const Step& step, uint32_t rows, TextArena&) {
    double* __restrict__ d = step.result<double>();
    const auto* a = Step::as<double>(step.a);
    const auto* b = Step::as<double>(step.b);
    const auto* c = Step::as<double>(step.c);
    const auto* e = Step::as<double>(step.e);
    for (uint32_t i = 0; i < rows; ++i) d[i] = math::distance_inline(a[i], b[i], c[i], e[i]);
}

Kernel elementary(Op op) {
    switch (op) {
        case Op::divide: return plain_two<double, double, double, quotient>;
        case Op::floor: return plain_one<double, double, [](double a) { return std::floor(a); }>;
        case Op::ceil: return plain_one<double, double, [](double a) { return std::ceil(a); }>;
        case Op::round: return plain_one<double, double, math::round_away>;
        case Op::exp: return plain_one<double, double, math::exp_inline>;
        case Op::log: return plain_one<double, double, math::log_inline>;
        case Op::cos: return plain_one<double, double, math::cos_inline>;
        case Op::sqrt: return plain_one<double, double, [](double a) { return std::sqrt(a); }>;
        case Op::power: return power_kernel;
        case Op::distance_km: return distance_kernel;
        default: return nullptr;
    }
}

void bind_modulo(Step& step, const Binding& binding) {
    if (binding.ins.type == Phys::f64) {
        step.kernel = plain_two<double, double, double, modulo_real>;
        return;
    }
    step.kernel = plain_two<I64, I64, I64, modulo_any>;
    const Constant* divisor = binding.constant(binding.ins.b);
    if (divisor == nullptr || !suits_doubles(divisor->integer)) return;
    step.table_size = static_cast<size_t>(divisor->integer);
    step.kernel = modulo_constant;
}

void bind_division(Step& step, const Ins& ins) {
    HW_CHECK(ins.imm > 0);
    if (ins.imm == 1)
        step.kernel = copy_kernel;
    else if (ins.op == Op::floor_divide)
        step.kernel = suits_doubles(ins.imm) ? floor_divide_kernel : divide_slowly<floor_div>;
    else
        step.kernel = suits_doubles(ins.imm) ? round_divide_kernel : divide_slowly<round_div>;
}

}  // namespace

void bind_arithmetic(Step& step, const Binding& binding) {
    const bool real = binding.ins.type == Phys::f64;
    switch (const Op op = binding.ins.op) {
        case Op::add:
        case Op::sub:
        case Op::mul:
        case Op::negate: step.kernel = real ? arithmetic<double>(op) : arithmetic<U64>(op); break;
        case Op::min:
        case Op::max: step.kernel = real ? choice_of_two<double>(op) : choice_of_two<I64>(op); break;
        case Op::absolute:
            step.kernel = real ? plain_one<double, double, [](double a) { return std::fabs(a); }>
                               : plain_one<I64, I64, absolute_of>;
            break;
        case Op::modulo: bind_modulo(step, binding); break;
        case Op::floor_divide:
        case Op::round_divide: bind_division(step, binding.ins); break;
        default: step.kernel = elementary(op); break;
    }
}

}  // namespace headwater
