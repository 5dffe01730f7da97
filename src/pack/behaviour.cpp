#include "pack/behaviour.h"

#include <algorithm>
#include <set>

#include "generate/living.h"
#include "pack/living_script.h"
#include "pack/tables.h"

namespace headwater {

namespace {

bool is_below(const Pack& pack, const PlannedKind& kind, const std::string& root) {
    std::set<std::string> seen;
    for (const PlannedKind* above = &kind; above && seen.insert(above->kind_name).second;
         above = pack.kind(above->parent_name).get()) {
        if (above->kind_name == root) return true;
    }
    return false;
}

bool has_table(const Pack& pack, const PlannedKind& kind) {
    return std::any_of(pack.streams.begin(), pack.streams.end(),
                       [&](const auto& stream) { return stream->table && stream->from == kind.kind_name; });
}

/// Gives the roots, those whose tables are referred to in front of those that refer.
std::vector<std::shared_ptr<PlannedKind>> roots_in_order(const Pack& pack) {
    std::vector<std::shared_ptr<PlannedKind>> roots;
    const auto add = [&](const std::shared_ptr<PlannedKind>& root) {
        if (std::find(roots.begin(), roots.end(), root) == roots.end()) roots.push_back(root);
    };
    for (const auto& stream : pack.streams) {  // tables stand in this order already
        if (!stream->table) continue;
        for (const auto& kind : pack.kinds)
            if (kind->parent_name.empty() && pack.kind(stream->from) &&
                is_below(pack, *pack.kind(stream->from), kind->kind_name))
                add(kind);
    }
    for (const auto& kind : pack.kinds)
        if (kind->parent_name.empty()) add(kind);
    return roots;
}

/// Reports kinds whose parents lead round in a circle.
void check_parents(const Pack& pack) {
    for (const auto& kind : pack.kinds) {
        std::set<std::string> seen;
        const PlannedKind* above = kind.get();
        while (above && seen.insert(above->kind_name).second) above = pack.kind(above->parent_name).get();
        if (above)
            pack.reading.error(kind->at, "entities." + kind->kind_name,
                               "Its parents lead round in a circle: " + kind->kind_name);
    }
}

}  // namespace

std::vector<LivingSource> compile_living(World& world, Pack& pack) {
    std::vector<LivingSource> sources;
    std::set<std::string> living;
    check_parents(pack);
    for (const auto& root : roots_in_order(pack)) {
        const bool lives = std::any_of(pack.kinds.begin(), pack.kinds.end(), [&](const auto& kind) {
            return (kind->lives || has_table(pack, *kind)) && is_below(pack, *kind, root->kind_name);
        });
        if (!lives) continue;
        const size_t errors = world.diagnostics.error_count();
        LivingScript script(world, pack, root);
        for (const auto& kind : pack.kinds) {
            if (script.has(kind->kind_name)) living.insert(kind->kind_name);
        }
        LivingPlan plan = script.compile();
        if (world.diagnostics.has_errors() || world.diagnostics.error_count() != errors || plan.streams.empty())
            continue;
        sources.push_back({make_living_source(std::move(plan)), script.stream_names()});
    }
    for (const auto& stream : pack.streams) {
        if (stream->from.empty() || living.contains(stream->from)) continue;
        const std::vector<std::string> known(living.begin(), living.end());
        const bool is_kind = pack.kind(stream->from) != nullptr;
        if (stream->table && stream->from.empty()) continue;  // reported
        pack.reading.error(stream->at, (stream->table ? "tables." : "streams.") + stream->name + ".from",
                           (is_kind ? "This kind has no state, lifecycle or journey and emits nothing: "
                                    : "Unknown kind of entity: ") +
                               stream->from,
                           is_kind ? "Give it a journey, or give the stream a rate." : suggest(stream->from, known));
    }
    if (!world.diagnostics.has_errors()) check_references(pack);
    return sources;
}

}  // namespace headwater
