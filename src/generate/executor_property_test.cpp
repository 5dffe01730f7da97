// For the law that both executors give the same bits, whatever the program and the batch size.
#include <doctest/doctest.h>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "generate/arena.h"
#include "generate/executor.h"
#include "generate/random_program_test.h"

using namespace headwater;

namespace {

/// Gives row `row` of the four inputs: small and huge numbers, odd doubles, short texts.
struct Inputs {
    int64_t first;
    int64_t second;
    double real;
    std::string text;

    explicit Inputs(uint64_t row) {
        static constexpr double odd[] = {0.0,
                                         -0.0,
                                         1.0,
                                         -1.5,
                                         0.5,
                                         1e300,
                                         -1e-300,
                                         4.9e-324,
                                         std::numeric_limits<double>::infinity(),
                                         -std::numeric_limits<double>::infinity(),
                                         2147483647.5,
                                         -0x1p63};
        first = static_cast<int64_t>(row);
        const uint64_t word = draw(1, row);
        second = static_cast<int64_t>(draw(2, row)) >> (word % 64);
        real = word % 5 == 0 ? odd[draw(3, row) % std::size(odd)] : (unit_of(draw(4, row)) - 0.5) * 1000;
        text = std::string("Ab9 ü.").substr(0, word % 5) + std::to_string(row);
    }
};

TextView view_as_text(const std::string& text) { return {text.data(), static_cast<uint32_t>(text.size()), 0}; }

/// Bits of a double, all NaNs alike: compilers may order operands, and with them NaNs, as they like.
uint64_t bits_of(double value) { return std::isnan(value) ? 1 : std::bit_cast<uint64_t>(value); }

bool same_value(Phys phys, const void* column, uint32_t row, const Value& value) {
    switch (phys) {
        case Phys::u8: return static_cast<const uint8_t*>(column)[row] == value.integer;
        case Phys::i32: return static_cast<const int32_t*>(column)[row] == value.integer;
        case Phys::i64: return static_cast<const int64_t*>(column)[row] == value.integer;
        case Phys::f64: return bits_of(static_cast<const double*>(column)[row]) == bits_of(value.real);
        case Phys::uuid:
            return std::memcmp(static_cast<const unsigned char*>(column) + 16 * size_t{row}, value.uuid, 16) == 0;
        case Phys::text: return view_of(static_cast<const TextView*>(column)[row]) == view_of(value.text);
    }
    return false;
}

/// Gives the first row of `frame` that descends from row `row` of frame 0.
uint32_t start_of(const Program& program, const ColumnExecutor& executor, int frame, uint32_t row) {
    return frame == 0 ? row : executor.offsets(frame)[start_of(program, executor, program.frames[frame].parent, row)];
}

/// Names the first kept register in which the executors differ, or nothing.
std::string difference(const Program& program, const ColumnExecutor& column, ScalarExecutor& scalar, uint32_t row) {
    for (const Reg reg : program.kept) {
        const int frame = program.frame_of[reg];
        const uint32_t start = start_of(program, column, frame, row);
        const uint32_t count = start_of(program, column, frame, row + 1) - start;
        if (count != scalar.rows(frame)) return "rows of frame " + std::to_string(frame);
        for (uint32_t i = 0; i < count; ++i)
            if (!same_value(program.registers[reg], column.values(reg), start + i, scalar.value(reg, i)))
                return "row " + std::to_string(i) + " of r" + std::to_string(reg);
    }
    return "";
}

/// Gives the inputs of one batch to the executor.
void give(ColumnExecutor& column, const std::vector<Inputs>& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) {
        static_cast<int64_t*>(column.input(0))[i] = inputs[i].first;
        static_cast<int64_t*>(column.input(1))[i] = inputs[i].second;
        static_cast<double*>(column.input(2))[i] = inputs[i].real;
        static_cast<TextView*>(column.input(3))[i] = view_as_text(inputs[i].text);
    }
}

/// Mixes the bits of one value into a digest.
uint64_t digest_of(uint64_t digest, Phys phys, const void* column, uint32_t row) {
    switch (phys) {
        case Phys::u8: return mix(digest ^ static_cast<const uint8_t*>(column)[row]);
        case Phys::i32: return mix(digest ^ static_cast<uint64_t>(static_cast<const int32_t*>(column)[row]));
        case Phys::i64: return mix(digest ^ static_cast<const uint64_t*>(column)[row]);
        case Phys::f64: return mix(digest ^ bits_of(static_cast<const double*>(column)[row]));
        case Phys::uuid: return mix(digest ^ key_of({static_cast<const char*>(column) + 16 * size_t{row}, 16}));
        case Phys::text: return mix(digest ^ key_of(view_of(static_cast<const TextView*>(column)[row])));
    }
    return digest;
}

void compare(const std::shared_ptr<const Program>& program, uint64_t first, const std::vector<uint32_t>& batches) {
    ColumnExecutor column(program, 512);
    ScalarExecutor scalar(program);
    for (const uint32_t rows : batches) {
        std::vector<Inputs> inputs;
        for (uint32_t i = 0; i < rows; ++i) inputs.emplace_back(first + i);
        give(column, inputs);
        column.run(rows);
        for (uint32_t i = 0; i < rows; ++i) {
            scalar.input(0).integer = inputs[i].first;
            scalar.input(1).integer = inputs[i].second;
            scalar.input(2).real = inputs[i].real;
            scalar.input(3).text = view_as_text(inputs[i].text);
            scalar.run();
            const std::string found = difference(*program, column, scalar, i);
            INFO(found);
            if (!found.empty()) INFO(list_program(*program));
            REQUIRE(found == "");
        }
        first += rows;
    }
}

}  // namespace

TEST_CASE("both executors give the same bits for random programs, whatever the size of the batch") {
    for (uint64_t seed = 0; seed < 120; ++seed) {
        CAPTURE(seed);
        const auto random = [seed](uint64_t place) { return static_cast<uint32_t>(1 + below(draw(seed, place), 60)); };
        compare(random_program(seed, 30, seed % 2 == 0), seed * 1000,
                {1, random(1), random(2), seed % 8 == 0 ? 512 : random(3), 2});
    }
}

TEST_CASE("a batch may be cut anywhere without a change of values") {
    const auto program = random_program(4711, 60, true);
    for (uint32_t rows = 1; rows <= 40; ++rows) compare(program, 100, {rows, 41 - rows});
}

TEST_CASE("random programs give the same bits under every compiler, level of optimisation and instruction set") {
    uint64_t digest = 0;
    for (uint64_t seed = 1000; seed < 1060; ++seed) {
        const auto program = random_program(seed, 40, true);
        ColumnExecutor column(program, 64);
        std::vector<Inputs> inputs;
        for (uint64_t i = 0; i < 64; ++i) inputs.emplace_back(seed * 64 + i);
        give(column, inputs);
        column.run(64);
        for (const Reg reg : program->kept)
            for (uint32_t row = 0; row < column.rows(program->frame_of[reg]); ++row)
                digest = digest_of(digest, program->registers[reg], column.values(reg), row);
    }
    CHECK(digest == 11294209011661733356ULL);
}
