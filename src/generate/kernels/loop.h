// For the loops of column kernels: one function of a row's values, applied to every row, in a form that compilers vectorise.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "base/math_inline.h"
#include "generate/kernels/kernel.h"

namespace headwater {

/// Applies f to column a.
template <class D, class A, class F>
inline void map_one(const Step& step, uint32_t rows, F f) {
    D* __restrict__ d = step.result<D>();
    const A* __restrict__ a = Step::as<A>(step.a);
    for (uint32_t i = 0; i < rows; ++i) d[i] = f(a[i]);
}

/// Applies f to columns a and b.
template <class D, class A, class B, class F>
inline void map_two(const Step& step, uint32_t rows, F f) {
    D* __restrict__ d = step.result<D>();
    const A* a = Step::as<A>(step.a);
    const B* b = Step::as<B>(step.b);
    for (uint32_t i = 0; i < rows; ++i) d[i] = f(a[i], b[i]);
}

/// Applies f to columns a, b and c.
template <class D, class A, class B, class C, class F>
inline void map_three(const Step& step, uint32_t rows, F f) {
    D* __restrict__ d = step.result<D>();
    const A* a = Step::as<A>(step.a);
    const B* b = Step::as<B>(step.b);
    const C* c = Step::as<C>(step.c);
    for (uint32_t i = 0; i < rows; ++i) d[i] = f(a[i], b[i], c[i]);
}

/// A kernel that is nothing but a function without state of column a.
template <class D, class A, auto f>
void plain_one(const Step& step, uint32_t rows, TextArena&) {
    map_one<D, A>(step, rows, f);
}

/// A kernel that is nothing but a function without state of columns a and b.
template <class D, class A, class B, auto f>
void plain_two(const Step& step, uint32_t rows, TextArena&) {
    map_two<D, A, B>(step, rows, f);
}

/// Same value as unit_of, by putting the bits under the exponent of 1.
inline double unit_by_bits(uint64_t word) { return std::bit_cast<double>((word >> 12) | 0x3ff0000000000000ULL) - 1.0; }

/// True when every value is within +-2^52, so that doubles hold it exactly and quotients can be floored there.
inline bool all_small(const int64_t* values, uint32_t rows) {
    uint64_t high_bits = 0;
    for (uint32_t i = 0; i < rows; ++i) high_bits |= (static_cast<uint64_t>(values[i]) + (1ULL << 52)) >> 53;
    return high_bits == 0;
}

/// Applies to column a, block by block, `small` (a function of a double) where all_small holds, else `any` (of an int64_t).
/// The results of `small` are whole and below 2^51 in magnitude.
template <class Small, class Any>
inline void map_whole(const Step& step, uint32_t rows, Small small, Any any) {
    for (uint32_t start = 0; start < rows; start += kernel_block) {
        const uint32_t count = rows - start < kernel_block ? rows - start : kernel_block;
        int64_t* __restrict__ d = step.result<int64_t>() + start;
        const int64_t* __restrict__ a = Step::as<int64_t>(step.a) + start;
        if (all_small(a, count)) {
            for (uint32_t i = 0; i < count; ++i) d[i] = math::whole_of(small(math::real_of(a[i])));
        } else {
            for (uint32_t i = 0; i < count; ++i) d[i] = any(a[i]);
        }
    }
}

}  // namespace headwater
