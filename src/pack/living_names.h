// For the names that the behaviour of an entity can read: its state, its attributes, its parents, what a step hands on.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "generate/living.h"
#include "pack/cells.h"
#include "pack/kinds.h"

namespace headwater {

struct NamedStored;
struct KindScript;

/// How a value lies in the slots of an entity, so that another program can read it.
struct Stored {
    enum class Is : uint8_t { value, record, entity, row, child };

    Is is = Is::value;
    Type type;
    bool is_text = false;  ///< in the texts, else in the words
    int slot = 0;          ///< value; entity: its number; row: its index; child: the reference to it
    int null_slot = -1;    ///< word, 1 = null
    bool plain = false;
    std::shared_ptr<const Table> texts;        ///< value: the word is an index into them
    std::vector<NamedStored> members;          ///< record
    std::shared_ptr<const EntityKind> kind;    ///< entity
    std::shared_ptr<const ConstantList> list;  ///< row
    const KindScript* child = nullptr;         ///< child: one of the cell
    int parent_level = 0;                      ///< child: how far up its parent is
};

/// A member of a stored record.
struct NamedStored {
    std::string name;
    Stored value;
};

using NamedValues = std::vector<std::pair<std::string, Stored>>;

/// Finds a value by name, or null.
const Stored* find_value(const NamedValues& values, const std::string& name);

/// Hands out slots of an entity, or of what a step gives to a record.
struct SlotCount {
    int words = 0;
    int texts = 0;
};

/// Says how the word or text of a value is held in a register.
Phys phys_of(const Stored& stored);

/// Gives slots to a value of a type.
Stored store_of(const Type& type, bool nullable, SlotCount& slots);

/// A kind as its behaviour is compiled.
struct KindScript {
    std::shared_ptr<PlannedKind> planned;
    KindScript* parent = nullptr;
    int index = 0;  ///< in LivingPlan::kinds
    SlotCount slots;
    NamedValues state;
    NamedValues given;           ///< names that every spawn gives
    int counter = -1;            ///< word of the parent that counts its children of this kind
    std::set<size_t> incidents;  ///< that change what it does, or how fast its like arrive
    std::vector<std::string> phases;
    std::shared_ptr<const Table> phase_texts;
    std::vector<std::string> children;
    std::set<std::string> told_state;  ///< names of the state that columns of tables read

    const std::string& name() const { return planned->kind_name; }
};

/// Whose values are read: those of an ancestor, or of an entity that a step chose.
struct LivingPlace {
    LivingPlace(int up = 0) : level(up) {}
    LivingPlace(int slot, const KindScript& chosen) : via(slot), kind(chosen.index) {}

    int level = 0;
    int via = -1;  ///< word that refers to it
    int kind = 0;
};

/// Makes the inputs of one program as they are read.
class ProgramInputs {
  public:
    explicit ProgramInputs(ProgramBuilder& build) : build_(build) {}

    Reg get(LivingInput::Is is, const LivingPlace& place, int slot, Phys phys);
    const std::vector<LivingInput>& list() const { return list_; }

  private:
    ProgramBuilder& build_;
    std::vector<LivingInput> list_;
    std::vector<Reg> regs_;
};

/// The scope of one program of a kind.
class LivingNames : public Scope {
  public:
    LivingNames(const KindScript& kind, ProgramInputs& inputs);

    std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) override;
    void names(std::vector<std::string>& out) const override;

    /// Adds a name of this program alone, which hides others.
    void fix(const std::string& name, Meaning meaning) { fixed_[name] = std::move(meaning); }
    /// Adds a value that an earlier step of the list kept.
    void keep(const std::string& name, const Stored& stored) { kept_.emplace_back(name, stored); }
    /// Adds a value that steps give to each record.
    void give(const std::string& name, const Stored& stored) { given_.emplace_back(name, stored); }
    /// Lets `index` be read.
    void allow_index() { has_index_ = true; }
    /// Replaces a value of the state of an ancestor, as set by this step.
    void set(int level, const std::string& name, Meaning meaning) { changed_[{level, name}] = std::move(meaning); }
    /// The same of an entity that a step chose, by the slot of the reference.
    void set_chosen(int slot, const std::string& name, Meaning meaning) {
        changed_[{-1 - slot, name}] = std::move(meaning);
    }
    /// From here on the entity of a slot is taken to be there, or none where it is -1: what it is set to is kept only then.
    void assume(int slot) { assumed_ = slot; }
    /// Gives who was kept under a name, or null.
    const Stored* kept(const std::string& name) const { return find_value(kept_, name); }
    /// Reads a value out of slots.
    Meaning read(Compiler& compiler, const Stored& stored, const LivingPlace& place, bool is_given = false);
    const KindScript& kind() const { return kind_; }
    /// Gives the incidents that were asked for.
    const std::set<size_t>& incidents() const { return incidents_; }
    /// Gives a u8 that says whether an incident is on and strikes this entity; no_reg after a report.
    Reg holds(Compiler& compiler, const Context& context, const Incident& incident);

  private:
    class WithAncestors;
    std::optional<Meaning> find_parameter(Compiler& compiler, const Context& context, const std::string& name);
    Reg is_on(Compiler& compiler, const Incident& incident);
    std::optional<Meaning> find_of(Compiler& compiler, const Context& context, int level, const std::string& name);
    std::optional<Meaning> attribute(Compiler& compiler, const Context& context, int level, const std::string& name);
    Cells& attributes_of(Compiler& compiler, int level);
    Meaning ancestor(Compiler& compiler, const Context& context, int level);
    Meaning chosen(Compiler& compiler, const Stored& stored);
    Meaning member_of_chosen(Compiler& compiler, const Stored& stored, const std::string& name);
    Cells& attributes_of_chosen(Compiler& compiler, const Stored& stored);
    Meaning phase_of(Compiler& compiler, const KindScript& kind, const LivingPlace& place);
    std::unique_ptr<Cells> child_cells(Compiler& compiler, const KindScript& kind, const LivingPlace& place,
                                       int parent_level);
    const KindScript& kind_at(int level) const;
    Reg number_of(int level) { return inputs_.get(LivingInput::Is::number, level, 0, Phys::i64); }

    const KindScript& kind_;
    ProgramInputs& inputs_;
    bool has_index_ = false;
    std::map<std::string, Meaning> fixed_;
    std::map<std::pair<int, std::string>, Meaning> changed_;
    NamedValues kept_, given_;
    std::set<size_t> incidents_;
    int assumed_ = -1;
    std::map<int, std::unique_ptr<Cells>> attributes_;  ///< of children, by level
};

}  // namespace headwater
