#include "language/compiler.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <unordered_map>

#include "base/print.h"
#include "base/random.h"
#include "base/text.h"
#include "base/time.h"

namespace headwater {

namespace {

/// Reads the digits of a literal as a scaled integer; nothing when it has an exponent or too many digits.
std::optional<std::pair<int64_t, int>> read_scaled(const std::string& digits) {
    int64_t value = 0;
    int scale = 0;
    bool fraction = false;
    for (char c : digits) {
        if (c == '.') {
            fraction = true;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        if (value > (INT64_MAX - 9) / 10) return std::nullopt;
        value = value * 10 + (c - '0');
        scale += fraction ? 1 : 0;
    }
    if (scale > 15) return std::nullopt;
    return std::pair(value, scale);
}

}  // namespace

Compiler::Compiler(ProgramBuilder& builder, Diagnostics& reports, WordLists word_lists)
    : build(builder), diagnostics(reports), words(std::move(word_lists)) {}

Meaning Compiler::fail(const Context& context, Position at, std::string message, std::string hint) {
    diagnostics.error(context.source.file, at, context.source.path, std::move(message), std::move(hint));
    return Meaning{};
}

Meaning Compiler::with_bounds(Meaning meaning, int64_t low, int64_t high) {
    meaning.low = low;
    meaning.high = high;
    return meaning;
}

Meaning Compiler::text_constant(const std::string& text) {
    Meaning meaning = scalar(type_of(Kind::text), build.text(text));
    meaning.plain = is_plain(text);
    return meaning;
}

namespace {

PreparedTexts prepare_texts(std::shared_ptr<const Table> rows) {
    PreparedTexts prepared;
    prepared.rows = rows;
    prepared.distinct = rows;
    std::unordered_map<std::string_view, int32_t> place_of;  // never iterated
    place_of.reserve(rows->text.size());
    for (const std::string& value : rows->text) place_of.emplace(value, static_cast<int32_t>(place_of.size()));
    if (place_of.size() < rows->text.size()) {
        auto distinct = std::make_shared<Table>();
        auto places = std::make_shared<Table>();
        distinct->phys = Phys::text;
        distinct->text.reserve(place_of.size());
        places->phys = place_of.size() <= 256 ? Phys::u8 : Phys::i32;
        for (const std::string& value : rows->text) {
            const int32_t place = place_of.at(value);
            if (places->phys == Phys::u8) {
                places->u8.push_back(static_cast<uint8_t>(place));
            } else {
                places->i32.push_back(place);
            }
            if (place == static_cast<int32_t>(distinct->text.size())) distinct->text.push_back(value);
        }
        prepared.distinct = distinct;
        prepared.places = places;
    }
    const auto& texts = prepared.distinct->text;
    prepared.plain = std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return is_plain(text); });
    return prepared;
}

}  // namespace

Meaning Compiler::text_index(Reg index, std::shared_ptr<const Table> texts) {
    PreparedTexts& prepared = shared->texts[texts.get()];
    if (!prepared.rows) prepared = prepare_texts(texts);
    if (prepared.places) {  // equal texts get one entry, so that readers see a true dictionary
        const Phys phys = prepared.places->phys;
        index = build.emit(Op::take, phys, phys, {index}, {.table = build.table(prepared.places)});
    }
    Meaning meaning = scalar(type_of(Kind::text), index);
    meaning.text_form = TextForm::index;
    meaning.plain = prepared.plain;
    meaning.texts = prepared.distinct;
    return meaning;
}

Meaning Compiler::null_value() { return scalar(type_of(Kind::null), build.boolean(false), build.boolean(true)); }

std::string Compiler::describe(const Meaning& meaning) {
    switch (meaning.is) {
        case Meaning::Is::record: return meaning.kind ? "an entity" : "a record";
        case Meaning::Is::list:
        case Meaning::Is::items: return "a list";
        case Meaning::Is::kind: return "a kind of entity";
        case Meaning::Is::stream: return "a stream";
        case Meaning::Is::curve: return "a curve";
        case Meaning::Is::pack: return "a pack";
        case Meaning::Is::broken: return "nothing";
        case Meaning::Is::scalar: break;
    }
    switch (meaning.type.kind) {
        case Kind::null: return "null";
        case Kind::boolean: return "true or false";
        case Kind::integer: return "a whole number";
        case Kind::real:
        case Kind::decimal: return "a number";
        case Kind::text: return "text";
        case Kind::enumeration: return "one of a set of texts";
        case Kind::uuid: return "a uuid";
        case Kind::date: return "a date";
        case Kind::instant: return "an instant";
        case Kind::duration: return "a duration";
        default: return spell(meaning.type);
    }
}

