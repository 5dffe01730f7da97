// For kinds of entities as expressions see them: how many there are, and their attributes by number.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pack/cells.h"

namespace headwater {

/// The values of one attribute of every entity of a kind, computed when the plan is made.
struct AttributeTable {
    Meaning meaning;                      ///< type, bounds, text form and dictionary; its registers are of no program
    std::shared_ptr<const Table> values;  ///< by number - 1; indices where the meaning is a dictionary text
};

/// A kind of entity of a pack.
class PlannedKind : public EntityKind, public std::enable_shared_from_this<PlannedKind> {
  public:
    const Pack* pack = nullptr;
    std::string kind_name;
    std::string parent_name;
    const Node* node = nullptr;
    Position at;
    uint64_t key = 0;
    std::optional<int64_t> total;                  ///< how many there are from the start
    std::shared_ptr<const RowClock> births;        ///< when they arrive
    std::shared_ptr<const RowClock> usual_births;  ///< when they would without incidents; null where there are none
    std::shared_ptr<const RowClock> groups;  ///< numbers of the groups in which they arrive; null where they come alone
    std::set<size_t> incidents;              ///< that change how fast they arrive
    std::vector<Cell> attributes;
    DeclaredTypes types;
    bool lives = false;    ///< has state, a lifecycle or a journey
    bool may_end = false;  ///< some way out of a phase is its end; known when its behaviour is compiled

    const std::string& name() const override { return kind_name; }
    const std::string& parent() const override { return parent_name; }
    Meaning count(Compiler& compiler, const Context& context) const override;
    Meaning entity(Compiler& compiler, const Context& context, Reg number) const override;
    /// Gives the cells of the attributes of entity `number` in this program; `start` is a settled instant.
    Cells& cells_of(Compiler& compiler, Reg number) const;

  private:
    /// Gives an attribute, or a member of one that is a record (`path` home.country), of entity `number`.
    Meaning attribute(Compiler& compiler, Reg number, const std::string& path) const;
    /// Gives the table of an attribute that costs more to compute than to look up; null where it does not pay.
    std::shared_ptr<const AttributeTable> table_of(const std::string& path) const;
    std::shared_ptr<const AttributeTable> tabulate(const std::string& path) const;

    mutable std::map<std::string, std::shared_ptr<const AttributeTable>> tables_;
};

/// Reads `entities:` of a pack; counts may read parameters and lists settled before.
void add_kinds(World& world, Pack& pack, const Node* entities);

/// Reads `types:` of a section.
DeclaredTypes read_types(const Reading& reading, const Node* node, const std::string& path);

/// Where the draws of a clock come from, and how it spaces its rows.
struct ClockAddress {
    uint64_t key = 0;
    bool is_even = false;
};

/// How incidents change a rate.
struct RateIncidents {
    std::set<size_t> read;                  ///< in Pack::incidents: those that do
    std::shared_ptr<const RowClock> usual;  ///< the clock without them; null where there are none
};

/// Makes the clock of a `rate:` slot; null after a report.
std::shared_ptr<const RowClock> clock_of_rate(World& world, const Pack& pack, const Node& node, const std::string& path,
                                              const ClockAddress& address, RateIncidents& incidents);

}  // namespace headwater
