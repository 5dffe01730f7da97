// For compiling tables of entities that live: rows as they are and as they were last told of, and the steps that tell of them.
#include <algorithm>
#include <array>

#include "base/random.h"
#include "pack/arrival.h"
#include "pack/living_script.h"
#include "pack/tables.h"

namespace headwater {

namespace {

constexpr std::array operations{"insert", "update", "delete"};
constexpr int insert_row = 0, update_row = 1, delete_row = 2;

/// The scope of the columns of a table.
class RowNames : public Scope {
  public:
    enum class Is {
        now,   ///< the row as it is
        told,  ///< the row as it was last told of
        key,   ///< its key, which never changes
    };

    RowNames(LivingSession& session, KindScript& kind, NamedValues& told, Is is)
        : session_(session), kind_(kind), told_(told), is_(is) {
        outer = session.names.outer;
    }

    std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) override {
        const bool is_phase = name == "phase" && !kind_.phases.empty();
        const Stored* state = find_value(kind_.state, name);
        if (state || is_phase) {
            if (is_ == Is::key)
                return compiler.fail(context, context.source.at,
                                     "The key of a table never changes, but this does: " + name,
                                     "Make it of attributes, number and born.");
            const Stored told = told_value(name, state);
            if (is_ == Is::told) return session_.names.read(compiler, told, 0);
            if (is_phase) return now_phase(compiler, told);
            return session_.names.read(compiler, *state, 0);
        }
        auto found = session_.names.find(compiler, context, name);
        const bool is_ancestor = found && above(name) != nullptr && found->is == Meaning::Is::record;
        return is_ancestor ? without_state(compiler, context, *above(name), *found) : found;
    }

    void names(std::vector<std::string>& out) const override { session_.names.names(out); }

  private:
    const KindScript* above(const std::string& name) const {
        const KindScript* kind = kind_.parent;
        while (kind && kind->name() != name) kind = kind->parent;
        return kind;
    }

    /// Gives where a value is kept as it was last told of.
    Stored told_value(const std::string& name, const Stored* state) {
        if (const Stored* known = find_value(told_, name)) return *known;
        Stored told;
        if (state) {
            told = *state;
        } else {
            told.type = type_of(Kind::text);
            told.texts = kind_.phase_texts;
            told.plain = true;  // they are names
        }
        told.slot = told.is_text ? kind_.slots.texts++ : kind_.slots.words++;
        if (told.null_slot >= 0) told.null_slot = kind_.slots.words++;
        told_.emplace_back(name, told);
        if (state) kind_.told_state.insert(name);
        return told;
    }

    /// Reads the phase in the form in which the one last told of is read, so that the two are compared by number.
    Meaning now_phase(Compiler& compiler, const Stored& told) {
        Meaning phase = session_.names.read(compiler, told, 0);
        phase.reg = session_.inputs.get(LivingInput::Is::phase, 0, 0, phys_of(told));
        return phase;
    }

    /// Gives an ancestor of which only what is fixed at birth can be read.
    static Meaning without_state(Compiler& compiler, const Context& context, const KindScript& kind,
                                 const Meaning& whole) {
        Meaning meaning = whole;
        auto record = std::make_shared<RecordMeaning>();
        const auto changes = [&kind](const std::string& name) {
            return name == "phase" || find_value(kind.state, name) != nullptr;
        };
        for (const std::string& name : whole.record->names) record->names.push_back(name);
        record->member = [&compiler, context, &kind, whole, changes](const std::string& name) {
            if (!changes(name)) return whole.record->member(name);
            return compiler.fail(
                context, context.source.at,
                "A column reads no state of an ancestor, which changes without the row: " + kind.name() + "." + name,
                "Keep it in the state of the entity itself, or give " + kind.name() + " a table.");
        };
        meaning.record = record;
        return meaning;
    }

