// For compiling operators: arithmetic, comparisons, logic, membership, conditions.
#include <algorithm>

#include "base/time.h"
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

/// Compiles + - * / and mod of two values.
class Arithmetic {
  public:
    Arithmetic(Compiler& compiler, const Context& context, const Expression& expression, const Meaning& a,
               const Meaning& b)
        : compiler_(compiler), build_(compiler.build), context_(context), expression_(expression), a_(a), b_(b) {}

    Meaning compile() {
        if (!a_.scalar() || !b_.scalar()) return wrong();
        x_ = a_.type.kind == Kind::null ? b_.type.kind : a_.type.kind;
        y_ = b_.type.kind == Kind::null ? a_.type.kind : b_.type.kind;
        null_ = build_.logic_or(a_.null, b_.null);
        if (is_number(x_) && is_number(y_)) return of_numbers();
        if (x_ == Kind::instant || y_ == Kind::instant) return with_instant();
        if (x_ == Kind::date) return with_date();
        if (x_ == Kind::duration && y_ == Kind::duration) return of_durations();
        if (x_ == Kind::duration && is_number(y_)) return scaled(a_, b_, *expression_.children[1]);
        if (is_number(x_) && y_ == Kind::duration) return op_ == "/" ? per_second() : scaled(b_, a_, first());
        return wrong();
    }

  private:
    const Expression& first() const { return *expression_.children[0]; }

    Meaning wrong() {
        std::string hint;
        if (a_.scalar() && b_.scalar() && op_ == "+" && (is_text(a_.type.kind) || is_text(b_.type.kind)))
            hint = "Put values into a text by holes: \"$(" + spell(first()) + ")$(" + spell(*expression_.children[1]) +
                   ")\".";
        for (const size_t side : {0, 1}) {
            const Meaning& timed = side == 0 ? b_ : a_;
            const Expression& bare = *expression_.children[side];
            if (adds() && bare.kind == Expression::Kind::number && bare.unit.empty() &&
                (timed.is_kind_of(Kind::instant) || timed.is_kind_of(Kind::duration)))
                hint = "Give the number its unit, for example " + spell(bare) + "s.";
        }
        return compiler_.fail(context_, expression_,
                              "Operator " + op_ + " does not take " + Compiler::describe(a_) + " and " +
                                  Compiler::describe(b_) + ": " + spell(expression_),
                              hint);
    }

    bool adds() const { return op_ == "+" || op_ == "-"; }

    Meaning result(Type type, Reg reg, Bounds bounds = {}) const {
        Meaning meaning = scalar(std::move(type), reg, null_);
        meaning.low = bounds.low;
        meaning.high = bounds.high;
        return meaning;
    }
    Reg both(Op code) { return build_.emit(code, Phys::i64, {compiler_.as_i64(a_), compiler_.as_i64(b_)}); }
    Reg first_real() { return compiler_.as_real(context_, first(), a_); }
    Reg second_real() { return compiler_.as_real(context_, *expression_.children[1], b_); }
    Reg reals(Op code) {
        const Reg left = first_real();
        return build_.emit(code, Phys::f64, {left, second_real()});
    }
    Reg is_zero(const Meaning& meaning) {
        return build_.emit(Op::equal, Phys::i64, Phys::u8, {compiler_.as_i64(meaning), build_.integer(0)});
    }

    Meaning with_instant() {
        if (x_ == Kind::instant && y_ == Kind::duration && adds()) return result(a_.type, both(operation_of(op_)));
        if (x_ == Kind::duration && y_ == Kind::instant && op_ == "+") return result(b_.type, both(Op::add));
        if (x_ == Kind::instant && y_ == Kind::instant && op_ == "-")
            return result(type_of(Kind::duration), both(Op::sub));
        return wrong();
    }

    Meaning with_date() {
        if (y_ == Kind::duration && adds()) {
            const Reg days =
                build_.emit(Op::floor_divide, Phys::i64, Phys::i64, {compiler_.as_i64(b_)}, {.imm = micros_per_day});
            return result(a_.type, build_.emit(operation_of(op_), Phys::i64, {compiler_.as_i64(a_), days}));
        }
        if (y_ != Kind::date || op_ != "-") return wrong();
        return result(type_of(Kind::duration),
                      build_.emit(Op::mul, Phys::i64, {both(Op::sub), build_.integer(micros_per_day)}));
    }

