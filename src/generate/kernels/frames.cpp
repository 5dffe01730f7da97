// For the kernels between the rows of a frame and the rows of its lists. Opening a frame is the executor's own work.
#include <array>

#include "generate/kernels/loop.h"

namespace headwater {
namespace {

using Uuid = std::array<unsigned char, 16>;

/// Repeats each row of the parent for the rows of its list.
template <class T>
void expand_kernel(const Step& step, uint32_t, TextArena&) {
    const std::vector<uint32_t>& offsets = step.lists->offsets;
    T* __restrict__ d = step.result<T>();
    const T* __restrict__ a = Step::as<T>(step.a);
    for (size_t row = 0; row + 1 < offsets.size(); ++row) {
        const T value = a[row];
        for (uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) d[i] = value;
    }
}

/// Keeps the rows that the filter chose.
template <class T>
void compact_kernel(const Step& step, uint32_t rows, TextArena&) {
    const uint32_t* __restrict__ selected = step.lists->selected.data();
    T* __restrict__ d = step.result<T>();
    const T* __restrict__ a = Step::as<T>(step.a);
    for (uint32_t i = 0; i < rows; ++i) d[i] = a[selected[i]];
}

/// Folds the rows of each list into one by `f`, from the first; 0 where there is none.
template <class T, auto f>
void fold_kernel(const Step& step, uint32_t rows, TextArena&) {
    const uint32_t* __restrict__ offsets = step.lists->offsets.data();
    T* __restrict__ d = step.result<T>();
    const T* __restrict__ a = Step::as<T>(step.a);
    for (uint32_t row = 0; row < rows; ++row) {
        const uint32_t end = offsets[row + 1];
        uint32_t i = offsets[row];
        T value = i < end ? a[i] : T{};
        for (++i; i < end; ++i) value = f(value, a[i]);
        d[row] = value;
    }
}

void size_kernel(const Step& step, uint32_t rows, TextArena&) {
    const uint32_t* __restrict__ offsets = step.lists->offsets.data();
    int64_t* __restrict__ d = step.result<int64_t>();
    for (uint32_t row = 0; row < rows; ++row) d[row] = offsets[row + 1] - offsets[row];
}

template <class T>
void nth_kernel(const Step& step, uint32_t rows, TextArena&) {
    const uint32_t* offsets = step.lists->offsets.data();
    T* d = step.result<T>();
    const T* a = Step::as<T>(step.a);
    const auto* place = Step::as<int64_t>(step.b);
    for (uint32_t row = 0; row < rows; ++row) {
        const int64_t last = int64_t{offsets[row + 1]} - offsets[row] - 1;
        const int64_t kept = place[row] < 0 ? 0 : place[row] > last ? last : place[row];
        d[row] = last < 0 ? T{} : a[offsets[row] + kept];
    }
}

template <class T>
Kernel fold_of(Op op) {
    switch (op) {
        case Op::total: return fold_kernel<T, [](T a, T b) { return a + b; }>;
        case Op::lowest: return fold_kernel<T, [](T a, T b) { return a < b ? a : b; }>;
        case Op::highest: return fold_kernel<T, [](T a, T b) { return b < a ? a : b; }>;
        default: return nullptr;
    }
}

Kernel fold(Op op, Phys type) {
    if (type == Phys::f64) return fold_of<double>(op);
    if (type != Phys::i64) return nullptr;
    return op == Op::total ? fold_of<uint64_t>(op) : fold_of<int64_t>(op);
}

template <class T>
Kernel move_of(Op op) {
    switch (op) {
        case Op::expand: return expand_kernel<T>;
        case Op::compact: return compact_kernel<T>;
        case Op::nth: return nth_kernel<T>;
        default: return nullptr;
    }
}

Kernel move(Op op, Phys type) {
    switch (type) {
        case Phys::u8: return move_of<uint8_t>(op);
        case Phys::i32: return move_of<int32_t>(op);
        case Phys::i64: return move_of<int64_t>(op);
        case Phys::f64: return move_of<double>(op);
        case Phys::uuid: return move_of<Uuid>(op);
        case Phys::text: return move_of<TextView>(op);
    }
    return nullptr;
}

}  // namespace

void bind_frames(Step& step, const Binding& binding) {
    switch (const Op op = binding.ins.op) {
        case Op::expand:
        case Op::compact:
        case Op::nth: step.kernel = move(op, binding.ins.type); break;
        case Op::total:
        case Op::lowest:
        case Op::highest: step.kernel = fold(op, binding.ins.type); break;
        case Op::size: step.kernel = size_kernel; break;
        default: break;
    }
}

}  // namespace headwater