    LivingSession& session_;
    KindScript& kind_;
    NamedValues& told_;
    const Is is_;
};

/// The columns of a table in one program.
class RowCellsOfTable {
  public:
    RowCellsOfTable(LivingSession& session, KindScript& kind, StreamScript& stream, RowNames::Is is, Reg time)
        : names_(session, kind, stream.told, is), cells_(made(session, stream, time)) {
        cells_.outer = &names_;
        if (is == RowNames::Is::key)
            cells_.forbid("time", "The key of a table never changes and cannot read time",
                          "Make it of attributes, number and born.");
    }

    Meaning value(Compiler& compiler, const std::string& column) { return cells_.value(compiler, column); }
    Context context_at(const Cell& column) { return cells_.context_at(column); }

    /// Gives all of them as a record.
    Meaning row(Compiler& compiler, const std::vector<Cell>& columns) {
        std::vector<std::string> names;
        for (const Cell& column : columns) names.push_back(column.name);
        return cells_.record(compiler, std::move(names));
    }

  private:
    static Cells made(LivingSession& session, const StreamScript& stream, Reg time) {
        const PlannedStream& planned = *stream.planned;
        Context base = session.still_context({"tables." + planned.name, ""}, planned.at,
                                             "A column draws nothing: it would change without its row", false);
        base.time = time;
        return Cells(*planned.pack, planned.table->columns, base, &planned.types);
    }

    RowNames names_;
    Cells cells_;
};

/// Reports what is no value of a column.
void check_column(Compiler& compiler, const Context& context, const Cell& column, const Meaning& value,
                  const DeclaredTypes& types) {
    if (value.broken()) return;
    const auto declared = types.find(column.name);
    if (!value.scalar())
        compiler.fail(context, column.node->at,
                      "A column is one value, but this is " + Compiler::describe(value) + ": " + column.name);
    else if (value.type.kind == Kind::null)
        compiler.fail(context, column.node->at,
                      "The type of a value that is always null cannot be seen: " + column.name,
                      "Give it one under types, for example text or null.");
    else if (value.null != no_reg && declared != types.end() && !declared->second.nullable)
        compiler.fail(context, column.node->at,
                      "The value of " + column.name + " may be null, but its type is " + spell(declared->second.type),
                      "Write " + spell(declared->second.type) + " or null, or give a value with coalesce().");
}

/// True when two values are the same registers, so that they never differ.
bool is_same(const Meaning& a, const Meaning& b) {
    if (a.null != b.null || a.text_form != b.text_form || a.parts.size() != b.parts.size()) return false;
    for (size_t i = 0; i < a.parts.size(); ++i) {
        const auto &left = a.parts[i].value, &right = b.parts[i].value;
        if ((left == nullptr) != (right == nullptr) || (left && !is_same(*left, *right))) return false;
    }
    return a.text_form == TextForm::parts || a.reg == b.reg;
}

/// Tells whether two values differ, null and null being equal; u8.
Reg differs(Compiler& compiler, const Context& context, const Cell& column, const Meaning& a, const Meaning& b) {
    ProgramBuilder& build = compiler.build;
    Expression at;
    at.at = column.node->at;
    at.kind = Expression::Kind::name;
    at.text = column.name;
    const Meaning equal = compiler.equal(context, at, a, b);
    if (equal.broken()) return no_reg;
    Reg same = equal.reg;
    if (a.null != no_reg && b.null != no_reg) same = build.logic_or(same, build.logic_and(a.null, b.null));
    return build.logic_not(same);
}

/// Appends what copies a kept value, or the phase where there is none, to another slot.
void copy(LivingSession& session, const Stored* from, const Stored& to, std::vector<LivingStore>& out) {
    using Is = LivingInput::Is;
    const auto add = [&](Reg reg, bool is_text, int slot) {
        out.push_back({reg, is_text, 0, static_cast<uint16_t>(slot)});
    };
    if (from == nullptr) return add(session.inputs.get(Is::phase, 0, 0, phys_of(to)), false, to.slot);
    add(session.inputs.get(from->is_text ? Is::text : Is::word, 0, from->slot, phys_of(*from)), to.is_text, to.slot);
    if (to.null_slot >= 0) add(session.inputs.get(Is::word, 0, from->null_slot, Phys::u8), false, to.null_slot);
}

}  // namespace

