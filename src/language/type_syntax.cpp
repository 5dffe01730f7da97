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

/// Reads a type without its suffixes.
class TypeReader {
  public:
    TypeReader(const std::string& text, const ExpressionSource& source, Diagnostics& diagnostics)
        : text_(text), source_(source), diagnostics_(diagnostics) {}

    std::optional<Type> read() {
        if (text_.find('|') != std::string::npos) return read_set();
        for (const char* holder : {"list", "map"})
            if (text_.starts_with(std::string(holder) + " of ")) return read_holder(holder);
        if (!split_call(text_, name_, arguments_))
            return wrong("A parenthesis is not closed: " + text_, "Write " + text_ + ").");
        if (name_ == "decimal") return read_decimal();
        if (name_ == "instant" || name_ == "epoch") return read_instant();
        if (name_ == "list" || name_ == "map")
            return wrong("A " + name_ + " says what it holds: " + text_, "Write " + name_ + " of text.");
        return read_simple();
    }

  private:
    std::optional<Type> wrong(const std::string& message, const std::string& hint) {
        diagnostics_.error(source_.file, source_.at, source_.path, message, hint);
        return std::nullopt;
    }

    std::optional<Type> read_set() {
        Type type;
        type.kind = Kind::enumeration;
        for (const std::string_view piece : split(text_, '|')) {
            const std::string symbol(trimmed(piece));
            if (symbol.empty())
                return wrong("A set of texts has an empty place: " + text_,
                             "Write the texts with | between them: open | closed.");
            if (std::ranges::find(type.symbols, symbol) != type.symbols.end())
                return wrong("A text stands twice in a set: " + symbol, "");
            type.symbols.push_back(symbol);
        }
        return type;
    }

    std::optional<Type> read_holder(const std::string& holder) {
        const size_t prefix = holder.size() + std::string_view(" of ").size();
        ExpressionSource inner_source = source_;
        inner_source.at.column += static_cast<int>(prefix);
        const auto inner = read_type(text_.substr(prefix), inner_source, diagnostics_);
        if (!inner) return std::nullopt;
        Type type;
        type.kind = holder == "list" ? Kind::list : Kind::map;
        Field item;
        item.name = holder == "list" ? "item" : "value";
        item.type = inner->type;
        item.nullable = inner->nullable;
        type.fields.push_back(item);
        return type;
    }

    std::optional<Type> read_simple() {
        const struct {
            const char* name;
            Kind kind;
        } simple[] = {{"bool", Kind::boolean},     {"int", Kind::integer}, {"float", Kind::real},
                      {"text", Kind::text},        {"uuid", Kind::uuid},   {"date", Kind::date},
                      {"duration", Kind::duration}};
        for (const auto& entry : simple) {
            if (name_ != entry.name) continue;
            if (!arguments_.empty())
                return wrong("This type takes nothing in parentheses: " + text_, "Write " + name_ + ".");
            Type type;
            type.kind = entry.kind;
            return type;
        }
        return wrong("Unknown type: " + text_, suggest(name_, known_types));
    }

    std::optional<Type> read_decimal() {
        if (arguments_.size() != 1 || arguments_[0].size() != 1 || !is_digit(arguments_[0][0]))
            return wrong("A decimal has 0 to 9 digits behind the point: " + text_, "Write decimal(2) for two digits.");
        Type type;
        type.kind = Kind::decimal;
        type.scale = static_cast<uint8_t>(arguments_[0][0] - '0');
        return type;
    }

    std::optional<Type> read_instant() {
        const bool is_epoch = name_ == "epoch";
        Type type;
        type.kind = Kind::instant;
        type.form = is_epoch ? InstantForm::epoch : InstantForm::iso;
        if (!arguments_.empty()) {
            const auto unit = read_unit(arguments_[0]);
            if (!unit) return wrong("The unit of an instant is s, ms or us: " + text_, "Write " + name_ + "(ms).");
            type.unit = *unit;
        }
        if (arguments_.size() <= 1) return type;
        if (is_epoch || arguments_.size() > 2 || (arguments_[1] != "offset" && arguments_[1] != "local"))
            return wrong("An instant is written with Z, offset or local: " + text_,
                         "Write instant(ms), instant(ms, offset) or instant(ms, local).");
        type.form = arguments_[1] == "offset" ? InstantForm::offset : InstantForm::local;
        return type;
    }

    const std::string& text_;
    const ExpressionSource& source_;
    Diagnostics& diagnostics_;
    std::string name_;
    std::vector<std::string> arguments_;
};

}  // namespace

std::optional<DeclaredType> read_type(const std::string& text, const ExpressionSource& source,
                                      Diagnostics& diagnostics) {
    DeclaredType declared;
    std::string rest(trimmed(text));
    declared.pii = take_suffix(rest, "pii");
    declared.nullable = take_suffix(rest, "or null");
    if (!declared.pii) declared.pii = take_suffix(rest, "pii");
    const auto type = TypeReader(rest, source, diagnostics).read();
    if (!type) return std::nullopt;
    declared.type = *type;
    return declared;
}

}  // namespace headwater