    Meaning of_durations() {
        if (adds()) return result(a_.type, both(operation_of(op_)), bounds_of(op_, a_, b_));
        if (op_ == "mod") return result(a_.type, both(Op::modulo));
        if (op_ != "/") return wrong();
        Meaning ratio = result(
            type_of(Kind::real),
            build_.emit(Op::divide, Phys::f64, {build_.convert(a_.reg, Phys::f64), build_.convert(b_.reg, Phys::f64)}));
        ratio.null = build_.logic_or(null_, is_zero(b_));
        if (const Constant* known = build_.constant(ratio.null); known && !known->integer) ratio.null = null_;
        return ratio;
    }

    /// A duration times a number, or divided by it.
    Meaning scaled(const Meaning& duration, const Meaning& factor, const Expression& at) {
        if (op_ != "*" && op_ != "/") return wrong();
        if (op_ == "*" && factor.type.kind == Kind::integer)
            return result(duration.type, both(Op::mul), bounds_of("*", a_, b_));
        const Reg whole = build_.convert(duration.reg, Phys::f64);
        const Reg product =
            build_.emit(op_ == "*" ? Op::mul : Op::divide, Phys::f64, {whole, compiler_.as_real(context_, at, factor)});
        return result(duration.type, build_.convert(product, Phys::i64));
    }

    /// A number of events by a duration.
    Meaning per_second() {
        const Reg seconds = build_.emit(Op::divide, Phys::f64, {build_.convert(b_.reg, Phys::f64), build_.real(1e6)});
        return result(type_of(Kind::real), build_.emit(Op::divide, Phys::f64, {first_real(), seconds}));
    }

    Meaning of_numbers() {
        if (op_ == "/") return quotient();
        if (x_ == Kind::real || y_ == Kind::real)
            return result(type_of(Kind::real), reals(op_ == "mod" ? Op::modulo : operation_of(op_)));
        if (op_ == "*") {
            const int scale = a_.type.scale + b_.type.scale;
            if (scale > 9) return result(type_of(Kind::real), reals(Op::mul));
            return result(scale ? decimal_type(scale) : type_of(Kind::integer), both(Op::mul), bounds_of(op_, a_, b_));
        }
        const Type type = *compiler_.common_type(a_, b_);
        const Meaning left = compiler_.as_type(context_, expression_.at, a_, type, "a number");
        const Meaning right = compiler_.as_type(context_, expression_.at, b_, type, "a number");
        if (op_ == "mod") return rest(type, left, right);
        return result(type,
                      build_.emit(operation_of(op_), Phys::i64, {compiler_.as_i64(left), compiler_.as_i64(right)}),
                      bounds_of(op_, left, right));
    }

    Meaning quotient() {
        const Reg divisor = second_real();
        Meaning quotient = result(type_of(Kind::real), build_.emit(Op::divide, Phys::f64, {first_real(), divisor}));
        const Reg zero = build_.emit(Op::equal, Phys::f64, Phys::u8, {divisor, build_.real(0)});
        const Constant* known = build_.constant(zero);
        if (known && known->integer)
            return compiler_.fail(context_, expression_, "Division by zero: " + spell(expression_));
        if (!known) quotient.null = build_.logic_or(null_, zero);
        return quotient;
    }

    Meaning rest(const Type& type, const Meaning& left, const Meaning& right) {
        const auto divisor = compiler_.constant_integer(right);
        if (divisor && *divisor == 0)
            return compiler_.fail(context_, expression_, "Division by zero: " + spell(expression_));
        Meaning rest =
            result(type, build_.emit(Op::modulo, Phys::i64, {compiler_.as_i64(left), compiler_.as_i64(right)}));
        if (divisor) {
            rest.low = std::min<int64_t>(0, *divisor + 1);
            rest.high = std::max<int64_t>(0, *divisor - 1);
        } else {
            rest.null = build_.logic_or(null_, is_zero(right));
        }
        return rest;
    }

