#include "verify/arrow_cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/print.h"
#include "base/time.h"

namespace headwater {

namespace {

bool is_null(const ArrowArray& array, int64_t row) {
    if (array.null_count == 0 || array.n_buffers == 0 || array.buffers[0] == nullptr) return false;
    const int64_t at = row + array.offset;
    return (static_cast<const uint8_t*>(array.buffers[0])[at / 8] >> (at % 8) & 1) == 0;
}

template <typename T>
T load(const void* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

/// Gives element `at` of a buffer of an array, whatever the array's offset is.
template <typename T>
T element(const ArrowArray& array, int64_t buffer, int64_t at) {
    return load<T>(static_cast<const char*>(array.buffers[buffer]) + static_cast<size_t>(at) * sizeof(T));
}

template <typename T>
T value_of(const ArrowCell& cell) {
    return element<T>(*cell.array, 1, cell.row + cell.array->offset);
}

template <typename Offset>
std::string_view bytes_between_offsets(const ArrowCell& cell) {
    const int64_t at = cell.row + cell.array->offset;
    const auto from = element<Offset>(*cell.array, 1, at), to = element<Offset>(*cell.array, 1, at + 1);
    return {static_cast<const char*>(cell.array->buffers[2]) + from, static_cast<size_t>(to - from)};
}

/// Reads a view: its size, then the bytes themselves up to 12, else four of them, the number of a buffer and a place in it.
std::string_view bytes_of_view(const ArrowCell& cell) {
    const char* view =
        static_cast<const char*>(cell.array->buffers[1]) + static_cast<size_t>(cell.row + cell.array->offset) * 16;
    const auto size = static_cast<size_t>(load<int32_t>(view));
    if (size <= 12) return {view + 4, size};
    const auto* buffer = static_cast<const char*>(cell.array->buffers[2 + load<int32_t>(view + 8)]);
    return {buffer + load<int32_t>(view + 12), size};
}

/// Gives the first number behind a mark of a format, such as the 16 of w:16.
int64_t number_behind(std::string_view format, char mark) {
    int64_t number = 0;
    const size_t at = std::min(format.find(mark), format.size() - 1);
    std::from_chars(format.data() + at + 1, format.data() + format.size(), number);
    return number;
}

/// Finds the run that a row lies in, among ends that rise.
template <typename End>
int64_t run_of(const ArrowArray& ends, int64_t row) {
    const auto* first = static_cast<const End*>(ends.buffers[1]) + ends.offset;
    return std::upper_bound(first, first + ends.length, row) - first;
}

int64_t run_of(const ArrowSchema& schema, const ArrowArray& ends, int64_t row) {
    switch (schema.format[0]) {
        case 's': return run_of<int16_t>(ends, row);
        case 'i': return run_of<int32_t>(ends, row);
        default: return run_of<int64_t>(ends, row);
    }
}

/// Bits and scale of a decimal's format: d:38,2 or d:9,2,32.
struct DecimalForm {
    int bits = 128;
    int scale = 0;
};

DecimalForm decimal_form(std::string_view format) {
    DecimalForm form;
    const size_t comma = format.find(',');
    form.scale = static_cast<int>(number_behind(format, ','));
    if (comma != format.rfind(',')) form.bits = static_cast<int>(number_behind(format.substr(comma + 1), ','));
    return form;
}

/// Prints a whole number of up to 256 bits, lowest word first, and a point in it.
std::string print_decimal(std::array<uint64_t, 4> words, int scale) {
    const bool is_negative = words[3] >> 63 != 0;
    bool carries = true;
    for (uint64_t& word : words) {
        if (!is_negative) break;
        word = ~word + carries;
        carries = carries && word == 0;
    }
    std::string digits;
    while (std::ranges::any_of(words, [](uint64_t word) { return word != 0; }) ||
           static_cast<int>(digits.size()) <= scale) {
        unsigned __int128 rest = 0;
        for (size_t i = words.size(); i-- > 0;) {
            rest = rest << 64 | words[i];
            words[i] = static_cast<uint64_t>(rest / 10);
            rest %= 10;
        }
        digits += static_cast<char>('0' + static_cast<int>(rest));
    }
    std::ranges::reverse(digits);
    if (scale > 0) digits.insert(digits.size() - static_cast<size_t>(scale), ".");
    if (scale < 0) digits.append(static_cast<size_t>(-scale), '0');
    return (is_negative ? "-" : "") + digits;
}

Scalar decimal_text(const ArrowCell& cell) {
    const DecimalForm form = decimal_form(cell.format());
    std::array<uint64_t, 4> words{};
    const size_t bytes = static_cast<size_t>(form.bits) / 8;
    const char* at =
        static_cast<const char*>(cell.array->buffers[1]) + static_cast<size_t>(cell.row + cell.array->offset) * bytes;
    if ((at[bytes - 1] & 0x80) != 0) words.fill(~uint64_t{0});
    std::memcpy(words.data(), at, bytes);
    return {print_decimal(words, form.scale), Rendering::number};
}

/// Reads a number of 16 bits (IEEE 754, binary16).
float half_of(uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const float magnitude = exponent == 31  ? (fraction == 0 ? INFINITY : NAN)
                            : exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                                            : std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    return bits >> 15 != 0 ? -magnitude : magnitude;
}

Scalar real_text(float value) {
    char buffer[32];
    return {{buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr}, Rendering::number};
}

std::string instant_text(int64_t micros) {
    char buffer[40];
    return {buffer, print_instant(buffer, micros, 6, "Z")};
}

/// Spells dates, instants, times of the day and durations.
Scalar time_text(const ArrowCell& cell) {
    const std::string_view format = cell.format();
    if (format == "tdD") return {instant_text(value_of<int32_t>(cell) * micros_per_day).substr(0, 10)};
    if (format == "tdm") return {instant_text(value_of<int64_t>(cell) * 1000)};
    if (format[1] == 'i') return {"interval of Arrow"};
    const bool is_short = format == "tts" || format == "ttm";
    const ArrowTime time{format[2], is_short ? value_of<int32_t>(cell) : value_of<int64_t>(cell)};
    const auto micros = time.micros();
    if (!micros) return {std::to_string(time.count) + " ns"};
    if (format[1] == 's') return {instant_text(*micros)};
    if (format[1] == 't') return {instant_text(*micros).substr(11, 15)};
    char buffer[40];
    return {{buffer, print_duration(buffer, *micros)}};
}

Scalar fixed_width_text(const ArrowCell& cell) {
    const auto width = static_cast<size_t>(number_behind(cell.format(), ':'));
    const char* at =
        static_cast<const char*>(cell.array->buffers[1]) + static_cast<size_t>(cell.row + cell.array->offset) * width;
    if (width != 16) return {std::string(at, width)};
    char buffer[36];
    return {{buffer, print_uuid(buffer, reinterpret_cast<const unsigned char*>(at))}};
}

}  // namespace

std::optional<int64_t> ArrowTime::micros() const {
    switch (unit) {
        case 's': return count * 1'000'000;
        case 'm': return count * 1'000;
        case 'u': return count;
        default: return count % 1000 == 0 ? std::optional(count / 1000) : std::nullopt;
    }
}

std::optional<ArrowCell> cell_at(const ArrowSchema& schema, const ArrowArray& array, int64_t row) {
    ArrowCell cell{&schema, &array, row};
    for (;;) {
        if (cell.format() == "+r") {
            cell.row = run_of(*cell.schema->children[0], *cell.array->children[0], cell.row + cell.array->offset);
            cell = {cell.schema->children[1], cell.array->children[1], cell.row};
            continue;
        }
        if (cell.format() == "n" || is_null(*cell.array, cell.row)) return std::nullopt;
        if (cell.schema->dictionary == nullptr) return cell;
        cell = {cell.schema->dictionary, cell.array->dictionary, integer_of(cell).value_or(0)};
    }
}

std::optional<std::string_view> bytes_of(const ArrowCell& cell) {
    switch (cell.schema->format[0]) {
        case 'u':
        case 'z': return bytes_between_offsets<int32_t>(cell);
        case 'U':
        case 'Z': return bytes_between_offsets<int64_t>(cell);
        case 'v': return bytes_of_view(cell);
        default: return std::nullopt;
    }
}

std::optional<int64_t> integer_of(const ArrowCell& cell) {
    switch (cell.schema->format[0]) {
        case 'c': return value_of<int8_t>(cell);
        case 'C': return value_of<uint8_t>(cell);
        case 's': return value_of<int16_t>(cell);
        case 'S': return value_of<uint16_t>(cell);
        case 'i': return value_of<int32_t>(cell);
        case 'I': return value_of<uint32_t>(cell);
        case 'l': return value_of<int64_t>(cell);
        case 'L': {
            const auto value = value_of<uint64_t>(cell);
            return value <= INT64_MAX ? std::optional(static_cast<int64_t>(value)) : std::nullopt;
        }
        default: return std::nullopt;
    }
}

std::optional<double> real_of(const ArrowCell& cell) {
    return cell.schema->format[0] == 'g' ? std::optional(value_of<double>(cell)) : std::nullopt;
}

std::optional<ArrowDecimal> decimal_of(const ArrowCell& cell) {
    if (cell.schema->format[0] != 'd') return std::nullopt;
    const DecimalForm form = decimal_form(cell.format());
    switch (form.bits) {
        case 32: return ArrowDecimal{value_of<int32_t>(cell), form.scale};
        case 64: return ArrowDecimal{value_of<int64_t>(cell), form.scale};
        case 128: return ArrowDecimal{value_of<__int128>(cell), form.scale};
        default: return std::nullopt;
    }
}

std::optional<ArrowItems> items_of(const ArrowCell& cell) {
    const ArrowArray& array = *cell.array;
    const int64_t at = cell.row + array.offset;
    const std::string_view format = cell.format();
    if (format == "+l" || format == "+m")
        return ArrowItems{element<int32_t>(array, 1, at), element<int32_t>(array, 1, at + 1)};
    if (format == "+L") return ArrowItems{element<int64_t>(array, 1, at), element<int64_t>(array, 1, at + 1)};
    if (format.starts_with("+w:")) {
        const int64_t size = number_behind(format, ':');
        return ArrowItems{at * size, (at + 1) * size};
    }
    if (format == "+vl") {
        const int64_t from = element<int32_t>(array, 1, at);
        return ArrowItems{from, from + element<int32_t>(array, 2, at)};
    }
    if (format != "+vL") return std::nullopt;
    const auto from = element<int64_t>(array, 1, at);
    return ArrowItems{from, from + element<int64_t>(array, 2, at)};
}

std::optional<ArrowTime> instant_of(const ArrowCell& cell) {
    const std::string_view format = cell.format();
    if (!format.starts_with("ts")) return std::nullopt;
    return ArrowTime{format[2], value_of<int64_t>(cell)};
}

Scalar scalar_of(const ArrowCell& cell) {
    if (const auto integer = integer_of(cell)) return {std::to_string(*integer), Rendering::number};
    if (const auto bytes = bytes_of(cell)) return {std::string(*bytes)};
    const int64_t at = cell.row + cell.array->offset;
    switch (cell.schema->format[0]) {
        case 'L': return {std::to_string(value_of<uint64_t>(cell)), Rendering::number};
        case 'b': {
            const bool is_set = (static_cast<const uint8_t*>(cell.array->buffers[1])[at / 8] >> (at % 8) & 1) != 0;
            return {is_set ? "true" : "false", Rendering::truth};
        }
        case 'e': return real_text(half_of(value_of<uint16_t>(cell)));
        case 'f': return real_text(value_of<float>(cell));
        case 'g': {
            char buffer[32];
            return {{buffer, print_real(buffer, *real_of(cell))}, Rendering::number};
        }
        case 'd': return decimal_text(cell);
        case 't': return time_text(cell);
        case 'w': return fixed_width_text(cell);
        default: return {"column of Arrow's format " + std::string(cell.format())};
    }
}

}  // namespace headwater
