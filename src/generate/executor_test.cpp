// For what each instruction means: results computed by hand, from both executors.
#include "generate/executor.h"

#include <doctest/doctest.h>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "base/math.h"
#include "base/random.h"
#include "base/sample.h"
#include "base/time.h"
#include "generate/arena.h"

using namespace headwater;

namespace {

/// An operand or a result.
struct Cell {
    Phys phys = Phys::i64;
    int64_t integer = 0;
    double real = 0;
    std::string text;

    friend bool operator==(const Cell&, const Cell&) = default;
};

Cell whole(int64_t value) { return {.integer = value}; }
Cell word(uint64_t value) { return {.integer = static_cast<int64_t>(value)}; }
Cell byte(int64_t value) { return {.phys = Phys::u8, .integer = value}; }
Cell narrow(int64_t value) { return {.phys = Phys::i32, .integer = value}; }
Cell real(double value) { return {.phys = Phys::f64, .real = value}; }
Cell text(std::string value) { return {.phys = Phys::text, .text = std::move(value)}; }
Cell uuid(std::string value) { return {.phys = Phys::uuid, .text = std::move(value)}; }

doctest::String toString(const Cell& cell) {
    return (std::to_string(static_cast<int>(cell.phys)) + ":" + std::to_string(cell.integer) + "/" +
            std::to_string(cell.real) + "/" + cell.text)
        .c_str();
}

Cell cell_of(Phys phys, const Value& value) {
    if (phys == Phys::f64) return real(value.real);
    if (phys == Phys::text) return text(std::string(view_of(value.text)));
    if (phys == Phys::uuid) return uuid(std::string(reinterpret_cast<const char*>(value.uuid), 16));
    return {.phys = phys, .integer = value.integer};
}

Cell cell_of(Phys phys, const void* column, uint32_t row) {
    switch (phys) {
        case Phys::u8: return byte(static_cast<const uint8_t*>(column)[row]);
        case Phys::i32: return narrow(static_cast<const int32_t*>(column)[row]);
        case Phys::i64: return whole(static_cast<const int64_t*>(column)[row]);
        case Phys::f64: return real(static_cast<const double*>(column)[row]);
        case Phys::text: return text(std::string(view_of(static_cast<const TextView*>(column)[row])));
        case Phys::uuid: return uuid(std::string(static_cast<const char*>(column) + 16 * size_t{row}, 16));
    }
    return {};
}

Reg add_register(Program& program, Phys phys, uint16_t frame = 0) {
    program.registers.push_back(phys);
    program.frame_of.push_back(frame);
    return static_cast<Reg>(program.registers.size() - 1);
}

Reg add_constant(Program& program, const Cell& cell) {
    const Reg reg = add_register(program, cell.phys);
    program.constants.push_back({reg, cell.integer, cell.real, cell.text});
    return reg;
}

/// Runs one instruction on constants; both executors must agree.
Cell run(Phys result, Ins ins, const std::vector<Cell>& operands, Program program = {}) {
    Reg* const slots[] = {&ins.a, &ins.b, &ins.c, &ins.e};
    for (size_t i = 0; i < operands.size(); ++i) *slots[i] = add_constant(program, operands[i]);
    ins.d = add_register(program, result);
    program.code = {ins};
    program.kept = {ins.d};
    const auto shared = std::make_shared<const Program>(std::move(program));
    ColumnExecutor column(shared, 8);
    column.run(5);
    ScalarExecutor scalar(shared);
    scalar.run();
    const Cell found = cell_of(result, column.values(ins.d), 4);
    CHECK(cell_of(result, scalar.value(ins.d)) == found);
    return found;
}

Cell run(Op op, Phys type, const std::vector<Cell>& operands) { return run(type, {.op = op, .type = type}, operands); }

constexpr uint64_t w = 0xfedcba9876543210ULL;
constexpr int64_t least = std::numeric_limits<int64_t>::min();

Program with_table(Table table) {
    Program program;
    program.tables = {std::make_shared<const Table>(std::move(table))};
    return program;
}

Program with_string(std::string string) {
    Program program;
    program.strings = {std::move(string)};
    return program;
}

}  // namespace

