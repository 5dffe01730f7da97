// For faults and incidents of runs that go on: a leg of the run ends where it is, and the next one has them in its plan.
#include <algorithm>

#include "base/time.h"
#include "engine/manifest.h"
#include "service/live_run.h"
#include "service/switches.h"

namespace headwater {

namespace {

constexpr size_t most_switches = 100;  ///< of a run

using Why = SwitchRefusal::Kind;

SwitchRefusal refusal(Why kind, std::string message) { return {kind, std::move(message), {}}; }

bool is_named(const RunSwitch& one, RunSwitch::Kind kind, const std::string& name) {
    return one.kind == kind && one.name == name;
}

SwitchRefusal refusal_of_over(LifeState state) {
    return refusal(Why::is_over, "Run is over, for its state is: " + std::string(name_of(state)));
}

/// Says why nothing is switched in a run that does not go on.
SwitchRefusal refusal_of_gone(const Result<std::optional<StoredRun>>& found, const std::string& id) {
    if (!found) return refusal(Why::disk, found.error().message);
    if (!*found) return refusal(Why::no_run, "Run does not exist: " + id);
    return refusal_of_over((*found)->state);
}

/// Says why a plan cannot follow upon another one in the middle of a run, or nothing.
std::string misfit(const Plan& before, const Plan& after, const Components& components) {
    for (size_t i = 0; i < after.streams.size(); ++i) {
        const auto& had = before.streams[i].outgoing;
        const auto& has = after.streams[i].outgoing;
        if (!has) continue;
        const std::string& name = has->plans().back().verb;
        if (had && !had->holds() && has->holds())
            return "A fault that holds records back is the first of its stream, or asked for before the run: " + name;
        if (has->edited().size() == (had ? had->edited().size() : 0)) continue;
        for (const OutputPlan& output : after.outputs) {
            const bool is_told = std::ranges::find(output.streams, static_cast<int>(i)) != output.streams.end();
            const auto format = is_told ? components.format(output) : nullptr;
            if (format && *format && (*format)->makes_objects())
                return "A fault that changes the schema of " + output.format + " is asked for before the run: " + name;
        }
    }
    return "";
}

/// Gives when an incident that begins at an instant ends.
int64_t end_of(const Plan& plan, const std::string& name, int64_t from) {
    for (const IncidentPlan& incident : plan.incidents) {
        if (incident.name != name && incident.qualified() != name) continue;
        for (const TimeRange& range : incident.ranges)
            if (from >= range.from && from < range.until) return range.until;
    }
    return from;
}

}  // namespace

/// Says why something cannot be switched on where a run is now, or nothing.
std::optional<SwitchRefusal> Runs::check_switch(const StoredRun& run, const Plan& before,
                                                const RunSwitch& wanted) const {
    if (run.switches.size() >= most_switches)
        return refusal(Why::does_not_fit,
                       "Too much was switched in this run already: " + std::to_string(most_switches));
    if (wanted.kind == RunSwitch::Kind::fault)
        if (Diagnostics mistakes = mistakes_of_fault(wanted); mistakes.has_errors())
            return SwitchRefusal{Why::mistakes, "", std::move(mistakes)};
    for (const StreamPlan& stream : before.streams) {
        if (wanted.kind != RunSwitch::Kind::fault || !stream.outgoing) continue;
        for (const FaultPlan& fault : stream.outgoing->plans())
            if (fault.name == wanted.name)
                return refusal(Why::name_taken, "Run has a fault of this name: " + wanted.name);
    }
    StoredRun trial = run;
    trial.switches.push_back(wanted);
    trial.switches.back().from = std::max(run.counts.instant, before.clock.start);
    Diagnostics diagnostics;
    auto after = plan_of(trial, run.seed, PinnedPacks(*packs_, run.packs), diagnostics);
    if (!after && diagnostics.has_errors()) return SwitchRefusal{Why::mistakes, "", std::move(diagnostics)};
    if (!after) return refusal(Why::does_not_fit, after.error().message);
    if (std::string why = misfit(before, *after, parts_.components); !why.empty())
        return refusal(Why::does_not_fit, std::move(why));
    StopToken never;
    if (auto made = Run::make(*after, {.run = run.id, .threads = 1}, components_of(run), parts_.time, never); !made)
        return refusal(Why::does_not_fit, made.error().message);
    return std::nullopt;
}

std::expected<StoredRun, SwitchRefusal> Runs::switch_on(const std::string& id, RunSwitch wanted) {
    const std::shared_ptr<Live> live = live_run(id);
    if (live == nullptr) return std::unexpected(refusal_of_gone(store_->find(id), id));
    const auto is_there = [&](const StoredRun& run) {
        return std::ranges::any_of(run.switches, [&](const RunSwitch& one) {
            return is_named(one, wanted.kind, wanted.name) &&
                   (wanted.kind == RunSwitch::Kind::fault || !one.is_over(run.counts.instant));
        });
    };
    const std::string what = wanted.kind == RunSwitch::Kind::fault ? "a fault of this name: " : "this incident on: ";
    const StoredRun before = live->copy();
    if (!is_over(before.state) && !is_there(before)) {
        const auto plan = current_plan(*live);
        if (!plan) return std::unexpected(refusal(Why::disk, plan.error().message));
        if (auto refused = check_switch(before, **plan, wanted)) return std::unexpected(std::move(*refused));
    }
    {
        std::lock_guard lock(live->mutex);
        if (is_over(live->row.state)) return std::unexpected(refusal_of_over(live->row.state));
        if (is_there(live->row)) return std::unexpected(refusal(Why::name_taken, "Run has " + what + wanted.name));
        live->row.switches.push_back(std::move(wanted));
        live->control.hand_over();
    }
    (void)keep(live->copy(), true);
    return live->copy();
}

std::expected<StoredRun, SwitchRefusal> Runs::switch_off(const std::string& id, RunSwitch::Kind kind,
                                                         const std::string& name) {
    const std::shared_ptr<Live> live = live_run(id);
    if (live == nullptr) return std::unexpected(refusal_of_gone(store_->find(id), id));
    {
        std::lock_guard lock(live->mutex);
        StoredRun& run = live->row;
        if (is_over(run.state)) return std::unexpected(refusal_of_over(run.state));
        const auto one = std::ranges::find_if(run.switches, [&](const RunSwitch& other) {
            return is_named(other, kind, name) && !other.is_over(run.counts.instant);
        });
        if (one == run.switches.end())
            return std::unexpected(refusal(Why::unknown, "Nothing of this name was switched on: " + name));
        one->is_off_asked = true;
        live->control.hand_over();
    }
    (void)keep(live->copy(), true);
    return live->copy();
}

/// Gives the plan that a run goes on with.
Result<std::shared_ptr<const Plan>> Runs::current_plan(Live& live) const {
    {
        std::lock_guard lock(live.mutex);
        if (live.plan != nullptr) return live.plan;
    }
    auto plan = plan_of(live.copy());
    if (!plan) return std::unexpected(plan.error());
    return std::make_shared<const Plan>(std::move(*plan));
}

/// Lets everything that was asked for come true where the run stands; true where that changes its plan.
bool Runs::settle_switches(Live& live, const std::optional<Checkpoint>& last) const {
    std::lock_guard lock(live.mutex);
    live.control.take_over();
    StoredRun& row = live.row;
    const int64_t here = last ? last->reached.to : live.plan->clock.start;
    bool is_changed =
        std::erase_if(row.switches, [](const RunSwitch& one) { return one.from < 0 && one.is_off_asked; });
    for (RunSwitch& one : row.switches) {
        const bool comes_on = one.from < 0;
        if (!comes_on && !(one.is_off_asked && one.until < 0)) continue;
        is_changed = true;
        if (comes_on) {
            one.from = here;
            if (one.lasts >= 0) one.ends = one.from + std::min(one.lasts, INT64_MAX - one.from);
        } else {
            one.until = std::min(here, one.ends);
        }
        parts_.log.say(ServiceLog::Level::info, comes_on ? "switched on" : "switched off",
                       {{"run", row.id}, {"name", one.name}, {"instant", spell_instant(here)}});
    }
    return is_changed;
}

/// Settles the plan that a run goes on with.
Result<void> Runs::settle_plan(Live& live, const std::optional<Checkpoint>& last) {
    auto before = current_plan(live);
    if (!before) return std::unexpected(before.error());
    {
        std::lock_guard lock(live.mutex);
        live.plan = std::move(*before);
    }
    if (!settle_switches(live, last)) return {};
    live.next.reset();
    StoredRun row = live.copy();
    Diagnostics diagnostics;
    auto plan = plan_of(row, row.seed, PinnedPacks(*packs_, row.packs), diagnostics);
    if (!plan) return std::unexpected(plan.error());
    {
        std::lock_guard lock(live.mutex);
        for (RunSwitch& one : live.row.switches)
            if (one.kind == RunSwitch::Kind::incident && one.from >= 0 && one.until < 0)
                one.ends = end_of(*plan, one.name, one.from);
        live.row.plan = run_id_of(*plan);
        live.plan = std::make_shared<const Plan>(std::move(*plan));
    }
    return store_->update(live.copy(), true);
}

}  // namespace headwater
