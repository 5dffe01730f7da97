// For the kernels that choose: between two columns, and from a table.
#include <algorithm>
#include <array>

#include "base/check.h"
#include "generate/kernels/loop.h"

namespace headwater {
namespace {

using Uuid = std::array<unsigned char, 16>;

template <class T>
void pick_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_three<T, uint8_t, T, T>(step, rows, [](uint8_t mask, T yes, T no) { return mask != 0 ? yes : no; });
}

/// A table of as many entries as an u8 has values needs no clamp.
template <class T>
void take_padded(const Step& step, uint32_t rows, TextArena&) {
    const T* values = static_cast<const T*>(step.table);
    map_one<T, uint8_t>(step, rows, [values](uint8_t index) { return values[index]; });
}

template <class T, class Index>
void take_clamped(const Step& step, uint32_t rows, TextArena&) {
    const T* values = static_cast<const T*>(step.table);
    const auto last = static_cast<int64_t>(step.table_size) - 1;
    map_one<T, Index>(step, rows, [values, last](Index index) { return values[std::clamp<int64_t>(index, 0, last)]; });
}

constexpr size_t u8_values = 256;

template <class T>
void bind_values(Step& step, std::vector<T> values, Phys index) {
    HW_CHECK(!values.empty());
    step.table_size = values.size();
    if (index == Phys::u8) values.resize(std::max(u8_values, values.size()), T(values.back()));
    step.table = keep_prepared(step, std::move(values)).data();
    switch (index) {
        case Phys::u8: step.kernel = take_padded<T>; break;
        case Phys::i32: step.kernel = take_clamped<T, int32_t>; break;
        case Phys::i64: step.kernel = take_clamped<T, int64_t>; break;
        default: break;
    }
}

/// Texts of a table behind one another, with room to read past the last.
struct TextTable {
    std::unique_ptr<char[]> bytes;
    std::vector<TextView> views;
};

void bind_texts(Step& step, const std::vector<std::string>& texts, Phys index) {
    HW_CHECK(!texts.empty());
    constexpr size_t slack = 64;
    size_t size = slack;
    for (const std::string& text : texts) size += text.size();
    TextTable table{std::make_unique<char[]>(size), {}};
    char* out = table.bytes.get();
    for (const std::string& text : texts) {
        std::copy(text.begin(), text.end(), out);
        table.views.push_back({out, static_cast<uint32_t>(text.size()), 0});
        out += text.size();
    }
    bind_values(step, table.views, index);
    // The views are kept by bind_values, the bytes beside them.
    struct Both {
        std::shared_ptr<const void> views;
        std::unique_ptr<char[]> bytes;
    };
    step.prepared = std::make_shared<const Both>(std::move(step.prepared), std::move(table.bytes));
}

void bind_take(Step& step, const Binding& binding) {
    const Table& table = *binding.program.tables[binding.ins.table];
    const Phys index = binding.phys(binding.ins.a);
    switch (binding.ins.type) {
        case Phys::u8: bind_values(step, table.u8, index); break;
        case Phys::i32: bind_values(step, table.i32, index); break;
        case Phys::i64: bind_values(step, table.i64, index); break;
        case Phys::f64: bind_values(step, table.f64, index); break;
        case Phys::text: bind_texts(step, table.text, index); break;
        case Phys::uuid: break;
    }
}

Kernel pick_of(Phys type) {
    switch (type) {
        case Phys::u8: return pick_kernel<uint8_t>;
        case Phys::i32: return pick_kernel<int32_t>;
        case Phys::i64: return pick_kernel<int64_t>;
        case Phys::f64: return pick_kernel<double>;
        case Phys::uuid: return pick_kernel<Uuid>;
        case Phys::text: return pick_kernel<TextView>;
    }
    return nullptr;
}

}  // namespace

void bind_choice(Step& step, const Binding& binding) {
    if (binding.ins.op == Op::pick) step.kernel = pick_of(binding.ins.type);
    if (binding.ins.op == Op::take) bind_take(step, binding);
}

}  // namespace headwater
