// For the claims of data/program.h and data/type.h: alias tables keep their weights, programs and types read well.
#include "data/program.h"

#include <doctest/doctest.h>

#include "base/random.h"

using namespace headwater;

namespace {

/// Gives each index's share as the table itself says, without drawing.
std::vector<double> shares_of(const Alias& alias) {
    std::vector<double> shares(alias.entries.size());
    for (size_t i = 0; i < alias.entries.size(); ++i) {
        const double own = static_cast<double>(alias.entries[i] >> 32) * 0x1p-32;
        shares[i] += own / static_cast<double>(shares.size());
        shares[static_cast<uint32_t>(alias.entries[i])] += (1 - own) / static_cast<double>(shares.size());
    }
    return shares;
}

}  // namespace

TEST_CASE("an alias table holds exactly its weights") {
    const std::vector<std::vector<double>> cases = {{1},
                                                    {1, 1},
                                                    {0, 1},
                                                    {1, 0, 0},
                                                    {3, 1},
                                                    {0.1, 0.2, 0.7},
                                                    {5, 0, 1e-9, 94, 0, 1},
                                                    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
    for (const auto& weights : cases) {
        double sum = 0;
        for (const double weight : weights) sum += weight;
        const std::vector<double> shares = shares_of(Alias::of(weights));
        for (size_t i = 0; i < weights.size(); ++i) {
            CHECK(shares[i] == doctest::Approx(weights[i] / sum).epsilon(1e-6));
            if (weights[i] == 0) CHECK(shares[i] == 0);
        }
    }
}

TEST_CASE("an alias table picks by word") {
    const Alias alias = Alias::of({3, 1});
    CHECK(alias.entries[1] == ((1ULL << 31) << 32));
    CHECK(alias.pick(0xffffffff'00000000ULL) == 1);
    CHECK(alias.pick(0xffffffff'80000000ULL) == 0);
    CHECK(alias.pick(0) == 0);
}

TEST_CASE("a program lists one instruction a line") {
    Program program;
    program.registers = {Phys::i64, Phys::f64, Phys::i64, Phys::text};
    program.inputs = {0};
    program.constants = {{.reg = 1, .real = 0.5}};
    program.templates = {{{.literal = "n-", .reg = 2, .type = {.kind = Kind::integer}}}};
    program.code = {{.op = Op::draw, .type = Phys::i64, .d = 2, .a = 0, .imm = 7},
                    {.op = Op::concat, .type = Phys::text, .d = 3}};
    CHECK(list_program(program) ==
          "r0 = input.i64\n"
          "r1 = constant.f64 0.5\n"
          "r2 = draw.i64 r0 imm=7\n"
          "r3 = concat.text table=0 [\"n-\"$r2:int]\n");
}

TEST_CASE("an instruction has the name that program.h gives it") {
    CHECK(name_of(Op::base) == "base");
    CHECK(name_of(Op::uuid4) == "uuid4");
    CHECK(name_of(Op::convert) == "convert");
    CHECK(name_of(Op::format_time) == "format_time");
    CHECK(name_of(Op::nth) == "nth");
}

TEST_CASE("types are spelled as the language does") {
    CHECK(spell({.kind = Kind::decimal, .scale = 2}) == "decimal(2)");
    CHECK(spell({.kind = Kind::instant}) == "instant(ms)");
    CHECK(spell({.kind = Kind::instant, .form = InstantForm::epoch, .unit = TimeUnit::second}) == "instant(s, epoch)");
    CHECK(spell({.kind = Kind::enumeration, .symbols = {"A", "B"}}) == "A | B");
    const Field text{.name = "item", .type = {.kind = Kind::text}, .nullable = true};
    CHECK(spell({.kind = Kind::list, .fields = {text}}) == "list of text or null");
    CHECK(spell({.kind = Kind::record, .fields = {text}}) == "{item: text or null}");
}
