// For mistakes of the user: collecting them, and printing them for people and for editors.
#include "language/diagnostic.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/json.h"
#include "language/source_text.h"

namespace headwater {

namespace {

/// Cuts a text that is too long, between two code points.
void shorten(std::string& text) {
    if (text.size() <= Diagnostics::longest) return;
    size_t end = Diagnostics::longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
    text += "...";
}

}  // namespace

int Diagnostics::file_number(const std::string& file) {
    const auto found = std::ranges::find(files_, file);
    if (found == files_.end()) files_.push_back(file);
    return static_cast<int>(std::ranges::find(files_, file) - files_.begin()) + 1;
}

const std::string& Diagnostics::file_of(Position at, const std::string& otherwise) const {
    return at.file > 0 ? files_[static_cast<size_t>(at.file) - 1] : otherwise;
}

void Diagnostics::error(std::string file, Position at, std::string path, std::string message, std::string hint) {
    add({Diagnostic::Severity::error, std::move(file), at, std::move(path), std::move(message), std::move(hint)});
}

void Diagnostics::warn(std::string file, Position at, std::string path, std::string message, std::string hint) {
    add({Diagnostic::Severity::warning, std::move(file), at, std::move(path), std::move(message), std::move(hint)});
}

void Diagnostics::add(Diagnostic diagnostic) {
    if (diagnostic.severity == Diagnostic::Severity::error) ++errors_;
    if (all_.size() > most) return;
    diagnostic.file = file_of(diagnostic.at, diagnostic.file);
    if (all_.size() == most) {
        diagnostic.path.clear();
        diagnostic.message = "Further mistakes are not listed";
        diagnostic.hint = "Mend those above first";
    }
    for (std::string* text : {&diagnostic.path, &diagnostic.message, &diagnostic.hint}) shorten(*text);
    all_.push_back(std::move(diagnostic));
}

bool Diagnostics::has_errors() const { return errors_ > 0; }

size_t Diagnostics::error_count() const { return errors_; }

std::vector<Diagnostic> Diagnostics::sorted() const {
    const auto place = [](const Diagnostic& d) { return std::tie(d.file, d.at.line, d.at.column); };
    std::vector<const Diagnostic*> ordered;
    for (const Diagnostic& diagnostic : all_) ordered.push_back(&diagnostic);
    // The address, which is the order of reporting, decides between mistakes at one place.
    std::ranges::sort(ordered, [&](const Diagnostic* a, const Diagnostic* b) {
        return std::pair(place(*a), a) < std::pair(place(*b), b);
    });
    std::vector<Diagnostic> unique;
    size_t first_here = 0;
    for (const Diagnostic* next : ordered) {
        const Diagnostic& diagnostic = *next;
        if (!unique.empty() && place(unique.back()) != place(diagnostic)) first_here = unique.size();
        const bool is_repeated = std::any_of(
            unique.begin() + static_cast<std::ptrdiff_t>(first_here), unique.end(), [&](const Diagnostic& kept) {
                return kept.message == diagnostic.message && place(kept) == place(diagnostic);
            });
        if (!is_repeated) unique.push_back(diagnostic);
    }
    return unique;
}

namespace {

struct Colors {
    const char* bold = "";
    const char* error = "";
    const char* warning = "";
    const char* faint = "";
    const char* off = "";
};

constexpr Colors ansi_colors{"\033[1m", "\033[1;31m", "\033[1;33m", "\033[2m", "\033[0m"};

/// A source line as shown: one column per code point, cut to a window around the caret.
struct Excerpt {
    std::string line;
    size_t caret = 0;  ///< columns before the caret
};

Excerpt excerpt_of(std::string_view line, int column) {
    constexpr size_t widest = 110;
    constexpr size_t before_caret = 70;
    std::vector<std::string> shown;
    for (size_t at = 0; at < line.size();) {
        const size_t start = at;
        char32_t c = 0;
        if (!read_code_point(line, at, c)) ++at;
        const bool is_shown = c >= 0x20 && c != 0x7F && !(c >= 0x80 && c < 0xA0) && c != 0x2028 && c != 0x2029;
        if (is_shown)
            shown.emplace_back(line.substr(start, at - start));
        else
            shown.emplace_back(c == '\t' ? " " : "\xEF\xBF\xBD");
    }
    const size_t caret = std::min(static_cast<size_t>(std::max(column, 1)) - 1, shown.size());
    const size_t first = shown.size() > widest && caret > before_caret ? caret - before_caret : 0;
    const size_t last = std::min(shown.size(), first + widest);
    Excerpt excerpt;
    if (first > 0) excerpt.line = "...";
    excerpt.caret = caret - first + excerpt.line.size();
    for (size_t i = first; i < last; ++i) excerpt.line += shown[i];
    if (last < shown.size()) excerpt.line += "...";
    while (excerpt.line.ends_with(' ')) excerpt.line.pop_back();
    return excerpt;
}

void append_place(std::string& out, const Diagnostic& diagnostic) {
    if (diagnostic.file.empty()) return;
    out += diagnostic.file;
    if (diagnostic.at.line > 0) {
        out += ':' + std::to_string(diagnostic.at.line) + ':' + std::to_string(std::max(diagnostic.at.column, 1));
    }
    out += ": ";
}

void append_excerpt(std::string& out, const Diagnostic& diagnostic, const SourceText& source, const Colors& colors) {
    const Excerpt excerpt = excerpt_of(source.line(diagnostic.at.line), diagnostic.at.column);
    const std::string number = std::to_string(diagnostic.at.line);
    const std::string gutter(number.size(), ' ');
    const bool is_error = diagnostic.severity == Diagnostic::Severity::error;
    out += std::string(colors.faint) + "  " + number + " | " + colors.off + excerpt.line + '\n';
    out += std::string(colors.faint) + "  " + gutter + " | " + colors.off + std::string(excerpt.caret, ' ') +
           (is_error ? colors.error : colors.warning) + '^' + colors.off + '\n';
}

/// Indents the further lines of a hint below its first.
void append_hint(std::string& out, const std::string& hint, const Colors& colors) {
    out += std::string("  ") + colors.bold + "hint:" + colors.off + ' ';
    for (const char c : hint) {
        out += c;
        if (c == '\n') out += "        ";
    }
    out += '\n';
}

}  // namespace

std::string render(const std::vector<Diagnostic>& diagnostics, bool color,
                   const std::vector<std::pair<std::string, std::string>>& sources) {
    const Colors colors = color ? ansi_colors : Colors{};
    std::vector<std::pair<std::string_view, SourceText>> texts;
    for (const auto& [file, text] : sources) texts.emplace_back(file, SourceText(without_byte_order_mark(text)));

    std::string out;
    for (const Diagnostic& diagnostic : diagnostics) {
        const bool is_error = diagnostic.severity == Diagnostic::Severity::error;
        out += colors.bold;
        append_place(out, diagnostic);
        out += colors.off;
        out += is_error ? colors.error : colors.warning;
        out += is_error ? "error:" : "warning:";
        out += std::string(colors.off) + ' ' + diagnostic.message + '\n';
        const auto source = std::ranges::find(texts, diagnostic.file, &std::pair<std::string_view, SourceText>::first);
        if (source != texts.end() && diagnostic.at.line > 0 && !source->second.line(diagnostic.at.line).empty()) {
            append_excerpt(out, diagnostic, source->second, colors);
        }
        if (!diagnostic.path.empty()) out += "  in " + diagnostic.path + '\n';
        if (!diagnostic.hint.empty()) append_hint(out, diagnostic.hint, colors);
    }
    return out;
}

std::string render_json(const std::vector<Diagnostic>& diagnostics) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const Diagnostic& diagnostic : diagnostics) {
        Json entry;
        entry["severity"] = diagnostic.severity == Diagnostic::Severity::error ? "error" : "warning";
        entry["file"] = diagnostic.file;
        entry["line"] = diagnostic.at.line;
        entry["column"] = diagnostic.at.column;
        entry["path"] = diagnostic.path;
        entry["message"] = diagnostic.message;
        entry["hint"] = diagnostic.hint;
        list.push_back(std::move(entry));
    }
    return spell_json(list, 2) + '\n';
}

}  // namespace headwater
