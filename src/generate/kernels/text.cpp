// For the kernels that make texts of texts, words and instants.
#include <array>
#include <string>

#include "base/digits.h"
#include "base/sample.h"
#include "base/take.h"
#include "base/text.h"
#include "base/time.h"
#include "generate/kernels/loop.h"

namespace headwater {
namespace {

/// A kernel that writes a text of at most the operand's size by `write(out, text)`, which returns the end.
template <auto write>
void rewrite_kernel(const Step& step, uint32_t rows, TextArena& arena) {
    map_one<TextView, TextView>(step, rows, [&arena](TextView text) {
        char* out = arena.reserve(text.size);
        return arena.keep(out, write(out, text));
    });
}

template <char (*change)(char)>
char* change_each(char* __restrict__ out, TextView text) {
    const char* __restrict__ in = text.data;
    for (uint32_t i = 0; i < text.size; ++i) out[i] = change(in[i]);
    return out + text.size;
}

char* write_slug(char* out, TextView text) {
    for (uint32_t i = 0; i < text.size; ++i) {
        const char c = lower(text.data[i]);
        *out = c;
        out += is_lower(c) || is_digit(c) ? 1 : 0;
    }
    return out;
}

int64_t count_code_points(TextView text) {
    int64_t count = 0;
    for (uint32_t i = 0; i < text.size; ++i) count += (static_cast<uint8_t>(text.data[i]) & 0xc0) != 0x80 ? 1 : 0;
    return count;
}

/// One place of a pattern: a character, or a draw from an alphabet.
struct PatternPlace {
    char literal = 0;
    const char* alphabet = nullptr;
    uint32_t letters = 0;
};

/// Reads the place at `i`, which moves to its last character.
PatternPlace place_at(std::string_view pattern, size_t& i) {
    switch (pattern[i]) {
        case '#': return {0, hex_digits.data(), 10};
        case 'A': return {0, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 26};
        case 'a': return {0, "abcdefghijklmnopqrstuvwxyz", 26};
        case 'h': return {0, hex_digits.data(), 16};
        default: break;
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    return {pattern[i]};
}

std::vector<PatternPlace> read_pattern(std::string_view pattern) {
    std::vector<PatternPlace> places;
    for (size_t i = 0; i < pattern.size(); ++i) places.push_back(place_at(pattern, i));
    return places;
}

/// Writes places of a pattern; each word serves two of them, its high half first.
class PatternWriter {
  public:
    PatternWriter(char* out, uint64_t first) : out_(out), first_(first) {}

    void write(const PatternPlace& place) {
        if (place.alphabet == nullptr) {
            *out_++ = place.literal;
            return;
        }
        if (drawn_ % 2 == 0) word_ = further(first_, drawn_ / 2);
        const uint64_t half = drawn_ % 2 == 0 ? word_ >> 32 : word_ & 0xffffffffULL;
        ++drawn_;
        *out_++ = place.alphabet[(half * place.letters) >> 32];
    }
    char* end() const { return out_; }

  private:
    char* out_;
    uint64_t first_;
    uint64_t word_ = 0;
    uint64_t drawn_ = 0;
};

void pattern_kernel(const Step& step, uint32_t rows, TextArena& arena) {
    const auto& places = *static_cast<const std::vector<PatternPlace>*>(step.table);
    map_one<TextView, uint64_t>(step, rows, [&](uint64_t first) {
        char* const start = arena.reserve(places.size());
        PatternWriter writer(start, first);
        for (const PatternPlace& place : places) writer.write(place);
        return arena.keep(start, writer.end());
    });
}

/// The same where every row has a pattern of its own.
void own_pattern_kernel(const Step& step, uint32_t rows, TextArena& arena) {
    map_two<TextView, uint64_t, TextView>(step, rows, [&](uint64_t first, TextView pattern) {
        char* const start = arena.reserve(pattern.size);
        PatternWriter writer(start, first);
        const std::string_view symbols(pattern.data, pattern.size);
        for (size_t i = 0; i < symbols.size(); ++i) writer.write(place_at(symbols, i));
        return arena.keep(start, writer.end());
    });
}

/// Writes the leading hex digits of words; all sixteen are stored, so the next text begins behind those that count.
void hex_kernel(const Step& step, uint32_t rows, TextArena& arena) {
    const auto digits = static_cast<size_t>(step.ins->imm);
    map_one<TextView, uint64_t>(step, rows, [&](uint64_t word) {
        char* const start = arena.reserve(16);
        write_hex(start, word);
        return arena.keep(start, start + digits);
    });
}

/// One piece of a format of instants.
enum class TimePiece : uint8_t { literal, year, month, day, hour, minute, second, milli, weekday_name, month_name };

struct TimePlace {
    TimePiece piece = TimePiece::literal;
    char literal = 0;
};

struct TimeWord {
    std::string_view spelling;
    TimePiece piece;
};

constexpr std::array<TimeWord, 9> time_words = {{{"yyyy", TimePiece::year},
                                                 {"MMM", TimePiece::month_name},
                                                 {"MM", TimePiece::month},
                                                 {"dd", TimePiece::day},
                                                 {"HH", TimePiece::hour},
                                                 {"mm", TimePiece::minute},
                                                 {"SSS", TimePiece::milli},
                                                 {"ss", TimePiece::second},
                                                 {"EEE", TimePiece::weekday_name}}};

/// Reads the pattern; '' is one quote, inside quoted text and outside.
std::vector<TimePlace> read_time_format(std::string_view text) {
    std::vector<TimePlace> places;
    bool quoted = false;
    while (!text.empty()) {
        const TimeWord* word = nullptr;
        for (const TimeWord& candidate : time_words)
            if (!quoted && word == nullptr && text.starts_with(candidate.spelling)) word = &candidate;
        size_t taken = 1;
        if (word != nullptr) {
            places.push_back({word->piece, 0});
            taken = word->spelling.size();
        } else if (text.starts_with("''")) {
            places.push_back({TimePiece::literal, '\''});
            taken = 2;
        } else if (text[0] == '\'') {
            quoted = !quoted;
        } else {
            places.push_back({TimePiece::literal, text[0]});
        }
        text.remove_prefix(taken);
    }
    return places;
}

/// Writes a number with leading zeros.
char* put_digits(char* out, int64_t value, int digits) {
    for (int i = digits - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

/// Writes at least four digits, the sign first.
char* put_year(char* out, int64_t year) {
    if (year < 0) {
        *out++ = '-';
        year = -year;
    }
    int digits = 4;
    for (int64_t rest = year / 10000; rest != 0; rest /= 10) ++digits;
    return put_digits(out, year, digits);
}

/// An instant taken apart; the date is kept while rows stay on the same day.
struct Moment {
    int64_t days = 0;
    CivilDate date = civil_of(0);
    int64_t micros = 0;  ///< of the day

    void set(int64_t instant) {
        const int64_t next = floor_div(instant, micros_per_day);
        if (next != days) {
            days = next;
            date = civil_of(next);
        }
        micros = floor_mod(instant, micros_per_day);
    }
};

char* put_piece(char* out, TimePlace place, const Moment& moment) {
    static constexpr char weekdays[] = "ThuFriSatSunMonTueWed";
    static constexpr char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    switch (place.piece) {
        case TimePiece::literal: *out = place.literal; return out + 1;
        case TimePiece::year: return put_year(out, moment.date.year);
        case TimePiece::month: return put_digits(out, moment.date.month, 2);
        case TimePiece::day: return put_digits(out, moment.date.day, 2);
        case TimePiece::hour: return put_digits(out, moment.micros / micros_per_hour, 2);
        case TimePiece::minute: return put_digits(out, moment.micros / micros_per_minute % 60, 2);
        case TimePiece::second: return put_digits(out, moment.micros / micros_per_second % 60, 2);
        case TimePiece::milli: return put_digits(out, moment.micros / 1000 % 1000, 3);
        case TimePiece::weekday_name: std::memcpy(out, weekdays + 3 * floor_mod(moment.days, 7), 3); return out + 3;
        case TimePiece::month_name: std::memcpy(out, months + 3 * (moment.date.month - 1), 3); return out + 3;
    }
    return out;
}

void format_time_kernel(const Step& step, uint32_t rows, TextArena& arena) {
    constexpr size_t longest_piece = 16;
    const auto& places = *static_cast<const std::vector<TimePlace>*>(step.table);
    Moment moment;
    map_one<TextView, int64_t>(step, rows, [&](int64_t instant) {
        moment.set(instant);
        char* const start = arena.reserve(places.size() * longest_piece);
        char* out = start;
        for (const TimePlace place : places) out = put_piece(out, place, moment);
        return arena.keep(start, out);
    });
}

}  // namespace

void bind_text(Step& step, const Binding& binding) {
    switch (binding.ins.op) {
        case Op::lower: step.kernel = rewrite_kernel<change_each<lower>>; break;
        case Op::upper: step.kernel = rewrite_kernel<change_each<upper>>; break;
        case Op::slug: step.kernel = rewrite_kernel<write_slug>; break;
        case Op::hex_text: step.kernel = hex_kernel; break;
        case Op::text_size: step.kernel = plain_one<int64_t, TextView, count_code_points>; break;
        case Op::pattern:
            if (binding.ins.b != no_reg) {
                step.kernel = own_pattern_kernel;
                break;
            }
            keep_prepared(step, read_pattern(binding.program.strings[binding.ins.table]));
            step.kernel = pattern_kernel;
            break;
        case Op::format_time:
            keep_prepared(step, read_time_format(binding.program.strings[binding.ins.table]));
            step.kernel = format_time_kernel;
            break;
        default: break;
    }
}

}  // namespace headwater
