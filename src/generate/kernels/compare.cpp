// For the kernels of comparisons, logic and sets.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "generate/kernels/loop.h"

namespace headwater {
namespace {

struct Uuid {
    unsigned char bytes[16];
};

template <class T>
Kernel compare_numbers(Op op) {
    switch (op) {
        case Op::equal: return plain_two<uint8_t, T, T, [](T a, T b) { return static_cast<uint8_t>(a == b); }>;
        case Op::less: return plain_two<uint8_t, T, T, [](T a, T b) { return static_cast<uint8_t>(a < b); }>;
        case Op::less_equal: return plain_two<uint8_t, T, T, [](T a, T b) { return static_cast<uint8_t>(a <= b); }>;
        default: return nullptr;
    }
}

/// Negative, zero or positive as memcmp.
int order_of(const TextView& a, const TextView& b) {
    const uint32_t shared = std::min(a.size, b.size);
    const int order = shared == 0 ? 0 : std::memcmp(a.data, b.data, shared);
    if (order != 0) return order;
    return a.size == b.size ? 0 : a.size < b.size ? -1 : 1;
}

int order_of(const Uuid& a, const Uuid& b) { return std::memcmp(a.bytes, b.bytes, sizeof a.bytes); }

bool same(const TextView& a, const TextView& b) { return a.size == b.size && order_of(a, b) == 0; }
bool same(const Uuid& a, const Uuid& b) { return order_of(a, b) == 0; }

template <class T>
Kernel compare_bytes(Op op) {
    switch (op) {
        case Op::equal:
            return plain_two<uint8_t, T, T, [](const T& a, const T& b) { return static_cast<uint8_t>(same(a, b)); }>;
        case Op::less:
            return plain_two<uint8_t, T, T,
                             [](const T& a, const T& b) { return static_cast<uint8_t>(order_of(a, b) < 0); }>;
        case Op::less_equal:
            return plain_two<uint8_t, T, T,
                             [](const T& a, const T& b) { return static_cast<uint8_t>(order_of(a, b) <= 0); }>;
        default: return nullptr;
    }
}

Kernel compare(Op op, Phys type) {
    switch (type) {
        case Phys::u8: return compare_numbers<uint8_t>(op);
        case Phys::i32: return compare_numbers<int32_t>(op);
        case Phys::i64: return compare_numbers<int64_t>(op);
        case Phys::f64: return compare_numbers<double>(op);
        case Phys::text: return compare_bytes<TextView>(op);
        case Phys::uuid: return compare_bytes<Uuid>(op);
    }
    return nullptr;
}

using Byte = uint8_t;

Kernel logic(Op op) {
    switch (op) {
        case Op::logic_and:
            return plain_two<Byte, Byte, Byte, [](Byte a, Byte b) { return static_cast<Byte>((a != 0) & (b != 0)); }>;
        case Op::logic_or:
            return plain_two<Byte, Byte, Byte, [](Byte a, Byte b) { return static_cast<Byte>((a != 0) | (b != 0)); }>;
        case Op::logic_not: return plain_one<Byte, Byte, [](Byte a) { return static_cast<Byte>(a == 0); }>;
        case Op::logic_and_not:
            return plain_two<Byte, Byte, Byte, [](Byte a, Byte b) { return static_cast<Byte>((a != 0) & (b == 0)); }>;
        default: return nullptr;
    }
}

/// Few members: compare with each, all rows at once.
void in_few(const Step& step, uint32_t rows, TextArena&) {
    const auto* members = static_cast<const int64_t*>(step.table);
    Byte* __restrict__ d = step.result<Byte>();
    const int64_t* __restrict__ a = Step::as<int64_t>(step.a);
    std::memset(d, 0, rows);
    for (size_t k = 0; k < step.table_size; ++k) {
        const int64_t member = members[k];
        for (uint32_t i = 0; i < rows; ++i) d[i] = static_cast<Byte>(d[i] | (a[i] == member ? 1 : 0));
    }
}

void in_many(const Step& step, uint32_t rows, TextArena&) {
    const auto* members = static_cast<const int64_t*>(step.table);
    const auto* end = members + step.table_size;
    map_one<Byte, int64_t>(step, rows,
                           [=](int64_t value) { return static_cast<Byte>(std::binary_search(members, end, value)); });
}

/// Members that lie close together: a bit for each value from the least to the greatest.
struct CloseMembers {
    uint64_t least = 0;
    uint64_t span = 0;  ///< values that have a bit
    std::vector<uint32_t> bits;
};

/// Bits of members that stay in the inner caches.
constexpr uint64_t most_close_values = 1 << 18;

void in_close(const Step& step, uint32_t rows, TextArena&) {
    const auto& members = *static_cast<const CloseMembers*>(step.table);
    const uint64_t least = members.least, span = members.span;
    const uint32_t* const bits = members.bits.data();
    map_one<Byte, uint64_t>(step, rows, [=](uint64_t value) {
        const uint64_t place = value - least;
        const uint64_t inside = place < span ? 1 : 0;
        const uint64_t found = place * inside;
        return static_cast<Byte>((bits[found / 32] >> (found % 32)) & inside);
    });
}

bool bind_close(Step& step, const std::vector<int64_t>& values) {
    const auto least = static_cast<uint64_t>(values.front());
    const uint64_t span = static_cast<uint64_t>(values.back()) - least + 1;
    if (span == 0 || span > most_close_values) return false;
    CloseMembers members{least, span, std::vector<uint32_t>(span / 32 + 1)};
    for (const int64_t value : values) {
        const uint64_t place = static_cast<uint64_t>(value) - least;
        members.bits[place / 32] |= 1U << (place % 32);
    }
    keep_prepared(step, std::move(members));
    step.kernel = in_close;
    return true;
}

void in_texts(const Step& step, uint32_t rows, TextArena&) {
    const auto& members = *static_cast<const std::vector<std::string>*>(step.table);
    map_one<Byte, TextView>(step, rows, [&members](TextView value) {
        return static_cast<Byte>(std::binary_search(members.begin(), members.end(), view_of(value)));
    });
}

void bind_set(Step& step, const Binding& binding) {
    const Table& table = *binding.program.tables[binding.ins.table];
    if (binding.phys(binding.ins.a) == Phys::text) {
        step.table = &table.text;
        step.kernel = in_texts;
        return;
    }
    if (binding.phys(binding.ins.a) != Phys::i64) return;
    constexpr size_t few = 8;
    if (table.i64.size() > few && bind_close(step, table.i64)) return;
    step.table = table.i64.data();
    step.table_size = table.i64.size();
    step.kernel = step.table_size <= few ? in_few : in_many;
}

}  // namespace

void bind_compare(Step& step, const Binding& binding) {
    switch (const Op op = binding.ins.op) {
        case Op::equal:
        case Op::less:
        case Op::less_equal: step.kernel = compare(op, binding.ins.type); break;
        case Op::logic_and:
        case Op::logic_or:
        case Op::logic_not:
        case Op::logic_and_not: step.kernel = logic(op); break;
        case Op::in_set: bind_set(step, binding); break;
        default: break;
    }
}

}  // namespace headwater
