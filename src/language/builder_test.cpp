// For programs as they are built: shared, folded, and without what nobody reads.
#include "language/builder.h"

#include <doctest/doctest.h>
#include <algorithm>

namespace headwater {

namespace {

int64_t constant_in(const Program& program, Reg reg) {
    return std::ranges::find(program.constants, reg, &Constant::reg)->integer;
}

/// Adds the two constants that an addition reads; enough for what is folded here.
std::vector<Constant> evaluate(const Program& program, Reg reg) {
    const Ins& addition = *std::ranges::find(program.code, reg, &Ins::d);
    Constant constant;
    constant.integer = constant_in(program, addition.a) + constant_in(program, addition.b);
    return {constant};
}

size_t count_of(const Program& program, Op op) {
    return static_cast<size_t>(std::ranges::count(program.code, op, &Ins::op));
}

}  // namespace

TEST_SUITE("builder") {
    TEST_CASE("equal instructions are one") {
        ProgramBuilder build(evaluate);
        const Reg row = build.input(Phys::i64);
        const Reg twice = build.emit(Op::add, Phys::i64, {row, row});
        CHECK(build.emit(Op::add, Phys::i64, {row, row}) == twice);
        CHECK(build.emit(Op::mul, Phys::i64, {row, row}) != twice);
    }

    TEST_CASE("what is known beforehand is computed beforehand") {
        ProgramBuilder build(evaluate);
        const Reg sum = build.emit(Op::add, Phys::i64, {build.integer(40), build.integer(2)});
        REQUIRE(build.constant(sum) != nullptr);
        CHECK(build.constant(sum)->integer == 42);
        CHECK(build.constant(build.input(Phys::i64)) == nullptr);
    }

    TEST_CASE("what nobody reads is left out") {
        ProgramBuilder build(evaluate);
        const Reg row = build.input(Phys::i64);
        Reg kept = build.emit(Op::add, Phys::i64, {row, build.integer(1)});
        build.emit(Op::mul, Phys::i64, {row, build.integer(7)});
        build.keep(kept);
        const auto program = build.finish({&kept});
        CHECK(count_of(*program, Op::add) == 1);
        CHECK(count_of(*program, Op::mul) == 0);
    }

    TEST_CASE("the frame of a kept constant stays, though nothing is computed in it") {
        ProgramBuilder build(evaluate);
        const Reg row = build.input(Phys::i64);
        Reg index = no_reg;
        const int frame = build.open(build.emit(Op::add, Phys::i64, {row, build.integer(1)}), 0, &index);
        Reg delay = build.in_frame(build.integer(5), frame);
        build.keep(delay);
        const auto program = build.finish({&delay});
        REQUIRE(program->frames.size() == 2);
        CHECK(program->frame_of[delay] == 1);
        CHECK(count_of(*program, Op::open) == 1);
    }
}

}  // namespace headwater
