// For compiling operators: arithmetic, comparisons, logic, membership, conditions.
#include <algorithm>

#include "language/compiler.h"

namespace headwater {

namespace {

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::decimal || kind == Kind::real; }
bool is_text(Kind kind) { return kind == Kind::text || kind == Kind::enumeration; }

struct Bounds {
    int64_t low = INT64_MIN;
    int64_t high = INT64_MAX;
};

bool bounded(const Meaning& meaning) { return meaning.low != INT64_MIN && meaning.high != INT64_MAX; }

Bounds bounds_of(const std::string& operation, const Meaning& a, const Meaning& b) {
    if (!bounded(a) || !bounded(b)) return {};
    const __int128 al = a.low, ah = a.high, bl = b.low, bh = b.high;
    __int128 low = 0, high = 0;
    if (operation == "+") {
        low = al + bl;
        high = ah + bh;
    } else if (operation == "-") {
        low = al - bh;
        high = ah - bl;
    } else {
        const __int128 products[] = {al * bl, al * bh, ah * bl, ah * bh};
        low = *std::min_element(products, products + 4);
        high = *std::max_element(products, products + 4);
    }
    if (low < INT64_MIN / 2 || high > INT64_MAX / 2) return {};
    return {static_cast<int64_t>(low), static_cast<int64_t>(high)};
}

Op operation_of(const std::string& text) { return text == "+" ? Op::add : text == "-" ? Op::sub : Op::mul; }

}  // namespace

Meaning Compiler::compile_unary(const Context& context, const Expression& expression) {
    const Expression& inner = *expression.children[0];
    const Meaning value = compile(context, inner);
    if (value.broken()) return value;
    if (expression.text == "not") {
        const Reg reg = as_boolean(context, inner, value);
        return reg == no_reg ? Meaning{} : boolean(build.logic_not(reg));
    }
    if (value.scalar() && (is_number(value.type.kind) || value.type.kind == Kind::duration)) {
        Meaning result = value;
        const Phys phys = value.type.kind == Kind::real ? Phys::f64 : Phys::i64;
        result.reg = build.emit(Op::negate, phys, {build.convert(value.reg, phys)});
        if (bounded(value)) {
            result.low = -value.high;
            result.high = -value.low;
        }
        return result;
    }
    return fail(context, expression,
                "Only a number or a duration has a negative, but this is " + describe(value) + ": " + spell(inner));
}

Meaning Compiler::compile_binary(const Context& context, const Expression& expression) {
    const std::string& op = expression.text;
    if (op == "in") return compile_in(context, expression);
    Meaning a = compile(context, *expression.children[0]);
    Meaning b = compile(context, *expression.children[1]);
    if (a.broken() || b.broken()) return Meaning{};
    if (op == "and" || op == "or") {
        const Reg x = as_boolean(context, *expression.children[0], a);
        const Reg y = as_boolean(context, *expression.children[1], b);
        if (x == no_reg || y == no_reg) return Meaning{};
        return boolean(op == "and" ? build.logic_and(x, y) : build.logic_or(x, y));
    }
    const bool is_equality = op == "==" || op == "!=";
    const bool is_order = op == "<" || op == "<=" || op == ">" || op == ">=";
    if (is_equality || is_order) {
        a = as_compared(context, *expression.children[0], a, b);
        b = as_compared(context, *expression.children[1], b, a);
        if (a.broken() || b.broken()) return Meaning{};
    }
    if (is_equality) {
        Meaning result = equal(context, expression, a, b);
        if (result.broken() || op == "==") return result;
        result.reg = build.logic_not(result.reg);
        // null differs from nothing: a comparison with a null value is neither equal nor different
        const Reg null =
            build.logic_or(a.is_kind_of(Kind::null) ? no_reg : a.null, b.is_kind_of(Kind::null) ? no_reg : b.null);
        if (null != no_reg && !a.is_kind_of(Kind::null) && !b.is_kind_of(Kind::null)) {
            result.reg = build.emit(Op::logic_and_not, Phys::u8, {result.reg, null});
        }
        return result;
    }
    if (is_order) return compile_comparison(context, expression, a, b);
    return compile_arithmetic(context, expression, a, b);
}

