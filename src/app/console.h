// For speaking to people and log readers on stderr: messages, the progress line, colours. Standard output carries data only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/arguments.h"
#include "engine/run.h"

namespace headwater {

/// Further values of a message: names and texts, in order.
using LogFields = std::vector<std::pair<std::string, std::string>>;

/// Levels of messages, the gravest first.
enum class LogLevel { error, warn, info, debug };

/// One process has one; used by the main thread.
class Console {
  public:
    /// Colours and the progress line need a terminal; NO_COLOR and --no-color switch colours off.
    explicit Console(const ConsoleArguments& arguments);

    /// Prints `headwater: message` or, with --log-format json, one object. Levels beyond --log-level are left out.
    void log(LogLevel level, std::string_view message, const LogFields& fields = {});
    /// Prints lines for people as they are, unless --quiet or --log-format json.
    void tell(std::string_view text);
    /// Shows where a run stands, in place, at most four times a second; only on a terminal.
    void show(const Progress& progress);
    /// Prints text to stderr as it is, whatever the settings: diagnostics.
    void print(std::string_view text);
    /// Takes the progress line away.
    void clear_progress();
    bool uses_color() const { return uses_color_; }
    bool is_json() const { return is_json_; }

  private:
    bool quiet_;
    bool is_json_;
    bool is_terminal_;
    bool uses_color_;
    LogLevel level_;
    bool has_line_ = false;
    int64_t next_line_us_ = 0;  ///< of Progress::elapsed_us
    int64_t last_records_ = 0;
    int64_t last_us_ = 0;
};

/// Spells where a run stands in one line.
std::string progress_line(const Progress& progress, double records_per_second);

}  // namespace headwater