Meaning Compiler::number_literal(const Context& context, const Expression& expression) {
    const std::string& digits = expression.text;
    const std::string& unit = expression.unit;
    const auto scaled = read_scaled(digits);
    const double value = std::strtod(digits.c_str(), nullptr);
    if (!expression.rate_unit.empty()) {
        const auto period = parse_duration("1" + expression.rate_unit);
        if (!period)
            return fail(context, expression, "Unknown unit of a rate: /" + expression.rate_unit,
                        "Use /s, /min, /h or /d.");
        double factor = 1;
        if (unit == "k") factor = 1e3;
        if (unit == "M") factor = 1e6;
        if (unit == "G") factor = 1e9;
        return real(build.real(value * factor * 1e6 / static_cast<double>(*period)));
    }
    if (unit == "%")
        return real(
            build.real(scaled ? static_cast<double>(scaled->first) / static_cast<double>(ten_to(scaled->second + 2))
                              : value / 100));
    if (unit == "k" || unit == "M" || unit == "G") {
        const double factor = unit == "k" ? 1e3 : unit == "M" ? 1e6 : 1e9;
        const double product = value * factor;
        if (product == std::floor(product) && std::fabs(product) < 9e18) {
            const auto whole = static_cast<int64_t>(product);
            return with_bounds(integer(build.integer(whole)), whole, whole);
        }
        return real(build.real(product));
    }
    if (!unit.empty()) {
        if (const auto micros = parse_duration(digits + unit)) {
            return with_bounds(scalar(type_of(Kind::duration), build.integer(*micros)), *micros, *micros);
        }
        if (const auto bytes = parse_size(digits + unit); bytes && *bytes <= INT64_MAX) {
            const auto whole = static_cast<int64_t>(*bytes);
            return with_bounds(integer(build.integer(whole)), whole, whole);
        }
        return fail(context, expression, "Neither a duration nor a whole number of bytes: " + digits + unit,
                    "Units are % k M G, us ms s min h d w y, and " + size_unit_names(" ") + ".");
    }
    if (!scaled) {
        Meaning meaning = real(build.real(value));
        meaning.literal_number = true;
        return meaning;
    }
    Meaning meaning = scaled->second == 0 ? integer(build.integer(scaled->first))
                                          : scalar(decimal_type(scaled->second), build.integer(scaled->first));
    meaning.literal_number = true;
    return with_bounds(meaning, scaled->first, scaled->first);
}

Meaning Compiler::compile(const Context& context, const Expression& expression) {
    switch (expression.kind) {
        case Expression::Kind::number: return number_literal(context, expression);
        case Expression::Kind::text: return compile_text(context, expression);
        case Expression::Kind::boolean: return boolean(build.boolean(expression.text == "true"));
        case Expression::Kind::null: return null_value();
        case Expression::Kind::name: return compile_name(context, expression);
        case Expression::Kind::member: {
            const Meaning of = compile(context, *expression.children[0]);
            return of.broken() ? of : member(context, expression, of, expression.text);
        }
        case Expression::Kind::call: return compile_call(context, expression);
        case Expression::Kind::unary: return compile_unary(context, expression);
        case Expression::Kind::binary: return compile_binary(context, expression);
        case Expression::Kind::range:
            return fail(context, expression, "A range stands alone: " + spell(expression),
                        "A range is an argument of a draw, such as integer(1..6), or the right side of in.");
        case Expression::Kind::condition: return compile_condition_expression(context, expression);
    }
    return Meaning{};
}

Meaning Compiler::compile_name(const Context& context, const Expression& expression) {
    for (Scope* scope = context.scope; scope; scope = scope->outer) {
        if (auto found = scope->find(*this, context, expression.text)) return *found;
    }
    std::vector<std::string> known;
    for (Scope* scope = context.scope; scope; scope = scope->outer) scope->names(known);
    if (find_function(expression.text)) {
        return fail(context, expression, "A function is called with parentheses: " + expression.text,
                    "Write " + find_function(expression.text)->signature + ".");
    }
    return fail(context, expression, "Unknown name: " + expression.text, suggest(expression.text, known));
}