TEST_CASE("addresses and words are those of base/random.h") {
    CHECK(run(Phys::i64, {.op = Op::base, .type = Phys::i64, .imm = 5}, {whole(7)}) == word(base_of(5, 7)));
    CHECK(run(Phys::i64, {.op = Op::base_under, .type = Phys::i64, .imm = 5}, {word(w), whole(7)}) ==
          word(base_of(key_under(w, 5), 7)));
    CHECK(run(Phys::i64, {.op = Op::draw, .type = Phys::i64, .imm = 5}, {word(w)}) == word(draw(w, 5)));
    CHECK(run(Phys::i64, {.op = Op::key_under, .type = Phys::i64, .imm = 5}, {word(w)}) == word(key_under(5, w)));
    CHECK(run(Phys::i64, {.op = Op::hash_text, .type = Phys::i64}, {text("abc")}) == word(key_of("abc")));
}

TEST_CASE("samplers turn a word into a value") {
    CHECK(run(Phys::u8, {.op = Op::below, .type = Phys::u8, .imm = 3, .imm2 = 16}, {word(w)}) == byte(3 + 15));
    CHECK(run(Phys::i32, {.op = Op::below, .type = Phys::i32, .imm = -3, .imm2 = 16}, {word(w)}) == narrow(-3 + 15));
    CHECK(run(Phys::i64, {.op = Op::below, .type = Phys::i64, .imm = 0, .imm2 = 1LL << 40}, {word(w)}) ==
          word(w >> 24));
    CHECK(run(Phys::i64, {.op = Op::below_reg, .type = Phys::i64}, {word(w), whole(100), whole(16)}) == whole(115));
    CHECK(run(Phys::i64, {.op = Op::below_reg, .type = Phys::i64}, {word(w), whole(100), whole(-4)}) == whole(100));
    CHECK(run(Op::unit, Phys::f64, {word(1ULL << 63)}) == real(0.5));
    CHECK(run(Phys::u8, {.op = Op::chance, .type = Phys::u8, .real = 0.5}, {word((1ULL << 63) - 1)}) == byte(1));
    CHECK(run(Phys::u8, {.op = Op::chance, .type = Phys::u8, .real = 0.5}, {word(1ULL << 63)}) == byte(0));
    CHECK(run(Op::normal, Phys::f64, {word(1ULL << 63)}) == real(0));
    CHECK(run(Op::normal, Phys::f64, {word(1ULL << 56)}) == real(normal_quantile(0x1p-8)));
    CHECK(run(Op::exponential, Phys::f64, {word(1ULL << 63)}) == real(-log_of(0.5)));
    CHECK(run(Op::poisson, Phys::i64, {word(1ULL << 63), real(4)}) == whole(4));
    CHECK(run(Phys::i64, {.op = Op::zipf, .type = Phys::i64, .real = 1.2}, {word(w), whole(1000)}) ==
          whole(zipf_of(w, 1000, 1.2)));
    CHECK(run(Op::permute, Phys::i64, {whole(-3), whole(10), word(w)}) == whole(permuted(7, 10, w)));
    CHECK(run(Phys::uuid, {.op = Op::uuid4, .type = Phys::uuid}, {word(w), word(w)}) ==
          uuid("\xfe\xdc\xba\x98\x76\x54\x42\x10\xbe\xdc\xba\x98\x76\x54\x32\x10"));
}

TEST_CASE("an alias table picks by its weights, small or large") {
    for (const size_t size : {1, 8, 9, 16, 17, 200}) {
        Table table;
        table.alias = Alias::of(std::vector<double>(size, 1.0));
        CHECK(run(Phys::u8, {.op = Op::alias, .type = Phys::u8}, {word(~0ULL << 32)}, with_table(table)) ==
              byte(static_cast<int64_t>(size) - 1));
        CHECK(run(Phys::i32, {.op = Op::alias, .type = Phys::i32}, {word(0)}, with_table(table)) == narrow(0));
    }
}

TEST_CASE("a pattern takes two characters from each word, the high half first") {
    const auto letter = [](uint64_t half, const char* alphabet, uint64_t size) {
        return alphabet[(half * size) >> 32];
    };
    const uint64_t next = mix(w + 1);
    std::string expected = "x-";
    expected += letter(w >> 32, "0123456789", 10);
    expected += letter(w & 0xffffffff, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 26);
    expected += '#';
    expected += letter(next >> 32, "abcdefghijklmnopqrstuvwxyz", 26);
    expected += letter(next & 0xffffffff, "0123456789abcdef", 16);
    CHECK(run(Phys::text, {.op = Op::pattern, .type = Phys::text}, {word(w)}, with_string("x-#A\\#ah")) ==
          text(expected));
}

