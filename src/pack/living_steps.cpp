// For compiling the steps of entities that live, and the streams that they emit into.
#include <algorithm>
#include <set>

#include "base/random.h"
#include "pack/arrival.h"
#include "pack/living_script.h"

namespace headwater {

std::vector<LivingStep> LivingScript::steps_of(KindScript& kind, const Node* node, const Where& where,
                                               StepScope scope) {
    std::vector<LivingStep> steps;
    if (!node || node->is_null()) return steps;
    if (!node->is_sequence()) {
        error(*node, where, "Steps are a list", "Begin each step with - set, - emit, - spawn, - let or - do.");
        return steps;
    }
    std::set<std::string> names;
    for (size_t i = 0; i < node->items.size(); ++i) {
        const Node& item = node->items[i];
        const Node* name = item.is_map() ? item.find("name") : nullptr;
        const std::string key = name && name->is_scalar() ? name->text : std::to_string(i + 1);
        if (!names.insert(key).second) error(item, where, "Two steps have one name: " + key);
        steps.push_back(step_of(kind, item, where.under(key), scope));
    }
    return steps;
}

LivingStep LivingScript::step_of(KindScript& kind, const Node& node, const Where& where, StepScope& scope) {
    LivingStep step;
    step.place = key_of(where.place);
    Section section(pack_.reading, &node, where.path);
    section.take("name");
    const Node* let = section.take("let");
    const Node* set = section.take("set");
    const Node* spawn = section.take("spawn");
    const Node* emit = section.take("emit");
    const Node* with = section.take("with");
    const Node* group = section.take("do");
    const Node* when = section.take("when");
    const Node* chance = section.take("chance");
    const Node* repeat = section.take("repeat");
    const auto label = section.text("label");
    const Node* after = scope.is_journey ? section.take("after") : nullptr;
    const Node* proceed = scope.is_journey ? section.take("continue") : nullptr;
    if (!scope.is_journey && node.is_map()) {
        for (const char* key : {"after", "continue"}) {
            if (const Node* wait = section.take(key)) {
                error(*wait, where.under(key), "Only the steps of a journey wait or end it: " + std::string(key),
                      "To wait here, spawn a child with a journey.");
            }
        }
    }
    section.finish();
    if (!node.is_map()) return step;
    if (group && (set || spawn || emit))
        error(*group, where.under("do"), "A step does something itself or is a group, not both",
              "Put all of it under do.");
    if (!let && !set && !spawn && !emit && !group && !after && !proceed)
        error(node, where, "This step does nothing", "A step has let, set, spawn, emit or do.");
    if (with && !spawn && !emit) error(*with, where.under("with"), "with goes with emit or spawn");

    compile_waits(kind, after, proceed, where, scope, step);
    compile_head(kind, when, chance, repeat, where, scope, step);
    StepScope inner = scope;
    inner.is_journey = false;
    inner.has_index = scope.has_index || repeat;
    if (label) inner.labels.push_back(*label);
    if (spawn) find_spawn(kind, *spawn, where.under("spawn"), step);
    if (emit) find_stream(kind, *emit, where.under("emit"), inner, step);
    const bool keeps_lets = !when && !chance && !repeat;
    const size_t kept = inner.kept.size();
    const bool is_lost = (spawn && step.spawn < 0) || (emit && step.emit < 0);  // reported; what it takes is unknown
    compile_body(kind, let, set, is_lost ? nullptr : with, where, inner, group || keeps_lets, step);
    if (keeps_lets)
        scope.kept.insert(scope.kept.end(), inner.kept.begin() + static_cast<ptrdiff_t>(kept), inner.kept.end());
    step.steps = steps_of(kind, group, where.under("do"), inner);
    return step;
}

void LivingScript::compile_waits(KindScript& kind, const Node* after, const Node* proceed, const Where& where,
                                 const StepScope& scope, LivingStep& step) {
    if (after)
        step.after = value_of(
            kind, scope, [&](LivingSession& session) { return session.duration(where.under("after"), *after, false); });
    if (proceed)
        step.proceed = value_of(
            kind, scope, [&](LivingSession& session) { return session.chance(where.under("continue"), *proceed); });
}

void LivingScript::compile_head(KindScript& kind, const Node* when, const Node* chance, const Node* repeat,
                                const Where& where, const StepScope& scope, LivingStep& step) {
    if (!when && !chance && !repeat) return;
    LivingSession session(world_, kind);
    open_scope(session, scope);
    if (when) step.go = session.condition(where.under("when"), *when);
    if (chance) step.go = session.build().logic_and(step.go, session.chance(where.under("chance"), *chance));
    if (repeat) {
        const Meaning times = session.slot(where.under("repeat"), *repeat, true);
        if (times.is_kind_of(Kind::integer))
            step.repeat = session.compiler().as_i64(times);
        else if (!times.broken())
            error(*repeat, where.under("repeat"),
                  "How often a step is repeated is a whole number, but this is " + Compiler::describe(times));
    }
    if (step.go != no_reg) step.go = session.build().in_frame(step.go, 0);
    step.head = add_program(session.finish({&step.go, &step.repeat}));
}

void LivingScript::find_spawn(KindScript& kind, const Node& node, const Where& where, LivingStep& step) {
    std::vector<std::string> known;
    for (const auto& child : kinds_) {
        const KindScript* above = &kind;
        while (above && child->parent != above) above = above->parent;
        if (!above) continue;
        if (node.is_scalar() && child->name() == node.text) step.spawn = child->index;
        known.push_back(child->name());
    }
    if (step.spawn < 0) {
        error(node, where,
              "No child of this entity or of its parents: " + (node.is_scalar() ? node.text : "a list or map"),
              known.empty() ? "Give the kind that is spawned parent: " + kind.name() + "." : suggest(node.text, known));
    }
}

void LivingScript::find_stream(KindScript& kind, const Node& node, const Where& where, const StepScope& scope,
                               LivingStep& step) {
    std::vector<std::string> known;
    for (size_t i = 0; i < streams_.size(); ++i) {
        if (streams_[i].kind != kind.index || streams_[i].planned->table) continue;
        known.push_back(streams_[i].planned->name);
        if (node.is_scalar() && node.text == known.back()) step.emit = static_cast<int>(i);
    }
    if (step.emit < 0) {
        const std::string name = node.is_scalar() ? node.text : "a list or map";
        const auto stream = node.is_scalar() ? pack_.stream(name) : nullptr;
        if (stream && stream->table)
            return error(node, where, "A table tells of its changes by itself and is not emitted: " + name,
                         "Leave the emit out.");
        error(node, where, "No stream from " + kind.name() + ": " + name,
              known.empty() ? "Write streams: {" + name + ": {from: " + kind.name() + ", fields: {...}}}."
                            : suggest(name, known));
        return;
    }
    streams_[static_cast<size_t>(step.emit)].is_emitted = true;
    auto& labels = plan_.streams[static_cast<size_t>(step.emit)].labels;
    for (const std::string& label : scope.labels) {
        auto found = std::find(labels.begin(), labels.end(), label);
        if (found == labels.end()) found = labels.insert(labels.end(), label);
        step.labels.push_back(static_cast<uint32_t>(found - labels.begin()));
    }
}

/// Compiles what a step lets, sets and gives; all of it reads the values before it but for `with`, which comes last.
void LivingScript::compile_body(KindScript& kind, const Node* let, const Node* set, const Node* with,
                                const Where& where, StepScope& scope, bool keeps_lets, LivingStep& step) {
    With targets;
    if (step.spawn >= 0) targets.emplace_back(&kinds_[static_cast<size_t>(step.spawn)]->given, &step.spawn_with);
    if (step.emit >= 0) targets.emplace_back(&streams_[static_cast<size_t>(step.emit)].given, &step.emit_with);
    const bool is_given =
        std::any_of(targets.begin(), targets.end(), [](const auto& target) { return !target.first->empty(); });
    if (!let && !set && !with && !is_given) return;
    LivingSession session(world_, kind);
    open_scope(session, scope);
    NamedValues lets;
    if (let) compile_lets(kind, *let, where.under("let"), session, lets, step);
    if (keeps_lets) scope.kept.insert(scope.kept.end(), lets.begin(), lets.end());
    if (set) compile_set(session, *set, where.under("set"), step);
    compile_with(session, with, with ? where.under("with") : where, targets);
    std::vector<Reg*> registers;
    for (std::vector<LivingStore>* stores : {&step.set, &step.spawn_with, &step.emit_with}) {
        for (LivingStore& store : *stores) {
            store.value = session.build().in_frame(store.value, 0);
            registers.push_back(&store.value);
        }
    }
    if (!registers.empty()) step.body = add_program(session.finish(registers));
}

void LivingScript::compile_lets(KindScript& kind, const Node& let, const Where& where, LivingSession& session,
                                NamedValues& lets, LivingStep& step) {
    if (!let.is_map()) return error(let, where, "A let is a map of names and values");
    std::vector<Cell> cells;
    for (const Node::Entry& entry : let.entries) {
        if (entry.key == "because") continue;
        const Where here = where.under(entry.key);
        if (!is_name(entry.key))
            error(entry.value, here, "A name has letters, digits and _ and begins with no digit: " + entry.key);
        if (find_value(kind.state, entry.key))
            error(entry.value, here, "This name hides a value of the state: " + entry.key,
                  "Choose another name, or set it.");
        if (const auto chosen = choose_child(kind, entry.value, here, step)) {
            lets.emplace_back(entry.key, *chosen);
            session.names.keep(entry.key, *chosen);
            continue;
        }
        cells.push_back({entry.key, here.path, here.place, &entry.value});
    }
    Cells values(pack_, cells, session.context(where, let.at), nullptr);
    values.outer = &session.names;
    for (const Cell& cell : cells) {
        const Meaning value = values.value(session.compiler(), cell.name);
        if (auto stored =
                session.capture(values.context_at(cell), cell.node->at, cell.name, value, kind.slots, step.set)) {
            lets.emplace_back(cell.name, *stored);
        }
    }
    for (const Cell& cell : cells) session.names.fix(cell.name, values.value(session.compiler(), cell.name));
}

/// Finds the children that `agent` or `centre.agent` names: of the entity itself, or of a parent at `level`.
const KindScript* LivingScript::child_of(const KindScript& kind, const Expression& name, int& level) const {
    const bool is_own = name.kind == Expression::Kind::name;
    const bool is_member = name.kind == Expression::Kind::member && name.children[0]->kind == Expression::Kind::name;
    const KindScript* owner = is_own || is_member ? &kind : nullptr;
    for (level = 0; is_member && owner && (level == 0 || owner->name() != name.children[0]->text); ++level)
        owner = owner->parent;
    for (const auto& child : kinds_) {
        if (owner && child->parent == owner && child->name() == name.text) return child.get();
    }
    return nullptr;
}

/// Compiles a choice among children, where a value is that and nothing else.
std::optional<Stored> LivingScript::choose_child(KindScript& kind, const Node& node, const Where& where,
                                                 LivingStep& step) {
    if (!node.is_expression()) return std::nullopt;
    ExpressionSource source{pack_.reading.file, where.path, node.at};
    source.at.column += 1;
    Diagnostics ignored;
    const ExpressionPtr call = parse_expression(std::string_view(node.text).substr(1), source, ignored);
    const bool is_any = call && call->kind == Expression::Kind::call && call->children.size() == 2 &&
                        call->children[0]->kind == Expression::Kind::name && call->children[0]->text == "any";
    LivingChoice choice;
    const KindScript* child = is_any ? child_of(kind, *call->children[1], choice.level) : nullptr;
    if (!child) return std::nullopt;
    choice.kind = child->index;
    choice.place = key_of(where.place + ".any");
    choice.slot = kind.slots.words++;
    for (const Expression::Option& option : call->options) {
        if (option.name != "where") {
            pack_.reading.error(option.at, where.path, "A child is chosen by where only: " + option.name,
                                "Write any(" + child->name() + ", where=...).");
            continue;
        }
        LivingSession session(world_, *child);
        const Context context = session.still_context(where, option.value->at, "Who may be chosen is not drawn", true);
        const Meaning holds = session.compiler().compile(context, *option.value);
        if (holds.broken()) continue;
        choice.where.value = session.compiler().as_boolean(context, *option.value, holds);
        if (choice.where.value == no_reg) continue;
        choice.where.value = session.build().in_frame(choice.where.value, 0);
        choice.where.program = add_program(session.finish({&choice.where.value}));
    }
    Stored stored;
    stored.is = Stored::Is::child;
    stored.slot = choice.slot;
    stored.child = child;
    stored.parent_level = choice.level;
    step.choose.push_back(choice);
    return stored;
}

/// Finds whose value an entry of a set names: the entity's own, a parent's, or that of one who was chosen.
std::optional<LivingTarget> LivingScript::target_of(const LivingSession& session, const Node::Entry& entry,
                                                    const Where& where) {
    const size_t dot = entry.key.find('.');
    LivingTarget target{&session.names.kind(), dot == std::string::npos ? entry.key : entry.key.substr(dot + 1)};
    if (dot == std::string::npos) return target;
    const std::string whose = entry.key.substr(0, dot);
    const Stored* kept = session.names.kept(whose);
    if (kept && kept->is == Stored::Is::child) {
        target.owner = kept->child;
        target.via = kept->slot;
        return target;
    }
    std::vector<std::string> known;
    for (target.owner = target.owner->parent, target.level = 1; target.owner && target.owner->name() != whose;
         target.owner = target.owner->parent, ++target.level)
        known.push_back(target.owner->name());
    if (target.owner) return target;
    error(entry.value, where, "No parent of this entity, and nobody whom a step chose: " + whose,
          known.empty() ? "Its own state is set without a dot." : suggest(whose, known));
    return std::nullopt;
}

void LivingScript::compile_set(LivingSession& session, const Node& set, const Where& where, LivingStep& step) {
    if (!set.is_map()) return error(set, where, "A set is a map of names of the state and values");
    struct Change {
        LivingTarget target;
        Meaning value;
    };
    std::vector<Change> changes;
    for (const Node::Entry& entry : set.entries) {
        if (entry.key == "because") continue;
        const Where here = where.under(entry.key);
        const auto target = target_of(session, entry, here);
        if (!target) continue;
        const KindScript* owner = target->owner;
        const std::string& name = target->name;
        const Stored* stored = find_value(owner->state, name);
        if (!stored) {
            std::vector<std::string> known;
            for (const auto& [state, value] : owner->state) known.push_back(state);
            const auto& attributes = owner->planned->attributes;
            const bool is_attribute =
                std::any_of(attributes.begin(), attributes.end(), [&](const Cell& cell) { return cell.name == name; });
            error(entry.value, here,
                  is_attribute ? "An attribute is fixed at birth and cannot be set: " + entry.key
                               : "No value of the state of " + owner->name() + ": " + entry.key,
                  is_attribute ? "Move it to the state." : suggest(name, known));
            continue;
        }
        if (!entry.value.is_scalar()) {
            error(entry.value, here, "One value is expected here, not a list or a map");
            continue;
        }
        const Context context = session.context(here, entry.value.at);
        session.names.assume(target->via);
        Meaning value = session.compiler().compile_scalar(context, entry.value);
        session.names.assume(-1);
        const size_t first = step.set.size();
        if (!session.store(context, entry.value.at, entry.key, value, *stored, target->level, step.set)) continue;
        for (size_t i = first; i < step.set.size(); ++i) {
            step.set[i].via = target->via;
            step.set[i].kind = static_cast<uint16_t>(owner->index);
        }
        const LivingChange change{static_cast<uint8_t>(target->level), target->via,
                                  static_cast<uint16_t>(owner->index)};
        if (owner->told_state.contains(target->name) && std::ranges::find(step.changes, change) == step.changes.end())
            step.changes.push_back(change);
        changes.push_back(
            {*target, session.compiler().as_type(context, entry.value.at, value, stored->type, entry.key)});
    }
    for (Change& change : changes) {
        if (change.target.via >= 0)
            session.names.set_chosen(change.target.via, change.target.name, std::move(change.value));
        else
            session.names.set(change.target.level, change.target.name, std::move(change.value));
    }
}

void LivingScript::compile_with(LivingSession& session, const Node* with, const Where& where, const With& targets) {
    if (with && !with->is_map()) return error(*with, where, "with is a map of names and values");
    std::vector<std::string> known;
    for (const auto& [names, stores] : targets) {
        for (const auto& [name, stored] : *names) {
            known.push_back(name);
            const Node* node = with ? with->find(name) : nullptr;
            if (!node) {
                pack_.reading.error(with ? with->at : session.names.kind().planned->at, where.path,
                                    "A value must be given by with: " + name, "Write with: {" + name + ": VALUE}.");
                continue;
            }
            const Where here = where.under(name);
            const Context context = session.context(here, node->at);
            if (!node->is_scalar()) {
                error(*node, here, "This version gives single values only: " + name);
                continue;
            }
            session.store(context, node->at, name, session.compiler().compile_scalar(context, *node), stored, 0,
                          *stores);
        }
    }
    if (!with) return;
    for (const Node::Entry& entry : with->entries) {
        if (entry.key == "because" || std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        error(entry.value, where, "Nothing takes this value: " + entry.key,
              known.empty() ? "Declare it under types of what is emitted or spawned." : suggest(entry.key, known));
    }
}

void LivingScript::add_streams() {
    for (const auto& planned : pack_.streams) {
        const auto kind =
            std::find_if(kinds_.begin(), kinds_.end(), [&](const auto& k) { return k->name() == planned->from; });
        if (planned->from.empty() || kind == kinds_.end()) continue;
        StreamScript stream;
        stream.planned = planned;
        stream.kind = (*kind)->index;
        LivingStream& out = plan_.streams.emplace_back();
        for (const Rule& rule : planned->rules) out.labels.push_back(rule.name);
        const std::string path = "streams." + planned->name;
        for (const auto& [key, node] : {std::pair("follows", planned->follows.empty() ? nullptr : planned->node),
                                        std::pair("when", planned->when), std::pair("chance", planned->chance),
                                        std::pair("after", planned->after), std::pair("repeat", planned->repeat)}) {
            if (node)
                pack_.reading.error(node->at, path + "." + key,
                                    "A stream from entities is emitted by their steps and has no " + std::string(key) +
                                        ": " + planned->name);
        }
        if (planned->table) {
            streams_.push_back(std::move(stream));
            continue;
        }
        const Node* types = planned->node->find("types");
        for (size_t i = 0; types && types->is_map() && i < types->entries.size(); ++i) {
            const std::string& name = types->entries[i].key;
            const auto declared = planned->types.find(name);
            const auto is_written = [&](const std::vector<Cell>& cells) {
                return std::any_of(cells.begin(), cells.end(),
                                   [&](const Cell& cell) { return cell.name == name.substr(0, name.find('.')); });
            };
            if (declared == planned->types.end() || is_written(planned->fields) || is_written(planned->lets)) continue;
            const Kind type = declared->second.type.kind;
            if (type == Kind::list || type == Kind::map || type == Kind::record) {
                pack_.reading.error(types->entries[i].value.at, path + ".types." + name,
                                    "This version gives single values only: " + name);
                continue;
            }
            stream.given.emplace_back(name, store_of(declared->second.type, declared->second.nullable, stream.slots));
        }
        streams_.push_back(std::move(stream));
    }
}

/// Labels the records that are made under an incident: one that changes what their entity does, or what they hold.
void LivingScript::label_incidents(LivingSession& session, const Context& context, const KindScript& kind,
                                   LivingStream& out) const {
    std::set<size_t> wanted = kind.incidents;
    wanted.insert(session.names.incidents().begin(), session.names.incidents().end());
    for (const size_t index : wanted) {
        const Incident& incident = *pack_.incidents[index];
        const Reg holds = session.names.holds(session.compiler(), context, incident);
        if (holds == no_reg) continue;
        auto label = std::ranges::find(out.labels, incident.name);
        if (label == out.labels.end()) label = out.labels.insert(out.labels.end(), incident.name);
        out.masks.push_back({session.build().in_frame(holds, 0), static_cast<uint32_t>(label - out.labels.begin())});
    }
}

void LivingScript::compile_stream(StreamScript& stream, LivingStream& out) {
    const std::string path = "streams." + stream.planned->name;
    if (!stream.is_emitted)
        pack_.reading.diagnostics->warn(pack_.reading.file, stream.planned->at, path,
                                        "No step emits this stream: " + stream.planned->name,
                                        "Write - emit: " + stream.planned->name + ".");
    PlannedStream whole = *stream.planned;
    for (const auto& [name, stored] : stream.given) {
        Node& node = nodes_.emplace_back();
        node.at = stream.planned->at;
        node.text = "=" + name;
        whole.fields.push_back({name, path + ".types." + name, "fields." + name, &node});
    }
    const KindScript& kind = *kinds_[static_cast<size_t>(stream.kind)];
    LivingSession session(world_, kind);
    Compiler& compiler = session.compiler();
    for (const auto& [name, stored] : stream.given) session.names.give(name, stored);
    Context base = session.context({path, ""}, stream.planned->at);
    base.base = session.build().emit(Op::key_under, Phys::i64, Phys::i64, {base.base},
                                     {.imm = static_cast<int64_t>(whole.key)});
    base.owner_key = whole.key;
    std::vector<Cell> all = whole.lets;
    all.insert(all.end(), whole.fields.begin(), whole.fields.end());
    Cells drawn(pack_, all, base, &whole.types), settled(pack_, all, base, &whole.types);
    drawn.outer = settled.outer = &session.names;
    for (Cells* cells : {&drawn, &settled}) set_clock(*cells, whole);
    out.rule = add_rules(compiler, whole.rules, drawn, settled, path + ".rules");
    for (const Cell& let : whole.lets) settled.value(compiler, let.name);
    auto schema = std::make_shared<Schema>();
    lay_out_schema(compiler, settled, whole, 0, *schema);
    out.schema = schema;
    label_incidents(session, base, kind, out);
    std::vector<Reg*> registers{&out.rule};
    for (LabelMask& mask : out.masks) registers.push_back(&mask.holds);
    out.program = add_program(session.finish(registers));
}

}  // namespace headwater
