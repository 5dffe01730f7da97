// For cells that read each other in any order: fields and lets of a row, attributes of an entity.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pack/world.h"

namespace headwater {

/// One named value as written.
struct Cell {
    std::string name;
    std::string path;   ///< in the file: streams.transactions.fields.amount
    std::string place;  ///< address of its draws: fields.amount
    const Node* node = nullptr;
    Position key_at{};  ///< of its name
};

/// Spells a slot as expressions write it: durations without the blanks that may stand in them, as in 1min 30s..2min.
std::string slot_text(const std::string& text);

/// Compiles a slot that is a value with its unit, a range (a uniform draw), or an expression: `30s`, `1s..5min`, `=...`.
/// `whole` slots draw whole numbers; `example` mends a slot that is none of these.
Meaning slot_value(Compiler& compiler, const Context& context, const Node& node, bool whole,
                   const std::string& example);

/// Compiles a delay: a duration whose bounds are known beforehand, and not below 0. `what` names it in messages: "A delay".
Meaning delay_value(Compiler& compiler, const Context& context, const Node& node, const std::string& what);
/// Compiles a share, written or an expression, as a drawn chance, u8; no_reg after a report.
Reg chance_of(Compiler& compiler, const Context& context, const Node& node);
/// True unless it is known that a value is not null.
bool may_be_null(const Compiler& compiler, const Meaning& value);

/// A scope of cells, each compiled when it is first read.
class Cells : public Scope {
  public:
    Cells(const Pack& pack, std::vector<Cell> cells, const Context& base, const DeclaredTypes* types);

    /// Adds a name with a settled meaning.
    void fix(const std::string& name, Meaning meaning);
    /// Adds a name that can be computed when it is read.
    void compute(const std::string& name, std::function<Meaning(Compiler&)> meaning);
    /// Adds a name that may not be read here.
    void forbid(const std::string& name, const std::string& message, const std::string& hint);
    /// Lets `time` read as `clock` gives it where fields are written, by themselves or by rules.
    void set_clock(std::function<Meaning(Compiler&)> clock) { clock_ = std::move(clock); }
    /// Replaces the cell or member of a dotted path: gets the value as drawn.
    void replace(const std::string& path, std::function<Meaning(Compiler&, const Meaning&)> change);

    Meaning value(Compiler& compiler, const std::string& name);
    std::optional<Meaning> find(Compiler& compiler, const Context& context, const std::string& name) override;
    void names(std::vector<std::string>& out) const override;
    const std::vector<Cell>& cells() const { return cells_; }
    /// Gives all cells named in `names` as a record.
    Meaning record(Compiler& compiler, std::vector<std::string> names);
    /// Compiles a value as written in the context of these cells, as if it stood at `cell`.
    Meaning compile_at(Compiler& compiler, const Cell& cell);
    Context context_at(const Cell& cell);
    const Context& base() const { return base_; }

  private:
    Meaning read_clock(Compiler& compiler, const Context& context);
    Meaning circle(Compiler& compiler, const Context& context, const std::string& name) const;
    Meaning compile_node(Compiler& compiler, const Context& context, const Node& node, const std::string& relative);
    Meaning compile_map(Compiler& compiler, const Context& context, const Node& node, const std::string& relative);
    Meaning compile_repeat(Compiler& compiler, const Context& context, const Node& node, const std::string& relative);
    Meaning compile_sequence(Compiler& compiler, const Context& context, const Node& node, const std::string& relative);

    const Pack& pack_;
    std::vector<Cell> cells_;
    Context base_;
    const DeclaredTypes* types_;
    std::map<std::string, std::function<Meaning(Compiler&)>> computed_;
    std::map<std::string, std::pair<std::string, std::string>> forbidden_;
    std::map<std::string, std::function<Meaning(Compiler&, const Meaning&)>> changes_;
    std::function<Meaning(Compiler&)> clock_;
    std::map<std::string, Meaning> done_;
    std::vector<std::string> working_;
    std::vector<std::unique_ptr<Scope>> inner_;
};

}  // namespace headwater
