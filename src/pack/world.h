// For everything that expressions of a scenario can name: packs with their parameters, lists, curves, kinds and streams.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "language/compiler.h"
#include "language/layout.h"
#include "pack/incident.h"
#include "pack/reader.h"

namespace headwater {

class World;
struct Pack;
class PlannedKind;
class PlannedStream;

/// A value that is settled before anything is drawn.
struct SettledValue {
    Type type;
    int64_t integer = 0;
    double real = 0;
    std::string text;
    std::string spelled;  ///< as the user would write it

    Meaning meaning(Compiler& compiler) const;
};

/// A value that a scenario or the command line gives to a parameter.
struct GivenValue {
    std::string text;
    std::string file;  ///< the scenario, or `command line`
    Position at;
    Position key_at;
};

/// A parameter of a pack.
struct Parameter {
    std::string name;
    std::string type;  ///< share duration count rate int float text bool instant date size, or `a | b`
    std::string help;
    std::string because;
    std::string fallback;  ///< the default, as written
    Position at;
    SettledValue value;
    std::optional<SettledValue> least, most;
};

/// Hours of the day times days of the week.
struct Curve {
    std::vector<double> hours = std::vector<double>(24, 1.0);
    std::vector<double> weekdays = std::vector<double>(7, 1.0);
    Position at;
};

/// A list of a pack; one that is drawn is settled when it is first read.
struct PackList {
    const Node* node = nullptr;
    Position at;
    bool settling = false;
    bool broken = false;
    std::shared_ptr<const ConstantList> list;
};

/// A file of the language that was read.
struct SourceFile {
    std::string name;  ///< path, or built-in:payments/payments.yaml
    std::string text;
    Node root;
};

/// A pack, read and settled with its parameters.
struct Pack {
    World* world = nullptr;
    std::string name;
    std::string version;
    std::string summary;
    std::shared_ptr<const SourceFile> file;
    Reading reading;
    uint64_t key = 0;
    std::vector<Parameter> parameters;
    std::map<std::string, PackList> lists;
    std::map<std::string, Curve> curves;
    std::vector<std::shared_ptr<Incident>> incidents;
    std::vector<std::shared_ptr<PlannedKind>> kinds;
    std::vector<std::shared_ptr<PlannedStream>> streams;
    std::vector<std::string> notices;  ///< sections that were read but are not carried out
    std::unique_ptr<Scope> scope;

    const Parameter* parameter(const std::string& parameter_name) const;
    std::shared_ptr<PlannedKind> kind(const std::string& kind_name) const;
    std::shared_ptr<PlannedStream> stream(const std::string& stream_name) const;
};

/// A program being compiled, with the compiler that fills it.
struct Session {
    ProgramBuilder build;
    Compiler compiler;
    explicit Session(World& world);
};

/// All packs of a scenario.
class World {
  public:
    World(Diagnostics& diagnostics, uint64_t seed, int64_t start);

    Diagnostics& diagnostics;
    uint64_t seed;
    uint64_t seed_key;
    int64_t start;
    std::vector<IncidentRun> incident_runs;  ///< given before packs are added
    std::vector<std::unique_ptr<Pack>> packs;
    std::shared_ptr<SharedLists> lists = std::make_shared<SharedLists>();

    Pack* find(const std::string& name) const;
    /// Gives a word list of the program, by file name.
    std::shared_ptr<const ConstantList> words(const std::string& file);
    /// Runs a constant program on the scalar executor.
    static std::vector<Constant> evaluate(const Program& program, Reg reg);
    /// Compiles an expression or literal that must be settled before the run, in the scope of a pack.
    std::optional<SettledValue> settle(const Pack& pack, const Node& node, const std::string& path);
    /// Computes a count; nothing after a report.
    std::optional<int64_t> settle_count(const Pack& pack, const Node& node, const std::string& path);
    /// Settles the list of a pack, drawing it if need be; null after a report.
    std::shared_ptr<const ConstantList> settle_list(Pack& pack, const std::string& name);
    /// Gives the context of a place in a pack.
    Context context(const Pack& pack, const std::string& path, Position at) const;

  private:
    std::shared_ptr<const ConstantList> draw_list(Pack& pack, const std::string& name, PackList& list);
    std::map<std::string, std::shared_ptr<const ConstantList>> words_;
};

/// Reads a pack's sections into the world; `overrides` are parameters by name.
/// Reports every mistake; the pack is added all the same, so that others can be reported too.
Pack& add_pack(World& world, std::shared_ptr<const SourceFile> file,
               const std::map<std::string, GivenValue>& overrides);

/// Reads a value of a parameter type; gives nothing when the text is no such thing.
std::optional<SettledValue> read_parameter(const std::string& type, const std::string& text);
/// Says which range a value of a parameter leaves; nothing when it is within.
std::optional<std::string> read_parameter_range(const Parameter& parameter, const SettledValue& value);

/// True for a name that may be given to a parameter, list, kind, stream or field.
bool is_name(const std::string& text);

/// Reads text of a file that a pack names: beside the pack, or built in.
std::optional<std::string> read_beside(const std::string& file, const std::string& name);

}  // namespace headwater
