// For the functions of numbers, texts and lists.
#include <algorithm>

#include "language/functions.h"

namespace headwater {

namespace {

bool is_text(const Meaning& meaning) { return meaning.is_kind_of(Kind::text) || meaning.is_kind_of(Kind::enumeration); }

/// Names of the item come first inside sum, filter and the like.
class ItemScope : public Scope {
  public:
    ItemScope(Meaning item, Scope* outer_scope) : item_(std::move(item)) { outer = outer_scope; }
    std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) override {
        if (name == "item") return item_;
        if (item_.is != Meaning::Is::record) return std::nullopt;
        const auto& names = item_.record->names;
        if (std::find(names.begin(), names.end(), name) == names.end()) return std::nullopt;
        Expression at;
        at.at = context.source.at;
        return compiler.member(context, at, item_, name);
    }
    void names(std::vector<std::string>& out) const override {
        out.push_back("item");
        if (item_.is == Meaning::Is::record)
            out.insert(out.end(), item_.record->names.begin(), item_.record->names.end());
    }

  private:
    Meaning item_;
};

/// Gives the list argument as items in a frame, or a broken meaning after a report.
Meaning items_argument(Compiler& compiler, const Context& context, const Expression& call) {
    Meaning list = argument(compiler, context, call, 0);
    if (list.is == Meaning::Is::list) list = compiler.items_of(context, list.list);
    if (list.is == Meaning::Is::kind) {
        const auto kind = list.kind;
        const Meaning count = kind->count(compiler, context);
        if (count.broken()) return count;
        Reg index = no_reg;
        list = Meaning{};
        list.is = Meaning::Is::items;
        list.frame = compiler.build.open(compiler.as_i64(count), context.frame, &index);
        const Reg number = compiler.build.emit(Op::add, Phys::i64, {index, compiler.build.integer(1)});
        list.item = std::make_shared<Meaning>(kind->entity(compiler, context, number));
    }
    if (list.broken() || list.is == Meaning::Is::items) return list;
    return not_as_expected(compiler, context, call, 0, list, "A list");
}

/// Compiles argument 1 once per item, or gives the item itself when there is none.
Meaning per_item(Compiler& compiler, const Context& context, const Expression& call, const Meaning& list) {
    if (call.children.size() < 3) return *list.item;
    ItemScope scope(*list.item, context.scope);
    Context inner = context;
    inner.scope = &scope;
    inner.frame = list.frame;
    if (context.base != no_reg) inner.no_draw_reason = "Nothing can be drawn inside a sum or filter";
    inner.base = no_reg;
    return compiler.compile(inner, argument_at(call, 1));
}

Meaning reduce(Compiler& compiler, const Context& context, const Expression& call, Op op) {
    const Meaning list = items_argument(compiler, context, call);
    if (list.broken()) return list;
    Meaning value = per_item(compiler, context, call, list);
    if (value.broken()) return value;
    const Kind kind = value.type.kind;
    const bool number = kind == Kind::integer || kind == Kind::decimal || kind == Kind::real || kind == Kind::duration;
    const bool ordered = number || kind == Kind::instant || kind == Kind::date;
    if (!value.scalar() || !(op == Op::total ? number : ordered)) {
        return compiler.fail(context, call, "The items are no numbers: " + spell(call));
    }
    ProgramBuilder& build = compiler.build;
    const Phys phys = kind == Kind::real ? Phys::f64 : Phys::i64;
    Reg reg = build.in_frame(build.convert(value.reg, phys), list.frame);
    if (value.null != no_reg && op == Op::total) {
        reg = build.pick(build.in_frame(value.null, list.frame), phys == Phys::f64 ? build.real(0) : build.integer(0),
                         reg);
    }
    Meaning result = scalar(value.type, build.reduce(op, build.in_frame(reg, list.frame)));
    if (op != Op::total) {
        result.null = build.emit(Op::less_equal, Phys::i64, Phys::u8, {build.size(list.frame), build.integer(0)});
        result.low = value.low;
        result.high = value.high;
    }
    return result;
}

Meaning compile_sum(Compiler& compiler, const Context& context, const Expression& call) {
    return reduce(compiler, context, call, Op::total);
}

Meaning compile_size(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning of = argument(compiler, context, call, 0);
    if (of.broken()) return of;
    ProgramBuilder& build = compiler.build;
    if (of.is == Meaning::Is::list)
        return compiler.with_bounds(compiler.integer(build.integer(of.list->size)), of.list->size, of.list->size);
    if (of.is == Meaning::Is::items) return compiler.with_bounds(compiler.integer(build.size(of.frame)), 0, UINT32_MAX);
    if (of.is == Meaning::Is::kind) return of.kind->count(compiler, context);
    if (is_text(of))
        return compiler.with_bounds(
            compiler.integer(build.emit(Op::text_size, Phys::i64, Phys::i64, {compiler.as_text(of)}), of.null), 0,
            UINT32_MAX);
    return compiler.fail(
        context, argument_at(call, 0),
        "size() takes a list or a text, but this is " + Compiler::describe(of) + ": " + spell(argument_at(call, 0)));
}

Meaning compile_filter(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning list = items_argument(compiler, context, call);
    if (list.broken()) return list;
    const Meaning condition = per_item(compiler, context, call, list);
    if (condition.broken()) return condition;
    const Reg mask = compiler.as_boolean(context, argument_at(call, 1), condition);
    if (mask == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    Reg index = no_reg;
    Meaning result;
    result.is = Meaning::Is::items;
    result.frame = build.filter(list.frame, mask, &index);
    const int frame = result.frame;
    auto moved = [&build, frame](Meaning value) {
        if (value.reg != no_reg) value.reg = build.in_frame(value.reg, frame);
        if (value.null != no_reg) value.null = build.in_frame(value.null, frame);
        if (value.identity != no_reg) value.identity = build.in_frame(value.identity, frame);
        return value;
    };
    if (list.item->scalar()) {
        Meaning item = *list.item;
        if (is_text(item) && (item.text_form == TextForm::parts || item.text_form == TextForm::hex)) {
            item.reg = compiler.as_text(item);
            item.text_form = TextForm::view;
            item.parts.clear();
        }
        result.item = std::make_shared<Meaning>(moved(item));
        return result;
    }
    Meaning item = moved(*list.item);
    if (item.record) {
        auto record = std::make_shared<RecordMeaning>();
        record->names = item.record->names;
        record->member = [&compiler, inner = item.record, moved](const std::string& name) {
            Meaning value = inner->member(name);
            if (value.is_kind_of(Kind::text) &&
                (value.text_form == TextForm::parts || value.text_form == TextForm::hex)) {
                value.reg = compiler.as_text(value);
                value.text_form = TextForm::view;
                value.parts.clear();
            }
            return moved(value);
        };
        item.record = record;
    }
    result.item = std::make_shared<Meaning>(item);
    return result;
}

template <bool lowest>
Meaning extreme(Compiler& compiler, const Context& context, const Expression& call) {
    if (call.children.size() == 2) return reduce(compiler, context, call, lowest ? Op::lowest : Op::highest);
    Meaning result = argument(compiler, context, call, 0);
    if (!result.scalar() && !result.broken() && call.children.size() == 3)
        return reduce(compiler, context, call, lowest ? Op::lowest : Op::highest);
    ProgramBuilder& build = compiler.build;
    for (size_t i = 1; i + 1 < call.children.size(); ++i) {
        const Meaning next = argument(compiler, context, call, i);
        if (result.broken() || next.broken()) return Meaning{};
        const auto type = result.scalar() && next.scalar() ? compiler.common_type(result, next) : std::nullopt;
        const bool ordered = type && type->kind != Kind::text && type->kind != Kind::enumeration &&
                             type->kind != Kind::boolean && type->kind != Kind::uuid;
        if (!ordered) {
            return compiler.fail(
                context, argument_at(call, i),
                "These have no order: " + Compiler::describe(result) + " and " + Compiler::describe(next));
        }
        const Meaning a = compiler.as_type(context, call.at, result, *type, "a value");
        const Meaning b = compiler.as_type(context, call.at, next, *type, "a value");
        const Phys phys = type->kind == Kind::real ? Phys::f64 : Phys::i64;
        Meaning both = scalar(
            *type,
            build.emit(lowest ? Op::min : Op::max, phys, {build.convert(a.reg, phys), build.convert(b.reg, phys)}),
            build.logic_or(a.null, b.null));
        both.low = lowest ? std::min(a.low, b.low) : std::max(a.low, b.low);
        both.high = lowest ? std::min(a.high, b.high) : std::max(a.high, b.high);
        result = both;
    }
    return result;
}

Meaning compile_abs(Compiler& compiler, const Context& context, const Expression& call) {
    Meaning value = argument(compiler, context, call, 0);
    if (value.broken()) return value;
    const Kind kind = value.type.kind;
    if (!value.scalar() ||
        !(kind == Kind::integer || kind == Kind::decimal || kind == Kind::real || kind == Kind::duration)) {
        return not_as_expected(compiler, context, call, 0, value, "A number or a duration");
    }
    const Phys phys = kind == Kind::real ? Phys::f64 : Phys::i64;
    value.reg = compiler.build.emit(Op::absolute, phys, {compiler.build.convert(value.reg, phys)});
    if (value.low != INT64_MIN && value.high != INT64_MAX) {
        const int64_t high = std::max(-value.low, value.high);
        value = compiler.with_bounds(value, value.low > 0 ? value.low : value.high < 0 ? -value.high : 0, high);
    }
    return value;
}

template <Op op>
Meaning to_whole(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning value = argument(compiler, context, call, 0);
    if (value.broken()) return value;
    if (value.is_kind_of(Kind::integer)) return value;
    const Reg reg = compiler.as_real(context, argument_at(call, 0), value);
    if (reg == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    return compiler.integer(build.convert(build.emit(op, Phys::f64, {reg}), Phys::i64), value.null);
}

Meaning compile_round(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning value = argument(compiler, context, call, 0);
    if (value.broken()) return value;
    int64_t digits = 0;
    if (call.children.size() == 3) {
        const auto wanted = compiler.constant_integer(argument(compiler, context, call, 1));
        if (!wanted || *wanted < 0 || *wanted > 9) {
            return compiler.fail(
                context, argument_at(call, 1),
                "The digits of round() are a whole number from 0 to 9: " + spell(argument_at(call, 1)));
        }
        digits = *wanted;
    }
    if (value.is_kind_of(Kind::duration) || !value.scalar()) {
        return not_as_expected(compiler, context, call, 0, value, "A number");
    }
    const Type type = digits ? decimal_type(static_cast<int>(digits)) : type_of(Kind::integer);
    return compiler.as_type(context, call.at, value, type, "a rounded number");
}

template <Op op>
Meaning real_function(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning value = argument(compiler, context, call, 0);
    if (value.broken()) return value;
    const Reg reg = compiler.as_real(context, argument_at(call, 0), value);
    return reg == no_reg ? Meaning{} : compiler.real(compiler.build.emit(op, Phys::f64, {reg}), value.null);
}

Meaning compile_power(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning base = argument(compiler, context, call, 0);
    const Meaning exponent = argument(compiler, context, call, 1);
    if (base.broken() || exponent.broken()) return Meaning{};
    const Reg x = compiler.as_real(context, argument_at(call, 0), base);
    const Reg y = compiler.as_real(context, argument_at(call, 1), exponent);
    if (x == no_reg || y == no_reg) return Meaning{};
    return compiler.real(compiler.build.emit(Op::power, Phys::f64, {x, y}),
                         compiler.build.logic_or(base.null, exponent.null));
}

Meaning compile_coalesce(Compiler& compiler, const Context& context, const Expression& call) {
    Meaning result = argument(compiler, context, call, call.children.size() - 2);
    for (size_t i = call.children.size() - 2; i-- > 0;) {
        const Meaning value = argument(compiler, context, call, i);
        if (value.broken() || result.broken()) return Meaning{};
        if (value.null == no_reg) {
            result = value;
            continue;
        }
        Meaning known = value;
        known.null = no_reg;
        result = compiler.choose(context, call.at, value.null, result, known);
    }
    return result;
}

template <Op op>
Meaning text_function(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning value = argument(compiler, context, call, 0);
    if (value.broken()) return value;
    if (!is_text(value)) {
        return not_as_expected(compiler, context, call, 0, value, "Text");
    }
    Meaning result =
        scalar(type_of(Kind::text), compiler.build.emit(op, Phys::text, {compiler.as_text(value)}), value.null);
    result.plain = value.plain;
    return result;
}

}  // namespace

void add_numbers_and_lists(std::vector<Function>& functions) {
    functions.insert(
        functions.end(),
        {{"size", "lists", "size(list)", "How many items a list has, or characters a text.", "size(\"abc\")", 1, 1,
          compile_size},
         {"sum", "lists", "sum(lines, quantity * price)",
          "The sum over the items of a list; names are first the item's.", "sum(numbers)", 1, 2, compile_sum},
         {"filter", "lists", "filter(lines, quantity > 1)", "The items for which a condition holds.",
          "size(filter(numbers, item > 2))", 2, 2, compile_filter},
         {"min", "numbers", "min(a, b, ...) or min(list)", "The least of several values, or of a list.", "min(1, 2)", 1,
          99, extreme<true>},
         {"max", "numbers", "max(a, b, ...) or max(list)", "The greatest of several values, or of a list.", "max(1, 2)",
          1, 99, extreme<false>},
         {"abs", "numbers", "abs(x)", "The value without its sign.", "abs(-1)", 1, 1, compile_abs},
         {"round", "numbers", "round(x, digits)",
          "The nearest whole number, or the nearest decimal of so many digits; halves go away from zero.",
          "round(2.345, 2)", 1, 2, compile_round},
         {"ceil", "numbers", "ceil(x)", "The least whole number not below x.", "ceil(2.1)", 1, 1, to_whole<Op::ceil>},
         {"floor", "numbers", "floor(x)", "The greatest whole number not above x.", "floor(2.9)", 1, 1,
          to_whole<Op::floor>},
         {"exp", "numbers", "exp(x)", "e to the power of x.", "exp(1)", 1, 1, real_function<Op::exp>},
         {"log", "numbers", "log(x)", "The natural logarithm.", "log(10)", 1, 1, real_function<Op::log>},
         {"cos", "numbers", "cos(x)", "The cosine of x radians.", "cos(0)", 1, 1, real_function<Op::cos>},
         {"sqrt", "numbers", "sqrt(x)", "The square root.", "sqrt(2)", 1, 1, real_function<Op::sqrt>},
         {"power", "numbers", "power(base, exponent)", "base to the power of exponent.", "power(2, 10)", 2, 2,
          compile_power},
         {"coalesce", "numbers", "coalesce(a, b, ...)", "The first value that is not null.", "coalesce(null, 1)", 1, 99,
          compile_coalesce},
         {"lower", "texts", "lower(text)", "ASCII letters in lower case.", "lower(\"AB\")", 1, 1,
          text_function<Op::lower>},
         {"upper", "texts", "upper(text)", "ASCII letters in upper case.", "upper(\"ab\")", 1, 1,
          text_function<Op::upper>},
         {"slug", "texts", "slug(text)", "The ASCII letters and digits of a text, in lower case.", "slug(\"A b\")", 1,
          1, text_function<Op::slug>}});
}

}  // namespace headwater
