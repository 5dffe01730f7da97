// For bringing values to a common or a declared type.
#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "base/check.h"
#include "base/print.h"
#include "base/time.h"
#include "language/compiler.h"

namespace headwater {

namespace {

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::decimal || kind == Kind::real; }
bool is_text(Kind kind) { return kind == Kind::text || kind == Kind::enumeration; }

int64_t scaled_bound(int64_t bound, int from, int to) {
    if (bound == INT64_MIN || bound == INT64_MAX) return bound;
    const __int128 value = to >= from ? static_cast<__int128>(bound) * ten_to(to - from)
                                      : static_cast<__int128>(bound) / ten_to(from - to) + (bound > 0 ? 1 : -1);
    if (value > INT64_MAX / 2) return INT64_MAX;
    if (value < INT64_MIN / 2) return INT64_MIN;
    return static_cast<int64_t>(value);
}

}  // namespace

Reg Compiler::as_real(const Context& context, const Expression& at, const Meaning& meaning) {
    if (meaning.scalar()) {
        switch (meaning.type.kind) {
            case Kind::real: return meaning.reg;
            case Kind::integer: return build.convert(meaning.reg, Phys::f64);
            case Kind::decimal:
                return build.emit(Op::divide, Phys::f64,
                                  {build.convert(meaning.reg, Phys::f64),
                                   build.real(static_cast<double>(ten_to(meaning.type.scale)))});
            case Kind::null: return build.real(0);
            default: break;
        }
    }
    fail(context, at, "A number is expected here, but this is " + describe(meaning) + ": " + spell(at));
    return no_reg;
}

Reg Compiler::as_integer(const Context& context, const Expression& at, const Meaning& meaning) {
    if (meaning.scalar() && meaning.type.kind == Kind::integer) return as_i64(meaning);
    if (meaning.scalar() && is_number(meaning.type.kind)) {
        fail(context, at, "A whole number is expected here: " + spell(at), "Use round(), floor() or ceil().");
    } else {
        fail(context, at, "A whole number is expected here, but this is " + describe(meaning) + ": " + spell(at));
    }
    return no_reg;
}

Reg Compiler::as_boolean(const Context& context, const Expression& at, const Meaning& meaning) {
    if (meaning.scalar() && meaning.type.kind == Kind::boolean) {
        if (meaning.null == no_reg) return meaning.reg;
        return build.emit(Op::logic_and_not, Phys::u8, {meaning.reg, meaning.null});
    }
    if (meaning.scalar() && meaning.type.kind == Kind::null) return build.boolean(false);
    fail(context, at, "A condition is expected here, but this is " + describe(meaning) + ": " + spell(at),
         "Compare it with something, for example " + spell(at) + " > 0.");
    return no_reg;
}

Reg Compiler::as_text(const Meaning& meaning) {
    if (is_text(meaning.type.kind)) {
        if (meaning.text_form == TextForm::view) return meaning.reg;
        if (meaning.text_form == TextForm::hex)
            return build.emit(Op::hex_text, Phys::text, Phys::text, {meaning.reg}, {.imm = 16});
        if (meaning.text_form == TextForm::parts) {
            std::vector<TextPart> parts;
            for (const PartMeaning& part : meaning.parts) {
                TextPart text{.literal = part.literal, .reg = no_reg, .type = type_of(Kind::text)};
                if (part.value) {
                    const bool printed = is_text(part.value->type.kind);
                    text.reg = printed ? as_text(*part.value) : part.value->reg;
                    if (!printed) text.type = part.value->type;
                }
                parts.push_back(std::move(text));
            }
            return build.concat(std::move(parts));
        }
        return build.emit(Op::take, Phys::text, Phys::text, {meaning.reg}, {.table = build.table(meaning.texts)});
    }
    TextPart part;
    part.reg = meaning.reg;
    part.type = meaning.type;
    return build.concat({part});
}

