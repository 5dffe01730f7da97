// For the kernel that picks an index by weight: small tables live in vector registers, large ones in memory.
#include <array>

#include "base/check.h"
#include "generate/kernels/loop.h"

#if !defined(HEADWATER_PORTABLE) && defined(__AVX2__)
#include <immintrin.h>
#define HEADWATER_AVX2 1
#endif

namespace headwater {
namespace {

template <class T>
void alias_any(const Step& step, uint32_t rows, TextArena&) {
    const auto* entries = static_cast<const uint64_t*>(step.table);
    const uint64_t size = step.table_size;
    map_one<T, uint64_t>(step, rows, [entries, size](uint64_t word) {
        const uint64_t i = ((word >> 32) * size) >> 32;
        const uint64_t entry = entries[i];
        const bool own = static_cast<uint32_t>(word) < static_cast<uint32_t>(entry >> 32);
        return static_cast<T>(own ? i : static_cast<uint32_t>(entry));
    });
}

#ifdef HEADWATER_AVX2

constexpr size_t small_size = 16;

/// A table of at most 16 entries, its halves apart so that each lies in two registers.
struct SmallAlias {
    alignas(64) std::array<uint32_t, small_size> threshold{};
    alignas(64) std::array<uint32_t, small_size> other{};
};

__m256i load(const uint32_t* memory) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(memory)); }

/// Looks eight indices 0..15 up in two registers.
__m256i look_up(__m256i low, __m256i high, __m256i index) {
    const __m256i below_8 = _mm256_permutevar8x32_epi32(low, index);
    const __m256i from_8 = _mm256_permutevar8x32_epi32(high, index);
    const __m256i bit_3_on_top = _mm256_slli_epi32(index, 28);
    return _mm256_castps_si256(
        _mm256_blendv_ps(_mm256_castsi256_ps(below_8), _mm256_castsi256_ps(from_8), _mm256_castsi256_ps(bit_3_on_top)));
}

/// Picks for the eight words at `words`.
template <bool needs_two>
__m256i pick_eight(const uint64_t* words, const SmallAlias& table, __m256i size) {
    const auto* memory = reinterpret_cast<const float*>(words);
    const __m256 first = _mm256_loadu_ps(memory);
    const __m256 second = _mm256_loadu_ps(memory + 8);
    // Lanes come out as 0 1 4 5 2 3 6 7 and stay so until the result is stored.
    const __m256i low = _mm256_castps_si256(_mm256_shuffle_ps(first, second, 0x88));
    const __m256i high = _mm256_castps_si256(_mm256_shuffle_ps(first, second, 0xdd));
    const __m256i even = _mm256_srli_epi64(_mm256_mul_epu32(high, size), 32);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(high, 32), size);
    const __m256i index = _mm256_blend_epi32(even, odd, 0xaa);
    const __m256i threshold = needs_two ? look_up(load(table.threshold.data()), load(table.threshold.data() + 8), index)
                                        : _mm256_permutevar8x32_epi32(load(table.threshold.data()), index);
    const __m256i other = needs_two ? look_up(load(table.other.data()), load(table.other.data() + 8), index)
                                    : _mm256_permutevar8x32_epi32(load(table.other.data()), index);
    const __m256i sign = _mm256_set1_epi32(INT32_MIN);
    const __m256i own = _mm256_cmpgt_epi32(_mm256_xor_si256(threshold, sign), _mm256_xor_si256(low, sign));
    return _mm256_permute4x64_epi64(_mm256_blendv_epi8(other, index, own), 0xd8);
}

void store_eight(int32_t* out, __m256i values) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), values); }

void store_eight(uint8_t* out, __m256i values) {
    const __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(values), _mm256_extracti128_si256(values, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_packus_epi16(halves, halves));
}

/// Eight rows at a time; may write seven rows past the last.
template <class T, bool needs_two>
void alias_small(const Step& step, uint32_t rows, TextArena&) {
    const SmallAlias& table = *static_cast<const SmallAlias*>(step.table);
    const __m256i size = _mm256_set1_epi32(static_cast<int32_t>(step.table_size));
    const auto* words = Step::as<uint64_t>(step.a);
    T* d = step.result<T>();
    for (uint32_t i = 0; i < rows; i += 8) store_eight(d + i, pick_eight<needs_two>(words + i, table, size));
}

bool bind_small(Step& step, const Alias& alias, Phys type) {
    const size_t size = alias.entries.size();
    if (size > small_size) return false;
    SmallAlias small;
    for (size_t i = 0; i < size; ++i) {
        small.threshold[i] = static_cast<uint32_t>(alias.entries[i] >> 32);
        small.other[i] = static_cast<uint32_t>(alias.entries[i]);
    }
    keep_prepared(step, std::move(small));
    if (type == Phys::u8)
        step.kernel = size > 8 ? alias_small<uint8_t, true> : alias_small<uint8_t, false>;
    else
        step.kernel = size > 8 ? alias_small<int32_t, true> : alias_small<int32_t, false>;
    return true;
}

#else

bool bind_small(Step&, const Alias&, Phys) { return false; }

#endif

}  // namespace

void bind_alias(Step& step, const Binding& binding) {
    if (binding.ins.op != Op::alias) return;
    const Alias& alias = binding.program.tables[binding.ins.table]->alias;
    HW_CHECK(!alias.entries.empty() && alias.entries.size() <= UINT32_MAX);
    HW_CHECK(binding.ins.type == Phys::u8 || binding.ins.type == Phys::i32);
    step.table_size = alias.entries.size();
    if (bind_small(step, alias, binding.ins.type)) return;
    step.table = alias.entries.data();
    step.kernel = binding.ins.type == Phys::u8 ? alias_any<uint8_t> : alias_any<int32_t>;
}

}  // namespace headwater
