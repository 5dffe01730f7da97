// For streams that follow another: one program chooses copies and delays, another makes the records.
#include "base/random.h"
#include "pack/arrival.h"
#include "pack/incidents.h"

namespace headwater {

namespace {

/// Fixes what a follower can read of the record it follows.
void fix_parent(Compiler& compiler, Cells& cells, const PlannedStream& parent, Reg row, Reg time) {
    cells.fix(parent.name, parent.record_of(compiler, row, time));
}

Context follower_context(const PlannedStream& stream, Compiler& compiler, Reg row, Reg index, int frame) {
    Context base = stream.pack->world->context(*stream.pack, "streams." + stream.name, stream.at);
    const Reg of_row =
        compiler.build.emit(Op::base, Phys::i64, Phys::i64, {row}, {.imm = static_cast<int64_t>(stream.key)});
    base.base = index == no_reg ? of_row
                                : compiler.build.emit(Op::base_under, Phys::i64, Phys::i64, {of_row, index},
                                                      {.imm = static_cast<int64_t>(key_of("copy"))});
    base.frame = frame;
    base.owner_key = stream.key;
    return base;
}

/// Finds the stream that another one follows; null after a report.
const PlannedStream* followed_by(const PlannedStream& stream) {
    const Pack& pack = *stream.pack;
    const std::string path = "streams." + stream.name + ".follows";
    const auto parent = pack.stream(stream.follows);
    if (!parent) {
        std::vector<std::string> known;
        for (const auto& other : pack.streams) known.push_back(other->name);
        pack.reading.error(stream.follows_at, path, "Unknown stream to follow: " + stream.follows,
                           suggest(stream.follows, known));
        return nullptr;
    }
    if (parent.get() == &stream) {
        pack.reading.error(stream.follows_at, path, "A stream cannot follow itself: " + stream.follows);
        return nullptr;
    }
    if (parent->is_flat()) return parent.get();
    pack.reading.error(stream.follows_at, path, "Only a flat stream with a rate can be followed: " + stream.follows,
                       "Let both follow " + (parent->follows.empty() ? "a flat stream" : parent->follows) + ".");
    return nullptr;
}

/// Compiles how often a record is followed, whatever `when` and `chance` say; `most` receives the bound.
Reg repetitions(Compiler& compiler, Cells& cells, const PlannedStream& stream, int64_t& most) {
    const Reg once = compiler.build.integer(1);
    if (!stream.repeat) return once;
    const std::string path = "streams." + stream.name + ".repeat";
    const Meaning times = slot_value(compiler, cells.context_at({"repeat", path, "repeat", stream.repeat}),
                                     *stream.repeat, true, "3 or 1..5");
    if (times.broken()) return once;
    const Reading& reading = stream.pack->reading;
    if (!times.is_kind_of(Kind::integer)) {
        reading.error(stream.repeat->at, path,
                      "How often a record is followed is a whole number, but this is " + Compiler::describe(times));
        return once;
    }
    if (times.high == INT64_MAX || times.high > 1'000'000) {
        reading.error(stream.repeat->at, path, "How often a record is followed needs a bound: " + stream.repeat->text,
                      "Write a range such as 1..5, or min(n, 100).");
        return once;
    }
    most = std::max<int64_t>(times.high, 1);
    return compiler.as_i64(times);
}

/// Compiles whether a record is followed at all; no_reg where each is.
Reg is_followed(Compiler& compiler, Cells& cells, const PlannedStream& stream) {
    const std::string path = "streams." + stream.name;
    Reg mask = no_reg;
    if (stream.when)
        mask =
            compiler.compile_condition(cells.context_at({"when", path + ".when", "when", stream.when}), *stream.when);
    if (!stream.chance) return mask;
    return compiler.build.logic_and(
        mask,
        chance_of(compiler, cells.context_at({"chance", path + ".chance", "chance", stream.chance}), *stream.chance));
}

/// Fixes the number of a copy among those of one record, from 1.
void fix_index(Compiler& compiler, Cells& cells, Reg index, int64_t most) {
    ProgramBuilder& build = compiler.build;
    const Reg number = build.emit(Op::add, Phys::i64, {index, build.integer(1)});
    cells.fix("index", Compiler::with_bounds(compiler.integer(number), 1, most));
}

/// Compiles the program that chooses copies and their delays, if there are no more mistakes than `errors`.
void compile_choice(World& world, const PlannedStream& stream, const PlannedStream& parent, size_t errors,
                    FollowerPlan& plan) {
    Session session(world);
    Compiler& compiler = session.compiler;
    ProgramBuilder& build = session.build;
    const Pack& pack = *stream.pack;
    const Reg row = build.input(Phys::i64);
    const Reg time = build.input(Phys::i64);
    Context base = follower_context(stream, compiler, row, no_reg, 0);
    base.time = time;
    Cells cells(pack, {}, base, nullptr);
    fix_parent(compiler, cells, parent, row, time);
    const Reg mask = is_followed(compiler, cells, stream);
    Reg copies = repetitions(compiler, cells, stream, plan.most_copies);
    if (mask != no_reg) copies = build.pick(mask, copies, build.integer(0));
    plan.copies = build.in_frame(copies, 0);
    Reg index = no_reg;
    plan.frame = build.open(plan.copies, 0, &index);
    Context inner = follower_context(stream, compiler, row, index, plan.frame);
    inner.time = build.in_frame(time, plan.frame);
    Cells copy_cells(pack, {}, inner, nullptr);
    fix_parent(compiler, copy_cells, parent, row, time);
    fix_index(compiler, copy_cells, index, plan.most_copies);
    Reg delay = build.integer(0);
    if (stream.after) {
        const Context context =
            copy_cells.context_at({"after", "streams." + stream.name + ".after", "after", stream.after});
        if (const Meaning after = delay_value(compiler, context, *stream.after, "A delay"); !after.broken()) {
            delay = compiler.as_i64(after);
            plan.least_delay = after.low;
            plan.most_delay = after.high;
        }
    }
    plan.delay = build.in_frame(delay, plan.frame);
    build.keep(plan.copies);
    build.keep(plan.delay);
    if (world.diagnostics.error_count() != errors) return;
    plan.choose = build.finish({&plan.copies, &plan.delay});
    plan.frame = plan.choose->frame_of[plan.delay];
}

/// Compiles the program that makes the records of copies, if there are no more mistakes than `errors`.
void compile_records(World& world, const PlannedStream& stream, const PlannedStream& parent, size_t errors,
                     FollowerPlan& plan) {
    Session session(world);
    Compiler& compiler = session.compiler;
    ProgramBuilder& build = session.build;
    const Pack& pack = *stream.pack;
    const Reg row = build.input(Phys::i64);
    const Reg parent_time = build.input(Phys::i64);
    const Reg index = build.input(Phys::i64);
    const Reg time = build.input(Phys::i64);
    Context base = follower_context(stream, compiler, row, index, 0);
    base.time = time;
    std::vector<Cell> all = stream.lets;
    all.insert(all.end(), stream.fields.begin(), stream.fields.end());
    Cells drawn(pack, all, base, &stream.types), settled(pack, all, base, &stream.types);
    const Reg first = build.emit(Op::mul, Phys::i64, {row, build.integer(plan.most_copies)});
    const Reg number =
        build.emit(Op::add, Phys::i64, {build.emit(Op::add, Phys::i64, {first, index}), build.integer(1)});
    for (Cells* cells : {&drawn, &settled}) {
        set_clock(*cells, stream);
        fix_parent(compiler, *cells, parent, row, parent_time);
        fix_index(compiler, *cells, index, plan.most_copies);
        cells->fix("number", Compiler::with_bounds(compiler.integer(number), 1, INT64_MAX));
    }
    plan.own.rule = add_rules(compiler, stream.rules, drawn, settled, "streams." + stream.name + ".rules");
    for (const Cell& let : stream.lets) settled.value(compiler, let.name);
    auto schema = std::make_shared<Schema>();
    lay_out_schema(compiler, settled, stream, 0, *schema);
    if (world.diagnostics.error_count() != errors) return;
    plan.own.schema = schema;
    for (const Rule& rule : stream.rules) plan.own.labels.push_back(rule.name);
    if (plan.own.rule != no_reg) build.keep(plan.own.rule);
    label_incidents(compiler, stream, drawn, plan.own);
    if (world.diagnostics.error_count() != errors) return;
    plan.own.program = build.finish(plan.own.label_registers());
}

}  // namespace

std::optional<FollowerPlan> compile_follower(World& world, const PlannedStream& stream) {
    const PlannedStream* parent = followed_by(stream);
    if (parent == nullptr) return std::nullopt;
    const size_t errors = world.diagnostics.error_count();
    FollowerPlan plan;
    if (auto followed = compile_flat(world, *parent)) plan.parent = *followed;
    compile_choice(world, stream, *parent, errors, plan);
    compile_records(world, stream, *parent, errors, plan);
    if (world.diagnostics.error_count() != errors) return std::nullopt;
    plan.own.count = stream.count.value_or(INT64_MAX);
    return plan;
}

}  // namespace headwater