    Compiler& compiler_;
    ProgramBuilder& build_;
    const Context& context_;
    const Expression& expression_;
    const Meaning& a_;
    const Meaning& b_;
    const std::string& op_ = expression_.text;
    Kind x_ = Kind::null, y_ = Kind::null;  ///< null counts as what the other one is
    Reg null_ = no_reg;
};

/// Gives a u8 that says whether a value is in a list; no_reg where their types differ.
Reg find_in(Compiler& compiler, const Meaning& value, const ConstantList& list) {
    ProgramBuilder& build = compiler.build;
    auto members = std::make_shared<Table>(*list.values[0]);
    if (list.entities) {
        std::ranges::sort(members->i64);
        return build.emit(Op::in_set, Phys::i64, Phys::u8, {value.identity}, {.table = build.table(members)});
    }
    if (is_text(value.type.kind) && list.types[0].kind == Kind::text) {
        if (value.text_form == TextForm::index) {
            auto lookup = std::make_shared<Table>();
            lookup->phys = Phys::u8;
            for (const std::string& text : value.texts->text)
                lookup->u8.push_back(std::ranges::find(members->text, text) != members->text.end());
            return build.emit(Op::take, Phys::u8, Phys::u8, {value.reg}, {.table = build.table(lookup)});
        }
        std::ranges::sort(members->text);
        return build.emit(Op::in_set, Phys::text, Phys::u8, {compiler.as_text(value)}, {.table = build.table(members)});
    }
    if (value.type.kind != Kind::integer || list.types[0].kind != Kind::integer) return no_reg;
    std::ranges::sort(members->i64);
    return build.emit(Op::in_set, Phys::i64, Phys::u8, {compiler.as_i64(value)}, {.table = build.table(members)});
}

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
    return Arithmetic(*this, context, expression, a, b).compile();
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
    if (right.kind == Expression::Kind::range) return compile_in_range(context, expression, value);
    const Meaning set = compile(context, right);
    if (set.broken()) return set;
    if (set.is != Meaning::Is::list) {
        return fail(context, right,
                    "The right side of in is a range or a list, but this is " + describe(set) + ": " + spell(right));
    }
    const ConstantList& list = *set.list;
    if (list.entities && (value.is != Meaning::Is::record || value.kind != list.entities)) {
        return fail(context, left,
                    "The list holds entities of kind " + list.entities->name() + ", but this is " + describe(value) +
                        ": " + spell(left));
    }
    if (!list.entities && (list.records || !value.scalar())) {
        return fail(context, right, "A record is not found by in: " + spell(expression),
                    "Compare a member with a list of such values.");
    }
    const Reg found = find_in(*this, value, list);
    if (found == no_reg) {
        return fail(context, left,
                    "The list " + list.name + " holds values of type " + spell(list.types[0]) + ", but this is " +
                        describe(value) + ": " + spell(left));
    }
    return boolean(value.null == no_reg ? found : build.emit(Op::logic_and_not, Phys::u8, {found, value.null}));
}

Meaning Compiler::compile_in_range(const Context& context, const Expression& expression, const Meaning& value) {
    const Expression& range = *expression.children[1];
    const Meaning low = compile(context, *range.children[0]);
    const Meaning high = compile(context, *range.children[1]);
    if (low.broken() || high.broken()) return Meaning{};
    auto is_ordered = [&](const Meaning& x, const Meaning& y, const Expression& bound) {
        if (!x.scalar() || !y.scalar() || !common_type(x, y))
            return fail(context, bound, "These have no order: " + describe(x) + " and " + describe(y));
        if (x.is_kind_of(Kind::uuid) || x.is_kind_of(Kind::boolean))
            return fail(context, bound, "These have no order: " + describe(x));
        Expression shown;
        shown.kind = Expression::Kind::binary;
        shown.at = expression.at;
        shown.text = "<=";
        return compile_comparison(context, shown, x, y);
    };
    const Meaning above = is_ordered(low, value, *range.children[0]);
    const Meaning below = is_ordered(value, high, *range.children[1]);
    if (above.broken() || below.broken()) return Meaning{};
    return boolean(build.logic_and(above.reg, below.reg));
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