/// Makes the step that tells of a row: keeps it as told where asked, and emits what has happened.
LivingStep LivingScript::telling_step(const StreamScript& stream, int place, int op, bool keeps_told) {
    const KindScript& kind = *kinds_[static_cast<size_t>(stream.kind)];
    LivingSession session(world_, kind);
    LivingStep step;
    if (keeps_told) {
        for (const auto& [name, told] : stream.told) copy(session, find_value(kind.state, name), told, step.set);
        step.set.push_back({session.inputs.get(LivingInput::Is::time, 0, 0, Phys::i64), false, 0,
                            static_cast<uint16_t>(stream.told_at.slot)});
    }
    if (op >= 0) {
        step.place = key_of("tables." + stream.planned->name + "." + operations[static_cast<size_t>(op)]);
        step.emit = place;
        step.emit_with.push_back(
            {session.build().integer(op, Phys::u8), false, 0, static_cast<uint16_t>(stream.op.slot)});
    }
    std::vector<Reg*> registers;
    for (std::vector<LivingStore>* stores : {&step.set, &step.emit_with})
        for (LivingStore& store : *stores) registers.push_back(&store.value);
    step.body = add_program(session.finish(registers));
    return step;
}

/// Compiles when a row has changed and the steps that tell of it; before any step, so that these know what columns read.
void LivingScript::compile_table(StreamScript& stream, int place) {
    KindScript& kind = *kinds_[static_cast<size_t>(stream.kind)];
    PackTable& table = *stream.planned->table;
    Type operation = type_of(Kind::enumeration);
    operation.symbols.assign(operations.begin(), operations.end());
    stream.op = store_of(operation, false, stream.slots);
    stream.told_at = store_of(type_of(Kind::instant), false, kind.slots);
    LivingSession session(world_, kind);
    Compiler& compiler = session.compiler();
    const size_t errors = world_.diagnostics.error_count();
    const Reg told_at = session.names.read(compiler, stream.told_at, 0).reg;
    // Both are taken at the instant when the row was last told of: what changes through time alone is no change.
    RowCellsOfTable now(session, kind, stream, RowNames::Is::now, told_at),
        told(session, kind, stream, RowNames::Is::told, told_at),
        keys(session, kind, stream, RowNames::Is::key, no_reg);
    for (const Cell& column : table.columns) {
        const Meaning value = now.value(compiler, column.name);
        check_column(compiler, now.context_at(column), column, value, stream.planned->types);
        table.types.push_back(value.type);
    }
    stream.is_right = world_.diagnostics.error_count() == errors;
    for (const std::string& key : table.keys) stream.is_right = stream.is_right && !keys.value(compiler, key).broken();
    if (!stream.is_right) return;
    Reg has_changed = no_reg;
    for (const Cell& column : table.columns) {
        const Meaning is = now.value(compiler, column.name), was = told.value(compiler, column.name);
        if (is_same(is, was)) continue;
        has_changed = session.build().logic_or(has_changed, differs(compiler, now.context_at(column), column, is, was));
    }
    LivingKind& out = out_of(kind);
    out.at_birth.push_back(telling_step(stream, place, insert_row, true));
    out.at_end.push_back(telling_step(stream, place, delete_row, false));
    if (has_changed == no_reg) return;
    out.tells_phase = out.tells_phase || find_value(stream.told, "phase") != nullptr;
    LivingStep change;
    change.go = has_changed;
    change.head = add_program(session.finish({&change.go}));
    change.steps.push_back(telling_step(stream, place, update_row, false));
    change.steps.push_back(telling_step(stream, place, -1, true));
    out.at_change.push_back(std::move(change));
}