Reg Compiler::as_decimal(const Meaning& meaning, int scale) {
    switch (meaning.type.kind) {
        case Kind::real:
            return build.emit(
                Op::convert, Phys::i64, Phys::i64,
                {build.emit(Op::mul, Phys::f64, {meaning.reg, build.real(static_cast<double>(ten_to(scale)))})});
        case Kind::integer:
            if (scale == 0) return meaning.reg;
            return build.emit(Op::mul, Phys::i64, {as_i64(meaning), build.integer(ten_to(scale))});
        case Kind::decimal: {
            const int from = meaning.type.scale;
            if (from == scale) return meaning.reg;
            if (from < scale)
                return build.emit(Op::mul, Phys::i64, {as_i64(meaning), build.integer(ten_to(scale - from))});
            return build.emit(Op::round_divide, Phys::i64, Phys::i64, {as_i64(meaning)}, {.imm = ten_to(from - scale)});
        }
        default: return build.integer(0);
    }
}

std::optional<Type> Compiler::common_type(const Meaning& a, const Meaning& b) const {
    const Type& x = a.type;
    const Type& y = b.type;
    if (x.kind == Kind::null) return y;
    if (y.kind == Kind::null) return x;
    if (is_number(x.kind) && is_number(y.kind)) {
        if (x.kind == Kind::real || y.kind == Kind::real) return type_of(Kind::real);
        if (x.kind == Kind::decimal || y.kind == Kind::decimal) return decimal_type(std::max(x.scale, y.scale));
        return type_of(Kind::integer);
    }
    if (x.kind == Kind::enumeration && y.kind == Kind::enumeration) {
        if (x.symbols == y.symbols) return x;
        return type_of(Kind::text);
    }
    if (is_text(x.kind) && is_text(y.kind)) return type_of(Kind::text);
    if (x.kind == y.kind) return x;
    return std::nullopt;
}

namespace {

/// Gives a text as an index into a table of texts, if it is a constant or already one.
std::optional<Meaning> as_index(Compiler& compiler, const Meaning& meaning) {
    if (meaning.text_form == TextForm::index) return meaning;
    const auto known = compiler.constant_text(meaning);
    if (!known) return std::nullopt;
    auto table = std::make_shared<Table>();
    table->phys = Phys::text;
    table->text = {*known};
    Meaning index = meaning;
    index.reg = compiler.build.integer(0, Phys::u8);
    index.text_form = TextForm::index;
    index.texts = table;
    return index;
}

/// Maps an index into a larger table by places.
Reg map_index(ProgramBuilder& build, Reg index, const std::vector<int32_t>& places, Phys phys) {
    bool identity = true;
    for (size_t i = 0; i < places.size(); ++i) identity = identity && places[i] == static_cast<int32_t>(i);
    if (identity) return build.convert(index, phys);
    auto table = std::make_shared<Table>();
    table->phys = phys;
    for (int32_t place : places) {
        if (phys == Phys::u8) {
            table->u8.push_back(static_cast<uint8_t>(place));
        } else {
            table->i32.push_back(place);
        }
    }
    return build.emit(Op::take, phys, phys, {index}, {.table = build.table(table)});
}

constexpr size_t most_merged_texts = 65'536;

std::optional<Meaning> choose_index(Compiler& compiler, Reg condition, const Meaning& yes, const Meaning& no);

/// Chooses between a text in parts and a dictionary text, part by part, so that neither is printed yet: the first part
/// takes the dictionary text, the others nothing. Only where every part is a literal or a dictionary text itself.
std::optional<Meaning> choose_parts(Compiler& compiler, Reg condition, const Meaning& yes, const Meaning& no) {
    const bool yes_has_parts = yes.text_form == TextForm::parts;
    const Meaning& parts = yes_has_parts ? yes : no;
    const Meaning& whole = yes_has_parts ? no : yes;
    if (parts.text_form != TextForm::parts || !as_index(compiler, whole) || parts.parts.size() > 8) return std::nullopt;
    std::vector<Meaning> pieces;
    for (const PartMeaning& part : parts.parts) {
        if (!part.literal.empty()) pieces.push_back(compiler.text_constant(part.literal));
        if (!part.value) continue;
        if (!is_text(part.value->type.kind) || !as_index(compiler, *part.value)) return std::nullopt;
        pieces.push_back(*part.value);
    }
    Meaning result = parts;
    result.plain = parts.plain && whole.plain;
    result.parts.clear();
    for (size_t i = 0; i < pieces.size(); ++i) {
        const Meaning other = i == 0 ? whole : compiler.text_constant("");
        const auto chosen =
            choose_index(compiler, condition, yes_has_parts ? pieces[i] : other, yes_has_parts ? other : pieces[i]);
        if (!chosen) return std::nullopt;
        result.parts.push_back(PartMeaning{"", std::make_shared<Meaning>(*chosen)});
    }
    return result;
}

/// Chooses between two dictionary texts inside one dictionary of both.
std::optional<Meaning> choose_index(Compiler& compiler, Reg condition, const Meaning& yes, const Meaning& no) {
    const auto a = as_index(compiler, yes);
    const auto b = as_index(compiler, no);
    if (!a || !b || a->texts->text.size() + b->texts->text.size() > most_merged_texts) return std::nullopt;
    auto merged = std::make_shared<Table>();
    merged->phys = Phys::text;
    merged->text = a->texts->text;
    std::vector<int32_t> places_a, places_b;
    for (size_t i = 0; i < a->texts->text.size(); ++i) places_a.push_back(static_cast<int32_t>(i));
    std::unordered_map<std::string_view, int32_t> place_of;
    place_of.reserve(a->texts->text.size() + b->texts->text.size());
    for (size_t i = 0; i < a->texts->text.size(); ++i) place_of.emplace(a->texts->text[i], static_cast<int32_t>(i));
    for (const std::string& value : b->texts->text) {
        const auto [found, added] = place_of.emplace(value, static_cast<int32_t>(merged->text.size()));
        if (added) merged->text.push_back(value);
        places_b.push_back(found->second);
    }
    const Phys phys = merged->text.size() <= 256 ? Phys::u8 : Phys::i32;
    const Reg index = compiler.build.pick(condition, map_index(compiler.build, a->reg, places_a, phys),
                                          map_index(compiler.build, b->reg, places_b, phys));
    Meaning meaning = scalar(type_of(Kind::text), index);
    meaning.text_form = TextForm::index;
    meaning.plain = a->plain && b->plain;
    meaning.texts = merged->text.size() == a->texts->text.size() ? a->texts : merged;
    return meaning;
}

}  // namespace