TEST_CASE("integer arithmetic wraps and never traps") {
    CHECK(run(Op::add, Phys::i64, {whole(INT64_MAX), whole(1)}) == whole(least));
    CHECK(run(Op::sub, Phys::i64, {whole(2), whole(5)}) == whole(-3));
    CHECK(run(Op::mul, Phys::i64, {whole(INT64_MAX), whole(2)}) == whole(-2));
    CHECK(run(Op::min, Phys::i64, {whole(-1), whole(1)}) == whole(-1));
    CHECK(run(Op::max, Phys::i64, {whole(-1), whole(1)}) == whole(1));
    CHECK(run(Op::negate, Phys::i64, {whole(least)}) == whole(least));
    CHECK(run(Op::absolute, Phys::i64, {whole(-4)}) == whole(4));
    CHECK(run(Op::modulo, Phys::i64, {whole(-7), whole(5)}) == whole(3));
    CHECK(run(Op::modulo, Phys::i64, {whole(7), whole(-5)}) == whole(-3));
    CHECK(run(Op::modulo, Phys::i64, {whole(7), whole(0)}) == whole(0));
    CHECK(run(Op::modulo, Phys::i64, {whole(least), whole(-1)}) == whole(0));
    CHECK(run(Op::modulo, Phys::i64, {whole(least), whole(1000)}) == whole(192));
}

TEST_CASE("division by a constant floors or rounds, near zero and at the ends") {
    const auto divide = [](Op op, int64_t a, int64_t by) {
        return run(Phys::i64, {.op = op, .type = Phys::i64, .imm = by}, {whole(a)}).integer;
    };
    CHECK(divide(Op::floor_divide, -1, 10) == -1);
    CHECK(divide(Op::floor_divide, 19, 10) == 1);
    CHECK(divide(Op::floor_divide, least, 2) == least / 2);
    CHECK(divide(Op::floor_divide, 17, 1) == 17);
    CHECK(divide(Op::floor_divide, 4503599627370495, 3) == 1501199875790165);
    CHECK(divide(Op::round_divide, 5, 10) == 1);
    CHECK(divide(Op::round_divide, -5, 10) == -1);
    CHECK(divide(Op::round_divide, 4, 9) == 0);
    CHECK(divide(Op::round_divide, -5, 9) == -1);
    CHECK(divide(Op::round_divide, INT64_MAX, 10) == 922337203685477581);
    CHECK(divide(Op::round_divide, 3, INT64_MAX) == 0);
}

TEST_CASE("arithmetic of doubles") {
    CHECK(run(Op::add, Phys::f64, {real(0.5), real(0.25)}) == real(0.75));
    CHECK(run(Op::divide, Phys::f64, {real(1), real(4)}) == real(0.25));
    CHECK(run(Op::divide, Phys::f64, {real(1), real(0)}) == real(0));
    CHECK(run(Op::modulo, Phys::f64, {real(-7.5), real(2)}) == real(0.5));
    CHECK(run(Op::modulo, Phys::f64, {real(1), real(0)}) == real(0));
    CHECK(run(Op::min, Phys::f64, {real(2), real(-1)}) == real(-1));
    CHECK(run(Op::floor, Phys::f64, {real(-1.5)}) == real(-2));
    CHECK(run(Op::ceil, Phys::f64, {real(-1.5)}) == real(-1));
    CHECK(run(Op::round, Phys::f64, {real(-1.5)}) == real(-2));
    CHECK(run(Op::sqrt, Phys::f64, {real(9)}) == real(3));
    CHECK(run(Op::exp, Phys::f64, {real(0)}) == real(1));
    CHECK(run(Op::log, Phys::f64, {real(1)}) == real(0));
    CHECK(run(Op::cos, Phys::f64, {real(0)}) == real(1));
    CHECK(run(Op::power, Phys::f64, {real(2), real(10)}) == real(1024));
    CHECK(run(Op::absolute, Phys::f64, {real(-2)}) == real(2));
    CHECK(run(Op::negate, Phys::f64, {real(-2)}) == real(2));
    CHECK(run(Op::distance_km, Phys::f64, {real(0), real(0), real(0), real(180)}).real ==
          doctest::Approx(20015.1).epsilon(1e-4));
    CHECK(run(Phys::f64, {.op = Op::noise, .type = Phys::f64, .imm = 1000}, {whole(-2000), word(w)}).real ==
          doctest::Approx(noise_knot(w, -2) * 1.1297).epsilon(1e-4));
}

