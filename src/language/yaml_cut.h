// For noticing where YAML's own punctuation cut a text that was meant as a whole, and for reading it as meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headwater {

/// A scalar that YAML cut: what was meant reaches from `begin` to `end`, but YAML ended it before.
struct YamlCut {
    size_t begin = 0;
    size_t end = 0;
    std::string path;
    std::string message;
};

/// True when a parenthesis, a hole or a quoted text inside of a plain scalar is still open at its end.
bool is_open(std::string_view scalar);

/// Gives the end of the scalar that begins at `begin` as its author meant it: everything closed, and behind it the end
/// of the line, a comment, or (in {...} and [...]) a comma or closing bracket. Gives npos when it is never closed.
size_t end_as_meant(std::string_view source, size_t begin, bool is_in_flow);

/// Gives the end of the line that holds `begin`, without a comment and trailing blanks.
size_t end_of_line_text(std::string_view source, size_t begin);

/// Prints the line that holds [begin, end) with that part in quotes, or only that part when it spans lines.
std::string mended_line(std::string_view source, size_t begin, size_t end);

/// Replaces YAML's punctuation in [begin, end) by control characters, so that YAML reads it as one plain scalar.
void mask_punctuation(std::string& text, size_t begin, size_t end);
/// Puts the punctuation back.
void unmask_punctuation(std::string& text);

}  // namespace headwater
