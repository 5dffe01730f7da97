// For the cost of column kernels, in nanoseconds per row, each as one instruction of a program over 512 rows.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "base/random.h"
#include "generate/executor.h"

namespace {

using namespace headwater;

constexpr uint32_t rows = 512;
/// The result is computed this often per run, so that the cost of a run itself does not show.
constexpr int repeats = 16;

/// Types of the operands; each is an input filled with random words, small numbers, unit doubles or masks.
struct Case {
    const char* name;
    Ins ins;
    Phys result;
    std::vector<Phys> operands;
    size_t table_size = 0;
    std::string string;
};

void fill(Phys phys, void* memory, uint64_t salt, bool words) {
    for (uint32_t i = 0; i < rows; ++i) {
        const uint64_t word = draw(salt, i);
        switch (phys) {
            case Phys::u8: static_cast<uint8_t*>(memory)[i] = word & 1; break;
            case Phys::i32: static_cast<int32_t*>(memory)[i] = static_cast<int32_t>(word >> 45); break;
            case Phys::i64: static_cast<uint64_t*>(memory)[i] = words ? word : word >> 14; break;
            case Phys::f64: static_cast<double*>(memory)[i] = unit_of(word) * 20; break;
            case Phys::uuid: std::memcpy(static_cast<char*>(memory) + 16 * i, &word, 8); break;
            case Phys::text:
                static_cast<TextView*>(memory)[i] = {"Ada Lovelace", static_cast<uint32_t>(4 + word % 8), 0};
                break;
        }
    }
}

std::shared_ptr<const Program> program_of(const Case& c) {
    Program program;
    Ins ins = c.ins;
    Reg* const slots[] = {&ins.a, &ins.b, &ins.c, &ins.e};
    for (size_t i = 0; i < c.operands.size(); ++i) {
        program.registers.push_back(c.operands[i]);
        program.inputs.push_back(static_cast<Reg>(i));
        *slots[i] = static_cast<Reg>(i);
    }
    Table table;
    for (size_t i = 0; i < c.table_size; ++i) {
        table.i64.push_back(static_cast<int64_t>(i * 7));
        table.text.push_back("entry " + std::to_string(i));
    }
    if (c.table_size > 0) table.alias = Alias::of(std::vector<double>(c.table_size, 1.5));
    program.tables = {std::make_shared<const Table>(table)};
    program.strings = {c.string};
    program.templates = {{{"user_", 0, {.kind = Kind::integer}}, {"@example.org", no_reg, {}}}};
    for (int i = 0; i < repeats; ++i) {
        ins.d = static_cast<Reg>(program.registers.size());
        program.registers.push_back(c.result);
        program.code.push_back(ins);
    }
    program.frame_of.assign(program.registers.size(), 0);
    return std::make_shared<const Program>(program);
}

void measure(benchmark::State& state, const Case& c) {
    const bool words = c.ins.op < Op::add && c.ins.op != Op::zipf && c.ins.op != Op::permute;
    ColumnExecutor executor(program_of(c), rows);
    for (size_t i = 0; i < c.operands.size(); ++i) {
        const bool is_size = i == 1 && (c.ins.op == Op::zipf || c.ins.op == Op::permute);
        fill(c.operands[i], executor.input(i), i, words && i != 1);
        if (is_size) std::fill_n(static_cast<int64_t*>(executor.input(i)), rows, 1'000'000);
    }
    for (auto _ : state) {
        executor.run(rows);
        benchmark::ClobberMemory();
    }
    state.counters["ns/row"] = benchmark::Counter(static_cast<double>(state.iterations()) * rows * repeats * 1e-9,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

constexpr Phys u8 = Phys::u8;
constexpr Phys i32 = Phys::i32;
constexpr Phys i64 = Phys::i64;
constexpr Phys f64 = Phys::f64;
constexpr Phys text = Phys::text;

const Case cases[] = {
    {"base", {.op = Op::base, .type = i64}, i64, {i64}},
    {"draw", {.op = Op::draw, .type = i64, .imm = 5}, i64, {i64}},
    {"below u8", {.op = Op::below, .type = u8, .imm2 = 9}, u8, {i64}},
    {"below i32", {.op = Op::below, .type = i32, .imm2 = 20'000'000}, i32, {i64}},
    {"below i64, range < 2^32", {.op = Op::below, .type = i64, .imm2 = 20'000'000}, i64, {i64}},
    {"below i64, range > 2^32", {.op = Op::below, .type = i64, .imm2 = 1LL << 45}, i64, {i64}},
    {"below_reg", {.op = Op::below_reg, .type = i64}, i64, {i64, i64, i64}},
    {"unit", {.op = Op::unit, .type = f64}, f64, {i64}},
    {"chance", {.op = Op::chance, .type = u8, .real = 0.3}, u8, {i64}},
    {"alias of 8, u8", {.op = Op::alias, .type = u8}, u8, {i64}, 8},
    {"alias of 16, u8", {.op = Op::alias, .type = u8}, u8, {i64}, 16},
    {"alias of 16, i32", {.op = Op::alias, .type = i32}, i32, {i64}, 16},
    {"alias of 200, u8", {.op = Op::alias, .type = u8}, u8, {i64}, 200},
    {"alias of 10000, i32", {.op = Op::alias, .type = i32}, i32, {i64}, 10'000},
    {"normal", {.op = Op::normal, .type = f64}, f64, {i64}},
    {"exponential", {.op = Op::exponential, .type = f64}, f64, {i64}},
    {"poisson, mean to 20", {.op = Op::poisson, .type = i64}, i64, {i64, f64}},
    {"zipf 1.1", {.op = Op::zipf, .type = i64, .real = 1.1}, i64, {i64, i64}},
    {"permute", {.op = Op::permute, .type = i64}, i64, {i64, i64, i64}},
    {"uuid4", {.op = Op::uuid4, .type = Phys::uuid}, Phys::uuid, {i64, i64}},
    {"pattern of 8", {.op = Op::pattern, .type = text}, text, {i64}, 0, "##-aa-hh"},
    {"add i64", {.op = Op::add, .type = i64}, i64, {i64, i64}},
    {"mul i64", {.op = Op::mul, .type = i64}, i64, {i64, i64}},
    {"mul f64", {.op = Op::mul, .type = f64}, f64, {f64, f64}},
    {"divide", {.op = Op::divide, .type = f64}, f64, {f64, f64}},
    {"floor_divide", {.op = Op::floor_divide, .type = i64, .imm = 1000}, i64, {i64}},
    {"exp", {.op = Op::exp, .type = f64}, f64, {f64}},
    {"log", {.op = Op::log, .type = f64}, f64, {f64}},
    {"cos", {.op = Op::cos, .type = f64}, f64, {f64}},
    {"distance_km", {.op = Op::distance_km, .type = f64}, f64, {f64, f64, f64, f64}},
    {"convert i64 to f64", {.op = Op::convert, .type = f64}, f64, {i64}},
    {"convert f64 to i64", {.op = Op::convert, .type = i64}, i64, {f64}},
    {"convert f64 to i32", {.op = Op::convert, .type = i32}, i32, {f64}},
    {"convert i64 to i32", {.op = Op::convert, .type = i32}, i32, {i64}},
    {"pick i64", {.op = Op::pick, .type = i64}, i64, {u8, i64, i64}},
    {"pick u8", {.op = Op::pick, .type = u8}, u8, {u8, u8, u8}},
    {"take i64 by u8", {.op = Op::take, .type = i64}, i64, {u8}, 100},
    {"take text by i32", {.op = Op::take, .type = text}, text, {i32}, 100},
    {"less i64", {.op = Op::less, .type = i64}, u8, {i64, i64}},
    {"less f64", {.op = Op::less, .type = f64}, u8, {f64, f64}},
    {"equal u8", {.op = Op::equal, .type = u8}, u8, {u8, u8}},
    {"logic_and", {.op = Op::logic_and, .type = u8}, u8, {u8, u8}},
    {"in_set of 5", {.op = Op::in_set, .type = i64}, u8, {i64}, 5},
    {"hour", {.op = Op::time_part, .type = i64, .imm = 1}, i64, {i64}},
    {"concat literal, integer, literal", {.op = Op::concat, .type = text}, text, {i32}},
    {"slug", {.op = Op::slug, .type = text}, text, {text}},
};

}  // namespace

int main(int argc, char** argv) {
    for (const Case& c : cases)
        benchmark::RegisterBenchmark(c.name, [&c](benchmark::State& state) { measure(state, c); })->MinTime(0.05);
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
