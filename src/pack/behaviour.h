// For entities that live: from their sections of a pack to a source of records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "generate/source.h"
#include "pack/world.h"

namespace headwater {

/// A root kind with its children, and the streams its steps emit into.
struct LivingSource {
    std::shared_ptr<const SourcePlan> plan;
    std::vector<std::string> streams;  ///< names, in the order of the plan's schemas
};

/// Compiles every kind that lives, and the streams that come `from` them; reports what is wrong.
std::vector<LivingSource> compile_living(World& world, Pack& pack);

}  // namespace headwater
