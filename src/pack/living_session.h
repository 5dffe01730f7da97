// For compiling one program of a kind that lives: its scope, its slots with units, and the values it hands on.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pack/living_names.h"

namespace headwater {

/// A place in the file, and the address of the draws there.
struct Where {
    std::string path;   ///< entities.sensor.lifecycle.online.do.1
    std::string place;  ///< lifecycle.online.do.1

    Where under(const std::string& key) const { return {path + "." + key, place + "." + key}; }
};

/// One program of a kind while it is compiled.
class LivingSession {
  public:
    LivingSession(World& world, const KindScript& kind);
    LivingSession(const LivingSession&) = delete;
    LivingSession& operator=(const LivingSession&) = delete;

    /// Gives the context of a value: it may draw and read the time.
    Context context(const Where& where, Position at);
    /// Gives the context of a value that may not draw, for a reason; without `time` it may not read the time either.
    Context still_context(const Where& where, Position at, const char* reason, bool has_time);

    /// Reads a value with its unit, a range (a uniform draw; of whole numbers when `whole`), or an expression.
    Meaning slot(const Where& where, const Node& node, bool whole);
    /// Reads a duration, as i64 us; no_reg after a report.
    Reg duration(const Where& where, const Node& node, bool is_positive);
    /// Reads a rate, as f64 per second; no_reg after a report.
    Reg rate(const Where& where, const Node& node);
    /// Reads a share or an expression as a drawn chance, u8; no_reg after a report.
    Reg chance(const Where& where, const Node& node);
    /// Reads a condition as it stands, u8; no_reg after a report.
    Reg condition(const Where& where, const Node& node);

    /// Appends what keeps a value where `stored` says; reports what does not fit.
    bool store(const Context& context, Position at, const std::string& name, const Meaning& value, const Stored& stored,
               int level, std::vector<LivingStore>& out);
    /// Gives slots to a value, and appends what keeps it there; nothing after a report.
    std::optional<Stored> capture(const Context& context, Position at, const std::string& name, const Meaning& value,
                                  SlotCount& slots, std::vector<LivingStore>& out);

    /// Gives the program and renumbers registers.
    LivingProgram finish(const std::vector<Reg*>& registers);

    Compiler& compiler() { return session_.compiler; }
    ProgramBuilder& build() { return session_.build; }

  private:
    void add(Reg value, bool is_text, int slot, int level, std::vector<LivingStore>& out);

    World& world_;
    const KindScript& kind_;
    Session session_;

  public:
    ProgramInputs inputs;
    LivingNames names;
};

}  // namespace headwater