TEST_CASE("conversions round half away from zero, saturate, or truncate") {
    const auto convert = [](Phys to, const Cell& from) { return run(Op::convert, to, {from}); };
    CHECK(convert(Phys::i64, real(2.5)) == whole(3));
    CHECK(convert(Phys::i64, real(-2.5)) == whole(-3));
    CHECK(convert(Phys::i64, real(1e300)) == whole(INT64_MAX));
    CHECK(convert(Phys::i64, real(-1e300)) == whole(least));
    CHECK(convert(Phys::i64, real(std::nan(""))) == whole(0));
    CHECK(convert(Phys::i32, real(3e9)) == narrow(INT32_MAX));
    CHECK(convert(Phys::u8, real(-0.4)) == byte(0));
    CHECK(convert(Phys::u8, real(255.5)) == byte(255));
    CHECK(convert(Phys::i32, whole((1LL << 32) + 7)) == narrow(7));
    CHECK(convert(Phys::u8, whole(-1)) == byte(255));
    CHECK(convert(Phys::f64, whole(INT64_MAX)) == real(0x1p63));
    CHECK(convert(Phys::i64, narrow(-5)) == whole(-5));
    CHECK(convert(Phys::f64, byte(200)) == real(200));
}

TEST_CASE("pick and take choose") {
    CHECK(run(Op::pick, Phys::text, {byte(1), text("yes"), text("no")}) == text("yes"));
    CHECK(run(Op::pick, Phys::i64, {byte(0), whole(1), whole(2)}) == whole(2));
    const Program program = with_table({.i64 = {10, 20, 30}, .text = {"a", "b", "c"}});
    const auto take = [&](Phys type, const Cell& index) {
        return run(type, {.op = Op::take, .type = type}, {index}, program);
    };
    CHECK(take(Phys::i64, byte(1)) == whole(20));
    CHECK(take(Phys::i64, byte(200)) == whole(30));
    CHECK(take(Phys::i64, whole(-1)) == whole(10));
    CHECK(take(Phys::text, narrow(99)) == text("c"));
}

TEST_CASE("comparisons and logic give 0 or 1") {
    const auto compare = [](Op op, const Cell& a, const Cell& b) {
        return run(Phys::u8, {.op = op, .type = a.phys}, {a, b}).integer;
    };
    CHECK(compare(Op::equal, text("ab"), text("ab")) == 1);
    CHECK(compare(Op::less, text("a"), text("ab")) == 1);
    CHECK(compare(Op::less, text("b"), text("ab")) == 0);
    CHECK(compare(Op::less_equal, real(1), real(1)) == 1);
    CHECK(compare(Op::less_equal, real(std::nan("")), real(1)) == 0);
    CHECK(compare(Op::less, whole(-1), whole(1)) == 1);
    CHECK(compare(Op::equal, narrow(3), narrow(4)) == 0);
    CHECK(compare(Op::less, uuid("0123456789abcdef"), uuid("0123456789abcdeg")) == 1);
    CHECK(compare(Op::logic_and, byte(1), byte(0)) == 0);
    CHECK(compare(Op::logic_or, byte(1), byte(0)) == 1);
    CHECK(compare(Op::logic_and_not, byte(1), byte(0)) == 1);
    CHECK(run(Op::logic_not, Phys::u8, {byte(1)}) == byte(0));
    std::vector<int64_t> many;
    for (int64_t i = 0; i < 100; ++i) many.push_back(i * 3);
    CHECK(run(Phys::u8, {.op = Op::in_set, .type = Phys::i64}, {whole(9)}, with_table({.i64 = many})) == byte(1));
    for (const int64_t outside : {int64_t{10}, int64_t{-3}, int64_t{300}, INT64_MIN, INT64_MAX})
        CHECK(run(Phys::u8, {.op = Op::in_set, .type = Phys::i64}, {whole(outside)}, with_table({.i64 = many})) ==
              byte(0));
    many.push_back(INT64_MAX);
    CHECK(run(Phys::u8, {.op = Op::in_set, .type = Phys::i64}, {whole(297)}, with_table({.i64 = many})) == byte(1));
    CHECK(run(Phys::u8, {.op = Op::in_set, .type = Phys::i64}, {whole(INT64_MIN)}, with_table({.i64 = many})) ==
          byte(0));
    CHECK(run(Phys::u8, {.op = Op::in_set, .type = Phys::i64}, {whole(10)}, with_table({.i64 = {3, 9}})) == byte(0));
    CHECK(run(Phys::u8, {.op = Op::in_set, .type = Phys::text}, {text("b")}, with_table({.text = {"a", "b"}})) ==
          byte(1));
}