Meaning Compiler::compile_text(const Context& context, const Expression& expression) {
    Meaning result = scalar(type_of(Kind::text), no_reg);
    result.text_form = TextForm::parts;
    result.plain = true;
    bool only_literals = true;
    std::string all;
    for (const Expression::Part& part : expression.parts) {
        PartMeaning text{part.literal, nullptr};
        result.plain = result.plain && is_plain(part.literal);
        all += part.literal;
        if (part.hole) {
            only_literals = false;
            const Meaning value = compile(context, *part.hole);
            if (value.broken()) return value;
            if (!value.scalar()) {
                return fail(
                    context, *part.hole,
                    "A hole in a text holds one value, but this is " + describe(value) + ": " + spell(*part.hole));
            }
            result.null = build.logic_or(result.null, value.null);
            const bool is_text = value.type.kind == Kind::text || value.type.kind == Kind::enumeration;
            result.plain = result.plain && (!is_text || value.plain);
            if (is_text && value.text_form == TextForm::parts) {
                result.parts.push_back(text);
                result.parts.insert(result.parts.end(), value.parts.begin(), value.parts.end());
                continue;
            }
            text.value = std::make_shared<Meaning>(value);
        }
        result.parts.push_back(std::move(text));
    }
    if (only_literals) return text_constant(all);
    return result;
}

Meaning Compiler::compile_call(const Context& context, const Expression& expression) {
    const Expression& callee = *expression.children[0];
    if (callee.kind == Expression::Kind::name) {
        if (const Function* function = find_function(callee.text)) {
            const int given = static_cast<int>(expression.children.size()) - 1;
            if (given < function->least || given > function->most) {
                std::string wanted = std::to_string(function->least);
                if (function->most != function->least) {
                    wanted =
                        function->most > 90 ? "at least " + wanted : wanted + " to " + std::to_string(function->most);
                }
                return fail(context, expression,
                            function->name + " takes " + wanted +
                                (wanted == "1" ? " argument, got " : " arguments, got ") + std::to_string(given),
                            "Write " + function->signature + ".");
            }
            for (const Expression::Option& option : expression.options) {
                if (std::find(function->options.begin(), function->options.end(), option.name) ==
                    function->options.end()) {
                    return fail(
                        context, option.at, "Unknown option of " + function->name + ": " + option.name,
                        function->options.empty() ? "It takes no options." : suggest(option.name, function->options));
                }
            }
            return function->compile(*this, context, expression);
        }
        bool known = false;
        for (Scope* scope = context.scope; scope && !known; scope = scope->outer) {
            std::vector<std::string> names;
            scope->names(names);
            known = std::find(names.begin(), names.end(), callee.text) != names.end();
        }
        if (!known) {
            std::vector<std::string> names;
            for (const Function& function : functions()) names.push_back(function.name);
            for (Scope* scope = context.scope; scope; scope = scope->outer) scope->names(names);
            return fail(context, callee, "Unknown function: " + callee.text, suggest(callee.text, names));
        }
    }
    const Meaning meaning = compile(context, callee);
    return meaning.broken() ? meaning : index_into(context, expression, meaning);
}

