// For the functions of time and of places.
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"
#include "language/functions.h"

namespace headwater {

namespace {

enum Part { days_since_epoch = 0, hour_of_day = 1, weekday_of = 2, day_of_the_year = 3 };

/// Gives the instant that argument 0 is, or the one at which its date begins; no_reg after a report.
Reg instant_argument(Compiler& compiler, const Context& context, const Expression& call, const Meaning& value) {
    if (value.broken()) return no_reg;
    if (value.is_kind_of(Kind::instant)) return compiler.as_i64(value);
    ProgramBuilder& build = compiler.build;
    if (value.is_kind_of(Kind::date))
        return build.emit(Op::mul, Phys::i64, {compiler.as_i64(value), build.integer(micros_per_day)});
    not_as_expected(compiler, context, call, 0, value, "An instant or a date");
    return no_reg;
}

template <Part part, int64_t low, int64_t high>
Meaning time_part(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning value = argument(compiler, context, call, 0);
    const Reg instant = instant_argument(compiler, context, call, value);
    if (instant == no_reg) return Meaning{};
    const Reg reg = compiler.build.emit(Op::time_part, Phys::i64, Phys::i64, {instant}, {.imm = part});
    if (part == days_since_epoch) return scalar(type_of(Kind::date), reg, value.null);
    return compiler.with_bounds(compiler.integer(reg, value.null), low, high);
}

Meaning compile_days(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning value = argument(compiler, context, call, 0);
    if (value.broken()) return value;
    if (!value.is_kind_of(Kind::duration)) {
        return not_as_expected(compiler, context, call, 0, value, "A duration");
    }
    return compiler.integer(
        compiler.build.emit(Op::floor_divide, Phys::i64, Phys::i64, {compiler.as_i64(value)}, {.imm = micros_per_day}),
        value.null);
}

Meaning compile_format(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning value = argument(compiler, context, call, 0);
    const auto pattern = compiler.constant_text(argument(compiler, context, call, 1));
    if (value.broken()) return value;
    if (!pattern)
        return compiler.fail(context, argument_at(call, 1),
                             "The pattern of format() is written out in quotes: " + spell(argument_at(call, 1)));
    const Reg instant = instant_argument(compiler, context, call, value);
    if (instant == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    return scalar(type_of(Kind::text),
                  build.emit(Op::format_time, Phys::text, Phys::text, {instant}, {.table = build.string(*pattern)}),
                  value.null);
}

/// Reads one field of a cron line (`*`, `*/5`, `1-5`, `0,30`) into a mask; false when it is none.
bool read_cron_field(std::string_view text, int low, int high, uint64_t& mask) {
    mask = 0;
    for (std::string_view item : split(text, ',')) {
        int step = 1;
        if (const size_t slash = item.find('/'); slash != std::string_view::npos) {
            step = 0;
            for (char c : item.substr(slash + 1)) {
                if (c < '0' || c > '9' || step > 1000) return false;
                step = step * 10 + (c - '0');
            }
            if (step == 0) return false;
            item = item.substr(0, slash);
        }
        int from = low, to = high;
        if (item != "*") {
            auto number = [](std::string_view digits) {
                int value = digits.empty() ? -1 : 0;
                for (char c : digits)
                    value = value < 0 || c < '0' || c > '9' || value > 1000 ? -1 : value * 10 + (c - '0');
                return value;
            };
            const size_t dash = item.find('-');
            from = number(item.substr(0, dash));
            to = dash == std::string_view::npos ? (step > 1 ? high : from) : number(item.substr(dash + 1));
        }
        if (from < low || to > high || from > to) return false;
        for (int value = from; value <= to; value += step) mask |= 1ULL << value;
    }
    return mask != 0;
}

std::optional<Cron> read_cron(const std::string& text) {
    std::vector<std::string_view> fields = split(text, ' ');
    std::erase(fields, "");
    uint64_t minutes, hours, days, months, weekdays;
    if (fields.size() != 5 || !read_cron_field(fields[0], 0, 59, minutes) ||
        !read_cron_field(fields[1], 0, 23, hours) || !read_cron_field(fields[2], 1, 31, days) ||
        !read_cron_field(fields[3], 1, 12, months) || !read_cron_field(fields[4], 0, 7, weekdays)) {
        return std::nullopt;
    }
    if (weekdays & (1U << 7)) weekdays |= 1;  // 7 is Sunday too
    return Cron{minutes,
                static_cast<uint32_t>(hours),
                static_cast<uint32_t>(days),
                static_cast<uint32_t>(months),
                static_cast<uint32_t>(weekdays & 0x7f),
                fields[2][0] == '*',
                fields[4][0] == '*'};
}

Meaning compile_cron(Compiler& compiler, const Context& context, const Expression& call) {
    const auto text = compiler.constant_text(argument(compiler, context, call, 0));
    const auto cron = text ? read_cron(*text) : std::nullopt;
    if (!cron) {
        return compiler.fail(context, argument_at(call, 0), "Not a line of cron: " + spell(argument_at(call, 0)),
                             "Five fields: minute hour day month weekday, for example \"*/5 * * * *\".");
    }
    if (context.time == no_reg) return compiler.fail(context, call, "There is no time here: " + spell(call));
    return compiler.boolean(
        compiler.build.emit(Op::cron, Phys::u8, Phys::u8, {context.time}, {.table = compiler.build.cron(*cron)}));
}

Meaning compile_noise(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning key = argument(compiler, context, call, 0);
    const Meaning period = argument(compiler, context, call, 1);
    if (key.broken() || period.broken()) return Meaning{};
    const auto micros = compiler.constant_integer(period);
    if (!micros || !period.is_kind_of(Kind::duration) || *micros <= 0) {
        return compiler.fail(
            context, argument_at(call, 1),
            "The period of noise() is a duration that is known beforehand: " + spell(argument_at(call, 1)));
    }
    if (context.time == no_reg) return compiler.fail(context, call, "There is no time here: " + spell(call));
    ProgramBuilder& build = compiler.build;
    Reg word = no_reg;
    if (key.is_kind_of(Kind::text) || key.is_kind_of(Kind::enumeration))
        word = build.emit(Op::hash_text, Phys::text, Phys::i64, {compiler.as_text(key)});
    if (key.is_kind_of(Kind::integer)) word = compiler.as_i64(key);
    if (word == no_reg) {
        return compiler.fail(context, argument_at(call, 0),
                             "The key of noise() is a text or a whole number: " + spell(argument_at(call, 0)));
    }
    word = build.emit(Op::key_under, Phys::i64, Phys::i64, {word}, {.imm = static_cast<int64_t>(context.noise_key)});
    return compiler.real(build.emit(Op::noise, Phys::f64, Phys::f64, {context.time, word}, {.imm = *micros}));
}

/// Gives latitude and longitude of a place as f64 registers.
std::optional<std::pair<Reg, Reg>> coordinates(Compiler& compiler, const Context& context, const Expression& call,
                                               size_t i) {
    const Meaning place = argument(compiler, context, call, i);
    if (place.broken()) return std::nullopt;
    if (place.is != Meaning::Is::record) {
        compiler.fail(context, argument_at(call, i),
                      "A place with latitude and longitude is expected here, but this is " + Compiler::describe(place) +
                          ": " + spell(argument_at(call, i)));
        return std::nullopt;
    }
    const Meaning latitude = compiler.member(context, argument_at(call, i), place, "latitude");
    const Meaning longitude = compiler.member(context, argument_at(call, i), place, "longitude");
    if (latitude.broken() || longitude.broken()) return std::nullopt;
    const Reg x = compiler.as_real(context, argument_at(call, i), latitude);
    const Reg y = compiler.as_real(context, argument_at(call, i), longitude);
    if (x == no_reg || y == no_reg) return std::nullopt;
    return std::pair(x, y);
}

Meaning compile_distance(Compiler& compiler, const Context& context, const Expression& call) {
    const auto a = coordinates(compiler, context, call, 0);
    const auto b = coordinates(compiler, context, call, 1);
    if (!a || !b) return Meaning{};
    return compiler.real(compiler.build.emit(Op::distance_km, Phys::f64, {a->first, a->second, b->first, b->second}));
}

Meaning compile_along(Compiler& compiler, const Context& context, const Expression& call) {
    const auto a = coordinates(compiler, context, call, 0);
    const auto b = coordinates(compiler, context, call, 1);
    const Meaning share = argument(compiler, context, call, 2);
    if (!a || !b || share.broken()) return Meaning{};
    const Reg part = compiler.as_real(context, argument_at(call, 2), share);
    if (part == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    auto between = [&](Reg from, Reg to) {
        return compiler.real(
            build.emit(Op::add, Phys::f64,
                       {from, build.emit(Op::mul, Phys::f64, {part, build.emit(Op::sub, Phys::f64, {to, from})})}),
            share.null);
    };
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    record->names = {"latitude", "longitude"};
    record->member = [latitude = between(a->first, b->first), longitude = between(a->second, b->second)](
                         const std::string& name) { return name == "latitude" ? latitude : longitude; };
    meaning.record = record;
    return meaning;
}

}  // namespace

void add_time_and_places(std::vector<Function>& functions) {
    functions.insert(
        functions.end(),
        {{"date", "time", "date(instant)", "The day of an instant, UTC.", "date(start)", 1, 1,
          time_part<days_since_epoch, 0, 0>},
         {"hour", "time", "hour(instant)", "The hour of the day, 0 to 23.", "hour(start)", 1, 1,
          time_part<hour_of_day, 0, 23>},
         {"weekday", "time", "weekday(instant)", "The day of the week, 1 Monday to 7 Sunday.", "weekday(start)", 1, 1,
          time_part<weekday_of, 1, 7>},
         {"day_of_year", "time", "day_of_year(instant)", "The day of the year, 1 to 366.", "day_of_year(start)", 1, 1,
          time_part<day_of_the_year, 1, 366>},
         {"days", "time", "days(duration)", "The whole days of a duration.", "days(36h)", 1, 1, compile_days},
         {"format", "time", "format(instant, \"yyyy-MM-dd HH:mm:ss.SSS\")", "An instant or date as text.",
          "format(start, \"yyyy-MM-dd\")", 2, 2, compile_format},
         {"cron", "time", "cron(\"*/5 * * * *\")", "True in the minutes that the line of cron names, UTC.",
          "cron(\"*/5 * * * *\")", 1, 1, compile_cron},
         {"noise", "time", "noise(key, 6h)",
          "A smooth random curve of time, mean 0, deviation 1, the same for all who name the key.",
          "noise(\"weather\", 6h)", 2, 2, compile_noise},
         {"distance_km", "places", "distance_km(a, b)",
          "The great-circle distance of two records with latitude and longitude.", "distance_km(place(), place())", 2,
          2, compile_distance},
         {"along", "places", "along(a, b, share)", "The point that lies a share of the way from a to b.",
          "along(place(), place(), 50%).latitude", 3, 3, compile_along}});
}

}  // namespace headwater
