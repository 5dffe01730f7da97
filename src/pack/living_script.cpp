#include "pack/living_script.h"

#include <algorithm>
#include <set>

#include "base/random.h"

namespace headwater {

LivingScript::LivingScript(World& world, Pack& pack, const std::shared_ptr<PlannedKind>& root)
    : world_(world), pack_(pack) {
    plan_.start = world.start;
    plan_.roots = root->births ? INT64_MAX : root->total.value_or(0);
    plan_.births = root->births;
    plan_.usual_births = root->usual_births;
    for (const auto& incident : pack.incidents) plan_.switches.push_back(incident->times);
    add_kind(root, nullptr);
    add_streams();
}

void LivingScript::add_kind(const std::shared_ptr<PlannedKind>& planned, KindScript* parent) {
    auto script = std::make_unique<KindScript>();
    KindScript& kind = *script;
    kind.planned = planned;
    kind.incidents = planned->incidents;
    kind.parent = parent;
    kind.index = static_cast<int>(kinds_.size());
    kinds_.push_back(std::move(script));
    LivingKind& out = plan_.kinds.emplace_back();
    out.name = planned->kind_name;
    out.key = planned->key;
    out.parent = parent ? parent->index : -1;
    if (parent) {
        kind.counter = parent->slots.words++;
        out.counter = kind.counter;
        parent->children.push_back(planned->kind_name);
    }
    for (const auto& child : pack_.kinds) {
        if (child->parent_name == planned->kind_name && !has(child->kind_name)) add_kind(child, &kind);
    }
}

bool LivingScript::has(const std::string& kind_name) const {
    return std::any_of(kinds_.begin(), kinds_.end(), [&](const auto& kind) { return kind->name() == kind_name; });
}

std::vector<std::string> LivingScript::stream_names() const {
    std::vector<std::string> names;
    for (const StreamScript& stream : streams_) names.push_back(stream.planned->name);
    return names;
}

int LivingScript::add_program(LivingProgram program) {
    plan_.programs.push_back(std::move(program));
    return static_cast<int>(plan_.programs.size()) - 1;
}

LivingPlan LivingScript::compile() {
    for (const auto& kind : kinds_) declare(*kind);
    for (const auto& kind : kinds_) {
        const size_t first = plan_.programs.size();
        compile_state(*kind);
        note_incidents(*kind, first);
    }
    for (size_t i = 0; i < streams_.size(); ++i)
        if (streams_[i].planned->table) compile_table(streams_[i], static_cast<int>(i));
    for (const auto& kind : kinds_) {
        const size_t first = plan_.programs.size();
        compile_kind(*kind);
        note_incidents(*kind, first);
    }
    find_ends();
    for (size_t i = 0; i < streams_.size(); ++i)
        streams_[i].planned->table ? compile_rows(streams_[i], plan_.streams[i])
                                   : compile_stream(streams_[i], plan_.streams[i]);
    for (const auto& kind : kinds_) {
        out_of(*kind).words = kind->slots.words;
        out_of(*kind).texts = kind->slots.texts;
        constexpr int most_slots = UINT16_MAX;
        if (kind->slots.words > most_slots || kind->slots.texts > most_slots)
            pack_.reading.error(kind->planned->at, "entities." + kind->name(),
                                "A kind keeps at most 65535 values: " + kind->name());
    }
    return std::move(plan_);
}

/// Notes the incidents that programs from one on read, as those of a kind.
void LivingScript::note_incidents(KindScript& kind, size_t first_program) const {
    for (size_t i = first_program; i < plan_.programs.size(); ++i) {
        for (const LivingInput& input : plan_.programs[i].inputs) {
            if (input.is == LivingInput::Is::is_on) kind.incidents.insert(input.slot);
        }
    }
}

/// Reads the names of a kind, so that its parents and children can be compiled in any order.
void LivingScript::declare(KindScript& kind) {
    const Node& node = *kind.planned->node;
    const Where where{"entities." + kind.name(), ""};
    const Node* lifecycle = node.find("lifecycle");
    const Node* journey = node.find("journey");
    if (lifecycle && journey) error(*journey, where, "A kind has a lifecycle or a journey, not both: " + kind.name());
    if (lifecycle && lifecycle->is_map()) {
        for (const Node::Entry& entry : lifecycle->entries) {
            if (entry.key == "because") continue;
            kind.phases.push_back(entry.key);
            if (!is_name(entry.key) || entry.key == "end")
                error(entry.value, where, "This cannot be the name of a phase: " + entry.key);
        }
        auto texts = std::make_shared<Table>();
        texts->phys = Phys::text;
        texts->text = kind.phases;
        kind.phase_texts = std::move(texts);
        if (kind.phases.size() > 256)
            error(*lifecycle, where, "A kind has at most 256 phases, got " + std::to_string(kind.phases.size()));
    }
    if (kind.planned->births && kind.parent) {
        error(*node.find("rate"), {where.path + ".rate", ""}, "Children do not arrive by a rate: " + kind.name(),
              "Give the phase of a parent a rate: and let it spawn them, or write count:.");
    }
    const Node* state = node.find("state");
    const auto is_written = [&](const std::string& name) {
        const auto& cells = kind.planned->attributes;
        return (state && state->find(name)) ||
               std::any_of(cells.begin(), cells.end(), [&](const Cell& cell) { return cell.name == name; });
    };
    for (const auto& [name, type] : kind.planned->types) {
        if (is_written(name) || name.find('.') != std::string::npos) continue;
        if (!kind.parent || node.find("count")) {
            error(
                *node.find("types"), {where.path + ".types", ""},
                "A name with a type and no value is given by a spawn, and nobody spawns " + kind.name() + ": " + name);
        }
        kind.given.emplace_back(name, store_of(type.type, type.nullable, kind.slots));
    }
}

void LivingScript::compile_state(KindScript& kind) {
    const Node* state = kind.planned->node->find("state");
    if (!state || state->is_null()) return;
    const Where where{"entities." + kind.name() + ".state", "state"};
    if (!state->is_map()) return error(*state, where, "The state is a map of names and first values");
    std::vector<Cell> cells;
    for (const Node::Entry& entry : state->entries) {
        if (entry.key == "because") continue;
        const Where here = where.under(entry.key);
        if (!is_name(entry.key))
            error(entry.value, here, "A name has letters, digits and _ and begins with no digit: " + entry.key);
        const auto& attributes = kind.planned->attributes;
        const bool is_attribute =
            std::any_of(attributes.begin(), attributes.end(), [&](const Cell& cell) { return cell.name == entry.key; });
        const char* hidden = is_attribute                       ? "attribute"
                             : pack_.parameter(entry.key)       ? "parameter"
                             : pack_.lists.contains(entry.key)  ? "list"
                             : pack_.curves.contains(entry.key) ? "curve"
                             : pack_.kind(entry.key)            ? "kind of entity"
                                                                : nullptr;
        if (hidden)
            error(entry.value, here,
                  std::string("This name hides ") + (is_attribute ? "an " : "a ") + hidden + ": " + entry.key,
                  "Choose another name.");
        cells.push_back({entry.key, here.path, here.place, &entry.value});
    }
    LivingSession session(world_, kind);
    Compiler& compiler = session.compiler();
    Context base = session.context(where, state->at);
    Cells values(pack_, cells, base, nullptr);
    values.outer = &session.names;
    LivingKind& out = out_of(kind);
    NamedValues stored;
    for (const Cell& cell : cells) {
        const Meaning value = values.value(compiler, cell.name);
        if (value.broken()) continue;
        const auto declared = kind.planned->types.find(cell.name);
        const Context context = values.context_at(cell);
        Type type = value.type;
        if (value.literal_number && type.kind == Kind::decimal) type = type_of(Kind::real);
        if (declared != kind.planned->types.end()) type = declared->second.type;
        if (!value.scalar() || type.kind == Kind::null || type.kind == Kind::list || type.kind == Kind::map) {
            compiler.fail(context, cell.node->at,
                          "A value of the state is one value with a type, but this is " + Compiler::describe(value) +
                              ": " + cell.name,
                          value.scalar() ? "Give it a type under types, for example instant or null." : "");
            continue;
        }
        if (type.kind == Kind::enumeration && declared == kind.planned->types.end()) type = type_of(Kind::text);
        const bool is_nullable = declared != kind.planned->types.end() && declared->second.nullable;
        const Stored slot = store_of(type, is_nullable, kind.slots);
        if (session.store(context, cell.node->at, cell.name, value, slot, 0, out.state))
            stored.emplace_back(cell.name, slot);
    }
    kind.state = std::move(stored);
    std::vector<Reg*> registers;
    for (LivingStore& store : out.state) registers.push_back(&store.value);
    if (!registers.empty()) out.birth = add_program(session.finish(registers));
}

void LivingScript::open_scope(LivingSession& session, const StepScope& scope) const {
    for (const auto& [name, stored] : scope.kept) session.names.keep(name, stored);
    if (scope.has_index) session.names.allow_index();
}

void LivingScript::compile_count(KindScript& kind) {
    const Node* count = kind.planned->node->find("count");
    if (!kind.parent || !count) return;
    const Where where{"entities." + kind.name() + ".count", "children." + kind.name() + ".count"};
    out_of(kind).count = value_of(*kind.parent, {}, [&](LivingSession& session) {
        const Meaning meaning = session.slot(where, *count, true);
        if (meaning.broken()) return no_reg;
        if (meaning.is_kind_of(Kind::integer)) return session.compiler().as_i64(meaning);
        error(*count, where,
              "A count is a whole number, but this is " + Compiler::describe(meaning) +
                  (count->is_scalar() ? ": " + count->text : ""));
        return no_reg;
    });
}

void LivingScript::compile_kind(KindScript& kind) {
    const Node& node = *kind.planned->node;
    compile_count(kind);
    if (kind.parent) {  // attributes that no program reads are compiled too, so that their mistakes are reported
        LivingSession session(world_, kind);
        const Context context = session.context({"entities." + kind.name(), ""}, kind.planned->at);
        for (const Cell& cell : kind.planned->attributes) session.names.find(session.compiler(), context, cell.name);
    }
    const std::string path = "entities." + kind.name();
    if (const Node* lifecycle = node.find("lifecycle")) compile_lifecycle(kind, *lifecycle);
    if (const Node* journey = node.find("journey")) {
        StepScope scope;
        scope.is_journey = true;
        out_of(kind).is_journey = true;
        out_of(kind).journey = steps_of(kind, journey, {path + ".journey", "journey"}, scope);
    }
}

void LivingScript::compile_lifecycle(KindScript& kind, const Node& node) {
    const Where where{"entities." + kind.name() + ".lifecycle", "lifecycle"};
    if (!node.is_map())
        return error(node, where, "A lifecycle is a map of phases",
                     "Write PHASE: {every: 10s, do: [...], leave: [...]}.");
    std::vector<LivingPhase> phases;
    for (const Node::Entry& entry : node.entries) {
        if (entry.key != "because") phases.push_back(compile_phase(kind, entry.value, where.under(entry.key)));
    }
    out_of(kind).phases = std::move(phases);
    out_of(kind).phase_names = kind.phases;
    check_circles(kind, node);
}

/// Reports phases that are left at once for each other without an end.
void LivingScript::check_circles(const KindScript& kind, const Node& node) {
    const auto& phases = out_of(kind).phases;
    const auto next_of = [&](int phase) {
        for (const LivingTransition& way : phases[static_cast<size_t>(phase)].leave) {
            const bool at_once =
                !way.after.is_there() && !way.rate.is_there() && !way.when.is_there() && !way.chance.is_there();
            if (at_once && way.to.size() == 1) return way.to[0];
        }
        return -1;
    };
    for (int first = 0; first < static_cast<int>(phases.size()); ++first) {
        int phase = next_of(first);
        std::string chain = kind.phases[static_cast<size_t>(first)];
        for (size_t moves = 0; phase >= 0 && moves < phases.size(); ++moves, phase = next_of(phase)) {
            chain += " -> " + kind.phases[static_cast<size_t>(phase)];
            if (phase != first) continue;
            error(node, {"entities." + kind.name() + ".lifecycle", ""},
                  "These phases are left at once for each other: " + chain,
                  "Give one of them after, rate, when or chance.");
            return;
        }
    }
}

LivingPhase LivingScript::compile_phase(KindScript& kind, const Node& node, const Where& where) {
    LivingPhase phase;
    Section section(pack_.reading, &node, where.path);
    const Node* enter = section.take("enter");
    const Node* every = section.take("every");
    const Node* rate = section.take("rate");
    const Node* steps = section.take("do");
    const Node* leave = section.take("leave");
    const auto label = section.text("label");
    section.finish();
    StepScope scope;
    if (label) scope.labels.push_back(*label);
    if (every && rate)
        error(*rate, where.under("rate"), "A phase has every or rate, not both",
              "every is a period, rate makes random instants.");
    if (steps && !every && !rate)
        error(*steps, where.under("do"), "A phase needs every or rate to do something again and again",
              "Steps on arrival stand under enter.");
    if (!steps && (every || rate)) error(every ? *every : *rate, where, "A phase with every or rate needs do");
    phase.enter = steps_of(kind, enter, where.under("enter"), scope);
    phase.steps = steps_of(kind, steps, where.under("do"), scope);
    if (every)
        phase.every = value_of(
            kind, {}, [&](LivingSession& session) { return session.duration(where.under("every"), *every, true); });
    if (rate)
        phase.rate =
            value_of(kind, {}, [&](LivingSession& session) { return session.rate(where.under("rate"), *rate); });
    phase.middle_place = key_of(where.place + ".every.middle");
    phase.rate_place = key_of(where.place + ".rate");
    if (!leave) return phase;
    if (leave->is_map()) {
        phase.leave.push_back(compile_transition(kind, *leave, where.under("leave").under("1")));
    } else if (leave->is_sequence()) {
        for (size_t i = 0; i < leave->items.size(); ++i) {
            const Node* name = leave->items[i].is_map() ? leave->items[i].find("name") : nullptr;
            const std::string key = name && name->is_scalar() ? name->text : std::to_string(i + 1);
            phase.leave.push_back(compile_transition(kind, leave->items[i], where.under("leave").under(key)));
        }
    } else {
        error(*leave, where.under("leave"), "The ways out of a phase are a list of maps",
              "Write leave: [{to: PHASE, after: 1h}].");
    }
    return phase;
}

LivingTransition LivingScript::compile_transition(KindScript& kind, const Node& node, const Where& where) {
    LivingTransition transition;
    Section section(pack_.reading, &node, where.path);
    section.take("name");
    const Node* to = section.take("to");
    const Node* steps = section.take("do");
    const Node* after = section.take("after");
    const Node* rate = section.take("rate");
    const Node* when = section.take("when");
    const Node* chance = section.take("chance");
    const auto label = section.text("label");
    section.finish();
    if (!node.is_map()) return transition;
    StepScope scope;
    if (label) scope.labels.push_back(*label);
    if (rate && (after || when || chance))
        error(*rate, where.under("rate"), "A way out with a rate has neither after nor when nor chance",
              "Write a second way out.");
    if (after && chance)
        error(*chance, where.under("chance"), "A way out has after or chance, not both", "Write a second way out.");
    transition.steps = steps_of(kind, steps, where.under("do"), scope);
    if (after)
        transition.after = value_of(
            kind, {}, [&](LivingSession& session) { return session.duration(where.under("after"), *after, false); });
    if (rate)
        transition.rate =
            value_of(kind, {}, [&](LivingSession& session) { return session.rate(where.under("rate"), *rate); });
    if (chance)
        transition.chance =
            value_of(kind, {}, [&](LivingSession& session) { return session.chance(where.under("chance"), *chance); });
    if (when) {
        transition.when = value_of(kind, {}, [&](LivingSession& session) {
            const Context context =
                session.still_context(where.under("when"), when->at, "What is watched cannot be drawn", false);
            return session.compiler().compile_condition(context, *when);
        });
    }
    transition.rate_place = key_of(where.place + ".rate");
    transition.place = key_of(where.place + ".to");
    if (!to)
        error(node, where, "A way out of a phase needs to: PHASE", "to: end is death.");
    else
        compile_targets(kind, *to, where.under("to"), transition);
    return transition;
}

void LivingScript::compile_targets(KindScript& kind, const Node& node, const Where& where,
                                   LivingTransition& transition) {
    const auto add = [&](const std::string& name, const Node& at) {
        const auto phase = std::find(kind.phases.begin(), kind.phases.end(), name);
        std::vector<std::string> known = kind.phases;
        known.push_back("end");
        if (phase == kind.phases.end() && name != "end")
            error(at, where, "Unknown phase: " + name, suggest(name, known));
        transition.to.push_back(
            name == "end" || phase == kind.phases.end() ? -1 : static_cast<int>(phase - kind.phases.begin()));
    };
    if (node.is_scalar()) return add(node.text, node);
    if (!node.is_map() || node.entries.empty())
        return error(node, where, "Where a way out leads is a phase, or phases with weights",
                     "Write to: {online: 90%, broken: 10%}.");
    LivingSession session(world_, kind);
    for (const Node::Entry& entry : node.entries) {
        if (entry.key == "because") continue;
        add(entry.key, entry.value);
        const Where here = where.under(entry.key);
        Quantity quantity;
        const bool is_number = entry.value.is_scalar() && read_quantity(entry.value.text, quantity) &&
                               quantity.value >= 0 &&
                               (quantity.kind == Quantity::Kind::number || quantity.kind == Quantity::Kind::share);
        Reg weight = no_reg;
        if (is_number)
            weight = session.build().real(quantity.value);
        else if (!entry.value.is_expression())
            error(entry.value, here,
                  "A weight is a number not below 0" + (entry.value.is_scalar() ? ": " + entry.value.text : ""));
        else if (const Meaning meaning =
                     session.compiler().compile_scalar(session.context(here, entry.value.at), entry.value);
                 !meaning.broken()) {
            Expression at;
            at.at = entry.value.at;
            at.kind = Expression::Kind::name;
            at.text = entry.value.text;
            weight = session.compiler().as_real(session.context(here, entry.value.at), at, meaning);
        }
        transition.weight.push_back(weight);
    }
    std::vector<Reg*> registers;
    for (Reg& weight : transition.weight) registers.push_back(&weight);
    transition.weights = add_program(session.finish(registers));
}

}  // namespace headwater