Meaning Compiler::choose(const Context& context, Position at, Reg condition, const Meaning& yes, const Meaning& no) {
    if (yes.broken() || no.broken()) return Meaning{};
    Reg null = no_reg;
    if (yes.null != no_reg || no.null != no_reg) {
        null = build.pick(condition, yes.null == no_reg ? build.boolean(false) : yes.null,
                          no.null == no_reg ? build.boolean(false) : no.null);
    }
    Meaning chosen;
    if (yes.is == Meaning::Is::record || no.is == Meaning::Is::record) {
        chosen = choose_record(context, at, condition, yes, no);
    } else if (!yes.scalar() || !no.scalar()) {
        return fail(context, at, "A list cannot be chosen by a condition",
                    "Let the number of its items depend on the condition instead.");
    } else {
        chosen = choose_scalar(context, at, condition, yes, no);
        chosen.literal_number = yes.literal_number && no.literal_number;
    }
    if (!chosen.broken()) chosen.null = null;
    return chosen;
}

/// Chooses between records, or a record and null.
Meaning Compiler::choose_record(const Context& context, Position at, Reg condition, const Meaning& yes,
                                const Meaning& no) {
    if (yes.is == no.is && yes.kind && yes.kind == no.kind)
        return yes.kind->entity(*this, context, build.pick(condition, yes.identity, no.identity));
    if (yes.is == no.is && yes.list && yes.list == no.list)
        return row_of(yes.list, build.pick(condition, as_i64(scalar(type_of(Kind::integer), yes.identity)),
                                           as_i64(scalar(type_of(Kind::integer), no.identity))));
    if (yes.scalar() && yes.type.kind == Kind::null) return no;
    if (no.scalar() && no.type.kind == Kind::null) return yes;
    if (yes.is != no.is || yes.record->names != no.record->names)
        return fail(context, at, "The two branches differ: " + describe(yes) + " and " + describe(no));
    Meaning chosen;
    chosen.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    record->names = yes.record->names;
    record->member = [this, context, at, condition, yes, no](const std::string& name) {
        return choose(context, at, condition, yes.record->member(name), no.record->member(name));
    };
    chosen.record = record;
    return chosen;
}