Meaning Compiler::index_into(const Context& context, const Expression& expression, const Meaning& callee) {
    if (expression.children.size() != 2 || !expression.options.empty()) {
        return fail(context, expression, "One key is expected in the parentheses: " + spell(expression));
    }
    const Expression& key_expression = *expression.children[1];
    const Meaning key = compile(context, key_expression);
    if (key.broken()) return key;
    if (callee.is == Meaning::Is::list) {
        const ConstantList& list = *callee.list;
        const auto text_key = constant_text(key);
        if (text_key && !list.records && list.types[0].kind == Kind::text && list.weights) {
            const auto& names = list.values[0]->text;
            auto found = std::find(names.begin(), names.end(), *text_key);
            if (found == names.end()) {
                return fail(context, key_expression, "Unknown entry of " + list.name + ": " + *text_key,
                            suggest(*text_key, names));
            }
            return real(build.real(list.weights->f64[found - names.begin()]));
        }
        const Reg position = as_integer(context, key_expression, key);
        if (position == no_reg) return Meaning{};
        if (const auto known = constant_integer(key); known && (*known < 1 || *known > list.size)) {
            return fail(
                context, key_expression,
                list.name + " has positions 1 to " + std::to_string(list.size) + ", got " + std::to_string(*known));
        }
        return row_of(callee.list, build.emit(Op::sub, Phys::i64, {position, build.integer(1)}));
    }
    if (callee.is == Meaning::Is::kind) {
        const Reg number = as_integer(context, key_expression, key);
        return number == no_reg ? Meaning{} : callee.kind->entity(*this, context, number);
    }
    if (callee.is == Meaning::Is::items) {
        const Reg position = as_integer(context, key_expression, key);
        if (position == no_reg) return Meaning{};
        if (!callee.item->scalar()) {
            return fail(context, expression,
                        "An item of a drawn list of records cannot be taken by position: " + spell(expression),
                        "Sum, filter or emit the list instead.");
        }
        Meaning item = *callee.item;
        if (item.type.kind == Kind::text && (item.text_form == TextForm::parts || item.text_form == TextForm::hex)) {
            item.reg = as_text(item);
            item.text_form = TextForm::view;
            item.parts.clear();
        }
        const Reg from_zero = build.emit(Op::sub, Phys::i64, {position, build.integer(1)});
        const Reg size = build.size(callee.frame);
        const Reg outside = build.logic_or(build.emit(Op::less, Phys::i64, Phys::u8, {from_zero, build.integer(0)}),
                                           build.emit(Op::less_equal, Phys::i64, Phys::u8, {size, from_zero}));
        item.reg = build.nth(item.reg, from_zero);
        item.null = item.null == no_reg ? outside : build.logic_or(outside, build.nth(item.null, from_zero));
        return item;
    }
    if (callee.is == Meaning::Is::record) {
        if (const auto name = constant_text(key)) return member(context, expression, callee, *name);
    }
    return fail(context, expression,
                "This is " + describe(callee) + " and has no entries: " + spell(*expression.children[0]));
}

Meaning Compiler::member(const Context& context, const Expression& at, const Meaning& of, const std::string& name) {
    if (of.is == Meaning::Is::record) {
        const auto& names = of.record->names;
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            return fail(context, at, "No such member: " + name, suggest(name, names));
        }
        Meaning value = of.record->member(name);
        if (of.null != no_reg) value.null = build.logic_or(of.null, value.null);
        return value;
    }
    return fail(
        context, at,
        "This is " + describe(of) + " and has no members: " + (at.children.empty() ? name : spell(*at.children[0])));
}

Meaning Compiler::row_of(const std::shared_ptr<const ConstantList>& list, Reg index) {
    if (list->entities) {
        const Reg number = build.emit(Op::take, Phys::i64, Phys::i64, {index}, {.table = build.table(list->values[0])});
        Context nowhere;
        return list->entities->entity(*this, nowhere, number);
    }
    auto column = [this, list, index](size_t i) -> Meaning {
        const auto& table = list->values[i];
        if (list->types[i].kind == Kind::text) {
            const Phys narrow = list->size <= 256 ? Phys::u8 : Phys::i32;
            return text_index(build.convert(index, narrow), table);
        }
        Meaning meaning = scalar(
            list->types[i], build.emit(Op::take, table->phys, table->phys, {index}, {.table = build.table(table)}));
        if (table->phys == Phys::i64 && !table->i64.empty()) {
            meaning.low = *std::min_element(table->i64.begin(), table->i64.end());
            meaning.high = *std::max_element(table->i64.begin(), table->i64.end());
        }
        return meaning;
    };
    if (!list->records) return column(0);
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    meaning.list = list;
    meaning.identity = index;
    auto record = std::make_shared<RecordMeaning>();
    record->names = list->columns;
    record->member = [list, column](const std::string& name) {
        const auto found = std::find(list->columns.begin(), list->columns.end(), name);
        return column(static_cast<size_t>(found - list->columns.begin()));
    };
    meaning.record = record;
    return meaning;
}

Meaning Compiler::items_of(const Context& context, const std::shared_ptr<const ConstantList>& list) {
    Reg index = no_reg;
    Meaning meaning;
    meaning.is = Meaning::Is::items;
    meaning.frame = build.open(build.integer(list->size), context.frame, &index);
    meaning.item = std::make_shared<Meaning>(row_of(list, index));
    return meaning;
}

Context Compiler::item_context(const Context& context, int frame, Reg index, const std::string& place) {
    Context inner = context;
    inner.frame = frame;
    inner.place = "item";
    if (context.base != no_reg) {
        inner.base = build.emit(Op::base_under, Phys::i64, Phys::i64, {context.base, index},
                                {.imm = static_cast<int64_t>(key_of(context.place + place))});
    }
    return inner;
}

uint64_t Compiler::place_key(const Context& context, const Expression& call) {
    return key_of(context.place + "#" + std::to_string(call.draw_index));
}

