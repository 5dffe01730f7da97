#include "pack/behaviour.h"

#include <algorithm>
#include <set>

#include "generate/living.h"
#include "pack/living_script.h"

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
    for (const auto& root : pack.kinds) {
        if (!root->parent_name.empty()) continue;
        const bool lives = std::any_of(pack.kinds.begin(), pack.kinds.end(), [&](const auto& kind) {
            return kind->lives && is_below(pack, *kind, root->kind_name);
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
        pack.reading.error(stream->at, "streams." + stream->name + ".from",
                           (is_kind ? "This kind has no state, lifecycle or journey and emits nothing: "
                                    : "Unknown kind of entity: ") +
                               stream->from,
                           is_kind ? "Give it a journey, or give the stream a rate." : suggest(stream->from, known));
    }
    return sources;
}

}  // namespace headwater
