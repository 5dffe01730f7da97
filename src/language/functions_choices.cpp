// For the functions that choose: from lists, from kinds of entities, from earlier rows.
#include <algorithm>

#include "base/math.h"
#include "base/random.h"
#include "language/functions.h"

namespace headwater {

namespace {

/// Up to so many places a skewed choice is an alias table (1 ns) instead of rejection (15 ns).
constexpr int64_t most_weighed_places = 65'536;

/// Draws a position 0..size-1 as the options skew, hot and share ask; size is an i64 register.
Reg position(Compiler& compiler, const Context& context, const Expression& call, Reg size) {
    ProgramBuilder& build = compiler.build;
    const Reg word = compiler.word(context, call);
    if (word == no_reg) return no_reg;
    if (const Expression* skew = compiler.option(call, "skew")) {
        const auto exponent = compiler.constant_real(context, *skew, "The skew");
        if (!exponent) return no_reg;
        if (*exponent < 0) {
            compiler.fail(context, *skew, "The skew is not below 0: " + spell(*skew));
            return no_reg;
        }
        if (const Constant* known = build.constant(size);
            known && *exponent > 0 && known->integer > 0 && known->integer <= most_weighed_places) {
            auto weights = std::make_shared<Table>();
            weights->phys = Phys::f64;
            for (int64_t k = 1; k <= known->integer; ++k)
                weights->f64.push_back(power_of(static_cast<double>(k), -*exponent));
            weights->alias = Alias::of(weights->f64);
            const Phys phys = known->integer <= 256 ? Phys::u8 : Phys::i32;
            return build.emit(Op::alias, phys, phys, {word}, {.table = build.table(weights)});
        }
        if (*exponent > 0) {
            const Reg rank = build.emit(Op::zipf, Phys::i64, Phys::i64, {word, size}, {.real = *exponent});
            return build.emit(Op::sub, Phys::i64, {rank, build.integer(1)});
        }
    }
    if (const Expression* newest = compiler.option(call, "newest")) {
        const Meaning count = compiler.compile(context, *newest);
        if (count.broken()) return no_reg;
        const Reg wanted = compiler.as_integer(context, *newest, count);
        if (wanted == no_reg) return no_reg;
        const Reg width = build.emit(Op::min, Phys::i64, {wanted, size});
        const Reg first = build.emit(Op::sub, Phys::i64, {size, width});
        return build.emit(Op::below_reg, Phys::i64, Phys::i64, {word, first, width});
    }
    const Expression* hot = compiler.option(call, "hot");
    const Expression* share = compiler.option(call, "share");
    if (!hot != !share) {
        compiler.fail(context, call, "hot and share go together: " + spell(call), "For example hot=20%, share=80%.");
        return no_reg;
    }
    if (hot) {
        const auto hot_share = compiler.constant_real(context, *hot, "hot");
        const auto busy_share = compiler.constant_real(context, *share, "share");
        if (!hot_share || !busy_share) return no_reg;
        const Reg scaled = build.emit(Op::mul, Phys::f64, {build.convert(size, Phys::f64), build.real(*hot_share)});
        const Reg few =
            build.emit(Op::max, Phys::i64,
                       {build.convert(build.emit(Op::floor, Phys::f64, {scaled}), Phys::i64), build.integer(1)});
        const Reg busy =
            build.emit(Op::chance, Phys::u8, Phys::u8, {compiler.word(context, call, 1)}, {.real = *busy_share});
        const Reg rest =
            build.emit(Op::max, Phys::i64, {build.emit(Op::sub, Phys::i64, {size, few}), build.integer(1)});
        const Reg cold_from =
            build.emit(Op::min, Phys::i64,
                       {few, build.emit(Op::max, Phys::i64,
                                        {build.emit(Op::sub, Phys::i64, {size, build.integer(1)}), build.integer(0)})});
        return build.emit(Op::below_reg, Phys::i64, Phys::i64,
                          {word, build.pick(busy, build.integer(0), cold_from), build.pick(busy, few, rest)});
    }
    if (const Constant* known = build.constant(size)) {
        const Phys phys = known->integer <= INT32_MAX ? Phys::i32 : Phys::i64;
        return build.emit(Op::below, phys, phys, {word}, {.imm = 0, .imm2 = std::max<int64_t>(known->integer, 1)});
    }
    return build.emit(Op::below_reg, Phys::i64, Phys::i64, {word, build.integer(0), size});
}

Meaning pick_from(Compiler& compiler, const Context& context, const Expression& call, const Meaning& of) {
    ProgramBuilder& build = compiler.build;
    if (of.is == Meaning::Is::list) {
        if (of.list->size == 0)
            return compiler.fail(context, argument_at(call, 0),
                                 "Nothing can be picked from an empty list: " + of.list->name);
        if (compiler.option(call, "skew")) {
            const Reg place = position(compiler, context, call, build.integer(of.list->size));
            return place == no_reg ? Meaning{} : compiler.row_of(of.list, place);
        }
        const Reg word = compiler.word(context, call);
        return word == no_reg ? Meaning{} : compiler.row_of(of.list, pick_row(compiler, *of.list, word));
    }
    if (of.is == Meaning::Is::items) {
        if (!of.item->scalar() || compiler.option(call, "skew")) {
            return compiler.fail(context, argument_at(call, 0),
                                 "Only a drawn list of single values can be picked from, without options: " +
                                     spell(argument_at(call, 0)));
        }
        const Reg place = position(compiler, context, call, build.size(of.frame));
        if (place == no_reg) return Meaning{};
        Meaning item = *of.item;
        if (item.type.kind == Kind::text && (item.text_form == TextForm::parts || item.text_form == TextForm::hex)) {
            item.reg = compiler.as_text(item);
            item.text_form = TextForm::view;
            item.parts.clear();
        }
        const Reg empty = build.emit(Op::less_equal, Phys::i64, Phys::u8, {build.size(of.frame), build.integer(0)});
        item.null = item.null == no_reg ? empty : build.logic_or(empty, build.nth(item.null, place));
        item.reg = build.nth(item.reg, place);
        return item;
    }
    return compiler.fail(
        context, argument_at(call, 0),
        "pick() takes a list, but this is " + Compiler::describe(of) + ": " + spell(argument_at(call, 0)),
        of.is == Meaning::Is::kind ? "Use any(" + of.name + ") for an entity." : "");
}

Meaning compile_pick(Compiler& compiler, const Context& context, const Expression& call) {
    const size_t count = call.children.size() - 1;
    const Meaning first = argument(compiler, context, call, 0);
    if (first.broken()) return first;
    if (count == 1 && !first.scalar()) return pick_from(compiler, context, call, first);
    if (count == 1) {
        return compiler.fail(context, argument_at(call, 0),
                             "pick() takes a list, or two or more values: " + spell(call));
    }
    std::vector<Meaning> values{first};
    for (size_t i = 1; i < count; ++i) values.push_back(argument(compiler, context, call, i));
    for (const Meaning& value : values) {
        if (value.broken()) return value;
    }
    const Reg place = position(compiler, context, call, compiler.build.integer(static_cast<int64_t>(count)));
    if (place == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    std::vector<std::string> texts;
    for (const Meaning& value : values) {
        if (const auto text = compiler.constant_text(value)) texts.push_back(*text);
    }
    if (texts.size() == count) {
        auto table = std::make_shared<Table>();
        table->phys = Phys::text;
        table->text = texts;
        return compiler.text_index(build.convert(place, Phys::u8), table);
    }
    Meaning result = values.back();
    for (size_t i = count - 1; i-- > 0;) {
        const Reg here = build.emit(Op::equal, Phys::i64, Phys::u8,
                                    {build.convert(place, Phys::i64), build.integer(static_cast<int64_t>(i))});
        result = compiler.choose(context, call.at, here, values[i], result);
        if (result.broken()) return result;
    }
    return result;
}

Meaning compile_sample(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning of = argument(compiler, context, call, 0);
    const Meaning wanted = argument(compiler, context, call, 1);
    if (of.broken() || wanted.broken()) return Meaning{};
    ProgramBuilder& build = compiler.build;
    Reg size = no_reg;
    if (of.is == Meaning::Is::list) size = build.integer(of.list->size);
    if (of.is == Meaning::Is::kind) size = compiler.as_i64(of.kind->count(compiler, context));
    if (size == no_reg) {
        return compiler.fail(context, argument_at(call, 0),
                             "sample() takes a list or a kind of entity, but this is " + Compiler::describe(of) + ": " +
                                 spell(argument_at(call, 0)));
    }
    const Reg count = compiler.as_integer(context, argument_at(call, 1), wanted);
    const Reg word = compiler.word(context, call);
    if (count == no_reg || word == no_reg) return Meaning{};
    Reg index = no_reg;
    Meaning result;
    result.is = Meaning::Is::items;
    result.frame = build.open(build.emit(Op::min, Phys::i64, {count, size}), context.frame, &index);
    const Reg place = build.emit(Op::permute, Phys::i64, Phys::i64,
                                 {index, build.in_frame(size, result.frame), build.in_frame(word, result.frame)});
    if (of.is == Meaning::Is::list) {
        result.item = std::make_shared<Meaning>(compiler.row_of(of.list, place));
    } else {
        result.item = std::make_shared<Meaning>(
            of.kind->entity(compiler, context, build.emit(Op::add, Phys::i64, {place, build.integer(1)})));
    }
    return result;
}

Meaning compile_any(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning of = argument(compiler, context, call, 0);
    if (of.broken()) return of;
    ProgramBuilder& build = compiler.build;
    if (of.is == Meaning::Is::list || of.is == Meaning::Is::items) return pick_from(compiler, context, call, of);
    if (of.is == Meaning::Is::kind) {
        if (const Expression* where = compiler.option(call, "where")) {
            return compiler.fail(context, *where,
                                 "Only children of the own cell can be chosen by their state: " + spell(call));
        }
        const Meaning count = of.kind->count(compiler, context);
        if (count.broken()) return count;
        const Reg place = position(compiler, context, call, compiler.as_i64(count));
        if (place == no_reg) return Meaning{};
        const Reg number = build.emit(Op::add, Phys::i64, {build.convert(place, Phys::i64), build.integer(1)});
        Meaning chosen = of.kind->entity(compiler, context, number);
        if (!compiler.constant_integer(count)) {
            chosen.null = build.emit(Op::less_equal, Phys::i64, Phys::u8, {compiler.as_i64(count), build.integer(0)});
        }
        return chosen;
    }
    if (of.is == Meaning::Is::stream && of.rows) {
        const Meaning count = of.rows->count_before(compiler, context);
        if (count.broken()) return count;
        const Reg place = position(compiler, context, call, compiler.as_i64(count));
        if (place == no_reg) return Meaning{};
        Meaning chosen = of.rows->row(compiler, context, build.convert(place, Phys::i64));
        chosen.null = build.emit(Op::less_equal, Phys::i64, Phys::u8, {compiler.as_i64(count), build.integer(0)});
        return chosen;
    }
    return compiler.fail(context, argument_at(call, 0),
                         "any() takes a kind of entity or a flat stream, but this is " + Compiler::describe(of) + ": " +
                             spell(argument_at(call, 0)));
}

}  // namespace

void add_choices(std::vector<Function>& functions) {
    const std::string group = "choices";
    functions.insert(
        functions.end(),
        {{"pick",
          group,
          "pick(list, skew=1.1) or pick(\"a\", \"b\")",
          "One item of a list, by weight where it has weights; or one of the values. skew prefers the first ones.",
          "pick(\"a\", \"b\", \"c\")",
          1,
          999,
          compile_pick,
          {"skew"}},
         {"sample", group, "sample(list or kind, n)", "A list of n distinct items, equally likely.",
          "size(sample(numbers, 2))", 2, 2, compile_sample},
         {"any",
          group,
          "any(kind, skew=1.1, newest=100, hot=20%, share=80%)",
          "An entity born before now, or an earlier row of a flat stream. skew prefers low numbers, newest the last "
          "born; hot and share let some do most.",
          "any(customer).name",
          1,
          1,
          compile_any,
          {"skew", "newest", "hot", "share", "where"}}});
}

}  // namespace headwater
