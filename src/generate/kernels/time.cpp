// For the kernels that read the calendar and the clock of rows.
#include "base/time.h"

#include "base/sample.h"
#include "generate/kernels/loop.h"

namespace headwater {
namespace {

constexpr auto day = static_cast<double>(micros_per_day);
constexpr auto hour = static_cast<double>(micros_per_hour);
constexpr auto minute = static_cast<double>(micros_per_minute);
constexpr auto second = static_cast<double>(micros_per_second);

/// Gives a whole double modulo a whole double, not negative.
double wrap(double value, double by) { return value - std::floor(value / by) * by; }

void days_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_whole(
        step, rows, [](double t) { return std::floor(t / day); },
        [](int64_t t) { return floor_div(t, micros_per_day); });
}

void hour_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_whole(
        step, rows, [](double t) { return wrap(std::floor(t / hour), 24); },
        [](int64_t t) { return floor_mod(floor_div(t, micros_per_hour), 24); });
}

void minute_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_whole(
        step, rows, [](double t) { return wrap(std::floor(t / minute), 60); },
        [](int64_t t) { return floor_mod(floor_div(t, micros_per_minute), 60); });
}

void second_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_whole(
        step, rows, [](double t) { return wrap(std::floor(t / second), 60); },
        [](int64_t t) { return floor_mod(floor_div(t, micros_per_second), 60); });
}

/// 1970-01-01 was a Thursday, day 4 of 1..7.
void weekday_kernel(const Step& step, uint32_t rows, TextArena&) {
    map_whole(
        step, rows, [](double t) { return wrap(std::floor(t / day) + 3, 7) + 1; },
        [](int64_t t) { return floor_mod(floor_div(t, micros_per_day) + 3, 7) + 1; });
}

/// Calls `part` once for each run of rows on the same day.
template <class Part>
void by_day(const Step& step, uint32_t rows, Part part) {
    bool known = false;
    int64_t last_day = 0;
    int64_t value = 0;
    map_one<int64_t, int64_t>(step, rows, [&](int64_t micros) {
        const int64_t days = floor_div(micros, micros_per_day);
        if (!known || days != last_day) {
            known = true;
            last_day = days;
            value = part(days);
        }
        return value;
    });
}

void day_of_year_kernel(const Step& step, uint32_t rows, TextArena&) {
    by_day(step, rows, [](int64_t days) { return days - days_of({civil_of(days).year, 1, 1}) + 1; });
}

void month_kernel(const Step& step, uint32_t rows, TextArena&) {
    by_day(step, rows, [](int64_t days) { return int64_t{civil_of(days).month}; });
}

void year_kernel(const Step& step, uint32_t rows, TextArena&) {
    by_day(step, rows, [](int64_t days) { return int64_t{civil_of(days).year}; });
}

bool has(uint64_t mask, int64_t bit) { return ((mask >> bit) & 1) != 0; }

bool day_matches(const Cron& cron, int64_t days) {
    const CivilDate date = civil_of(days);
    if (!has(cron.months, date.month)) return false;
    const bool by_date = has(cron.days, date.day);
    const bool by_weekday = has(cron.weekdays, floor_mod(days + 4, 7));
    if (cron.any_day && cron.any_weekday) return true;
    if (cron.any_day) return by_weekday;
    if (cron.any_weekday) return by_date;
    return by_date || by_weekday;
}

void cron_kernel(const Step& step, uint32_t rows, TextArena&) {
    const Cron& cron = *static_cast<const Cron*>(step.table);
    bool known = false;
    int64_t last_day = 0;
    bool open = false;
    map_one<uint8_t, int64_t>(step, rows, [&](int64_t micros) {
        const int64_t days = floor_div(micros, micros_per_day);
        if (!known || days != last_day) {
            known = true;
            last_day = days;
            open = day_matches(cron, days);
        }
        const int64_t minutes = floor_mod(micros, micros_per_day) / micros_per_minute;
        return static_cast<uint8_t>(open && has(cron.hours, minutes / 60) && has(cron.minutes, minutes % 60));
    });
}

/// True when the rows count up by one from a first that is not negative.
bool counts_up(const int64_t* numbers, uint32_t rows) {
    uint64_t difference = 0;
    for (uint32_t i = 0; i < rows; ++i)
        difference |= static_cast<uint64_t>(numbers[i]) - static_cast<uint64_t>(numbers[0]) - i;
    return difference == 0 && numbers[0] >= 0;
}

void row_time_kernel(const Step& step, uint32_t rows, TextArena&) {
    if (rows == 0) return;
    const auto& clock = *static_cast<const RowClock*>(step.table);
    const auto* numbers = Step::as<int64_t>(step.a);
    if (counts_up(numbers, rows))
        clock.times(numbers[0], rows, step.result<int64_t>());
    else
        map_one<int64_t, int64_t>(step, rows, [&clock](int64_t row) { return clock.time_of(row < 0 ? 0 : row); });
}

void rows_by_kernel(const Step& step, uint32_t rows, TextArena&) {
    const auto& clock = *static_cast<const RowClock*>(step.table);
    map_one<int64_t, int64_t>(step, rows, [&clock](int64_t instant) { return clock.rows_by(instant); });
}

Kernel time_part(int64_t part) {
    constexpr Kernel kernels[] = {days_kernel,  hour_kernel, weekday_kernel, day_of_year_kernel,
                                  month_kernel, year_kernel, minute_kernel,  second_kernel};
    return part >= 0 && part < static_cast<int64_t>(std::size(kernels)) ? kernels[part] : nullptr;
}

}  // namespace

void bind_time(Step& step, const Binding& binding) {
    const Ins& ins = binding.ins;
    switch (ins.op) {
        case Op::time_part: step.kernel = time_part(ins.imm); break;
        case Op::cron:
            step.table = &binding.program.crons[ins.table];
            step.kernel = cron_kernel;
            break;
        case Op::row_time:
        case Op::rows_by:
            step.table = binding.program.clocks[ins.table].get();
            step.kernel = ins.op == Op::row_time ? row_time_kernel : rows_by_kernel;
            break;
        default: break;
    }
}

}  // namespace headwater
