// For incidents: reading them, finding out when they are on, and the parameters as they set them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pack/incident.h"
#include "pack/streams.h"
#include "pack/world.h"

namespace headwater {

/// Reads `incidents:` of a pack whose parameters are settled, and when the scenario lets them happen.
void add_incidents(const World& world, Pack& pack, const Node* node);

/// Reads `incidents:` of a scenario.
std::vector<IncidentRun> read_incident_runs(const Reading& reading, const Node* node);

/// Reports what a scenario lets happen that no pack knows.
void check_incident_runs(const World& world);

/// Who reads a parameter, and how a program of his finds out whether an incident is on.
struct IncidentUse {
    const Pack& pack;
    Scope& scope;                                        ///< names that `where` of an incident may read
    std::function<Reg(const Incident& incident)> is_on;  ///< gives a u8
};

/// True for a parameter that some incident sets.
bool is_set_by_incident(const Pack& pack, const std::string& parameter);

/// Gives a parameter as it is at the time of a context: as the incidents set it that are on, one after the other.
Meaning read_under_incidents(Compiler& compiler, const Context& context, const IncidentUse& use,
                             const Parameter& parameter);

/// Gives a u8 that says whether an incident is on and strikes the one who reads; no_reg after a report. `what` is read because of it.
Reg holds_incident(Compiler& compiler, const Context& context, const IncidentUse& use, const Incident& incident,
                   const std::string& what);

/// Gives a u8 that says whether an incident is on at an instant.
Reg is_on_at(Compiler& compiler, Reg time, const Incident& incident);

/// Labels the records of a flat stream, or one that follows such a stream, with the incidents under which they are made:
/// those that its cells or its rate read.
void label_incidents(Compiler& compiler, const PlannedStream& stream, Cells& cells, FlatPlan& plan);

}  // namespace headwater