/// Compiles the records of a table: op, at, before, after.
void LivingScript::compile_rows(StreamScript& stream, LivingStream& out) {
    if (!stream.is_right) return;
    const PlannedStream& planned = *stream.planned;
    const std::vector<Cell>& columns = planned.table->columns;
    const std::string path = "tables." + planned.name;
    KindScript& kind = *kinds_[static_cast<size_t>(stream.kind)];
    LivingSession session(world_, kind);
    Compiler& compiler = session.compiler();
    ProgramBuilder& build = session.build();
    const Reg time = session.inputs.get(LivingInput::Is::time, 0, 0, Phys::i64);
    RowCellsOfTable now(session, kind, stream, RowNames::Is::now, time),
        told(session, kind, stream, RowNames::Is::told, session.names.read(compiler, stream.told_at, 0).reg),
        keys(session, kind, stream, RowNames::Is::key, no_reg);
    const Meaning op = session.names.read(compiler, stream.op, 0, true);
    Meaning before = told.row(compiler, columns), after = now.row(compiler, columns);
    const auto is_op = [&](int which) {
        return build.emit(Op::equal, Phys::u8, Phys::u8, {op.reg, build.integer(which, Phys::u8)});
    };
    before.null = is_op(insert_row);
    after.null = is_op(delete_row);

    DeclaredTypes declared;
    for (const auto& [name, type] : planned.types)
        for (const char* row : {"before.", "after."}) declared[row + name] = type;
    auto schema = std::make_shared<Schema>();
    schema->stream = pack_.name + "." + planned.name;
    schema->is_of_table = true;
    RecordLayout layout(compiler, declared);
    Context context = session.context({path, ""}, planned.at);
    context.base =
        build.emit(Op::key_under, Phys::i64, Phys::i64, {context.base}, {.imm = static_cast<int64_t>(planned.key)});
    context.owner_key = planned.key;
    Cells record(pack_, {}, context, nullptr);
    const auto add = [&](const std::string& name, const Meaning& value) {
        layout.lay_out(context, planned.at, name, name, value, 0, schema->fields.emplace_back());
        record.fix(name, value);
    };
    add("op", op);
    add("at", scalar(type_of(Kind::instant), time));
    add("before", before);
    add("after", after);
    Meaning key;
    if (planned.table->keys.size() > 1) {
        key = scalar(type_of(Kind::text), no_reg);
        key.text_form = TextForm::parts;
    }
    for (const std::string& name : planned.table->keys) {
        const Meaning part = keys.value(compiler, name);
        if (key.broken()) key = part;
        if (planned.table->keys.size() == 1) break;
        if (!key.parts.empty()) key.parts.push_back(PartMeaning{":", nullptr});
        key.parts.push_back(PartMeaning{"", std::make_shared<Meaning>(part)});
    }
    schema->key = "(key)";
    layout.lay_out(context, planned.at, "(key)", "(key)", key, 0, schema->hidden.emplace_back());
    lay_out_conditions(compiler, layout, record, planned, 0, *schema);
    lay_out_lateness(compiler, record, planned, 0, layout, *schema);
    schema->slot_count = layout.slot_count();
    out.schema = schema;
    out.program = add_program(session.finish({}));
}

/// Finds the kinds whose entities may end by a way out, and the rows that must be kept in mind until then.
void LivingScript::find_ends() {
    for (const auto& kind : kinds_) {
        for (const LivingPhase& phase : out_of(*kind).phases)
            for (const LivingTransition& way : phase.leave)
                kind->planned->may_end = kind->planned->may_end || std::ranges::find(way.to, -1) != way.to.end();
    }
    for (const auto& kind : kinds_) {
        LivingKind& out = out_of(*kind);
        if (!out.is_journey || out.at_end.empty()) continue;
        for (const KindScript* above = kind->parent; above; above = above->parent)
            out.stays = out.stays || above->planned->may_end;
    }
}

}  // namespace headwater
