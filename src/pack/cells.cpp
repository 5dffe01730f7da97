#include "pack/cells.h"

#include <algorithm>

#include "base/random.h"
#include "base/time.h"

namespace headwater {

namespace {

/// The scope of an item of a written list: its position.
class IndexScope : public Scope {
  public:
    IndexScope(Reg index, Scope* outer_scope) : index_(index) { outer = outer_scope; }
    std::optional<Meaning> find(Compiler& compiler, const Context&, const std::string& name) override {
        if (name != "index") return std::nullopt;
        const Reg from_one = compiler.build.emit(Op::add, Phys::i64, {index_, compiler.build.integer(1)});
        return compiler.with_bounds(compiler.integer(from_one), 1, INT32_MAX);
    }
    void names(std::vector<std::string>& out) const override { out.push_back("index"); }

  private:
    Reg index_;
};

/// Gives the name of an item of a written list, or else its position: so that draws stay when items are added before it.
std::string address_of_item(const Node& list, size_t i) {
    auto name_of = [](const Node& item) {
        const Node* name = item.is_map() ? item.find("name") : nullptr;
        return name && name->is_scalar() && !name->is_expression() ? name->text : "";
    };
    const std::string name = name_of(list.items[i]);
    const auto same =
        std::count_if(list.items.begin(), list.items.end(), [&](const Node& item) { return name_of(item) == name; });
    return name.empty() || same > 1 ? std::to_string(i + 1) : name;
}

/// True for `3` and `1..5`: what says how often something repeats.
bool is_number_or_range(const Node& node) {
    if (!node.is_scalar() || node.quoted) return false;
    const std::string first = node.text.substr(0, node.text.find(".."));
    Quantity quantity;
    return read_quantity(first, quantity) && quantity.kind == Quantity::Kind::number;
}

/// True for places whose value stands in the record.
bool writes_a_field(std::string_view place) {
    return place.starts_with("fields.") ||
           (place.starts_with("rules.") && place.find(".set.") != std::string_view::npos);
}

}  // namespace

std::string slot_text(const std::string& text) {
    if (text.find(' ') == std::string::npos) return text;
    const size_t dots = text.find("..");
    std::string spelled;
    for (std::string end : {text.substr(0, dots), dots == std::string::npos ? "" : text.substr(dots + 2)}) {
        if (parse_duration(end)) std::erase(end, ' ');
        spelled += (spelled.empty() || dots == std::string::npos ? "" : "..") + end;
    }
    return spelled;
}

Meaning slot_value(Compiler& compiler, const Context& context, const Node& node, bool whole,
                   const std::string& example) {
    if (!node.is_scalar())
        return compiler.fail(context, node.at, "One value or a range is expected here",
                             "Write for example " + example + ".");
    if (node.is_expression()) return compiler.compile_scalar(context, node);
    const std::string text = slot_text(node.text);
    const size_t dots = text.find("..");
    const bool is_range = dots != std::string::npos;
    Quantity quantity;
    for (const std::string& end : {text.substr(0, dots), is_range ? text.substr(dots + 2) : text}) {
        if (read_quantity(end, quantity)) continue;
        return compiler.fail(context, node.at, "One value or a range is expected here: " + node.text,
                             "Write for example " + example + ".");
    }
    const std::string before = whole ? "integer(" : "uniform(";
    ExpressionSource source = context.source;
    if (is_range) source.at.column -= static_cast<int>(before.size());
    const ExpressionPtr expression =
        parse_expression(is_range ? before + text + ")" : text, source, compiler.diagnostics);
    return expression ? compiler.compile(context, *expression) : Meaning{};
}

bool may_be_null(const Compiler& compiler, const Meaning& value) {
    if (value.null == no_reg) return false;
    const Constant* known = compiler.build.constant(value.null);
    return known == nullptr || known->integer != 0;
}

Meaning delay_value(Compiler& compiler, const Context& context, const Node& node, const std::string& what) {
    const std::string text = node.is_scalar() ? ": " + node.text : "";
    const Meaning delay = slot_value(compiler, context, node, false, "30s or 1s..5min");
    if (delay.broken()) return delay;
    if (!delay.is_kind_of(Kind::duration))
        return compiler.fail(context, node.at, what + " is a duration, but this is " + Compiler::describe(delay) + text,
                             "Write for example 1s..5min.");
    if (delay.low < 0 || delay.high == INT64_MAX)
        return compiler.fail(context, node.at,
                             what + " needs bounds that are known beforehand, and is not below 0" + text,
                             "Use a range, or min() and max(): =min(1h, max(0s, ...)).");
    if (may_be_null(compiler, delay))
        return compiler.fail(context, node.at, what + " may be null" + text, "Give a value with coalesce().");
    return delay;
}

Reg chance_of(Compiler& compiler, const Context& context, const Node& node) {
    Expression call;
    call.at = node.at;
    call.kind = Expression::Kind::call;
    ProgramBuilder& build = compiler.build;
    const auto draw = [&](double share) {
        if (share <= 0) return build.boolean(false);
        return build.emit(Op::chance, Phys::u8, Phys::u8, {compiler.word(context, call)}, {.real = share});
    };
    if (!node.is_expression()) {
        const auto share = node.is_scalar() ? read_share(node.text) : std::nullopt;
        if (!share) {
            compiler.fail(context, node.at,
                          "Not a share between 0% and 100%" + (node.is_scalar() ? ": " + node.text : ""),
                          "Write for example 2.5%.");
            return no_reg;
        }
        return draw(*share);
    }
    const Meaning share = compiler.compile_scalar(context, node);
    const Reg reg = share.broken() ? no_reg : compiler.as_real(context, call, share);
    if (reg == no_reg) return no_reg;
    if (const Constant* known = build.constant(reg)) return draw(known->real);
    return build.emit(Op::less, Phys::f64, Phys::u8,
                      {build.emit(Op::unit, Phys::f64, {compiler.word(context, call)}), reg});
}

Cells::Cells(const Pack& pack, std::vector<Cell> cells, const Context& base, const DeclaredTypes* types)
    : pack_(pack), cells_(std::move(cells)), base_(base), types_(types) {
    outer = pack.scope.get();
    base_.scope = this;
}

void Cells::fix(const std::string& name, Meaning meaning) {
    computed_[name] = [meaning = std::move(meaning)](Compiler&) { return meaning; };
}

void Cells::compute(const std::string& name, std::function<Meaning(Compiler&)> meaning) {
    computed_[name] = std::move(meaning);
}

void Cells::forbid(const std::string& name, const std::string& message, const std::string& hint) {
    forbidden_[name] = {message, hint};
}

void Cells::replace(const std::string& path, std::function<Meaning(Compiler&, const Meaning&)> change) {
    changes_[path] = std::move(change);
}

Context Cells::context_at(const Cell& cell) {
    Context context = base_;
    context.source.file = pack_.reading.file;
    context.source.path = cell.path;
    context.place = cell.place;
    if (cell.node) context.source.at = cell.node->at;
    return context;
}

Meaning Cells::compile_at(Compiler& compiler, const Cell& cell) {
    return compile_node(compiler, context_at(cell), *cell.node, cell.name);
}

Meaning Cells::value(Compiler& compiler, const std::string& name) {
    if (auto found = done_.find(name); found != done_.end()) return found->second;
    const auto cell = std::find_if(cells_.begin(), cells_.end(), [&](const Cell& c) { return c.name == name; });
    working_.push_back(name);
    Meaning meaning = compile_at(compiler, *cell);
    working_.pop_back();
    return done_[name] = meaning;
}

std::optional<Meaning> Cells::find(Compiler& compiler, const Context& context, const std::string& name) {
    if (auto found = forbidden_.find(name); found != forbidden_.end()) {
        return compiler.fail(context, context.source.at, found->second.first, found->second.second);
    }
    if (auto found = computed_.find(name); found != computed_.end()) return found->second(compiler);
    if (clock_ && name == "time" && writes_a_field(context.place)) return read_clock(compiler, context);
    if (std::none_of(cells_.begin(), cells_.end(), [&](const Cell& c) { return c.name == name; })) return std::nullopt;
    const auto circle = std::find(working_.begin(), working_.end(), name);
    if (circle == working_.end()) return value(compiler, name);
    if (working_.back() == name) {  // inside its own cell a name is what lies outside
        for (Scope* scope = outer; scope; scope = scope->outer) {
            if (auto found = scope->find(compiler, context, name)) return found;
        }
    }
    return this->circle(compiler, context, name);
}

/// Reports what is being compiled and reads itself.
Meaning Cells::circle(Compiler& compiler, const Context& context, const std::string& name) const {
    std::string chain;
    for (auto it = std::find(working_.begin(), working_.end(), name); it != working_.end(); ++it) chain += *it + " -> ";
    return compiler.fail(context, context.source.at, "These read each other in a circle: " + chain + name);
}

Meaning Cells::read_clock(Compiler& compiler, const Context& context) {
    static const std::string name = "(skew)";
    if (auto found = done_.find(name); found != done_.end()) return found->second;
    if (std::find(working_.begin(), working_.end(), name) != working_.end()) return circle(compiler, context, name);
    working_.push_back(name);
    Meaning shown = clock_(compiler);
    working_.pop_back();
    return done_[name] = std::move(shown);
}

void Cells::names(std::vector<std::string>& out) const {
    for (const Cell& cell : cells_) out.push_back(cell.name);
    for (const auto& [name, meaning] : computed_) out.push_back(name);
}

Meaning Cells::record(Compiler& compiler, std::vector<std::string> names) {
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    record->names = std::move(names);
    record->member = [this, &compiler](const std::string& name) {
        if (std::find(working_.begin(), working_.end(), name) != working_.end()) {
            Context context = base_;
            return compiler.fail(context, context.source.at,
                                 "These read each other in a circle: " + name + " -> " + name);
        }
        return value(compiler, name);
    };
    meaning.record = record;
    return meaning;
}

Meaning Cells::compile_node(Compiler& compiler, const Context& context, const Node& node, const std::string& relative) {
    Meaning meaning;
    if (node.is_scalar()) {
        meaning = compiler.compile_scalar(context, node);
    } else if (node.is_map()) {
        const Node* repeat = node.find("repeat");
        const bool repeats = repeat && node.find("of");
        if (repeat && !repeats && is_number_or_range(*repeat)) {
            return compiler.fail(context, repeat->at, "A list by repeat says what it is of: " + relative,
                                 "Write {repeat: " + repeat->text + ", of: VALUE}.");
        }
        meaning = repeats ? compile_repeat(compiler, context, node, relative)
                          : compile_map(compiler, context, node, relative);
    } else {
        meaning = compile_sequence(compiler, context, node, relative);
    }
    if (types_ && meaning.scalar()) {
        if (auto type = types_->find(relative);
            type != types_->end() && type->second.type.kind != Kind::map && type->second.type.kind != Kind::list) {
            meaning = compiler.as_type(context, node.at, meaning, type->second.type, relative);
        }
    }
    if (meaning.broken()) return meaning;
    if (auto change = changes_.find(relative); change != changes_.end()) return change->second(compiler, meaning);
    return meaning;
}

Meaning Cells::compile_map(Compiler& compiler, const Context& context, const Node& node, const std::string& relative) {
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    bool broken = false;
    auto members = std::make_shared<std::map<std::string, Meaning>>();
    for (const Node::Entry& entry : node.entries) {
        if (entry.key == "because") continue;
        record->names.push_back(entry.key);
        Context inner = context;
        inner.source.path += "." + entry.key;
        inner.source.at = entry.value.at;
        inner.place += "." + entry.key;
        Meaning member = compile_node(compiler, inner, entry.value, relative + "." + entry.key);
        broken = broken || member.broken();
        (*members)[entry.key] = std::move(member);
    }
    record->member = [members](const std::string& name) { return (*members)[name]; };
    meaning.record = record;
    return broken ? Meaning{} : meaning;
}

Meaning Cells::compile_repeat(Compiler& compiler, const Context& context, const Node& node,
                              const std::string& relative) {
    for (const Node::Entry& entry : node.entries) {
        if (entry.key != "repeat" && entry.key != "of" && entry.key != "because") {
            return compiler.fail(context, entry.key_at, "Unknown key beside repeat and of: " + entry.key);
        }
    }
    const Node& count_node = *node.find("repeat");
    Context count_context = context;
    count_context.place += ".repeat";
    count_context.source.path += ".repeat";
    count_context.source.at = count_node.at;
    const Meaning count = slot_value(compiler, count_context, count_node, true, "3 or 1..5");
    if (count.broken()) return count;
    if (!count.is_kind_of(Kind::integer)) {
        return compiler.fail(count_context, count_node.at,
                             "How often something repeats is a whole number, but this is " + Compiler::describe(count) +
                                 ": " + count_node.text);
    }
    Reg index = no_reg;
    Meaning meaning;
    meaning.is = Meaning::Is::items;
    meaning.frame = compiler.build.open(compiler.as_i64(count), context.frame, &index);
    Context inner = compiler.item_context(context, meaning.frame, index, ".of");
    inner_.push_back(std::make_unique<IndexScope>(index, context.scope));
    inner.scope = inner_.back().get();
    const Node& item_node = *node.find("of");
    inner.source.at = item_node.at;
    Meaning item = compile_node(compiler, inner, item_node, relative);
    if (item.broken()) return item;
    meaning.item = std::make_shared<Meaning>(std::move(item));
    return meaning;
}

Meaning Cells::compile_sequence(Compiler& compiler, const Context& context, const Node& node,
                                const std::string& relative) {
    ProgramBuilder& build = compiler.build;
    if (node.items.empty())
        return compiler.fail(context, node.at, "An empty list has no type: " + relative,
                             "Write {repeat: 0, of: VALUE}.");
    Reg index = no_reg;
    Meaning meaning;
    meaning.is = Meaning::Is::items;
    meaning.frame = build.open(build.integer(static_cast<int64_t>(node.items.size())), context.frame, &index);
    Meaning chosen;
    for (size_t i = node.items.size(); i-- > 0;) {
        Context inner = context;
        const std::string position = address_of_item(node, i);
        inner.source.path += "." + position;
        inner.source.at = node.items[i].at;
        inner.place += "." + position;
        const Meaning item = compile_node(compiler, inner, node.items[i], relative + "." + position);
        if (item.broken()) return item;
        if (chosen.broken()) {
            chosen = item;
            continue;
        }
        const Reg here = build.emit(Op::equal, Phys::i64, Phys::u8, {index, build.integer(static_cast<int64_t>(i))});
        chosen = compiler.choose(inner, node.items[i].at, here, item, chosen);
        if (chosen.broken()) return chosen;
    }
    meaning.item = std::make_shared<Meaning>(std::move(chosen));
    return meaning;
}

}  // namespace headwater
