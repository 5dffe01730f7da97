// For the kernels that turn addresses into words and words into plain draws.
#include "base/random.h"
#include "generate/kernels/loop.h"

#if !defined(HEADWATER_PORTABLE) && defined(__AVX2__)
#include <immintrin.h>
#define HEADWATER_AVX2 1
#endif

namespace headwater {
namespace {

using U64 = uint64_t;

void base_kernel(const Step& step, uint32_t rows, TextArena&) {
    const auto key = static_cast<U64>(step.ins->imm);
    map_one<U64, U64>(step, rows, [key](U64 number) { return base_of(key, number); });
}

void base_under_kernel(const Step& step, uint32_t rows, TextArena&) {
    const auto child = static_cast<U64>(step.ins->imm);
    map_two<U64, U64, U64>(step, rows,
                           [child](U64 parent, U64 number) { return base_of(key_under(parent, child), number); });
}

void draw_kernel(const Step& step, uint32_t rows, TextArena&) {
    const auto place = static_cast<U64>(step.ins->imm);
    map_one<U64, U64>(step, rows, [place](U64 base) { return draw(base, place); });
}

void key_under_kernel(const Step& step, uint32_t rows, TextArena&) {
    const auto parent = static_cast<U64>(step.ins->imm);
    map_one<U64, U64>(step, rows, [parent](U64 child) { return key_under(parent, child); });
}

void hash_text_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_one<U64, TextView>(step, rows, [](TextView text) { return key_of(view_of(text)); });
}

/// A range that fits 32 bits takes one narrow multiplication.
template <class T>
void below_narrow(const Step& step, uint32_t rows, TextArena&) {
    const auto range = static_cast<uint32_t>(step.ins->imm2);
    const auto low = static_cast<U64>(step.ins->imm);
    map_one<T, U64>(step, rows,
                    [range, low](U64 word) { return static_cast<T>(low + (((word >> 32) * U64{range}) >> 32)); });
}

template <class T>
void below_wide(const Step& step, uint32_t rows, TextArena&) {
    const auto range = static_cast<U64>(step.ins->imm2);
    const auto low = static_cast<U64>(step.ins->imm);
    map_one<T, U64>(step, rows, [range, low](U64 word) { return static_cast<T>(low + below(word, range)); });
}

void below_reg_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_three<U64, U64, U64, int64_t>(step, rows, [](U64 word, U64 low, int64_t range) {
        return low + below(word, static_cast<U64>(range < 1 ? 1 : range));
    });
}

void unit_kernel(const Step& step, uint32_t rows, TextArena&) { map_one<double, U64>(step, rows, unit_by_bits); }

void chance_kernel(const Step& step, uint32_t rows, TextArena&) {
    const double share = step.ins->real;
    map_one<uint8_t, U64>(step, rows, [share](U64 word) { return static_cast<uint8_t>(unit_by_bits(word) < share); });
}

constexpr U64 version_mask = ~U64{0xf000};
constexpr U64 version_4 = 0x4000;
constexpr U64 variant_mask = 0x3fffffffffffffffULL;
constexpr U64 variant_rfc = 0x8000000000000000ULL;

#ifdef HEADWATER_AVX2

/// Four rows at a time; may write three rows past the last.
void uuid_kernel(const Step& step, uint32_t rows, TextArena&) {
    const auto all = [](U64 value) { return _mm256_set1_epi64x(static_cast<int64_t>(value)); };
    const __m256i big_endian =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8));
    const auto* a = Step::as<U64>(step.a);
    const auto* b = Step::as<U64>(step.b);
    auto* d = step.result<unsigned char>();
    for (uint32_t i = 0; i < rows; i += 4) {
        const __m256i words_a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
        const __m256i words_b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i));
        const __m256i high = _mm256_or_si256(_mm256_and_si256(words_a, all(version_mask)), all(version_4));
        const __m256i low = _mm256_or_si256(_mm256_and_si256(words_b, all(variant_mask)), all(variant_rfc));
        const __m256i even = _mm256_shuffle_epi8(_mm256_unpacklo_epi64(high, low), big_endian);
        const __m256i odd = _mm256_shuffle_epi8(_mm256_unpackhi_epi64(high, low), big_endian);
        auto* out = reinterpret_cast<__m256i*>(d + 16 * size_t{i});
        _mm256_storeu_si256(out, _mm256_permute2x128_si256(even, odd, 0x20));
        _mm256_storeu_si256(out + 1, _mm256_permute2x128_si256(even, odd, 0x31));
    }
}

#else

void uuid_kernel(const Step& step, uint32_t rows, TextArena&) {
    const auto* a = Step::as<U64>(step.a);
    const auto* b = Step::as<U64>(step.b);
    auto* d = step.result<unsigned char>();
    for (uint32_t i = 0; i < rows; ++i) {
        const U64 high = (a[i] & version_mask) | version_4;
        const U64 low = (b[i] & variant_mask) | variant_rfc;
        for (int byte = 0; byte < 8; ++byte) {
            d[16 * size_t{i} + byte] = static_cast<unsigned char>(high >> (56 - 8 * byte));
            d[16 * size_t{i} + 8 + byte] = static_cast<unsigned char>(low >> (56 - 8 * byte));
        }
    }
}

#endif

Kernel below_kernel(const Ins& ins) {
    const auto range = static_cast<U64>(ins.imm2);
    const bool narrow = range != 0 && range <= UINT32_MAX;
    switch (ins.type) {
        case Phys::u8: return narrow ? below_narrow<uint8_t> : below_wide<uint8_t>;
        case Phys::i32: return narrow ? below_narrow<int32_t> : below_wide<int32_t>;
        case Phys::i64: return narrow ? below_narrow<int64_t> : below_wide<int64_t>;
        default: return nullptr;
    }
}

}  // namespace

void bind_address(Step& step, const Binding& binding) {
    switch (binding.ins.op) {
        case Op::base: step.kernel = base_kernel; break;
        case Op::base_under: step.kernel = base_under_kernel; break;
        case Op::draw: step.kernel = draw_kernel; break;
        case Op::key_under: step.kernel = key_under_kernel; break;
        case Op::hash_text: step.kernel = hash_text_kernel; break;
        case Op::below: step.kernel = below_kernel(binding.ins); break;
        case Op::below_reg: step.kernel = below_reg_kernel; break;
        case Op::unit: step.kernel = unit_kernel; break;
        case Op::chance: step.kernel = chance_kernel; break;
        case Op::uuid4: step.kernel = uuid_kernel; break;
        default: break;
    }
}

}  // namespace headwater
