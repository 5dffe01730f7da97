// For simulated time: the calendar, and reading and printing instants and durations.
#include "base/time.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/print.h"
#include "base/take.h"

namespace headwater {

int64_t days_of(CivilDate date) {
    const int64_t year = date.month <= 2 ? int64_t{date.year} - 1 : date.year;
    const int64_t era = (year >= 0 ? year : year - 399) / 400;
    const int64_t year_of_era = year - era * 400;
    const int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
    const int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

CivilDate civil_of(int64_t days) {
    days += 719468;
    const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    const int64_t day_of_era = days - era * 146097;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month_from_march = (5 * day_of_year + 2) / 153;
    const int day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    const int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    return {.year = static_cast<int>(year_of_era + era * 400 + (month <= 2 ? 1 : 0)), .month = month, .day = day};
}

namespace {

struct Unit {
    std::string_view name;
    int64_t micros;
};

constexpr std::array<Unit, 8> units{{{"y", 365 * micros_per_day},
                                     {"w", 7 * micros_per_day},
                                     {"d", micros_per_day},
                                     {"h", micros_per_hour},
                                     {"min", micros_per_minute},
                                     {"s", micros_per_second},
                                     {"ms", 1000},
                                     {"us", 1}}};

/// As people, Go and systemd write them.
constexpr std::array<Unit, 39> spoken_units{{{"y", 365 * micros_per_day},
                                             {"year", 365 * micros_per_day},
                                             {"years", 365 * micros_per_day},
                                             {"w", 7 * micros_per_day},
                                             {"week", 7 * micros_per_day},
                                             {"weeks", 7 * micros_per_day},
                                             {"d", micros_per_day},
                                             {"day", micros_per_day},
                                             {"days", micros_per_day},
                                             {"h", micros_per_hour},
                                             {"hr", micros_per_hour},
                                             {"hrs", micros_per_hour},
                                             {"hour", micros_per_hour},
                                             {"hours", micros_per_hour},
                                             {"min", micros_per_minute},
                                             {"m", micros_per_minute},
                                             {"mins", micros_per_minute},
                                             {"minute", micros_per_minute},
                                             {"minutes", micros_per_minute},
                                             {"s", micros_per_second},
                                             {"sec", micros_per_second},
                                             {"secs", micros_per_second},
                                             {"second", micros_per_second},
                                             {"seconds", micros_per_second},
                                             {"ms", 1000},
                                             {"msec", 1000},
                                             {"msecs", 1000},
                                             {"milli", 1000},
                                             {"millis", 1000},
                                             {"millisecond", 1000},
                                             {"milliseconds", 1000},
                                             {"us", 1},
                                             {"usec", 1},
                                             {"usecs", 1},
                                             {"micro", 1},
                                             {"micros", 1},
                                             {"microsecond", 1},
                                             {"microseconds", 1},
                                             {"\u00b5s", 1}}};
/// As ISO 8601 writes them, before and behind the T. A month has no length of its own.
constexpr std::array<Unit, 3> iso_dates{
    {{"Y", 365 * micros_per_day}, {"W", 7 * micros_per_day}, {"D", micros_per_day}}};
constexpr std::array<Unit, 3> iso_times{{{"H", micros_per_hour}, {"M", micros_per_minute}, {"S", micros_per_second}}};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in(int year, int month) {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/// Reads `.5`, up to six digits, as micros; nothing there counts as 0.
bool take_fraction(std::string_view& text, int64_t& micros) {
    micros = 0;
    if (!take(text, '.')) return true;
    int64_t scale = micros_per_second;
    while (!text.empty() && is_digit(text[0])) {
        scale /= 10;
        if (scale == 0) return false;
        micros += (text[0] - '0') * scale;
        text.remove_prefix(1);
    }
    return scale < micros_per_second;
}

/// Reads `Z`, `+hh:mm`, `-hh:mm` or nothing, as the micros that the zone is ahead of UTC.
bool take_zone(std::string_view& text, int64_t& ahead) {
    ahead = 0;
    if (text.empty() || take(text, 'Z')) return true;
    const bool is_behind = text[0] == '-';
    int hours = 0, minutes = 0;
    if (!take(text, '+') && !take(text, '-')) return false;
    if (!take_digits(text, 2, hours) || !take(text, ':') || !take_digits(text, 2, minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    ahead = hours * micros_per_hour + minutes * micros_per_minute;
    if (is_behind) ahead = -ahead;
    return true;
}

/// Reads a number of one of the units, rounded to a microsecond, and adds it; false where there is none or it is too large.
bool take_amount(std::string_view& text, std::span<const Unit> known, __int128& micros) {
    constexpr size_t most_digits = 18;
    __int128 digits = 0, scale = 1;
    size_t count = 0;
    bool has_point = false;
    for (; !text.empty() && (is_digit(text[0]) || (text[0] == '.' && !has_point && count > 0)); text.remove_prefix(1)) {
        if (text[0] == '.') {
            has_point = true;
            if (text.size() < 2 || !is_digit(text[1])) return false;
            continue;
        }
        if (++count > most_digits) return false;
        digits = digits * 10 + (text[0] - '0');
        if (has_point) scale *= 10;
    }
    if (count == 0) return false;
    take(text, ' ');
    size_t end = 0;
    while (end < text.size() && !is_digit(text[end]) && text[end] != ' ') ++end;
    const auto unit = std::ranges::find(known, text.substr(0, end), &Unit::name);
    if (unit == known.end()) return false;
    text.remove_prefix(end);
    micros += (digits * unit->micros + scale / 2) / scale;
    return micros <= INT64_MAX;
}

/// Reads amounts up to the end, with or without a blank between them.
bool take_amounts(std::string_view& text, std::span<const Unit> known, __int128& micros) {
    do {
        if (!take_amount(text, known, micros)) return false;
    } while (take(text, ' ') || !text.empty());
    return true;
}

/// Reads what stands behind the P of ISO 8601: 1DT12H, T90S, 2W.
bool take_iso(std::string_view& text, __int128& micros) {
    if (text.find(' ') != text.npos) return false;
    const size_t mark = text.find('T');
    std::string_view dates = text.substr(0, mark);
    std::string_view times = mark == text.npos ? "" : text.substr(mark + 1);
    text = {};
    if (mark == text.npos ? dates.empty() : times.empty()) return false;
    return (dates.empty() || take_amounts(dates, iso_dates, micros)) &&
           (times.empty() || take_amounts(times, iso_times, micros));
}

}  // namespace

std::optional<int64_t> parse_instant(std::string_view text) {
    CivilDate date{};
    if (!take_digits(text, 4, date.year) || !take(text, '-')) return std::nullopt;
    if (!take_digits(text, 2, date.month) || !take(text, '-') || !take_digits(text, 2, date.day)) return std::nullopt;
    if (date.year < 1 || date.month < 1 || date.month > 12) return std::nullopt;
    if (date.day < 1 || date.day > days_in(date.year, date.month)) return std::nullopt;
    const int64_t midnight = days_of(date) * micros_per_day;
    if (text.empty()) return midnight;

    int hour = 0, minute = 0, second = 0;
    int64_t fraction = 0, ahead = 0;
    if (!take(text, 'T') || !take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute)) {
        return std::nullopt;
    }
    if (!take(text, ':') || !take_digits(text, 2, second) || !take_fraction(text, fraction)) return std::nullopt;
    if (!take_zone(text, ahead) || !text.empty()) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return midnight + hour * micros_per_hour + minute * micros_per_minute + second * micros_per_second + fraction -
           ahead;
}

std::optional<int64_t> parse_duration(std::string_view text) {
    const bool is_negative = take(text, '-');
    const bool is_iso = take(text, 'P');
    __int128 micros = 0;
    if (!(is_iso ? take_iso(text, micros) : take_amounts(text, spoken_units, micros)) || !text.empty())
        return std::nullopt;
    return is_negative ? -static_cast<int64_t>(micros) : static_cast<int64_t>(micros);
}

std::string human_duration(int64_t micros) {
    uint64_t rest = micros < 0 ? 0 - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
    std::string out;
    for (const Unit& unit : units) {
        if (unit.name == "w" || rest < static_cast<uint64_t>(unit.micros)) continue;
        if (!out.empty()) out += ' ';
        out += std::to_string(rest / static_cast<uint64_t>(unit.micros)) + std::string(unit.name);
        rest %= static_cast<uint64_t>(unit.micros);
    }
    if (out.empty()) return "0s";
    return micros < 0 ? "-" + out : out;
}

std::string spell_instant(int64_t micros) {
    int64_t fraction = micros - day_of(micros) * micros_per_day;
    fraction %= micros_per_second;
    const unsigned digits = fraction == 0 ? 0 : fraction % 1000 == 0 ? 3 : 6;
    char spelled[40];
    return std::string(spelled, print_instant(spelled, micros, digits, "Z"));
}

}  // namespace headwater
