#include "pack/arrival.h"

namespace headwater {

namespace {

constexpr const char* late_column = "(late)";

/// Compiles {chance: 10%, by: 1s..1min}: a share of the records is late.
Meaning share_that_is_late(Compiler& compiler, Cells& cells, const PlannedStream& stream, const std::string& path) {
    Section section(stream.pack->reading, stream.late, path);
    const Node* chance = section.take("chance");
    const Node* by = section.take("by");
    section.finish();
    if (by == nullptr)
        return compiler.fail(cells.context_at({late_column, path, "late", stream.late}), stream.late->at,
                             "What is late says by how much", "Write for example {chance: 10%, by: 1s..1min}.");
    const Context by_context = cells.context_at({late_column, path + ".by", "late.by", by});
    const Meaning delay = delay_value(compiler, by_context, *by, "Lateness");
    if (chance == nullptr || delay.broken()) return delay;
    const Reg mask =
        chance_of(compiler, cells.context_at({late_column, path + ".chance", "late.chance", chance}), *chance);
    if (mask == no_reg) return {};
    ProgramBuilder& build = compiler.build;
    const Constant* known = build.constant(mask);
    if (known != nullptr && known->integer == 0)
        return Compiler::with_bounds(scalar(delay.type, build.integer(0)), 0, 0);
    const Reg late = build.pick(mask, compiler.as_i64(delay), build.integer(0));
    return Compiler::with_bounds(scalar(delay.type, late), 0, delay.high);
}

}  // namespace

bool lay_out_lateness(Compiler& compiler, Cells& cells, const PlannedStream& stream, int frame, RecordLayout& layout,
                      Schema& schema) {
    if (stream.late == nullptr) return true;
    const std::string path = (stream.table ? "tables." : "streams.") + stream.name + ".late";
    const Context context = cells.context_at({late_column, path, "late", stream.late});
    Meaning late = stream.late->is_map() ? share_that_is_late(compiler, cells, stream, path)
                                         : delay_value(compiler, context, *stream.late, "Lateness");
    if (late.broken()) return false;
    if (late.high == 0) return true;  // such records go out as they are made
    late.reg = compiler.as_i64(late);
    Field field;
    if (!layout.lay_out(context, stream.late->at, late_column, late_column, late, frame, field)) return false;
    schema.hidden.push_back(std::move(field));
    schema.late = late_column;
    schema.most_late = (late.high + 999) / 1000 * 1000;  // the end of a range is not drawn: 1min, not 59.999999s
    return true;
}

void set_clock(Cells& cells, const PlannedStream& stream) {
    if (stream.skew == nullptr) return;
    cells.set_clock([&cells, &stream](Compiler& compiler) -> Meaning {
        const Node& node = *stream.skew;
        Context context = cells.context_at({"(skew)", "streams." + stream.name + ".skew", "skew", &node});
        const Reg time = context.time;
        context.base = no_reg;
        context.no_draw_reason = "The error of a clock cannot be drawn for each record";
        const Meaning error = slot_value(compiler, context, node, false, "300ms or =clock_error");
        if (error.broken()) return {};
        if (!error.is_kind_of(Kind::duration))
            return compiler.fail(context, node.at,
                                 "The error of a clock is a duration, but this is " + Compiler::describe(error) +
                                     (node.is_scalar() ? ": " + node.text : ""),
                                 "Draw it as an attribute, for example clock_error: =normal(0s, 200ms).");
        if (may_be_null(compiler, error))
            return compiler.fail(context, node.at, "The error of a clock may be null: " + node.text,
                                 "Give a value with coalesce().");
        return scalar(type_of(Kind::instant), compiler.build.emit(Op::add, Phys::i64, {time, compiler.as_i64(error)}));
    });
}

}  // namespace headwater
