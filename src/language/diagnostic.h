// For mistakes of the user: where, what was read, what is allowed, and how to mend it; all of them at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "language/node.h"

namespace headwater {

/// One mistake (or advice) in a file.
struct Diagnostic {
    enum class Severity { error, warning };
    Severity severity = Severity::error;
    std::string file;
    Position at;
    std::string path;     ///< streams.transactions.fields.amount
    std::string message;  ///< what was wrong, then the value, last
    std::string hint;     ///< how to mend it; may be empty
};

/// Collects the mistakes of one lint, in order of files and positions. Files from outside can make very many, each with very
/// long texts: the first `most` are kept, with a word that there are more, and of each text the first `longest` bytes.
class Diagnostics {
  public:
    static constexpr size_t most = 1000;
    static constexpr size_t longest = 1000;

    void error(std::string file, Position at, std::string path, std::string message, std::string hint = "");
    void warn(std::string file, Position at, std::string path, std::string message, std::string hint = "");
    /// Gives a file a number that positions may carry: such a position overrides the file of its report.
    int file_number(const std::string& file);
    /// Gives the file of a position: its own, or `otherwise`.
    const std::string& file_of(Position at, const std::string& otherwise) const;
    bool has_errors() const;
    size_t error_count() const;
    /// Gives them sorted by file, line, column; a repetition of the same place and message is left out.
    std::vector<Diagnostic> sorted() const;

  private:
    void add(Diagnostic diagnostic);

    std::vector<Diagnostic> all_;
    size_t errors_ = 0;
    std::vector<std::string> files_;
};

/// Prints for people: `file:line:column: error: message` with the source line, a caret, path and hint.
/// `source_of` gives a file's text, or "" when there is none. Colours by ANSI codes when `color`.
std::string render(const std::vector<Diagnostic>& diagnostics, bool color,
                   const std::vector<std::pair<std::string, std::string>>& sources);
/// Prints for editors: a JSON array of {severity, file, line, column, path, message, hint}.
std::string render_json(const std::vector<Diagnostic>& diagnostics);

/// Gives the nearest of `known` to `word` (edit distance at most 2, or a third of its length), or "".
std::string nearest(std::string_view word, const std::vector<std::string>& known);
/// Prints `nearest` as a hint: `did you mean "amount"?`, or lists what is allowed when nothing is near.
std::string suggest(std::string_view word, const std::vector<std::string>& known);

}  // namespace headwater
