#include "pack/living_names.h"

#include <algorithm>

#include "base/print.h"
#include "base/random.h"
#include "pack/incidents.h"

namespace headwater {

Phys phys_of(const Stored& stored) {
    if (stored.texts) return stored.texts->text.size() <= 256 ? Phys::u8 : Phys::i32;
    if (stored.is != Stored::Is::value) return Phys::i64;
    switch (stored.type.kind) {
        case Kind::boolean: return Phys::u8;
        case Kind::real: return Phys::f64;
        case Kind::text: return Phys::text;
        case Kind::uuid: return Phys::uuid;
        default: return Phys::i64;
    }
}

const Stored* find_value(const NamedValues& values, const std::string& name) {
    for (auto value = values.rbegin(); value != values.rend(); ++value) {
        if (value->first == name) return &value->second;
    }
    return nullptr;
}

Stored store_of(const Type& type, bool nullable, SlotCount& slots) {
    Stored stored;
    stored.type = type;
    if (type.kind == Kind::enumeration) {
        auto texts = std::make_shared<Table>();
        texts->phys = Phys::text;
        texts->text = type.symbols;
        stored.plain = std::all_of(type.symbols.begin(), type.symbols.end(),
                                   [](const std::string& text) { return is_plain(text); });
        stored.texts = texts;
    }
    stored.is_text = type.kind == Kind::text || type.kind == Kind::uuid;
    stored.slot = stored.is_text ? slots.texts++ : slots.words++;
    if (nullable) stored.null_slot = slots.words++;
    return stored;
}

Reg ProgramInputs::get(LivingInput::Is is, const LivingPlace& place, int slot, Phys phys) {
    const LivingInput wanted{is, static_cast<uint8_t>(place.level), static_cast<uint16_t>(slot), place.via,
                             static_cast<uint16_t>(place.kind)};
    const auto known = std::find(list_.begin(), list_.end(), wanted);
    if (known != list_.end()) return regs_[static_cast<size_t>(known - list_.begin())];
    list_.push_back(wanted);
    regs_.push_back(build_.input(phys));
    return regs_.back();
}

LivingNames::LivingNames(const KindScript& kind, ProgramInputs& inputs) : kind_(kind), inputs_(inputs) {
    outer = kind.planned->pack->scope.get();
}

const KindScript& LivingNames::kind_at(int level) const {
    const KindScript* kind = &kind_;
    for (; level > 0; --level) kind = kind->parent;
    return *kind;
}

Meaning LivingNames::read(Compiler& compiler, const Stored& stored, const LivingPlace& level, bool is_given) {
    if (stored.is == Stored::Is::child) return chosen(compiler, stored);
    using Is = LivingInput::Is;
    const Is word = is_given ? Is::given_word : Is::word;
    const Reg null = stored.null_slot < 0 ? no_reg : inputs_.get(word, level, stored.null_slot, Phys::u8);
    Meaning meaning;
    switch (stored.is) {
        case Stored::Is::value:
            meaning = scalar(stored.type,
                             inputs_.get(stored.is_text ? (is_given ? Is::given_text : Is::text) : word, level,
                                         stored.slot, phys_of(stored)),
                             null);
            if (stored.type.kind == Kind::boolean) meaning = Compiler::with_bounds(meaning, 0, 1);
            meaning.plain = stored.plain;
            if (stored.texts) {
                meaning.text_form = TextForm::index;
                meaning.texts = stored.texts;
            }
            return meaning;
        case Stored::Is::entity:
            meaning = stored.kind->entity(compiler, Context{}, inputs_.get(word, level, stored.slot, Phys::i64));
            break;
        case Stored::Is::row:
            meaning = compiler.row_of(stored.list, inputs_.get(word, level, stored.slot, Phys::i64));
            break;
        case Stored::Is::record: {
            meaning.is = Meaning::Is::record;
            auto record = std::make_shared<RecordMeaning>();
            auto members = std::make_shared<std::map<std::string, Meaning>>();
            for (const auto& [name, member] : stored.members) {
                record->names.push_back(name);
                (*members)[name] = read(compiler, member, level, is_given);
            }
            record->member = [members](const std::string& name) { return (*members)[name]; };
            meaning.record = record;
            break;
        }
        case Stored::Is::child: break;
    }
    meaning.null = null;
    return meaning;
}

/// Gives an entity of the cell that a step chose, as a record that is null where it has ended.
Meaning LivingNames::chosen(Compiler& compiler, const Stored& stored) {
    const KindScript& kind = *stored.child;
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    for (const NamedValues* values : {&kind.state, &kind.given}) {
        for (const auto& [name, value] : *values) record->names.push_back(name);
    }
    for (const Cell& cell : kind.planned->attributes) record->names.push_back(cell.name);
    record->names.insert(record->names.end(), {"number", "born"});
    if (!kind.phases.empty()) record->names.push_back("phase");
    record->member = [this, &compiler, stored](const std::string& name) {
        return member_of_chosen(compiler, stored, name);
    };
    meaning.record = record;
    if (stored.slot == assumed_) return meaning;
    meaning.null =
        compiler.build.logic_not(inputs_.get(LivingInput::Is::is_there, LivingPlace(stored.slot, kind), 0, Phys::u8));
    return meaning;
}

Meaning LivingNames::member_of_chosen(Compiler& compiler, const Stored& stored, const std::string& name) {
    const KindScript& kind = *stored.child;
    const LivingPlace place(stored.slot, kind);
    if (const auto changed = changed_.find({-1 - stored.slot, name}); changed != changed_.end()) return changed->second;
    if (const Stored* value = find_value(kind.state, name)) return read(compiler, *value, place);
    if (const Stored* value = find_value(kind.given, name)) return read(compiler, *value, place);
    if (name == "phase" && !kind.phases.empty()) return phase_of(compiler, kind, place);
    return *attributes_of_chosen(compiler, stored).find(compiler, Context{}, name);
}

Cells& LivingNames::attributes_of_chosen(Compiler& compiler, const Stored& stored) {
    auto& known = attributes_[-1 - stored.slot];
    if (!known)
        known = child_cells(compiler, *stored.child, LivingPlace(stored.slot, *stored.child), stored.parent_level);
    return *known;
}

Meaning LivingNames::phase_of(Compiler& compiler, const KindScript& kind, const LivingPlace& place) {
    return compiler.text_index(inputs_.get(LivingInput::Is::phase, place, 0, Phys::u8), kind.phase_texts);
}

Cells& LivingNames::attributes_of(Compiler& compiler, int level) {
    const KindScript& kind = kind_at(level);
    if (!kind.parent) return kind.planned->cells_of(compiler, number_of(level));
    auto& known = attributes_[level];
    if (!known) known = child_cells(compiler, kind, level, level + 1);
    return *known;
}

/// Makes the attributes of a kind that is born in others.
std::unique_ptr<Cells> LivingNames::child_cells(Compiler& compiler, const KindScript& kind, const LivingPlace& place,
                                                int parent_level) {
    const PlannedKind& planned = *kind.planned;
    Context base = planned.pack->world->context(*planned.pack, "entities." + planned.kind_name, planned.at);
    base.base = inputs_.get(LivingInput::Is::address, place, 0, Phys::i64);
    base.owner_key = planned.key;
    auto cells = std::make_unique<Cells>(*planned.pack, planned.attributes, base, &planned.types);
    const Reg number = inputs_.get(LivingInput::Is::number, place, 0, Phys::i64);
    cells->fix("number", Compiler::with_bounds(compiler.integer(number), 1, INT64_MAX));
    cells->fix("born", scalar(type_of(Kind::instant), inputs_.get(LivingInput::Is::born, place, 0, Phys::i64)));
    cells->forbid("time", "Attributes are fixed at birth and cannot read time", "Use born or start.");
    for (const auto& [name, stored] : kind.given) cells->fix(name, read(compiler, stored, place));
    int up = parent_level;
    for (const KindScript* above = kind.parent; above; above = above->parent, ++up) {
        cells->compute(above->name(), [this, base, up](Compiler& c) {
            Meaning meaning;
            meaning.is = Meaning::Is::record;
            auto record = std::make_shared<RecordMeaning>();
            for (const Cell& cell : kind_at(up).planned->attributes) record->names.push_back(cell.name);
            record->names.push_back("number");
            record->member = [this, &c, base, up](const std::string& name) { return *attribute(c, base, up, name); };
            meaning.record = record;
            return meaning;
        });
    }
    return cells;
}

/// Finds what is fixed at birth.
std::optional<Meaning> LivingNames::attribute(Compiler& compiler, const Context& context, int level,
                                              const std::string& name) {
    const KindScript& kind = kind_at(level);
    if (name == "number")
        return Compiler::with_bounds(compiler.integer(number_of(level)), 1, kind.planned->total.value_or(INT64_MAX));
    if (name == "born") return scalar(type_of(Kind::instant), inputs_.get(LivingInput::Is::born, level, 0, Phys::i64));
    const auto& cells = kind.planned->attributes;
    if (name == "group" && kind.planned->groups) return attributes_of(compiler, level).find(compiler, context, name);
    if (std::none_of(cells.begin(), cells.end(), [&](const Cell& cell) { return cell.name == name; }))
        return std::nullopt;
    return attributes_of(compiler, level).find(compiler, context, name);
}

std::optional<Meaning> LivingNames::find_of(Compiler& compiler, const Context& context, int level,
                                            const std::string& name) {
    const KindScript& kind = kind_at(level);
    if (const auto changed = changed_.find({level, name}); changed != changed_.end()) return changed->second;
    if (const Stored* stored = find_value(kind.state, name)) return read(compiler, *stored, level);
    if (const Stored* stored = find_value(kind.given, name)) return read(compiler, *stored, level);
    if (name == "phase" && !kind.phases.empty()) return phase_of(compiler, kind, level);
    if (std::find(kind.children.begin(), kind.children.end(), name) != kind.children.end()) {
        return compiler.fail(context, context.source.at, "Which of the children is not said: " + name,
                             "A step chooses one: let: {one: \"=any(" + name + ", where=...)\"}.");
    }
    return attribute(compiler, context, level, name);
}

Meaning LivingNames::ancestor(Compiler& compiler, const Context& context, int level) {
    const KindScript& kind = kind_at(level);
    Meaning meaning;
    meaning.is = Meaning::Is::record;
    auto record = std::make_shared<RecordMeaning>();
    for (const auto& [name, stored] : kind.state) record->names.push_back(name);
    for (const auto& [name, stored] : kind.given) record->names.push_back(name);
    for (const Cell& cell : kind.planned->attributes) record->names.push_back(cell.name);
    for (const std::string& child : kind.children) record->names.push_back(child);
    record->names.insert(record->names.end(), {"number", "born"});
    if (kind.planned->groups) record->names.push_back("group");
    if (!kind.phases.empty()) record->names.push_back("phase");
    record->member = [this, &compiler, context, level](const std::string& name) {
        return *find_of(compiler, context, level, name);
    };
    meaning.record = record;
    return meaning;
}

std::optional<Meaning> LivingNames::find(Compiler& compiler, const Context& context, const std::string& name) {
    if (const auto fixed = fixed_.find(name); fixed != fixed_.end()) return fixed->second;
    if (name == "index" && has_index_) {
        return Compiler::with_bounds(compiler.integer(inputs_.get(LivingInput::Is::index, 0, 0, Phys::i64)), 1,
                                     INT32_MAX);
    }
    if (const Stored* stored = find_value(given_, name)) return read(compiler, *stored, 0, true);
    if (const Stored* stored = find_value(kept_, name)) return read(compiler, *stored, 0);
    if (auto own = find_of(compiler, context, 0, name)) return own;
    int level = 1;
    for (const KindScript* above = kind_.parent; above; above = above->parent, ++level) {
        if (above->name() == name) return ancestor(compiler, context, level);
    }
    return find_parameter(compiler, context, name);
}

/// The names that an incident reads of an entity: its own, or else those of the nearest parent that has them.
class LivingNames::WithAncestors : public Scope {
  public:
    explicit WithAncestors(LivingNames& names) : names_(names) { outer = names.outer; }

