// For speaking to people and log readers on stderr: messages, the progress line, colours. Standard output carries data only.
#include "app/console.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/print.h"
#include "base/text.h"
#include "base/time.h"

namespace headwater {

namespace {

constexpr int64_t line_interval_us = 250'000;
constexpr std::string_view level_names[] = {"error", "warn", "info", "debug"};

LogLevel level_of(std::string_view name) {
    for (int i = 0; i < 4; ++i)
        if (level_names[i] == name) return static_cast<LogLevel>(i);
    return LogLevel::info;
}

/// True where no character hides, turns or breaks what stands beside it: controls of a terminal (U+0080 to U+009F), and the marks
/// and ends of lines among U+2000 to U+207F.
bool shows_itself(std::string_view text) {
    for (size_t i = 0; i + 1 < text.size(); ++i)
        if (text[i] == '\xC2' && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
    return std::ranges::none_of(std::array{"\xE2\x80", "\xE2\x81", "\xEF\xBB\xBF"},
                                [&](const char* begin) { return text.find(begin) != std::string_view::npos; });
}

/// Spells a value so that nobody takes a part of it for another field or line.
std::string one_word(const std::string& value) {
    if (!shows_itself(value))
        return nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    const bool is_plain = !value.empty() && std::ranges::all_of(value, [](char c) {
        return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\\' && c != 127;
    });
    return is_plain ? value : quote_json(value);
}

void write_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

int64_t present() {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

}  // namespace

Console::Console(const ConsoleArguments& arguments)
    : quiet_(arguments.quiet),
      is_json_(arguments.log_format == "json"),
      is_terminal_(isatty(STDERR_FILENO) == 1),
      level_(level_of(arguments.log_level)) {
    const char* no_color = std::getenv("NO_COLOR");
    uses_color_ = is_terminal_ && !arguments.no_color && (no_color == nullptr || *no_color == '\0');
}

void Console::log(LogLevel level, std::string_view message, const LogFields& fields) {
    if (level > level_ || (quiet_ && level > LogLevel::warn)) return;
    clear_progress();
    std::string_view name = level_names[static_cast<int>(level)];
    if (is_json_) {
        nlohmann::ordered_json line{{"time", spell_instant(present())}, {"level", name}, {"message", message}};
        for (auto& [key, value] : fields) line[key] = value;
        return write_error(spell_json(line) + "\n");
    }
    std::string line = "headwater: ";
    if (level == LogLevel::error || level == LogLevel::warn) {
        if (uses_color_) line += level == LogLevel::error ? "\033[31m" : "\033[33m";
        line += level == LogLevel::error ? "error: " : "warning: ";
        if (uses_color_) line += "\033[0m";
    }
    line += message;
    for (auto& [key, value] : fields) line += " " + key + "=" + one_word(value);
    write_error(line + "\n");
}

void Console::tell(std::string_view text) {
    if (!quiet_ && !is_json_) print(text);
}

void Console::print(std::string_view text) {
    clear_progress();
    write_error(text);
}

void Console::show(const Progress& progress) {
    if (quiet_ || is_json_ || !is_terminal_ || progress.elapsed_us < next_line_us_) return;
    next_line_us_ = progress.elapsed_us + line_interval_us;
    if (last_us_ > 0) {
        double seconds = static_cast<double>(progress.elapsed_us - last_us_) / micros_per_second;
        write_error("\r\033[K" +
                    progress_line(progress, static_cast<double>(progress.records - last_records_) / seconds));
        has_line_ = true;
    }
    last_us_ = progress.elapsed_us;
    last_records_ = progress.records;
}

void Console::clear_progress() {
    if (has_line_) write_error("\r\033[K");
    has_line_ = false;
}

std::string progress_line(const Progress& progress, double records_per_second) {
    std::string line;
    if (progress.share >= 0) line += std::to_string(static_cast<int>(progress.share * 100)) + " %  ";
    line += with_thousands(progress.records) + " records  ";
    line += with_thousands(static_cast<int64_t>(records_per_second)) + "/s  ";
    line += human_bytes(progress.bytes);
    line += progress.is_live ? "  live at " : "  at ";
    line += spell_instant(progress.instant / micros_per_second * micros_per_second);
    if (progress.lag_us > micros_per_second / 10)
        line += "  " + human_duration(progress.lag_us / 1000 * 1000) + " behind";
    return line;
}

}  // namespace headwater
