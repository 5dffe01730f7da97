// For the kernels of distributions: a fast formula for most rows, then the rest one by one to the same bits.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/sample.h"
#include "base/sample_inline.h"
#include "generate/kernels/loop.h"

namespace headwater {
namespace {

using Block = std::array<uint32_t, kernel_block>;

/// Calls `work(start, count)` for blocks that fit scratch memory.
template <class Work>
void in_blocks(uint32_t rows, Work work) {
    for (uint32_t start = 0; start < rows; start += kernel_block) work(start, std::min(kernel_block, rows - start));
}

/// Writes the rows where `claim` holds into `chosen`, in order; returns how many. No branch depends on the data.
template <class Claim>
uint32_t choose(Block& chosen, uint32_t count, Claim claim) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; ++i) {
        chosen[found] = i;
        found += claim(i) ? 1 : 0;
    }
    return found;
}

void normal_kernel(const Step& step, uint32_t rows, TextArena&) {
    in_blocks(rows, [&](uint32_t start, uint32_t count) {
        const uint64_t* __restrict__ words = Step::as<uint64_t>(step.a) + start;
        double* __restrict__ d = step.result<double>() + start;
        for (uint32_t i = 0; i < count; ++i) d[i] = math::quantile_centre(unit_by_bits(words[i]));
        Block tails;
        const uint32_t found =
            choose(tails, count, [words](uint32_t i) { return math::quantile_is_outside(unit_by_bits(words[i])); });
        alignas(64) std::array<double, kernel_block> values;
        for (uint32_t k = 0; k < found; ++k) values[k] = unit_by_bits(words[tails[k]]);
        for (uint32_t k = 0; k < found; ++k) values[k] = math::quantile_outside(values[k]);
        for (uint32_t k = 0; k < found; ++k) d[tails[k]] = values[k];
    });
}

void exponential_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_one<double, uint64_t>(step, rows,
                              [](uint64_t word) { return 0.0 - math::log_inline(1.0 - unit_by_bits(word)); });
}

void poisson_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_two<int64_t, uint64_t, double>(step, rows, poisson_of);
}

constexpr int64_t largest_zipf = 1LL << 52;

void zipf_kernel(const Step& step, uint32_t rows, TextArena&) {
    const Zipf& zipf = *static_cast<const Zipf*>(step.table);
    int64_t last_size = 1;
    double last_top = zipf.top(1);
    in_blocks(rows, [&](uint32_t start, uint32_t count) {
        const uint64_t* __restrict__ words = Step::as<uint64_t>(step.a) + start;
        const int64_t* __restrict__ sizes = Step::as<int64_t>(step.b) + start;
        int64_t* __restrict__ d = step.result<int64_t>() + start;
        alignas(64) std::array<double, kernel_block> tops;
        alignas(64) std::array<double, kernel_block> chosen;
        alignas(64) std::array<double, kernel_block> errors;
        for (uint32_t i = 0; i < count; ++i) {
            const int64_t size = std::clamp<int64_t>(sizes[i], 1, largest_zipf);
            if (size != last_size) {
                last_size = size;
                last_top = zipf.top(size);
            }
            tops[i] = last_top;
        }
        const double bottom = zipf.bottom;
        const double one_minus_skew = zipf.one_minus_skew;
        for (uint32_t i = 0; i < count; ++i) {
            const double y = tops[i] + unit_by_bits(words[i]) * (bottom - tops[i]);
            const double x = sampling::zipf_inverse(y, one_minus_skew);
            const double whole = std::floor(x + 0.5);
            const double size = math::real_of(std::clamp<int64_t>(sizes[i], 1, largest_zipf));
            const double k = whole < 1 ? 1 : whole > size ? size : whole;
            chosen[i] = k;
            errors[i] = k - x;
        }
        for (uint32_t i = 0; i < count; ++i) d[i] = static_cast<int64_t>(chosen[i]);
        Block doubtful;
        const double squeeze = zipf.squeeze;
        const uint32_t found = choose(doubtful, count, [&](uint32_t i) { return !(errors[i] <= squeeze); });
        for (uint32_t k = 0; k < found; ++k) {
            const uint32_t i = doubtful[k];
            d[i] = zipf.draw(words[i], std::clamp<int64_t>(sizes[i], 1, largest_zipf), tops[i]);
        }
    });
}

/// Sends all rows through the network at once, then those that fell outside again, until none is left.
void permute_kernel(const Step& step, uint32_t rows, TextArena&) {
    in_blocks(rows, [&](uint32_t start, uint32_t count) {
        const int64_t* numbers = Step::as<int64_t>(step.a) + start;
        const int64_t* sizes = Step::as<int64_t>(step.b) + start;
        const uint64_t* keys = Step::as<uint64_t>(step.c) + start;
        int64_t* d = step.result<int64_t>() + start;
        alignas(64) std::array<uint64_t, kernel_block> values;
        alignas(64) std::array<uint64_t, kernel_block> halves;
        for (uint32_t i = 0; i < count; ++i) {
            const int64_t size = sizes[i] < 1 ? 1 : sizes[i];
            const int64_t number = numbers[i];
            values[i] = static_cast<uint64_t>(number >= 0 && number < size ? number : floor_mod(number, size));
            halves[i] = sampling::half_bits(static_cast<uint64_t>(size));
        }
        for (uint32_t i = 0; i < count; ++i)
            values[i] = sampling::feistel(values[i], static_cast<unsigned>(halves[i]), keys[i]);
        const auto outside = [&](uint32_t i) {
            return values[i] >= static_cast<uint64_t>(sizes[i] < 1 ? 1 : sizes[i]);
        };
        Block walking;
        const uint32_t found = choose(walking, count, outside);
        for (uint32_t k = 0; k < found; ++k) {
            const uint32_t i = walking[k];
            do values[i] = sampling::feistel(values[i], static_cast<unsigned>(halves[i]), keys[i]);
            while (outside(i));
        }
        for (uint32_t i = 0; i < count; ++i) d[i] = static_cast<int64_t>(values[i]);
    });
}

/// Keeps the knots of the last row: rows near in time mostly lie between the same two.
void noise_kernel(const Step& step, uint32_t rows, TextArena&) {
    const int64_t period = step.ins->imm;
    const auto real_period = static_cast<double>(period);
    bool known = false;
    int64_t last_knot = 0;
    uint64_t last_word = 0;
    double before = 0;
    double after = 0;
    map_two<double, int64_t, uint64_t>(step, rows, [&](int64_t micros, uint64_t word) {
        const int64_t knot = floor_div(micros, period);
        if (!known || knot != last_knot || word != last_word) {
            known = true;
            last_knot = knot;
            last_word = word;
            before = noise_knot(word, knot);
            after = noise_knot(word, knot + 1);
        }
        return sampling::blend(before, after, static_cast<double>(floor_mod(micros, period)) / real_period);
    });
}

}  // namespace

void bind_sample(Step& step, const Binding& binding) {
    switch (binding.ins.op) {
        case Op::normal: step.kernel = normal_kernel; break;
        case Op::exponential: step.kernel = exponential_kernel; break;
        case Op::poisson: step.kernel = poisson_kernel; break;
        case Op::zipf:
            HW_CHECK(binding.ins.real > 0);
            keep_prepared(step, Zipf(binding.ins.real));
            step.kernel = zipf_kernel;
            break;
        case Op::permute: step.kernel = permute_kernel; break;
        case Op::noise:
            HW_CHECK(binding.ins.imm > 0);
            step.kernel = noise_kernel;
            break;
        default: break;
    }
}

}  // namespace headwater