Meaning Compiler::compile_arithmetic(const Context& context, const Expression& expression, const Meaning& a,
                                     const Meaning& b) {
    const std::string& op = expression.text;
    auto wrong = [&] {
        std::string hint;
        if (a.scalar() && b.scalar() && op == "+" && (is_text(a.type.kind) || is_text(b.type.kind))) {
            hint = "Put values into a text by holes: \"$(" + spell(*expression.children[0]) + ")$(" +
                   spell(*expression.children[1]) + ")\".";
        }
        for (const size_t side : {0, 1}) {
            const Meaning& timed = side == 0 ? b : a;
            const Expression& bare = *expression.children[side];
            const bool adds = op == "+" || op == "-";
            if (adds && bare.kind == Expression::Kind::number && bare.unit.empty() &&
                (timed.is_kind_of(Kind::instant) || timed.is_kind_of(Kind::duration))) {
                hint = "Give the number its unit, for example " + spell(bare) + "s.";
            }
        }
        return fail(
            context, expression,
            "Operator " + op + " does not take " + describe(a) + " and " + describe(b) + ": " + spell(expression),
            hint);
    };
    if (!a.scalar() || !b.scalar()) return wrong();
    const Kind x = a.type.kind == Kind::null ? b.type.kind : a.type.kind;
    const Kind y = b.type.kind == Kind::null ? a.type.kind : b.type.kind;
    const Reg null = build.logic_or(a.null, b.null);
    auto result = [&](Type type, Reg reg, Bounds bounds = {}) {
        Meaning meaning = scalar(std::move(type), reg, null);
        meaning.low = bounds.low;
        meaning.high = bounds.high;
        return meaning;
    };
    auto both = [&](Op code) { return build.emit(code, Phys::i64, {as_i64(a), as_i64(b)}); };
    auto reals = [&](Op code) {
        return build.emit(code, Phys::f64,
                          {as_real(context, *expression.children[0], a), as_real(context, *expression.children[1], b)});
    };
    // Instants, dates and durations
    if (x == Kind::instant && y == Kind::duration && (op == "+" || op == "-"))
        return result(a.type, both(operation_of(op)));
    if (x == Kind::duration && y == Kind::instant && op == "+") return result(b.type, both(Op::add));
    if (x == Kind::instant && y == Kind::instant && op == "-") return result(type_of(Kind::duration), both(Op::sub));
    if (x == Kind::duration && y == Kind::duration) {
        if (op == "+" || op == "-") return result(a.type, both(operation_of(op)), bounds_of(op, a, b));
        if (op == "mod") return result(a.type, both(Op::modulo));
        if (op == "/") {
            Meaning ratio = result(
                type_of(Kind::real),
                build.emit(Op::divide, Phys::f64, {build.convert(a.reg, Phys::f64), build.convert(b.reg, Phys::f64)}));
            ratio.null =
                build.logic_or(null, build.emit(Op::equal, Phys::i64, Phys::u8, {as_i64(b), build.integer(0)}));
            if (const Constant* known = build.constant(ratio.null); known && !known->integer) ratio.null = null;
            return ratio;
        }
        return wrong();
    }
    if (x == Kind::date && y == Kind::duration && (op == "+" || op == "-")) {
        const Reg days = build.emit(Op::floor_divide, Phys::i64, Phys::i64, {as_i64(b)}, {.imm = 86'400'000'000});
        return result(a.type, build.emit(operation_of(op), Phys::i64, {as_i64(a), days}));
    }
    if (x == Kind::date && y == Kind::date && op == "-") {
        const Reg days = build.emit(Op::sub, Phys::i64, {as_i64(a), as_i64(b)});
        return result(type_of(Kind::duration), build.emit(Op::mul, Phys::i64, {days, build.integer(86'400'000'000)}));
    }
    const bool scaled = (x == Kind::duration && is_number(y)) || (is_number(x) && y == Kind::duration);
    if (scaled && (op == "*" || (op == "/" && x == Kind::duration))) {
        const Meaning& duration = x == Kind::duration ? a : b;
        const Meaning& factor = x == Kind::duration ? b : a;
        const Expression& at = *expression.children[x == Kind::duration ? 1 : 0];
        if (op == "*" && factor.type.kind == Kind::integer) {
            return result(duration.type, both(Op::mul), bounds_of("*", a, b));
        }
        const Reg product = build.emit(op == "*" ? Op::mul : Op::divide, Phys::f64,
                                       {build.convert(duration.reg, Phys::f64), as_real(context, at, factor)});
        return result(duration.type, build.convert(product, Phys::i64));
    }
    if (is_number(x) && y == Kind::duration && op == "/") {  // events per second
        const Reg seconds = build.emit(Op::divide, Phys::f64, {build.convert(b.reg, Phys::f64), build.real(1e6)});
        return result(type_of(Kind::real),
                      build.emit(Op::divide, Phys::f64, {as_real(context, *expression.children[0], a), seconds}));
    }
    if (!is_number(x) || !is_number(y)) return wrong();
    // Numbers
    if (op == "/") {
        const Reg divisor = as_real(context, *expression.children[1], b);
        Meaning quotient =
            result(type_of(Kind::real),
                   build.emit(Op::divide, Phys::f64, {as_real(context, *expression.children[0], a), divisor}));
        const Reg zero = build.emit(Op::equal, Phys::f64, Phys::u8, {divisor, build.real(0)});
        const Constant* known = build.constant(zero);
        if (known && known->integer) return fail(context, expression, "Division by zero: " + spell(expression));
        if (!known) quotient.null = build.logic_or(null, zero);
        return quotient;
    }
    if (x == Kind::real || y == Kind::real) {
        return result(type_of(Kind::real), reals(op == "mod" ? Op::modulo : operation_of(op)));
    }
    if (op == "*") {
        const int scale = a.type.scale + b.type.scale;
        if (scale > 9) return result(type_of(Kind::real), reals(Op::mul));
        return result(scale ? decimal_type(scale) : type_of(Kind::integer), both(Op::mul), bounds_of(op, a, b));
    }
    const Type type = *common_type(a, b);
    const Meaning left = as_type(context, expression.at, a, type, "a number");
    const Meaning right = as_type(context, expression.at, b, type, "a number");
    if (op == "mod") {
        if (const auto divisor = constant_integer(right)) {
            if (*divisor == 0) return fail(context, expression, "Division by zero: " + spell(expression));
            Bounds bounds{std::min<int64_t>(0, *divisor + 1), std::max<int64_t>(0, *divisor - 1)};
            return result(type, build.emit(Op::modulo, Phys::i64, {as_i64(left), as_i64(right)}), bounds);
        }
        Meaning rest = result(type, build.emit(Op::modulo, Phys::i64, {as_i64(left), as_i64(right)}));
        rest.null = build.logic_or(null, build.emit(Op::equal, Phys::i64, Phys::u8, {as_i64(right), build.integer(0)}));
        return rest;
    }
    return result(type, build.emit(operation_of(op), Phys::i64, {as_i64(left), as_i64(right)}),
                  bounds_of(op, left, right));
}

Meaning Compiler::equal(const Context& context, const Expression& at, const Meaning& a, const Meaning& b) {
    auto finish = [&](Reg reg) {
        const Reg null = build.logic_or(a.null, b.null);
        return boolean(null == no_reg ? reg : build.emit(Op::logic_and_not, Phys::u8, {reg, null}));
    };
    if (a.is_kind_of(Kind::null) || b.is_kind_of(Kind::null)) {
        const Meaning& other = a.is_kind_of(Kind::null) ? b : a;
        return boolean(other.null == no_reg ? build.boolean(false) : other.null);
    }
    if (a.is == Meaning::Is::record && b.is == Meaning::Is::record) {
        if ((a.kind && a.kind == b.kind) || (a.list && a.list == b.list)) {
            return finish(build.emit(Op::equal, Phys::i64, Phys::u8,
                                     {build.convert(a.identity, Phys::i64), build.convert(b.identity, Phys::i64)}));
        }
    }
    if (!a.scalar() || !b.scalar() || !common_type(a, b)) {
        return fail(context, at, "These can never be equal: " + describe(a) + " and " + describe(b) + ": " + spell(at));
    }
    if (is_text(a.type.kind)) {
        const Meaning& index = a.text_form == TextForm::index ? a : b;
        const Meaning& other = a.text_form == TextForm::index ? b : a;
        if (index.text_form == TextForm::index) {
            if (const auto known = constant_text(other)) {
                auto lookup = std::make_shared<Table>();
                lookup->phys = Phys::u8;
                bool any = false;
                for (const std::string& value : index.texts->text) {
                    lookup->u8.push_back(value == *known);
                    any = any || value == *known;
                }
                if (!any) {
                    const auto& names = index.texts->text;
                    if (index.type.kind == Kind::enumeration || names.size() <= 64) {
                        return fail(context, at, "This text never occurs here: " + *known, suggest(*known, names));
                    }
                    return boolean(build.boolean(false));
                }
                return finish(build.emit(Op::take, Phys::u8, Phys::u8, {index.reg}, {.table = build.table(lookup)}));
            }
            if (other.text_form == TextForm::index && other.texts == index.texts &&
                build.phys_of(index.reg) == build.phys_of(other.reg)) {
                return finish(build.emit(Op::equal, build.phys_of(index.reg), Phys::u8, {index.reg, other.reg}));
            }
        }
        return finish(build.emit(Op::equal, Phys::text, Phys::u8, {as_text(a), as_text(b)}));
    }
    const Type type = *common_type(a, b);
    const Meaning left = as_type(context, at.at, a, type, "a value");
    const Meaning right = as_type(context, at.at, b, type, "a value");
    if (type.kind == Kind::real) return finish(build.emit(Op::equal, Phys::f64, Phys::u8, {left.reg, right.reg}));
    if (type.kind == Kind::uuid) return finish(build.emit(Op::equal, Phys::uuid, Phys::u8, {left.reg, right.reg}));
    if (type.kind == Kind::boolean) return finish(build.emit(Op::equal, Phys::u8, Phys::u8, {left.reg, right.reg}));
    return finish(build.emit(Op::equal, Phys::i64, Phys::u8, {as_i64(left), as_i64(right)}));
}

Meaning Compiler::compile_comparison(const Context& context, const Expression& expression, const Meaning& a,
                                     const Meaning& b) {
    if (!a.scalar() || !b.scalar() || !common_type(a, b) || a.type.kind == Kind::uuid || a.type.kind == Kind::boolean) {
        return fail(context, expression,
                    "These have no order: " + describe(a) + " and " + describe(b) + ": " + spell(expression));
    }
    const std::string& op = expression.text;
    const Type type = *common_type(a, b);
    Phys phys = Phys::i64;
    Reg x, y;
    if (is_text(type.kind)) {
        phys = Phys::text;
        x = as_text(a);
        y = as_text(b);
    } else {
        const Meaning left = as_type(context, expression.at, a, type, "a value");
        const Meaning right = as_type(context, expression.at, b, type, "a value");
        phys = type.kind == Kind::real ? Phys::f64 : Phys::i64;
        x = build.convert(left.reg, phys);
        y = build.convert(right.reg, phys);
    }
    if (op == ">" || op == ">=") std::swap(x, y);
    const Op code = op == "<" || op == ">" ? Op::less : Op::less_equal;
    const Reg reg = build.emit(code, phys, Phys::u8, {x, y});
    const Reg null = build.logic_or(a.null, b.null);
    return boolean(null == no_reg ? reg : build.emit(Op::logic_and_not, Phys::u8, {reg, null}));
}

Meaning Compiler::compile_in(const Context& context, const Expression& expression) {
    const Expression& left = *expression.children[0];
    const Expression& right = *expression.children[1];
    const Meaning value = compile(context, left);
    if (value.broken()) return value;
    if (right.kind == Expression::Kind::range) {
        const Meaning low = compile(context, *right.children[0]);
        const Meaning high = compile(context, *right.children[1]);
        if (low.broken() || high.broken()) return Meaning{};
        auto inside = [&](const char* op, const Meaning& x, const Meaning& y, const Expression& bound) {
            if (!x.scalar() || !y.scalar() || !common_type(x, y)) {
                return fail(context, bound, "These have no order: " + describe(x) + " and " + describe(y));
            }
            if (x.is_kind_of(Kind::uuid) || x.is_kind_of(Kind::boolean))
                return fail(context, bound, "These have no order: " + describe(x));
            Expression shown;
            shown.kind = Expression::Kind::binary;
            shown.at = expression.at;
            shown.text = op;
            return compile_comparison(context, shown, x, y);
        };
        const Meaning above = inside("<=", low, value, *right.children[0]);
        const Meaning below = inside("<=", value, high, *right.children[1]);
        if (above.broken() || below.broken()) return Meaning{};
        return boolean(build.logic_and(above.reg, below.reg));
    }
    const Meaning set = compile(context, right);
    if (set.broken()) return set;
    auto finish = [&](Reg reg) {
        return boolean(value.null == no_reg ? reg : build.emit(Op::logic_and_not, Phys::u8, {reg, value.null}));
    };
    if (set.is != Meaning::Is::list) {
        return fail(context, right,
                    "The right side of in is a range or a list, but this is " + describe(set) + ": " + spell(right));
    }
    const ConstantList& list = *set.list;
    auto members = std::make_shared<Table>();
    if (list.entities) {
        if (value.is != Meaning::Is::record || value.kind != list.entities) {
            return fail(context, left,
                        "The list holds entities of kind " + list.entities->name() + ", but this is " +
                            describe(value) + ": " + spell(left));
        }
        *members = *list.values[0];
        std::sort(members->i64.begin(), members->i64.end());
        return finish(build.emit(Op::in_set, Phys::i64, Phys::u8, {value.identity}, {.table = build.table(members)}));
    }
    if (list.records || !value.scalar()) {
        return fail(context, right, "A record is not found by in: " + spell(expression),
                    "Compare a member with a list of such values.");
    }
    if (is_text(value.type.kind) && list.types[0].kind == Kind::text) {
        const auto& names = list.values[0]->text;
        if (value.text_form == TextForm::index) {
            auto lookup = std::make_shared<Table>();
            lookup->phys = Phys::u8;
            for (const std::string& text : value.texts->text) {
                lookup->u8.push_back(std::find(names.begin(), names.end(), text) != names.end());
            }
            return finish(build.emit(Op::take, Phys::u8, Phys::u8, {value.reg}, {.table = build.table(lookup)}));
        }
        *members = *list.values[0];
        std::sort(members->text.begin(), members->text.end());
        return finish(build.emit(Op::in_set, Phys::text, Phys::u8, {as_text(value)}, {.table = build.table(members)}));
    }
    if (value.type.kind == Kind::integer && list.types[0].kind == Kind::integer) {
        *members = *list.values[0];
        std::sort(members->i64.begin(), members->i64.end());
        return finish(build.emit(Op::in_set, Phys::i64, Phys::u8, {as_i64(value)}, {.table = build.table(members)}));
    }
    return fail(context, left,
                "The list " + list.name + " holds values of type " + spell(list.types[0]) + ", but this is " +
                    describe(value) + ": " + spell(left));
}

Meaning Compiler::compile_condition_expression(const Context& context, const Expression& expression) {
    const Meaning condition = compile(context, *expression.children[0]);
    const Meaning yes = compile(context, *expression.children[1]);
    const Meaning no = compile(context, *expression.children[2]);
    if (condition.broken() || yes.broken() || no.broken()) return Meaning{};
    const Reg mask = as_boolean(context, *expression.children[0], condition);
    return mask == no_reg ? Meaning{} : choose(context, expression.at, mask, yes, no);
}

}  // namespace headwater
