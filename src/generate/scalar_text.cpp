// For the text instructions on one value.
#include "generate/scalar_text.h"

#include <array>

#include "base/sample.h"
#include "base/time.h"

namespace headwater {
namespace {

constexpr std::string_view capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view digits = "0123456789";

std::string_view alphabet_of(char place) {
    switch (place) {
        case '#': return digits;
        case 'A': return capitals;
        case 'a': return letters;
        case 'h': return "0123456789abcdef";
        default: return {};
    }
}

/// Moves a letter between two alphabets.
char moved(char c, std::string_view from, std::string_view to) {
    const size_t place = from.find(c);
    return place == std::string_view::npos ? c : to[place];
}

std::string padded(int64_t value, size_t width) {
    const std::string sign = value < 0 ? "-" : "";
    std::string text = std::to_string(value < 0 ? -value : value);
    if (text.size() < width) text.insert(0, width - text.size(), '0');
    return sign + text;
}

/// Gives the value of one word of a time format.
std::string spelled(std::string_view word, int64_t micros) {
    static constexpr std::array<const char*, 7> weekdays = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const int64_t days = floor_div(micros, micros_per_day);
    const int64_t rest = floor_mod(micros, micros_per_day);
    const CivilDate date = civil_of(days);
    if (word == "yyyy") return padded(date.year, 4);
    if (word == "MMM") return months[static_cast<size_t>(date.month - 1)];
    if (word == "MM") return padded(date.month, 2);
    if (word == "dd") return padded(date.day, 2);
    if (word == "HH") return padded(rest / micros_per_hour, 2);
    if (word == "mm") return padded(rest / micros_per_minute % 60, 2);
    if (word == "ss") return padded(rest / micros_per_second % 60, 2);
    if (word == "SSS") return padded(rest / 1000 % 1000, 3);
    return weekdays[static_cast<size_t>(floor_mod(days, 7))];
}

}  // namespace

std::string fill_pattern(std::string_view pattern, uint64_t word) {
    std::string out;
    uint64_t drawn = 0;
    for (size_t i = 0; i < pattern.size(); ++i) {
        const std::string_view alphabet = alphabet_of(pattern[i]);
        if (alphabet.empty()) {
            if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
            out += pattern[i];
            continue;
        }
        const uint64_t source = further(word, drawn / 2);
        const auto half = static_cast<uint32_t>(drawn % 2 == 0 ? source >> 32 : source);
        out += alphabet[(uint64_t{half} * alphabet.size()) >> 32];
        ++drawn;
    }
    return out;
}

std::string format_time(std::string_view format, int64_t micros) {
    static constexpr std::array<std::string_view, 9> words = {"yyyy", "MMM", "MM", "dd", "HH",
                                                              "mm",   "SSS", "ss", "EEE"};
    std::string out;
    bool quoted = false;
    for (size_t i = 0; i < format.size();) {
        const std::string_view rest = format.substr(i);
        std::string_view found;
        for (const std::string_view word : words)
            if (!quoted && found.empty() && rest.starts_with(word)) found = word;
        if (!found.empty()) {
            out += spelled(found, micros);
            i += found.size();
        } else if (rest.starts_with("''")) {
            out += '\'';
            i += 2;
        } else {
            if (format[i] == '\'')
                quoted = !quoted;
            else
                out += format[i];
            ++i;
        }
    }
    return out;
}

std::string lower_text(std::string_view text) {
    std::string out;
    for (const char c : text) out += moved(c, capitals, letters);
    return out;
}

std::string upper_text(std::string_view text) {
    std::string out;
    for (const char c : text) out += moved(c, letters, capitals);
    return out;
}

std::string slug_text(std::string_view text) {
    std::string out;
    for (const char c : lower_text(text))
        if (letters.find(c) != std::string_view::npos || digits.find(c) != std::string_view::npos) out += c;
    return out;
}

int64_t scalar_text_size(std::string_view text) {
    int64_t count = 0;
    for (const char c : text)
        if ((static_cast<unsigned char>(c) >> 6) != 2) ++count;
    return count;
}

}  // namespace headwater