Meaning Compiler::choose_scalar(const Context& context, Position at, Reg condition, const Meaning& yes,
                                const Meaning& no) {
    const auto type = common_type(yes, no);
    if (!type) return fail(context, at, "These have no common type: " + describe(yes) + " and " + describe(no));
    Meaning chosen;
    const bool text = is_text(type->kind);
    if (text && (yes.type.kind == Kind::null || no.type.kind == Kind::null)) {
        chosen = yes.type.kind == Kind::null ? no : yes;
        chosen.type = *type;
    } else if (text) {
        if (const auto index = choose_index(*this, condition, yes, no)) {
            chosen = *index;
        } else if (const auto parts = choose_parts(*this, condition, yes, no)) {
            chosen = *parts;
        } else {
            chosen = scalar(*type, build.pick(condition, as_text(yes), as_text(no)));
            chosen.plain = yes.plain && no.plain;
        }
    } else if (yes.type.kind == Kind::null || no.type.kind == Kind::null) {
        chosen = yes.type.kind == Kind::null ? no : yes;
    } else {
        Meaning a = as_type(context, at, yes, *type, "a branch");
        Meaning b = as_type(context, at, no, *type, "a branch");
        if (a.broken() || b.broken()) return Meaning{};
        if (build.phys_of(a.reg) != build.phys_of(b.reg)) {
            a.reg = as_i64(a);
            b.reg = as_i64(b);
        }
        chosen = scalar(*type, build.pick(condition, a.reg, b.reg));
        chosen.low = std::min(a.low, b.low);
        chosen.high = std::max(a.high, b.high);
    }
    return chosen;
}

/// Reads an instant, a date or a duration that is written out.
Meaning Compiler::written_time(const Context& context, Position at, const std::string& text, const Type& type) {
    const bool is_duration = type.kind == Kind::duration;
    const bool is_date = type.kind == Kind::date;
    const auto value = is_duration ? parse_duration(text) : parse_instant(is_date ? text + "T00:00:00Z" : text);
    if (!value) {
        return fail(context, at,
                    "Not " +
                        std::string(is_duration ? "a duration"
                                    : is_date   ? "a date"
                                                : "an instant") +
                        ": " + text,
                    std::string("Write for example ") +
                        (is_duration ? "5min"
                         : is_date   ? "2026-11-01"
                                     : "2026-11-01T00:00:00Z") +
                        ", or an expression.");
    }
    const int64_t whole = is_date ? *value / micros_per_day - (*value % micros_per_day < 0 ? 1 : 0) : *value;
    return with_bounds(scalar(type, build.integer(whole)), whole, whole);
}

Meaning Compiler::as_compared(const Context& context, const Expression& at, const Meaning& meaning,
                              const Meaning& other) {
    const auto known = constant_text(meaning);
    const bool is_timed =
        other.is_kind_of(Kind::instant) || other.is_kind_of(Kind::date) || other.is_kind_of(Kind::duration);
    return known && is_timed ? written_time(context, at.at, *known, other.type) : meaning;
}