    std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) override {
        if (auto own = names_.find(compiler, context, name)) return own;
        int level = 1;
        for (const KindScript* above = names_.kind_.parent; above; above = above->parent, ++level) {
            if (auto found = names_.find_of(compiler, context, level, name)) return found;
        }
        return std::nullopt;
    }

    void names(std::vector<std::string>& out) const override {
        names_.names(out);
        for (const KindScript* above = names_.kind_.parent; above; above = above->parent) {
            for (const auto& [name, stored] : above->state) out.push_back(name);
            for (const auto& [name, stored] : above->given) out.push_back(name);
            for (const Cell& cell : above->planned->attributes) out.push_back(cell.name);
        }
    }

  private:
    LivingNames& names_;
};

Reg LivingNames::is_on(Compiler& compiler, const Incident& incident) {
    if (!incident.times) return compiler.build.boolean(false);
    incidents_.insert(incident.index);
    return inputs_.get(LivingInput::Is::is_on, 0, static_cast<int>(incident.index), Phys::u8);
}

std::optional<Meaning> LivingNames::find_parameter(Compiler& compiler, const Context& context,
                                                   const std::string& name) {
    const Pack& pack = *kind_.planned->pack;
    const Parameter* parameter = pack.parameter(name);
    if (!parameter || !is_set_by_incident(pack, name)) return std::nullopt;
    WithAncestors names(*this);
    const IncidentUse use{pack, names, [&](const Incident& incident) { return is_on(compiler, incident); }};
    return read_under_incidents(compiler, context, use, *parameter);
}

Reg LivingNames::holds(Compiler& compiler, const Context& context, const Incident& incident) {
    WithAncestors names(*this);
    const IncidentUse use{*kind_.planned->pack, names, [&](const Incident& one) { return is_on(compiler, one); }};
    return holds_incident(compiler, context, use, incident, incident.set.front().first);
}

void LivingNames::names(std::vector<std::string>& out) const {
    for (const auto& [name, meaning] : fixed_) out.push_back(name);
    if (has_index_) out.push_back("index");
    for (const NamedValues* values : {&given_, &kept_, &kind_.state, &kind_.given}) {
        for (const auto& [name, stored] : *values) out.push_back(name);
    }
    for (const Cell& cell : kind_.planned->attributes) out.push_back(cell.name);
    out.insert(out.end(), {"number", "born"});
    if (kind_.planned->groups) out.push_back("group");
    if (!kind_.phases.empty()) out.push_back("phase");
    for (const KindScript* above = kind_.parent; above; above = above->parent) out.push_back(above->name());
}

}  // namespace headwater
