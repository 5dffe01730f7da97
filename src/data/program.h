// For the typed register program that expressions compile to; run by the two executors of generate/.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/type.h"

namespace headwater {

/// A column of values, one per row of its frame. Straight-line code: every register is written once.
using Reg = uint32_t;
inline constexpr Reg no_reg = UINT32_MAX;

/// What a register holds. Booleans, masks and small dictionary indices are u8; random words are i64 bits.
enum class Phys : uint8_t { u8, i32, i64, f64, uuid, text };

/// Lists the instructions. `d` is the result, a b c e the operands, `imm` `imm2` `real` `table` constants of the
/// instruction. Unless noted all operands and the result live in the instruction's frame.
/// Integer arithmetic wraps; no instruction traps, reads a clock, or depends on the rows beside its own.
enum class Op : uint16_t {
    // clang-format off
    // Addresses and words (i64 holding 64 random bits)
    base,         ///< i64 d = base_of(imm, a)                      a: i64 number
    base_under,   ///< i64 d = base_of(key_under(a, imm), b)        a: i64 parent base, b: i64 number
    draw,         ///< i64 d = draw(a, imm)                         a: i64 base
    hash_text,    ///< i64 d = key_of(a)                            a: text
    key_under,    ///< i64 d = key_under(imm, a)                    a: i64

    // Samplers: a is a word
    below,        ///< type d = imm + below(a, imm2)                type: u8, i32, i64; imm2 1..2^64-1 as u64
    below_reg,    ///< i64 d = b + below(a, max(c, 1))              b, c: i64
    unit,         ///< f64 d = unit_of(a)
    chance,       ///< u8 d = unit_of(a) < real
    alias,        ///< type d = index by weight                     type: u8, i32; table: tables[table] as Alias
    normal,       ///< f64 d = standard normal quantile of unit_of(a)
    exponential,  ///< f64 d = -log(1 - unit_of(a))
    poisson,      ///< i64 d = Poisson of mean b (f64, capped to 0..1e9), further words are mix(a + k)
    zipf,         ///< i64 d in 1..max(b,1), P(k) ~ k^-real          b: i64; real > 0
    permute,      ///< i64 d = place of a in a permutation of 0..max(b,1)-1 keyed by c    a, b: i64, c: i64 word; a is taken mod b
    uuid4,        ///< uuid d from words a, b (RFC 9562 version 4)
    pattern,      ///< text d: strings[table] (or text b when given) with # -> digit, A -> capital, a -> small letter, h -> hex digit, \x -> x; word k is mix(a + k), word 0 is a; each serves two places, high half first

    // Constants and inputs are registers, not instructions (Program::constants, Program::inputs).

    // Arithmetic; type i64 or f64, same for operands and result
    add, sub, mul, min, max, negate, absolute,
    divide,       ///< f64 d = a / b; 0 where b == 0
    modulo,       ///< i64 or f64; result has the sign of b; 0 where b == 0
    floor_divide, ///< i64 d = floor(a / imm), imm > 0
    round_divide, ///< i64 d = a / imm rounded half away from zero, imm > 0
    floor, ceil, round, ///< f64 -> f64; round is half away from zero
    exp, log, cos, sqrt, ///< f64 -> f64 by base/math.h; log of <= 0 is -infinity
    power,        ///< f64 d = a ^ b
    distance_km,  ///< f64 great-circle distance of (a, b) and (c, e), degrees latitude, longitude
    noise,        ///< f64 smooth noise at time a (i64 us), keyed by word b, of period imm us; mean 0, deviation 1

    // Conversions: type is the result's; the operand's is the register's own
    convert,      ///< between u8, i32, i64, f64; f64 -> integer rounds half away from zero and saturates, i64 -> i32 and -> u8 truncate
    pick,         ///< type d = b where a (u8) else c               any type
    take,         ///< type d = tables[table].values[a], a: u8, i32 or i64 index from 0; clamped into the table

    // Comparisons and logic: d is u8 0 or 1; `type` is the operands'
    equal, less, less_equal,   ///< u8, i32, i64, f64, text (bytewise), uuid
    logic_and, logic_or, logic_not, logic_and_not, ///< u8; and_not: a and not b
    in_set,       ///< u8 d = a is a member of tables[table]         a: i64 or text; the table's values are sorted

    // Time: a is i64 microseconds UTC
    time_part,    ///< i64 d by imm: 0 days since epoch, 1 hour 0..23, 2 weekday 1..7 from Monday, 3 day of year 1..366, 4 month 1..12, 5 year, 6 minute, 7 second
    cron,         ///< u8 d = the minute of a matches crons[table]
    row_time,     ///< i64 d = clocks[table]->time_of(a)             a: i64 row number from 0
    rows_by,      ///< i64 d = clocks[table]->rows_by(a)             a: i64 instant: rows with time < a

    // Text
    concat,       ///< text d = the parts of templates[table], printed one after the other
    lower, upper, ///< text, ASCII letters only
    hex_text,     ///< text d = the first imm (1..16) of the 16 hex digits of a (i64)
    slug,         ///< text: lower-cased ASCII letters and digits of a; the rest left out
    text_size,    ///< i64 d = number of code points
    format_time,  ///< text d = a by strings[table] (yyyy MM dd HH mm ss SSS, EEE as Mon, MMM as Jan, quoted text in '...', '' for one quote)