Reg Compiler::word(const Context& context, const Expression& call, int k) {
    if (context.base == no_reg) {
        if (k == 0) fail(context, call, std::string(context.no_draw_reason) + ": " + spell(call));
        return no_reg;
    }
    const uint64_t place = place_key(context, call) + static_cast<uint64_t>(k) * draw_step;
    return build.emit(Op::draw, Phys::i64, Phys::i64, {context.base}, {.imm = static_cast<int64_t>(place)});
}

const Expression* Compiler::option(const Expression& call, const std::string& name) const {
    for (const Expression::Option& option : call.options) {
        if (option.name == name) return option.value.get();
    }
    return nullptr;
}

Meaning Compiler::compile_scalar(const Context& context, const Node& node) {
    Context here = context;
    here.source.at = node.at;
    if (node.is_expression()) {
        ExpressionSource source = here.source;
        source.at.column += 1;
        const ExpressionPtr expression = parse_expression(std::string_view(node.text).substr(1), source, diagnostics);
        return expression ? compile(here, *expression) : Meaning{};
    }
    if (!node.quoted) {
        if (node.is_null()) return null_value();
        if (node.text == "true" || node.text == "false") return boolean(build.boolean(node.text == "true"));
        Quantity quantity;
        const bool number_like =
            !node.text.empty() && (std::isdigit(static_cast<unsigned char>(node.text[0])) || node.text[0] == '-');
        const bool leading_zero =
            node.text.size() > 1 && node.text[0] == '0' && std::isdigit(static_cast<unsigned char>(node.text[1]));
        if (number_like && !leading_zero && read_quantity(node.text, quantity) &&
            quantity.kind == Quantity::Kind::number &&
            node.text.find_first_not_of("0123456789.-eE+") == std::string::npos) {
            Expression literal;
            literal.kind = Expression::Kind::number;
            literal.at = node.at;
            const bool negative = node.text[0] == '-';
            literal.text = negative ? node.text.substr(1) : node.text;
            Meaning meaning = number_literal(here, literal);
            if (!negative || meaning.broken()) return meaning;
            if (meaning.type.kind == Kind::real) return real(build.real(-build.constant(meaning.reg)->real));
            const int64_t value = -build.constant(meaning.reg)->integer;
            meaning.reg = build.integer(value);
            return with_bounds(meaning, value, value);
        }
    }
    if (node.text.find("$(") == std::string::npos) return text_constant(node.text);
    const ExpressionPtr text = parse_text(node.text, here.source, diagnostics);
    return text ? compile(here, *text) : Meaning{};
}

Reg Compiler::compile_condition(const Context& context, const Node& node) {
    Context here = context;
    here.source.at = node.at;
    if (!node.is_scalar()) {
        fail(here, node.at, "A condition is an expression, not a list or a map");
        return no_reg;
    }
    std::string_view text = node.text;
    if (!text.empty() && text[0] == '=') {
        text.remove_prefix(1);
        here.source.at.column += 1;
    }
    const ExpressionPtr expression = parse_expression(text, here.source, diagnostics);
    if (!expression) return no_reg;
    const Meaning meaning = compile(here, *expression);
    return meaning.broken() ? no_reg : as_boolean(here, *expression, meaning);
}

std::optional<std::string> Compiler::constant_text(const Meaning& meaning) const {
    if (!meaning.scalar() || meaning.type.kind != Kind::text || meaning.text_form != TextForm::view)
        return std::nullopt;
    const Constant* known = build.constant(meaning.reg);
    return known ? std::optional(known->text) : std::nullopt;
}

std::optional<int64_t> Compiler::constant_integer(const Meaning& meaning) const {
    if (!meaning.scalar() || meaning.reg == no_reg || build.phys_of(meaning.reg) == Phys::f64) return std::nullopt;
    const Constant* known = build.constant(meaning.reg);
    return known ? std::optional(known->integer) : std::nullopt;
}

std::optional<double> Compiler::constant_real(const Context& context, const Expression& at, const char* what) {
    const Meaning meaning = compile(context, at);
    if (meaning.broken()) return std::nullopt;
    const Reg reg = as_real(context, at, meaning);
    if (reg == no_reg) return std::nullopt;
    if (const Constant* known = build.constant(reg)) return known->real;
    fail(context, at, std::string(what) + " must be the same in every record: " + spell(at),
         "Use a number or a parameter.");
    return std::nullopt;
}

}  // namespace headwater
