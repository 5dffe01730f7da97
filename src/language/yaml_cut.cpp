// For noticing where YAML's own punctuation cut a text that was meant as a whole, and for reading it as meant.
#include "language/yaml_cut.h"

#include <algorithm>

#include "language/nesting.h"

namespace headwater {

namespace {

constexpr std::string_view punctuation = ",:#[]{}\"'";
constexpr size_t widest = 400;       ///< bytes of a line that are shown on each side of a mistake
constexpr char first_mask = '\x10';  // controls from here on: files that hold any are refused before

/// An expression begins with = or is a condition that begins with a quote; other text only opens what `$(` opens; a condition is told by its open parenthesis or quote.
enum class Reading { expression, text, condition };

Reading reading_of(std::string_view scalar) {
    if (scalar.starts_with('=') || scalar.starts_with('"') || scalar.starts_with('\'')) return Reading::expression;
    return scalar.find("$(") != std::string_view::npos ? Reading::text : Reading::condition;
}

/// In a condition, an apostrophe or a quote inside a word is one of prose, not the begin of a text.
bool is_prose_quote(std::string_view source, size_t begin, size_t at, const Nesting& nesting) {
    if (source[at] == '\'') return nesting.is_closed();
    return source[at] == '"' && nesting.is_closed() && at > begin && source[at - 1] != ' ' && source[at - 1] != '(';
}

size_t step(std::string_view source, size_t begin, size_t at, Reading reading, Nesting& nesting) {
    if (reading == Reading::condition && is_prose_quote(source, begin, at, nesting)) return at + 1;
    return nesting.step(source, at);
}

/// True where a plain scalar may end.
bool is_boundary(std::string_view source, size_t at, bool is_in_flow) {
    if (at >= source.size() || source[at] == '\n' || source[at] == '\r') return true;
    if (source[at] == '#') return at > 0 && source[at - 1] == ' ';
    return is_in_flow && (source[at] == ',' || source[at] == '}' || source[at] == ']');
}

}  // namespace

bool is_open(std::string_view scalar) {
    const Reading reading = reading_of(scalar);
    Nesting nesting(reading == Reading::text);
    for (size_t at = 0; at < scalar.size();) at = step(scalar, 0, at, reading, nesting);
    return !nesting.is_closed();
}

size_t end_as_meant(std::string_view source, size_t begin, bool is_in_flow) {
    constexpr size_t longest = 4096;
    const std::string_view visible = source.substr(0, std::min(source.size(), begin + longest));
    const Reading reading = reading_of(visible.substr(begin, end_of_line_text(visible, begin) - begin));
    Nesting nesting(reading == Reading::text);
    bool was_open = false;
    for (size_t at = begin; at < visible.size();) {
        if (was_open && nesting.is_closed() && is_boundary(visible, at, is_in_flow)) {
            while (at > begin && (visible[at - 1] == ' ' || visible[at - 1] == '\t')) --at;
            return at;
        }
        if (visible[at] == '\n' && !is_in_flow) return std::string_view::npos;
        at = step(visible, begin, at, reading, nesting);
        if (nesting.is_overclosed()) return std::string_view::npos;
        was_open = was_open || !nesting.is_closed();
    }
    const bool is_whole = was_open && nesting.is_closed() && visible.size() == source.size();
    return is_whole ? source.size() : std::string_view::npos;
}

size_t end_of_line_text(std::string_view source, size_t begin) {
    size_t end = std::min(source.find('\n', begin), source.size());
    const size_t comment = source.substr(0, end).find(" #", begin);
    if (comment != std::string_view::npos) end = comment;
    while (end > begin && (source[end - 1] == ' ' || source[end - 1] == '\t' || source[end - 1] == '\r')) --end;
    return end;
}

std::string mended_line(std::string_view source, size_t begin, size_t end) {
    const std::string_view meant = source.substr(begin, end - begin);
    const char quote =
        meant.find('"') == std::string_view::npos && meant.find('\\') == std::string_view::npos ? '"' : '\'';
    std::string quoted(1, quote);
    for (const char c : meant) {
        quoted += c;
        if (c == quote) quoted += c;
    }
    quoted += quote;
    if (meant.find('\n') != std::string_view::npos) return quoted;
    // Of a very long line, what lies near has to do: a file may have as many mistakes as it has bytes.
    const size_t near_begin = begin - std::min(begin, widest);
    source = source.substr(0, end + std::min(source.size() - end, widest));
    const size_t line_break =
        begin == 0 ? std::string_view::npos : source.substr(near_begin, begin - near_begin).rfind('\n');
    const size_t line_begin = line_break == std::string_view::npos ? near_begin : near_begin + line_break + 1;
    const size_t text_begin = std::min(source.find_first_not_of(' ', line_begin), begin);
    size_t line_end = std::min(source.find('\n', end), source.size());
    while (line_end > end && (source[line_end - 1] == ' ' || source[line_end - 1] == '\r')) --line_end;
    return std::string(source.substr(text_begin, begin - text_begin)) + quoted +
           std::string(source.substr(end, line_end - end));
}

void mask_punctuation(std::string& text, size_t begin, size_t end) {
    for (size_t at = begin; at < end; ++at) {
        const size_t index = punctuation.find(text[at]);
        if (index != std::string_view::npos) text[at] = static_cast<char>(first_mask + static_cast<char>(index));
    }
}

void unmask_punctuation(std::string& text) {
    for (char& c : text) {
        const size_t index = static_cast<unsigned char>(c) - static_cast<size_t>(first_mask);
        if (index < punctuation.size()) c = punctuation[index];
    }
}

}  // namespace headwater
