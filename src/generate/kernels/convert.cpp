// For the kernels that change the physical type of a number.
#include <algorithm>
#include <limits>

#include "generate/kernels/loop.h"

namespace headwater {
namespace {

/// Rounds half away from zero and saturates; NaN gives 0.
template <class T>
T saturated(double value) {
    const double rounded = math::round_away(value);
    if (!(rounded == rounded)) return 0;
    if (rounded <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
    if (rounded >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
    return static_cast<T>(rounded);
}

template <class T>
void real_to_narrow(const Step& step, uint32_t rows, TextArena&) {
    constexpr auto low = static_cast<double>(std::numeric_limits<T>::min());
    constexpr auto high = static_cast<double>(std::numeric_limits<T>::max());
    map_one<T, double>(step, rows, [](double value) {
        double kept = value == value ? math::round_away(value) : 0.0;
        kept = kept < low ? low : kept;
        kept = kept > high ? high : kept;
        return static_cast<T>(static_cast<int32_t>(kept));
    });
}

void real_to_i64(const Step& step, uint32_t rows, TextArena&) {
    for (uint32_t start = 0; start < rows; start += kernel_block) {
        const uint32_t count = std::min(kernel_block, rows - start);
        const double* __restrict__ a = Step::as<double>(step.a) + start;
        int64_t* __restrict__ d = step.result<int64_t>() + start;
        uint64_t large = 0;
        for (uint32_t i = 0; i < count; ++i) large += std::fabs(a[i]) < 0x1p50 ? 0 : 1;
        if (large == 0) {
            for (uint32_t i = 0; i < count; ++i) d[i] = math::whole_of(math::round_away(a[i]));
        } else {
            for (uint32_t i = 0; i < count; ++i) d[i] = saturated<int64_t>(a[i]);
        }
    }
}

template <class D, class A>
void whole_to_whole(const Step& step, uint32_t rows, TextArena&) {
    map_one<D, A>(step, rows, [](A value) { return static_cast<D>(value); });
}

template <class A>
Kernel from_whole(Phys to) {
    switch (to) {
        case Phys::u8: return whole_to_whole<uint8_t, A>;
        case Phys::i32: return whole_to_whole<int32_t, A>;
        case Phys::i64: return whole_to_whole<int64_t, A>;
        case Phys::f64: return plain_one<double, A, [](A value) { return math::real_of(value); }>;
        default: return nullptr;
    }
}

Kernel from_real(Phys to) {
    switch (to) {
        case Phys::u8: return real_to_narrow<uint8_t>;
        case Phys::i32: return real_to_narrow<int32_t>;
        case Phys::i64: return real_to_i64;
        case Phys::f64: return plain_one<double, double, [](double value) { return value; }>;
        default: return nullptr;
    }
}

}  // namespace

void bind_convert(Step& step, const Binding& binding) {
    if (binding.ins.op != Op::convert) return;
    const Phys to = binding.ins.type;
    switch (binding.phys(binding.ins.a)) {
        case Phys::u8: step.kernel = from_whole<uint8_t>(to); break;
        case Phys::i32: step.kernel = from_whole<int32_t>(to); break;
        case Phys::i64: step.kernel = from_whole<int64_t>(to); break;
        case Phys::f64: step.kernel = from_real(to); break;
        default: break;
    }
}

}  // namespace headwater