    // Frames: rows of lists. The result of open is i64 0-based index within its list, in the new frame.
    open,         ///< opens frame `imm` under this instruction's frame with a rows for each row, kept within 0 and 65536; d: index, in frame imm
    filter,       ///< opens frame `imm` beside frame imm2 with its rows where b (u8, in frame imm2); d: index within what is left, in frame imm
    expand,       ///< type d (in this frame) = a of the parent frame
    compact,      ///< type d (in this, filtered, frame) = a of the frame it was filtered from
    total,        ///< type d (i64, f64; in this frame) = sum over the rows of a in a child frame; 0 when none
    lowest, highest, ///< type d = min / max over the rows of a in a child frame; 0 when none
    size,         ///< i64 d = number of rows of child frame imm
    nth,          ///< type d (in this frame) = row b (i64, from 0, clamped) of a in a child frame; zero value when none
    // clang-format on
};

/// One instruction.
struct Ins {
    Op op;
    Phys type;
    uint16_t frame = 0;
    Reg d = no_reg;
    Reg a = no_reg, b = no_reg, c = no_reg, e = no_reg;
    int64_t imm = 0;
    int64_t imm2 = 0;
    double real = 0;
    uint32_t table = 0;
};

/// Alias table (Vose 1991): entry i = threshold << 32 | alias; pick i where low 32 bits of the word < threshold.
struct Alias {
    std::vector<uint64_t> entries;

    /// Builds from weights; they need not sum to one. At least one must be positive.
    static Alias of(const std::vector<double>& weights);

    /// Picks by word: high half chooses the entry, low half decides.
    uint32_t pick(uint64_t word) const {
        const uint64_t i = ((word >> 32) * entries.size()) >> 32;
        const uint64_t entry = entries[i];
        return static_cast<uint32_t>(word) < static_cast<uint32_t>(entry >> 32) ? static_cast<uint32_t>(i)
                                                                                : static_cast<uint32_t>(entry);
    }
};

/// Constant values of one physical type, read by take, alias and in_set. Only the vector of `phys` is filled.
struct Table {
    Phys phys = Phys::i64;
    std::vector<uint8_t> u8;
    std::vector<int32_t> i32;
    std::vector<int64_t> i64;
    std::vector<double> f64;
    std::vector<std::string> text;
    Alias alias;
};

/// Minutes at which something holds; bit i of a mask stands for value i.
struct Cron {
    uint64_t minutes = 0;
    uint32_t hours = 0;
    uint32_t days = 0;        ///< 1..31
    uint32_t months = 0;      ///< 1..12
    uint32_t weekdays = 0;    ///< 0..6 from Sunday
    bool any_day = true;      ///< day field was *
    bool any_weekday = true;  ///< weekday field was *; when both are restricted either may match, as in cron
};

/// Relates row numbers and instants of a stream, or births of an entity kind.
class RowClock {
  public:
    virtual ~RowClock() = default;
    /// Gives the instant of row `row` >= 0 in microseconds; rows never go back in time.
    virtual int64_t time_of(int64_t row) const = 0;
    /// Counts the rows whose time is before `instant`.
    virtual int64_t rows_by(int64_t instant) const = 0;
    /// Fills `times` for rows first .. first + count - 1.
    virtual void times(int64_t first, uint32_t count, int64_t* times) const = 0;
};

/// One part of a text: a literal, or a register printed as its type says.
struct TextPart {
    std::string literal;  ///< printed first
    Reg reg = no_reg;     ///< then this register, if any
    Type type;            ///< how it is printed: decimal by scale, instant by form and unit, ...
};

/// A constant held by a register in every row.
struct Constant {
    Reg reg = no_reg;
    int64_t integer = 0;  ///< u8, i32, i64
    double real = 0;      ///< f64
    std::string text;     ///< text; uuid: 16 bytes
};

/// Where a column of the output batch is found.
struct Output {
    Reg value = no_reg;   ///< no_reg for the offsets of a list
    Reg null = no_reg;    ///< u8 mask, or no_reg
    int frame = 0;        ///< of the slot's rows
    int list_frame = -1;  ///< list, map: the child frame whose offsets these are
};

/// A frame of rows: frame 0 are the rows of the batch, the others hold the items of lists.
struct Frame {
    int parent = -1;  ///< the frame whose rows own these
    int source = -1;  ///< the frame this one was filtered from, or -1
};

struct Program {
    std::vector<Phys> registers;      ///< physical type of each
    std::vector<uint16_t> frame_of;   ///< frame of each register
    std::vector<Reg> inputs;          ///< filled by the caller for each row of frame 0, in this order
    std::vector<Constant> constants;  ///< valid in the register's frame
    std::vector<Frame> frames{Frame{}};
    std::vector<Ins> code;
    std::vector<Output> outputs;  ///< by slot
    std::vector<Reg> kept;        ///< further registers the caller reads after a run

    std::vector<std::shared_ptr<const Table>> tables;
    std::vector<std::vector<TextPart>> templates;
    std::vector<std::string> strings;
    std::vector<Cron> crons;
    std::vector<std::shared_ptr<const RowClock>> clocks;
};

/// Lists a program, one instruction a line, for tests and for the curious.
std::string list_program(const Program& program);

/// Names an instruction.
std::string_view name_of(Op op);

}  // namespace headwater
