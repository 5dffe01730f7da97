// For compiling what incidents change: a parameter where it is read, and the labels of records that are made meanwhile.
#include <algorithm>

#include "pack/expression_names.h"
#include "pack/incidents.h"

namespace headwater {

namespace {

/// The names that an incident reads: parameters as they are without incidents, then those of who reads its parameter.
class IncidentScope : public Scope {
  public:
    IncidentScope(const Pack& pack, Scope& use) : pack_(pack) { outer = &use; }

    /// Gives the parameter that is being set, as it is before.
    void fix(const std::string& parameter, Meaning value) {
        fixed_ = parameter;
        value_ = std::move(value);
    }

    std::optional<Meaning> find(Compiler& compiler, const Context&, const std::string& name) override {
        if (!fixed_.empty() && name == fixed_) return value_;
        if (const Parameter* parameter = pack_.parameter(name)) return parameter->value.meaning(compiler);
        return std::nullopt;
    }

    void names(std::vector<std::string>&) const override {}

  private:
    const Pack& pack_;
    std::string fixed_;
    Meaning value_;
};

/// Gives the context of something that an incident says.
Context context_of(const Context& use, const Pack& pack, Scope& scope, const Node& node, const std::string& path) {
    Context context = use;
    context.scope = &scope;
    context.source = {pack.reading.file, path, node.at};
    context.base = no_reg;
    context.no_draw_reason = "What an incident says is the same for all and cannot be drawn";
    return context;
}

/// Reports names that the use of a parameter lacks; false then.
bool has_names(Compiler& compiler, const Context& use, const Context& here, const Node& node,
               const std::string& incident, const std::string& what) {
    Diagnostics ignored;
    const bool is_marked = node.is_scalar() && node.text.starts_with("=");
    const ExpressionPtr expression =
        node.is_scalar() ? parse_expression(node.text.substr(is_marked ? 1 : 0), here.source, ignored) : nullptr;
    if (!expression) return true;  // reported where it is compiled
    std::vector<const Expression*> asked;
    collect_names(*expression, asked);
    std::vector<std::string> known;
    for (const Scope* scope = here.scope; scope; scope = scope->outer) scope->names(known);
    for (const Expression* name : asked) {
        if (std::ranges::find(known, name->text) != known.end()) continue;
        compiler.fail(
            here, node.at,
            "Incident " + incident + " asks for a name that is not known where " + what + " is read: " + name->text,
            "It is read at " + use.source.path + ", line " + std::to_string(use.source.at.line) + ".");
        return false;
    }
    return true;
}

/// Gives what an incident sets a parameter to.
Meaning set_value(Compiler& compiler, const Context& context, const IncidentUse& use, const Incident& incident,
                  const Parameter& parameter, const Meaning& before) {
    const Node& node = *incident.value_of(parameter.name);
    if (!node.is_scalar()) return Meaning{};  // reported
    if (!node.is_expression()) {
        const auto value = read_parameter(parameter.type, node.text);
        return value ? value->meaning(compiler) : Meaning{};
    }
    IncidentScope scope(use.pack, use.scope);
    scope.fix(parameter.name, before);
    const std::string path = "incidents." + incident.name + ".set." + parameter.name;
    const Context here = context_of(context, use.pack, scope, node, path);
    if (!has_names(compiler, context, here, node, incident.name, parameter.name)) return Meaning{};
    const Meaning value = compiler.compile_scalar(here, node);
    return value.broken() ? value : compiler.as_type(here, node.at, value, parameter.value.type, parameter.name);
}

}  // namespace

bool is_set_by_incident(const Pack& pack, const std::string& parameter) {
    return std::ranges::any_of(pack.incidents,
                               [&](const auto& incident) { return incident->value_of(parameter) != nullptr; });
}

Reg is_on_at(Compiler& compiler, Reg time, const Incident& incident) {
    ProgramBuilder& build = compiler.build;
    if (!incident.times) return build.boolean(false);
    const Reg behind = build.emit(Op::add, Phys::i64, {time, build.integer(1)});
    const Reg switched =
        build.emit(Op::rows_by, Phys::i64, Phys::i64, {behind}, {.table = build.clock(incident.times)});
    const Reg odd = build.emit(Op::modulo, Phys::i64, {switched, build.integer(2)});
    return build.emit(Op::equal, Phys::i64, Phys::u8, {odd, build.integer(1)});
}

Reg holds_incident(Compiler& compiler, const Context& context, const IncidentUse& use, const Incident& incident,
                   const std::string& what) {
    const Reg is_on = use.is_on(incident);
    if (!incident.where) return is_on;
    IncidentScope scope(use.pack, use.scope);
    const Context here = context_of(context, use.pack, scope, *incident.where, "incidents." + incident.name + ".where");
    if (!has_names(compiler, context, here, *incident.where, incident.name, what)) return no_reg;
    const Reg strikes = compiler.compile_condition(here, *incident.where);
    return strikes == no_reg ? no_reg : compiler.build.logic_and(is_on, strikes);
}

Meaning read_under_incidents(Compiler& compiler, const Context& context, const IncidentUse& use,
                             const Parameter& parameter) {
    Meaning value = parameter.value.meaning(compiler);
    bool is_broken = false;
    for (const auto& incident : use.pack.incidents) {
        if (!incident->value_of(parameter.name)) continue;
        if (context.time == no_reg) {
            return compiler.fail(
                context, context.source.at,
                "Parameter " + parameter.name + " may change, for incident " + incident->name +
                    " sets it, and this is settled without a time",
                "Attributes, counts, lists and conditions that are watched cannot follow an incident; let it set "
                "another parameter.");
        }
        const Meaning other = set_value(compiler, context, use, *incident, parameter, value);
        const Reg holds = holds_incident(compiler, context, use, *incident, parameter.name);
        is_broken = is_broken || other.broken() || holds == no_reg;
        const Constant* known = holds == no_reg ? nullptr : compiler.build.constant(holds);
        if (is_broken || (known && known->integer == 0)) continue;
        Context here = context;
        here.source = {use.pack.reading.file, "incidents." + incident->name, incident->at};
        value = compiler.choose(here, incident->at, holds, other, value);
    }
    if (is_broken || value.broken()) return Meaning{};
    // However it is made up, a step keeps it in the same way: a state fits plans that differ in what is on.
    if (is_set_by_incident(use.pack, parameter.name) && value.type.kind == Kind::text)
        return scalar(value.type, compiler.as_text(value));
    return value;
}

void label_incidents(Compiler& compiler, const PlannedStream& stream, Cells& cells, FlatPlan& plan) {
    const Pack& pack = *stream.pack;
    for (const auto& incident : pack.incidents) {
        if (!incident->times) continue;
        if (!stream.incidents.contains(incident->index) && !compiler.build.has_clock(*incident->times)) continue;
        const Cell cell{incident->name, "streams." + stream.name, "incident." + incident->name, stream.node};
        const Context context = cells.context_at(cell);
        const IncidentUse use{pack, cells, [&](const Incident& one) { return is_on_at(compiler, context.time, one); }};
        const Reg holds = holds_incident(compiler, context, use, *incident, incident->set.front().first);
        if (holds == no_reg) continue;
        plan.masks.push_back({compiler.build.in_frame(holds, 0), static_cast<uint32_t>(plan.labels.size())});
        plan.labels.push_back(incident->name);
        compiler.build.keep(plan.masks.back().holds);
    }
}

}  // namespace headwater
