// For the kernel that prints the parts of a template one after the other.
#include <cstring>

#include "base/digits.h"
#include "base/print.h"
#include "data/print.h"
#include "generate/kernels/loop.h"

namespace headwater {
namespace {

/// Most bytes that one printed scalar takes, as data/print.h promises.
constexpr size_t longest_scalar = 64;

/// Copies a few bytes in two overlapping moves; never touches more than `size`.
char* append(char* out, const char* text, size_t size) {
    if (size >= 8 && size <= 16) {
        uint64_t first;
        uint64_t last;
        std::memcpy(&first, text, 8);
        std::memcpy(&last, text + size - 8, 8);
        std::memcpy(out, &first, 8);
        std::memcpy(out + size - 8, &last, 8);
    } else if (size >= 4 && size < 8) {
        uint32_t first;
        uint32_t last;
        std::memcpy(&first, text, 4);
        std::memcpy(&last, text + size - 4, 4);
        std::memcpy(out, &first, 4);
        std::memcpy(out + size - 4, &last, 4);
    } else if (size < 4) {
        for (size_t i = 0; i < size; ++i) out[i] = text[i];
    } else {
        std::memcpy(out, text, size);
    }
    return out + size;
}

/// Bytes of a literal that are copied at once.
constexpr size_t chunk = 16;

/// Copies a literal in whole chunks; may write up to a chunk past its end, where room for the next scalar is.
char* append_literal(char* out, const char* padded, size_t size) {
    for (size_t i = 0; i < size; i += chunk) std::memcpy(out + i, padded + i, chunk);
    return out + size;
}

/// Says by which function a part is printed.
enum class Way : uint8_t { nothing, integer, decimal, uuid, text, symbol, general };

struct Part {
    std::string literal;  ///< padded with zeros to whole chunks
    size_t literal_size = 0;
    Way way = Way::nothing;
    Phys phys = Phys::i64;
    Type type;
};

struct Template {
    std::vector<Part> parts;
    size_t most_bytes = 0;  ///< without the texts
    bool has_texts = false;
};

int64_t integer_at(const void* column, Phys phys, uint32_t row) {
    switch (phys) {
        case Phys::u8: return Step::as<uint8_t>(column)[row];
        case Phys::i32: return Step::as<int32_t>(column)[row];
        case Phys::i64: return Step::as<int64_t>(column)[row];
        default: return 0;
    }
}

char* print_general(char* out, const Part& part, const void* column, uint32_t row) {
    const double real = part.phys == Phys::f64 ? Step::as<double>(column)[row] : 0;
    return print_scalar(out, part.type, part.phys, integer_at(column, part.phys, row), real, nullptr);
}

char* print_symbol(char* out, const Part& part, const void* column, uint32_t row) {
    const auto index = static_cast<uint64_t>(integer_at(column, part.phys, row));
    if (index >= part.type.symbols.size()) return print_general(out, part, column, row);
    const std::string& symbol = part.type.symbols[index];
    return append(out, symbol.data(), symbol.size());
}

char* print_part(char* out, const Part& part, const void* column, uint32_t row) {
    out = append_literal(out, part.literal.data(), part.literal_size);
    switch (part.way) {
        case Way::nothing: return out;
        case Way::integer: return write_signed(out, integer_at(column, part.phys, row));
        case Way::decimal: return write_decimal(out, integer_at(column, part.phys, row), part.type.scale);
        case Way::uuid: return print_uuid(out, Step::as<unsigned char>(column) + 16 * size_t{row});
        case Way::text: {
            const TextView text = Step::as<TextView>(column)[row];
            return append(out, text.data, text.size);
        }
        case Way::symbol: return print_symbol(out, part, column, row);
        case Way::general: return print_general(out, part, column, row);
    }
    return out;
}

/// Gives the most bytes that rows first .. end-1 take.
size_t room_for(const Step& step, const Template& text, uint32_t first, uint32_t end) {
    size_t most = text.most_bytes * (end - first);
    if (!text.has_texts) return most;
    for (size_t i = 0; i < text.parts.size(); ++i)
        if (text.parts[i].way == Way::text)
            for (uint32_t row = first; row < end; ++row) most += Step::as<TextView>(step.parts[i])[row].size;
    return most;
}

void concat_kernel(const Step& step, uint32_t rows, TextArena& arena) {
    constexpr uint32_t block = 32;
    const Template& text = *static_cast<const Template*>(step.table);
    const Part* parts = text.parts.data();
    const size_t count = text.parts.size();
    const void* const* columns = step.parts.data();
    TextView* d = step.result<TextView>();
    for (uint32_t first = 0; first < rows; first += block) {
        const uint32_t end = rows - first < block ? rows : first + block;
        char* const start = arena.reserve(room_for(step, text, first, end));
        char* out = start;
        for (uint32_t row = first; row < end; ++row) {
            char* const begin = out;
            for (size_t i = 0; i < count; ++i) out = print_part(out, parts[i], columns[i], row);
            d[row] = {begin, static_cast<uint32_t>(out - begin), 0};
        }
        arena.keep(start, out);
    }
}

Way way_of(const Type& type, Phys phys) {
    if (phys == Phys::text) return Way::text;
    if (phys == Phys::uuid) return Way::uuid;
    if (phys == Phys::f64) return Way::general;
    if (type.kind == Kind::integer) return Way::integer;
    if (type.kind == Kind::decimal) return Way::decimal;
    if (type.kind == Kind::enumeration) return Way::symbol;
    return Way::general;
}

size_t most_bytes_of(const Part& part) {
    size_t most = longest_scalar;
    for (const std::string& symbol : part.type.symbols) most = symbol.size() > most ? symbol.size() : most;
    return most + part.literal.size() + chunk;
}

}  // namespace

void bind_concat(Step& step, const Binding& binding) {
    if (binding.ins.op != Op::concat) return;
    Template text;
    for (const TextPart& part : binding.program.templates[binding.ins.table]) {
        Part bound{part.literal, part.literal.size(), Way::nothing, Phys::i64, part.type};
        bound.literal.resize((bound.literal_size + chunk - 1) / chunk * chunk);
        if (part.reg != no_reg) {
            bound.phys = binding.phys(part.reg);
            bound.way = way_of(part.type, bound.phys);
        }
        text.has_texts |= bound.way == Way::text;
        text.most_bytes += most_bytes_of(bound);
        text.parts.push_back(std::move(bound));
    }
    keep_prepared(step, std::move(text));
    step.kernel = concat_kernel;
}

}  // namespace headwater