TEST_CASE("an instant comes apart as the calendar says") {
    const int64_t instant = *parse_instant("2024-12-31T23:45:06Z");
    const int64_t expected[] = {20088, 23, 2, 366, 12, 2024, 45, 6};
    for (int64_t part = 0; part < 8; ++part) {
        CAPTURE(part);
        CHECK(run(Phys::i64, {.op = Op::time_part, .type = Phys::i64, .imm = part}, {whole(instant)}) ==
              whole(expected[part]));
    }
    CHECK(run(Phys::i64, {.op = Op::time_part, .type = Phys::i64, .imm = 1}, {whole(-1)}) == whole(23));
}

TEST_CASE("cron holds in its minutes, on its days") {
    Program program;
    program.crons = {{.minutes = 1ULL << 45,
                      .hours = 1U << 23,
                      .days = 1U << 1,
                      .months = 1U << 12,
                      .weekdays = 1U << 2,
                      .any_day = false,
                      .any_weekday = false}};
    const auto holds = [&](const char* instant) {
        return run(Phys::u8, {.op = Op::cron, .type = Phys::u8}, {whole(*parse_instant(instant))}, program).integer ==
               1;
    };
    CHECK(holds("2024-12-31T23:45:59Z"));        // a Tuesday
    CHECK(holds("2024-12-01T23:45:00Z"));        // the first
    CHECK_FALSE(holds("2024-12-30T23:45:00Z"));  // neither
    CHECK_FALSE(holds("2024-12-31T23:46:00Z"));
    CHECK_FALSE(holds("2024-11-26T23:45:00Z"));
}

TEST_CASE("texts are changed and measured") {
    CHECK(run(Op::lower, Phys::text, {text("AbÜ1")}) == text("abÜ1"));
    CHECK(run(Op::upper, Phys::text, {text("abü1")}) == text("ABü1"));
    CHECK(run(Op::slug, Phys::text, {text("O'Neil & Sons, 3")}) == text("oneilsons3"));
    CHECK(run(Phys::text, {.op = Op::hex_text, .type = Phys::text, .imm = 5}, {word(0x0123456789abcdefULL)}) ==
          text("01234"));
    CHECK(run(Phys::i64, {.op = Op::text_size, .type = Phys::i64}, {text("aü€")}) == whole(3));
    const Cell instant = whole(*parse_instant("2024-02-29T07:08:09.012Z"));
    CHECK(run(Phys::text, {.op = Op::format_time, .type = Phys::text}, {instant},
              with_string("EEE dd MMM yyyy-MM'T'HH:mm:ss.SSS 'o''clock'")) ==
          text("Thu 29 Feb 2024-02T07:08:09.012 o'clock"));
}

TEST_CASE("concat prints literals and registers by their types") {
    Program program;
    const Reg number = add_constant(program, whole(-1234));
    const Reg id = add_constant(program, uuid("0123456789abcdef"));
    const Reg name = add_constant(program, text("a name that is longer than sixteen bytes"));
    const Reg index = add_constant(program, byte(1));
    program.templates = {{{"n=", number, {.kind = Kind::integer}},
                          {" d=", number, {.kind = Kind::decimal, .scale = 2}},
                          {" u=", id, {.kind = Kind::uuid}},
                          {" t=", name, {.kind = Kind::text}},
                          {" e=", index, {.kind = Kind::enumeration, .symbols = {"A", "BEE"}}},
                          {" b=", index, {.kind = Kind::boolean}},
                          {".", no_reg, {}}}};
    CHECK(run(Phys::text, {.op = Op::concat, .type = Phys::text}, {}, program) ==
          text("n=-1234 d=-12.34 u=30313233-3435-3637-3839-616263646566 t=a name that is longer than sixteen bytes "
               "e=BEE b=true."));
}

