#include "language/type_syntax.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace headwater {

namespace {

const std::vector<std::string> known_types = {"bool", "int",     "float", "decimal",  "text", "uuid",
                                              "date", "instant", "epoch", "duration", "list", "map"};

bool take_suffix(std::string& text, const std::string& suffix) {
    if (text.size() <= suffix.size() || !text.ends_with(" " + suffix)) return false;
    text = trimmed(std::string_view(text).substr(0, text.size() - suffix.size() - 1));
    return true;
}

std::optional<TimeUnit> read_unit(const std::string& text) {
    if (text == "s") return TimeUnit::second;
    if (text == "ms") return TimeUnit::milli;
    if (text == "us") return TimeUnit::micro;
    return std::nullopt;
}

/// Splits `name(a, b)`.
bool split_call(const std::string& text, std::string& name, std::vector<std::string>& arguments) {
    const size_t open = text.find('(');
    if (open == std::string::npos) {
        name = text;
        return true;
    }
    if (text.back() != ')') return false;
    name = trimmed(std::string_view(text).substr(0, open));
    const std::string_view inside = std::string_view(text).substr(open + 1, text.size() - open - 2);
    for (const std::string_view argument : split(inside, ',')) arguments.emplace_back(trimmed(argument));
    return true;
}

std::optional<Type> read_plain(const std::string& text, const ExpressionSource& source, Diagnostics& diagnostics) {
    auto wrong = [&](const std::string& message, const std::string& hint) -> std::optional<Type> {
        diagnostics.error(source.file, source.at, source.path, message, hint);
        return std::nullopt;
    };
    if (text.find('|') != std::string::npos) {
        Type type;
        type.kind = Kind::enumeration;
        for (const std::string_view piece : split(text, '|')) {
            const std::string symbol(trimmed(piece));
            if (symbol.empty())
                return wrong("A set of texts has an empty place: " + text,
                             "Write the texts with | between them: open | closed.");
            if (std::find(type.symbols.begin(), type.symbols.end(), symbol) != type.symbols.end()) {
                return wrong("A text stands twice in a set: " + symbol, "");
            }
            type.symbols.push_back(symbol);
        }
        return type;
    }
    for (const char* holder : {"list", "map"}) {
        const std::string prefix = std::string(holder) + " of ";
        if (!text.starts_with(prefix)) continue;
        ExpressionSource inner_source = source;
        inner_source.at.column += static_cast<int>(prefix.size());
        const auto inner = read_type(text.substr(prefix.size()), inner_source, diagnostics);
        if (!inner) return std::nullopt;
        Type type;
        type.kind = holder[0] == 'l' ? Kind::list : Kind::map;
        Field item;
        item.name = holder[0] == 'l' ? "item" : "value";
        item.type = inner->type;
        item.nullable = inner->nullable;
        type.fields.push_back(item);
        return type;
    }
    std::string name;
    std::vector<std::string> arguments;
    if (!split_call(text, name, arguments))
        return wrong("A parenthesis is not closed: " + text, "Write " + text + ").");
    Type type;
    const struct {
        const char* name;
        Kind kind;
    } simple[] = {{"bool", Kind::boolean}, {"int", Kind::integer}, {"float", Kind::real},       {"text", Kind::text},
                  {"uuid", Kind::uuid},    {"date", Kind::date},   {"duration", Kind::duration}};
    for (const auto& entry : simple) {
        if (name != entry.name) continue;
        if (!arguments.empty()) return wrong("This type takes nothing in parentheses: " + text, "Write " + name + ".");
        type.kind = entry.kind;
        return type;
    }
    if (name == "decimal") {
        if (arguments.size() != 1 || arguments[0].size() != 1 || arguments[0][0] < '0' || arguments[0][0] > '9') {
            return wrong("A decimal has 0 to 9 digits behind the point: " + text, "Write decimal(2) for two digits.");
        }
        type.kind = Kind::decimal;
        type.scale = static_cast<uint8_t>(arguments[0][0] - '0');
        return type;
    }
    if (name == "instant" || name == "epoch") {
        type.kind = Kind::instant;
        type.form = name == "epoch" ? InstantForm::epoch : InstantForm::iso;
        if (!arguments.empty()) {
            const auto unit = read_unit(arguments[0]);
            if (!unit) return wrong("The unit of an instant is s, ms or us: " + text, "Write " + name + "(ms).");
            type.unit = *unit;
        }
        if (arguments.size() > 1) {
            if (name == "epoch" || arguments.size() > 2 || (arguments[1] != "offset" && arguments[1] != "local")) {
                return wrong("An instant is written with Z, offset or local: " + text,
                             "Write instant(ms), instant(ms, offset) or instant(ms, local).");
            }
            type.form = arguments[1] == "offset" ? InstantForm::offset : InstantForm::local;
        }
        return type;
    }
    if (name == "list" || name == "map")
        return wrong("A " + name + " says what it holds: " + text, "Write " + name + " of text.");
    return wrong("Unknown type: " + text, suggest(name, known_types));
}

}  // namespace

std::optional<DeclaredType> read_type(const std::string& text, const ExpressionSource& source,
                                      Diagnostics& diagnostics) {
    DeclaredType declared;
    std::string rest = trimmed(text);
    declared.pii = take_suffix(rest, "pii");
    declared.nullable = take_suffix(rest, "or null");
    if (!declared.pii) declared.pii = take_suffix(rest, "pii");
    const auto type = read_plain(rest, source, diagnostics);
    if (!type) return std::nullopt;
    declared.type = *type;
    return declared;
}

}  // namespace headwater
