// For flat streams: from their section of a pack to a compiled program.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "generate/flat.h"
#include "pack/cells.h"

namespace headwater {

/// One rule of a stream.
struct Rule {
    std::string name;
    const Node* when = nullptr;
    const Node* chance = nullptr;
    std::vector<Cell> set;  ///< name is the dotted path that is set
    Position at;
};

/// Cells of one row of a stream in one program: as drawn, and after its rules.
struct RowCells {
    std::unique_ptr<Cells> drawn;
    std::unique_ptr<Cells> settled;
    Reg rule = no_reg;  ///< u8: 0 none, k the k-th rule
};

/// A condition on the records of a stream that a scenario asks for, as a hidden column.
struct RowCondition {
    std::string column;
    const Node* node = nullptr;
    std::string file;
    std::string path;
};

struct PackTable;

/// A field that a version of the schema adds or drops, by dotted path.
struct VersionedField {
    std::string name;
    Position at;
    std::string path;
};

/// A version of the schema behind the first.
struct PlannedVersion {
    int number = 2;
    int64_t from = 0;  ///< event time of its first record, microseconds
    std::vector<VersionedField> add, drop;
    DeclaredTypes types;
    Position at;
    std::string path;
};

/// A stream of a pack.
class PlannedStream : public StreamRows {
  public:
    Pack* pack = nullptr;
    std::string name;
    std::string summary;
    const Node* node = nullptr;
    Position at;
    uint64_t key = 0;
    std::vector<Cell> lets;
    std::vector<Cell> fields;
    std::vector<Rule> rules;
    DeclaredTypes types;
    const Node* key_node = nullptr;
    std::vector<RowCondition> conditions;
    const Node* late = nullptr;
    const Node* skew = nullptr;
    std::vector<PlannedVersion> versions;
    std::optional<int64_t> count;
    std::shared_ptr<const RowClock> clock;
    std::set<size_t> incidents;  ///< that change its rate

    std::string follows;
    Position follows_at;
    const Node* when = nullptr;
    const Node* chance = nullptr;
    const Node* after = nullptr;
    const Node* repeat = nullptr;

    std::string from;                  ///< kind of entity that emits it
    std::shared_ptr<PackTable> table;  ///< where it tells of rows; then lets, fields and rules are empty

    Meaning count_before(Compiler& compiler, const Context& context) const override;
    Meaning row(Compiler& compiler, const Context& context, Reg row) const override;
    /// Gives the cells of a row at an instant; `number` counts from 0.
    RowCells& cells_of(Compiler& compiler, Reg number, Reg time) const;
    /// Gives the record of a row as others read it.
    Meaning record_of(Compiler& compiler, Reg number, Reg time) const;
    bool is_flat() const { return follows.empty() && from.empty(); }
};

/// Reads `streams:` of a pack. Clocks of rates are settled here.
void add_streams(World& world, Pack& pack, const Node* streams);

/// Compiles a flat stream; null after a report.
std::optional<FlatPlan> compile_flat(World& world, const PlannedStream& stream);
/// Compiles a stream that follows a flat one; null after a report.
std::optional<FollowerPlan> compile_follower(World& world, const PlannedStream& stream);

/// Gives the scope of everything a pack declares.
std::unique_ptr<Scope> make_pack_scope(Pack& pack);

/// Adds the rules of a stream to its cells: conditions read `drawn`, replaced cells and `rule` show in `settled`.
/// Gives the register of the rule that hit.
Reg add_rules(Compiler& compiler, const std::vector<Rule>& rules, Cells& drawn, Cells& settled,
              const std::string& path);

/// Lays out what faults ask of the records of a stream, as hidden columns; false after a report.
bool lay_out_conditions(Compiler& compiler, RecordLayout& layout, Cells& cells, const PlannedStream& stream, int frame,
                        Schema& schema);

/// Lays the fields of a stream out as the schema of its records, key included; false after a report.
bool lay_out_schema(Compiler& compiler, Cells& cells, const PlannedStream& stream, int frame, Schema& schema);

}  // namespace headwater