TEST_CASE("lists open, filter, fold and give back their items") {
    Program program;
    program.inputs = {add_register(program, Phys::i64)};
    program.frames = {{}, {.parent = 0}, {.parent = 0, .source = 1}};
    const Reg index = add_register(program, Phys::i64, 1);
    const Reg count = add_register(program, Phys::i64, 1);
    const Reg odd = add_register(program, Phys::u8, 1);
    const Reg kept = add_register(program, Phys::i64, 2);
    const Reg original = add_register(program, Phys::i64, 2);
    const Reg sum = add_register(program, Phys::i64);
    const Reg high = add_register(program, Phys::i64);
    const Reg low = add_register(program, Phys::i64);
    const Reg size = add_register(program, Phys::i64);
    const Reg last = add_register(program, Phys::i64);
    program.code = {{.op = Op::open, .type = Phys::i64, .d = index, .a = 0, .imm = 1},
                    {.op = Op::expand, .type = Phys::i64, .frame = 1, .d = count, .a = 0},
                    {.op = Op::convert, .type = Phys::u8, .frame = 1, .d = odd, .a = index},
                    {.op = Op::filter, .type = Phys::i64, .frame = 1, .d = kept, .b = odd, .imm = 2, .imm2 = 1},
                    {.op = Op::compact, .type = Phys::i64, .frame = 2, .d = original, .a = index},
                    {.op = Op::total, .type = Phys::i64, .d = sum, .a = count},
                    {.op = Op::highest, .type = Phys::i64, .d = high, .a = original},
                    {.op = Op::lowest, .type = Phys::i64, .d = low, .a = original},
                    {.op = Op::size, .type = Phys::i64, .d = size, .imm = 2},
                    {.op = Op::nth, .type = Phys::i64, .d = last, .a = original, .b = 0}};
    program.kept = {index, kept, original, sum, high, low, size, last};
    const auto shared = std::make_shared<const Program>(program);
    ColumnExecutor column(shared, 4);
    const int64_t counts[] = {3, -1, 1, 100};
    std::memcpy(column.input(0), counts, sizeof counts);
    column.run(4);
    const auto at = [&](Reg reg, uint32_t row) { return static_cast<const int64_t*>(column.values(reg))[row]; };
    CHECK(column.rows(1) == 104);
    CHECK(column.offsets(1)[2] == 3);
    CHECK(column.rows(2) == 101);
    CHECK(column.offsets(2)[3] == 2);
    CHECK(at(index, 2) == 2);
    CHECK(at(kept, 1) == 1);
    CHECK(at(original, 1) == 2);
    CHECK(at(sum, 0) == 9);
    CHECK(at(sum, 1) == 0);
    CHECK(at(high, 0) == 2);
    CHECK(at(low, 0) == 1);
    CHECK(at(size, 3) == 99);
    CHECK(at(last, 0) == 2);
    CHECK(at(last, 1) == 0);
    ScalarExecutor scalar(shared);
    scalar.input(0).integer = 3;
    scalar.run();
    CHECK(scalar.rows(2) == 2);
    CHECK(scalar.value(original, 1).integer == 2);
    CHECK(scalar.value(sum).integer == 9);
}

TEST_CASE("a list has at most 65,536 items") {
    Program program;
    program.inputs = {add_register(program, Phys::i64)};
    program.frames = {{}, {.parent = 0}};
    program.code = {{.op = Op::open, .type = Phys::i64, .d = add_register(program, Phys::i64, 1), .a = 0, .imm = 1}};
    ColumnExecutor column(std::make_shared<const Program>(program), 1);
    *static_cast<int64_t*>(column.input(0)) = INT64_MAX;
    column.run(1);
    CHECK(column.rows(1) == 65'536);
}