namespace {

/// Gives the texts of a set.
std::shared_ptr<const Table> symbols_of(const Type& type) {
    auto symbols = std::make_shared<Table>();
    symbols->phys = Phys::text;
    symbols->text = type.symbols;
    return symbols;
}

/// Gives null some value of the type that it stands in; none where there is no such value.
std::optional<Meaning> null_as(ProgramBuilder& build, const Type& type, Meaning null) {
    null.type = type;
    switch (type.kind) {
        case Kind::real: null.reg = build.real(0); break;
        case Kind::text:
            null.reg = build.text("");
            null.plain = true;
            break;
        case Kind::enumeration:
            null.plain = true;
            null.text_form = TextForm::index;
            null.reg = build.integer(0, Phys::u8);
            null.texts = symbols_of(type);
            break;
        case Kind::boolean: null.reg = build.boolean(false); break;
        case Kind::uuid: return std::nullopt;
        default: null.reg = build.integer(0);
    }
    return null;
}

/// Makes a text, which is known when the plan is made, one of a set.
Meaning as_enumeration(Compiler& compiler, const Context& context, Position at, const Meaning& meaning,
                       const Type& type) {
    const auto index = as_index(compiler, meaning);
    if (!index) {
        return compiler.fail(context, at,
                             "This text is not known when the plan is made, so it may be none of " + spell(type),
                             "Pick from a list, or write the text.");
    }
    std::vector<int32_t> places;
    for (const std::string& value : index->texts->text) {
        const auto found = std::ranges::find(type.symbols, value);
        if (found == type.symbols.end())
            return compiler.fail(context, at, "Not one of " + spell(type) + ": " + value, suggest(value, type.symbols));
        places.push_back(static_cast<int32_t>(found - type.symbols.begin()));
    }
    Meaning result = meaning;
    result.reg = map_index(compiler.build, index->reg, places, type.symbols.size() <= 256 ? Phys::u8 : Phys::i32);
    result.text_form = TextForm::index;
    result.texts = symbols_of(type);
    result.plain = std::ranges::all_of(type.symbols, [](const std::string& symbol) { return is_plain(symbol); });
    return result;
}

}  // namespace

Meaning Compiler::as_type(const Context& context, Position at, const Meaning& meaning, const Type& type,
                          const std::string& what) {
    if (meaning.broken()) return meaning;
    auto wrong = [&] {
        return fail(context, at, "The type of " + what + " is " + spell(type) + ", but this is " + describe(meaning));
    };
    if (!meaning.scalar()) return wrong();
    if (const auto known = is_text(meaning.type.kind) ? constant_text(meaning) : std::nullopt) {
        if (type.kind == Kind::instant || type.kind == Kind::date || type.kind == Kind::duration)
            return written_time(context, at, *known, type);
    }
    Meaning result = meaning;
    result.literal_number = false;
    if (meaning.type.kind == Kind::null) {
        const auto null = null_as(build, type, result);
        return null ? *null : wrong();
    }
    const Kind from = meaning.type.kind;
    switch (type.kind) {
        case Kind::real:
            if (!is_number(from)) return wrong();
            if (from != Kind::real) {  // bounds of a real are whole numbers around it
                result.low = scaled_bound(meaning.low, meaning.type.scale, 0);
                result.high = scaled_bound(meaning.high, meaning.type.scale, 0);
            }
            result.reg = as_real(context, Expression{}, meaning);
            break;
        case Kind::integer:
            if (from == Kind::integer) break;
            if (!is_number(from)) return wrong();
            result.reg = as_decimal(meaning, 0);
            result.low = scaled_bound(meaning.low, meaning.type.scale, 0);
            result.high = scaled_bound(meaning.high, meaning.type.scale, 0);
            break;
        case Kind::decimal:
            if (!is_number(from)) return wrong();
            result.reg = as_decimal(meaning, type.scale);
            result.low = scaled_bound(meaning.low, meaning.type.scale, type.scale);
            result.high = scaled_bound(meaning.high, meaning.type.scale, type.scale);
            break;
        case Kind::text:
            if (is_text(from)) break;
            result.text_form = TextForm::parts;
            result.parts = {PartMeaning{"", std::make_shared<Meaning>(meaning)}};
            result.plain = true;
            break;
        case Kind::enumeration:
            if (!is_text(from)) return wrong();
            result = as_enumeration(*this, context, at, result, type);
            if (result.broken()) return result;
            break;
        case Kind::date:
            if (from == Kind::instant) {
                result.reg = build.emit(Op::time_part, Phys::i64, Phys::i64, {as_i64(meaning)}, {.imm = 0});
                result.low = INT64_MIN;
                result.high = INT64_MAX;
                break;
            }
            if (from != Kind::date) return wrong();
            break;
        default:
            if (from != type.kind) return wrong();
    }
    result.type = type;
    return result;
}

}  // namespace headwater
