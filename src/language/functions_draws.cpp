// For the functions that draw a value: numbers, uuids, letters.
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "language/functions.h"

namespace headwater {

namespace {

using Is = Meaning::Is;

/// The two ends of a range argument, or nothing after a report.
struct Ends {
    Meaning low, high;
    const Expression* low_at;
    const Expression* high_at;
};

std::optional<Ends> range_argument(Compiler& compiler, const Context& context, const Expression& call) {
    const Expression& range = argument_at(call, 0);
    if (range.kind != Expression::Kind::range) {
        compiler.fail(context, range, "A range is expected here: " + spell(range),
                      "Write the two ends with two points between them: 1..6.");
        return std::nullopt;
    }
    Ends ends{compiler.compile(context, *range.children[0]), compiler.compile(context, *range.children[1]),
              range.children[0].get(), range.children[1].get()};
    if (ends.low.broken() || ends.high.broken()) return std::nullopt;
    return ends;
}

/// Draws a whole number between two integer-held values, both included when `closed`.
Meaning draw_between(Compiler& compiler, const Context& context, const Expression& call, const Type& type,
                     const Meaning& low, const Meaning& high, bool closed) {
    const Reg word = compiler.word(context, call);
    if (word == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    const auto a = compiler.constant_integer(low);
    const auto b = compiler.constant_integer(high);
    if (a && b) {
        if (*a > *b)
            return compiler.fail(context, call, "A range goes from the lower to the higher end: " + spell(call));
        const int64_t width = *b - *a + (closed ? 1 : 0);
        if (width <= 0) return compiler.with_bounds(scalar(type, build.integer(*a)), *a, *a);
        const bool small = *a >= INT32_MIN && *b <= INT32_MAX && width <= INT32_MAX;
        const Phys phys = small ? Phys::i32 : Phys::i64;
        Meaning meaning = scalar(type, build.emit(Op::below, phys, phys, {word}, {.imm = *a, .imm2 = width}));
        return compiler.with_bounds(meaning, *a, *a + width - 1);
    }
    const Reg from = compiler.as_i64(low);
    Reg width = build.emit(Op::sub, Phys::i64, {compiler.as_i64(high), from});
    if (closed) width = build.emit(Op::add, Phys::i64, {width, build.integer(1)});
    Meaning meaning = scalar(type, build.emit(Op::below_reg, Phys::i64, Phys::i64, {word, from, width}),
                             build.logic_or(low.null, high.null));
    if (low.low != INT64_MIN && high.high != INT64_MAX)
        meaning = compiler.with_bounds(meaning, low.low, std::max(low.high, high.high));
    return meaning;
}

Meaning compile_integer(Compiler& compiler, const Context& context, const Expression& call) {
    const auto ends = range_argument(compiler, context, call);
    if (!ends) return Meaning{};
    if (compiler.as_integer(context, *ends->low_at, ends->low) == no_reg) return Meaning{};
    if (compiler.as_integer(context, *ends->high_at, ends->high) == no_reg) return Meaning{};
    return draw_between(compiler, context, call, type_of(Kind::integer), ends->low, ends->high, true);
}

Meaning compile_decimal(Compiler& compiler, const Context& context, const Expression& call) {
    const auto ends = range_argument(compiler, context, call);
    if (!ends) return Meaning{};
    for (const auto& [meaning, at] : {std::pair(&ends->low, ends->low_at), std::pair(&ends->high, ends->high_at)}) {
        if (!meaning->is_kind_of(Kind::integer) && !meaning->is_kind_of(Kind::decimal)) {
            return compiler.fail(
                context, *at,
                "The ends of decimal() are decimals, but this is " + Compiler::describe(*meaning) + ": " + spell(*at),
                "Use uniform() for any number, and round(x, 2) to make a decimal of it.");
        }
    }
    const int scale = std::max(ends->low.type.scale, ends->high.type.scale);
    if (scale == 0) {
        return compiler.fail(
            context, argument_at(call, 0),
            "A decimal keeps the digits it is written with, but there are none: " + spell(argument_at(call, 0)),
            "Write integer(1..5) for whole numbers, or decimal(1..5.00) for two digits.");
    }
    const Type type = decimal_type(scale);
    const Meaning low = compiler.as_type(context, call.at, ends->low, type, "an end");
    const Meaning high = compiler.as_type(context, call.at, ends->high, type, "an end");
    return draw_between(compiler, context, call, type, low, high, true);
}

Meaning compile_uniform(Compiler& compiler, const Context& context, const Expression& call) {
    const auto ends = range_argument(compiler, context, call);
    if (!ends) return Meaning{};
    const Kind kind = ends->low.type.kind;
    if (ends->low.scalar() && (kind == Kind::duration || kind == Kind::instant) && ends->high.is_kind_of(kind)) {
        return draw_between(compiler, context, call, ends->low.type, ends->low, ends->high, false);
    }
    auto is_timed = [](const Meaning& end) { return end.is_kind_of(Kind::duration) || end.is_kind_of(Kind::instant); };
    if (is_timed(ends->low) || is_timed(ends->high)) {
        const Expression& odd = is_timed(ends->low) ? *ends->high_at : *ends->low_at;
        return compiler.fail(context, odd,
                             "Both ends of a range are numbers, durations or instants, but here stand " +
                                 Compiler::describe(ends->low) + " and " + Compiler::describe(ends->high) + ": " +
                                 spell(argument_at(call, 0)));
    }
    const Reg low = compiler.as_real(context, *ends->low_at, ends->low);
    const Reg high = compiler.as_real(context, *ends->high_at, ends->high);
    const Reg word = compiler.word(context, call);
    if (low == no_reg || high == no_reg || word == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    const Reg unit = build.emit(Op::unit, Phys::f64, {word});
    const Reg width = build.emit(Op::sub, Phys::f64, {high, low});
    return compiler.real(build.emit(Op::add, Phys::f64, {low, build.emit(Op::mul, Phys::f64, {unit, width})}),
                         build.logic_or(ends->low.null, ends->high.null));
}

/// Gives a mean-like argument as f64, and whether it is a duration.
Reg real_or_duration(Compiler& compiler, const Context& context, const Expression& call, size_t i, bool* duration,
                     Reg* null) {
    const Meaning meaning = argument(compiler, context, call, i);
    if (meaning.broken()) return no_reg;
    *null = compiler.build.logic_or(*null, meaning.null);
    *duration = meaning.is_kind_of(Kind::duration);
    if (*duration) return compiler.build.convert(meaning.reg, Phys::f64);
    return compiler.as_real(context, argument_at(call, i), meaning);
}

Meaning real_result(Compiler& compiler, Reg value, bool duration, Reg null) {
    if (!duration) return compiler.real(value, null);
    return scalar(type_of(Kind::duration), compiler.build.convert(value, Phys::i64), null);
}

Meaning compile_normal(Compiler& compiler, const Context& context, const Expression& call) {
    bool duration = false, spread_duration = false;
    Reg null = no_reg;
    const Reg mean = real_or_duration(compiler, context, call, 0, &duration, &null);
    const Reg spread = real_or_duration(compiler, context, call, 1, &spread_duration, &null);
    const Reg word = compiler.word(context, call);
    if (mean == no_reg || spread == no_reg || word == no_reg) return Meaning{};
    if (duration != spread_duration) {
        return compiler.fail(context, call, "Mean and deviation are both numbers or both durations: " + spell(call));
    }
    ProgramBuilder& build = compiler.build;
    const Reg z = build.emit(Op::normal, Phys::f64, {word});
    return real_result(compiler, build.emit(Op::add, Phys::f64, {mean, build.emit(Op::mul, Phys::f64, {spread, z})}),
                       duration, null);
}

Meaning compile_lognormal(Compiler& compiler, const Context& context, const Expression& call) {
    bool duration = false, spread_duration = false;
    Reg null = no_reg;
    const Reg median = real_or_duration(compiler, context, call, 0, &duration, &null);
    const Reg spread = real_or_duration(compiler, context, call, 1, &spread_duration, &null);
    const Reg word = compiler.word(context, call);
    if (median == no_reg || spread == no_reg || word == no_reg) return Meaning{};
    if (spread_duration) {
        return compiler.fail(context, argument_at(call, 1),
                             "The spread of lognormal() is a plain number (the deviation of the logarithm): " +
                                 spell(argument_at(call, 1)));
    }
    ProgramBuilder& build = compiler.build;
    const Reg z = build.emit(Op::normal, Phys::f64, {word});
    const Reg factor = build.emit(Op::exp, Phys::f64, {build.emit(Op::mul, Phys::f64, {spread, z})});
    return real_result(compiler, build.emit(Op::mul, Phys::f64, {median, factor}), duration, null);
}

Meaning compile_exponential(Compiler& compiler, const Context& context, const Expression& call) {
    bool duration = false;
    Reg null = no_reg;
    const Reg mean = real_or_duration(compiler, context, call, 0, &duration, &null);
    const Reg word = compiler.word(context, call);
    if (mean == no_reg || word == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    return real_result(compiler, build.emit(Op::mul, Phys::f64, {mean, build.emit(Op::exponential, Phys::f64, {word})}),
                       duration, null);
}

Meaning compile_pareto(Compiler& compiler, const Context& context, const Expression& call) {
    bool duration = false, shape_duration = false;
    Reg null = no_reg;
    const Reg least = real_or_duration(compiler, context, call, 0, &duration, &null);
    const Reg shape = real_or_duration(compiler, context, call, 1, &shape_duration, &null);
    const Reg word = compiler.word(context, call);
    if (least == no_reg || shape == no_reg || word == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    const Reg factor =
        build.emit(Op::exp, Phys::f64,
                   {build.emit(Op::divide, Phys::f64, {build.emit(Op::exponential, Phys::f64, {word}), shape})});
    return real_result(compiler, build.emit(Op::mul, Phys::f64, {least, factor}), duration, null);
}

Meaning compile_poisson(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning mean = argument(compiler, context, call, 0);
    if (mean.broken()) return mean;
    const Reg reg = compiler.as_real(context, argument_at(call, 0), mean);
    const Reg word = compiler.word(context, call);
    if (reg == no_reg || word == no_reg) return Meaning{};
    Meaning meaning = compiler.integer(compiler.build.emit(Op::poisson, Phys::i64, Phys::i64, {word, reg}), mean.null);
    return compiler.with_bounds(meaning, 0, INT64_MAX);
}

Meaning compile_zipf(Compiler& compiler, const Context& context, const Expression& call) {
    const Meaning size = argument(compiler, context, call, 0);
    if (size.broken()) return size;
    const Reg n = compiler.as_integer(context, argument_at(call, 0), size);
    const auto skew = compiler.constant_real(context, argument_at(call, 1), "The skew of zipf()");
    const Reg word = compiler.word(context, call);
    if (n == no_reg || !skew || word == no_reg) return Meaning{};
    if (*skew <= 0)
        return compiler.fail(context, argument_at(call, 1),
                             "The skew of zipf() is above 0: " + spell(argument_at(call, 1)));
    Meaning meaning =
        compiler.integer(compiler.build.emit(Op::zipf, Phys::i64, Phys::i64, {word, n}, {.real = *skew}), size.null);
    return compiler.with_bounds(meaning, 1, size.high);
}

Meaning compile_chance(Compiler& compiler, const Context& context, const Expression& call) {
    const Expression& at = argument_at(call, 0);
    const Meaning share = argument(compiler, context, call, 0);
    if (share.broken()) return share;
    const Reg reg = compiler.as_real(context, at, share);
    const Reg word = compiler.word(context, call);
    if (reg == no_reg || word == no_reg) return Meaning{};
    ProgramBuilder& build = compiler.build;
    if (const Constant* known = build.constant(reg)) {
        if (known->real < 0 || known->real > 1) {
            return compiler.fail(context, at, "A chance lies between 0 and 1 (0% and 100%): " + spell(at),
                                 known->real > 1 && known->real <= 100 && !spell(at).ends_with("%")
                                     ? "Did you mean " + spell(at) + "%?"
                                     : "");
        }
        return compiler.boolean(build.emit(Op::chance, Phys::u8, Phys::u8, {word}, {.real = known->real}));
    }
    Meaning meaning =
        compiler.boolean(build.emit(Op::less, Phys::f64, Phys::u8, {build.emit(Op::unit, Phys::f64, {word}), reg}));
    if (share.null != no_reg) meaning.reg = build.emit(Op::logic_and_not, Phys::u8, {meaning.reg, share.null});
    return meaning;
}

Meaning compile_uuid(Compiler& compiler, const Context& context, const Expression& call) {
    const Reg a = compiler.word(context, call, 0);
    const Reg b = compiler.word(context, call, 1);
    if (a == no_reg) return Meaning{};
    return scalar(type_of(Kind::uuid), compiler.build.emit(Op::uuid4, Phys::uuid, Phys::uuid, {a, b}));
}

Meaning draw_pattern(Compiler& compiler, const Context& context, const Expression& call, const std::string& pattern,
                     bool plain) {
    const Reg word = compiler.word(context, call);
    if (word == no_reg) return Meaning{};
    Meaning meaning = scalar(type_of(Kind::text), compiler.build.emit(Op::pattern, Phys::text, Phys::text, {word},
                                                                      {.table = compiler.build.string(pattern)}));
    meaning.plain = plain;
    return meaning;
}

Meaning repeated_pattern(Compiler& compiler, const Context& context, const Expression& call, char symbol) {
    const Meaning size = argument(compiler, context, call, 0);
    const auto count = compiler.constant_integer(size);
    if (size.broken()) return size;
    if (!count || !size.is_kind_of(Kind::integer) || *count < 1 || *count > 1024) {
        return compiler.fail(context, argument_at(call, 0),
                             "A whole number from 1 to 1024 is expected here: " + spell(argument_at(call, 0)));
    }
    return draw_pattern(compiler, context, call, std::string(static_cast<size_t>(*count), symbol), true);
}

Meaning compile_hex(Compiler& compiler, const Context& context, const Expression& call) {
    const auto digits = compiler.constant_integer(argument(compiler, context, call, 0));
    if (!digits || *digits < 1 || *digits > 16) return repeated_pattern(compiler, context, call, 'h');
    const Reg word = compiler.word(context, call);
    if (word == no_reg) return Meaning{};
    Meaning meaning = scalar(type_of(Kind::text), word);
    meaning.plain = true;
    meaning.text_form = TextForm::hex;
    if (*digits == 16) return meaning;
    meaning.text_form = TextForm::view;
    meaning.reg = compiler.build.emit(Op::hex_text, Phys::text, Phys::text, {word}, {.imm = *digits});
    return meaning;
}

Meaning compile_letters(Compiler& compiler, const Context& context, const Expression& call) {
    return repeated_pattern(compiler, context, call, 'a');
}

Meaning compile_pattern(Compiler& compiler, const Context& context, const Expression& call) {
    const auto text = compiler.constant_text(argument(compiler, context, call, 0));
    if (!text)
        return compiler.fail(context, argument_at(call, 0),
                             "A pattern is written out in quotes: " + spell(argument_at(call, 0)));
    std::string pattern;  // in the spelling of Op::pattern
    bool plain = true;
    for (size_t i = 0; i < text->size(); ++i) {
        const char c = (*text)[i];
        if (c == '#') {
            pattern += '#';
        } else if (c == '?') {
            pattern += 'A';
        } else {
            const char literal = c == '\\' && i + 1 < text->size() ? (*text)[++i] : c;
            pattern += '\\';
            pattern += literal;
            plain = plain && literal >= ' ' && literal <= '~' && literal != '"' && literal != '\\';
        }
    }
    return draw_pattern(compiler, context, call, pattern, plain);
}

Meaning compile_unique(Compiler& compiler, const Context& context, const Expression& call) {
    const auto ends = range_argument(compiler, context, call);
    if (!ends) return Meaning{};
    const auto low = compiler.constant_integer(ends->low);
    const auto high = compiler.constant_integer(ends->high);
    if (!low || !high || !ends->low.is_kind_of(Kind::integer) || !ends->high.is_kind_of(Kind::integer) ||
        *low > *high) {
        return compiler.fail(
            context, argument_at(call, 0),
            "unique() takes a range of whole numbers that is known beforehand: " + spell(argument_at(call, 0)));
    }
    std::optional<Meaning> number;
    for (Scope* scope = context.scope; scope && !number; scope = scope->outer)
        number = scope->find(compiler, context, "number");
    if (!number || !number->is_kind_of(Kind::integer)) {
        return compiler.fail(context, call,
                             "unique() needs a number to count by, as rows and entities have: " + spell(call));
    }
    const int64_t size = *high - *low + 1;
    if (number->high != INT64_MAX && number->high > size) {
        return compiler.fail(context, argument_at(call, 0),
                             std::to_string(number->high) + " values are needed, but the range has only " +
                                 std::to_string(size) + ": " + spell(argument_at(call, 0)),
                             "Widen the range.");
    }
    ProgramBuilder& build = compiler.build;
    const auto key = static_cast<int64_t>(key_under(context.owner_key, Compiler::place_key(context, call)));
    const Reg from_zero = build.emit(Op::sub, Phys::i64, {compiler.as_i64(*number), build.integer(1)});
    const Reg place =
        build.emit(Op::permute, Phys::i64, Phys::i64, {from_zero, build.integer(size), build.integer(key)});
    return compiler.with_bounds(compiler.integer(build.emit(Op::add, Phys::i64, {place, build.integer(*low)})), *low,
                                *high);
}

}  // namespace

void add_draws(std::vector<Function>& functions) {
    const std::string group = "draws";
    functions.insert(
        functions.end(),
        {{"integer", group, "integer(1..6)", "A whole number, both ends included.", "integer(1..6)", 1, 1,
          compile_integer},
         {"decimal", group, "decimal(0.01..99.99)",
          "A decimal with as many digits as its ends are written with, both ends included.", "decimal(0.01..99.99)", 1,
          1, compile_decimal},
         {"uniform", group, "uniform(low..high)",
          "Any number, duration or instant between two; the higher end is not reached.", "uniform(30s..1h)", 1, 1,
          compile_uniform},
         {"normal", group, "normal(mean, deviation)", "A number or duration of the normal distribution.",
          "normal(22, 3)", 2, 2, compile_normal},
         {"lognormal", group, "lognormal(median, spread)",
          "A positive number or duration with a long tail; spread is the deviation of its logarithm.",
          "lognormal(40, 1.1)", 2, 2, compile_lognormal},
         {"exponential", group, "exponential(mean)", "A waiting time or number of the exponential distribution.",
          "exponential(5min)", 1, 1, compile_exponential},
         {"poisson", group, "poisson(mean)", "A count of the Poisson distribution.", "poisson(2.5)", 1, 1,
          compile_poisson},
         {"pareto", group, "pareto(least, shape)",
          "A number or duration of the Pareto distribution: P(x > v) = (least / v)^shape.", "pareto(10, 1.5)", 2, 2,
          compile_pareto},
         {"zipf", group, "zipf(n, skew)", "A whole number from 1 to n; k is drawn in proportion to k^-skew.",
          "zipf(1000, 1.1)", 2, 2, compile_zipf},
         {"chance", group, "chance(share)", "True for a share of the draws.", "chance(70%)", 1, 1, compile_chance},
         {"uuid", group, "uuid()", "A random UUID of version 4.", "uuid()", 0, 0, compile_uuid},
         {"hex", group, "hex(digits)", "Random lower-case hex digits.", "hex(8)", 1, 1, compile_hex},
         {"letters", group, "letters(size)", "Random lower-case letters.", "letters(5)", 1, 1, compile_letters},
         {"pattern", group, "pattern(\"AB-####\")",
          "Text in which # is a random digit and ? a random capital letter; \\ before a character keeps it.",
          "pattern(\"AB-####\")", 1, 1, compile_pattern},
         {"unique", group, "unique(1000..9999)",
          "A permutation of the range by the number of the row or entity: never repeats.", "unique(1000..9999)", 1, 1,
          compile_unique}});
}

}  // namespace headwater
