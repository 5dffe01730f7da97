// For finding places in a file's text: lines, columns in code points, and characters that do not belong there.
#include "language/source_text.h"

#include <algorithm>
#include <cstdio>

namespace headwater {

SourceText::SourceText(std::string_view text) : text_(text), starts_{0} {
    for (size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1)) starts_.push_back(i + 1);
}

Position SourceText::position_of(size_t offset) const {
    offset = std::min(offset, text_.size());
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    const int line = static_cast<int>(next - starts_.begin());
    const bool goes_on = line == last_position_.line && offset >= last_offset_;
    const size_t from = goes_on ? last_offset_ : *(next - 1);
    const int column = goes_on ? last_position_.column : 1;
    last_position_ = {.line = line,
                      .column = column + static_cast<int>(count_code_points(text_.substr(from, offset - from)))};
    last_offset_ = offset;
    return last_position_;
}

size_t SourceText::offset_of(Position position) const {
    if (position.line < 1) return 0;
    if (static_cast<size_t>(position.line) > starts_.size()) return text_.size();
    size_t offset = starts_[static_cast<size_t>(position.line) - 1];
    const size_t end = offset + line(position.line).size();
    for (int column = 1; column < position.column && offset < end; ++column) {
        ++offset;
        while (offset < end && (static_cast<unsigned char>(text_[offset]) & 0xC0) == 0x80) ++offset;
    }
    return offset;
}

std::string_view SourceText::line(int number) const {
    if (number < 1 || static_cast<size_t>(number) > starts_.size()) return {};
    const size_t start = starts_[static_cast<size_t>(number) - 1];
    std::string_view line = text_.substr(start);
    line = line.substr(0, line.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::string_view without_byte_order_mark(std::string_view text) {
    return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

size_t count_code_points(std::string_view text) {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool read_code_point(std::string_view text, size_t& at, char32_t& code_point) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    if (first < 0x80) {
        code_point = first;
        ++at;
        return true;
    }
    const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return false;
    char32_t value = first & (0xFF >> (length + 1));
    for (size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) return false;
        value = value << 6 | (byte(at + i) & 0x3F);
    }
    constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
    at += length;
    code_point = value;
    return true;
}

namespace {

bool belongs_in_text(char32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n';
    if (c < 0x7F) return true;
    return c >= 0xA0 && c != 0x2028 && c != 0x2029 && c != 0xFEFF && c != 0xFFFE && c != 0xFFFF;
}

std::string spell_code_point(char32_t c) {
    char spelled[16];
    std::snprintf(spelled, sizeof spelled, "U+%04X", static_cast<unsigned>(c));
    return spelled;
}

}  // namespace

bool check_characters(const SourceText& source, const std::string& file, Diagnostics& diagnostics) {
    constexpr int reported_at_most = 20;
    const std::string_view text = source.text();
    int reported = 0;
    for (size_t at = 0; at < text.size() && reported < reported_at_most;) {
        const size_t start = at;
        char32_t c = 0;
        if (!read_code_point(text, at, c)) {
            char spelled[8];
            std::snprintf(spelled, sizeof spelled, "0x%02X", static_cast<unsigned char>(text[at]));
            diagnostics.error(file, source.position_of(start), "", std::string("Byte is not UTF-8: ") + spelled,
                              "Save the file as UTF-8");
            ++reported;
            ++at;
            while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
            continue;
        }
        if (belongs_in_text(c) || (c == '\r' && at < text.size() && text[at] == '\n')) continue;
        diagnostics.error(file, source.position_of(start), "", "Control character in the file: " + spell_code_point(c),
                          "Remove it, or write it as an escape in a double-quoted text");
        ++reported;
    }
    return reported == 0;
}

}  // namespace headwater
