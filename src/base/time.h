// For simulated time: instants and durations are microseconds; the calendar is UTC, proleptic Gregorian.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headwater {

inline constexpr int64_t micros_per_second = 1'000'000;
inline constexpr int64_t micros_per_minute = 60 * micros_per_second;
inline constexpr int64_t micros_per_hour = 60 * micros_per_minute;
inline constexpr int64_t micros_per_day = 24 * micros_per_hour;

struct CivilDate {
    int year;
    int month;  ///< 1..12
    int day;    ///< 1..31
};

/// Counts days since 1970-01-01 (Hinnant 2013, days_from_civil).
int64_t days_of(CivilDate date);
/// Inverse of days_of.
CivilDate civil_of(int64_t days);
/// Floors micros to days.
constexpr int64_t day_of(int64_t micros) {
    return micros >= 0 ? micros / micros_per_day : -((-micros + micros_per_day - 1) / micros_per_day);
}

/// Reads 2026-11-01, 2026-11-01T10:30:00, with up to 6 digits of the second and Z or +hh:mm. Without zone it is UTC.
std::optional<int64_t> parse_instant(std::string_view text);
/// Reads 30s, 1.5h, sums as Go and systemd write them (1h30m, 2h 12s), and PT1H30M; units us ms s min m h d w y (365 days).
std::optional<int64_t> parse_duration(std::string_view text);
/// Prints for people: 1h 30min, 250ms.
std::string human_duration(int64_t micros);
/// Prints 2026-11-01T00:00:00Z, with fraction only where there is one.
std::string spell_instant(int64_t micros);

/// Tells the time to those that architecture allows: engine, service, and protocols that need it.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual int64_t now() const = 0;  ///< microseconds since 1970, UTC
};

}  // namespace headwater
