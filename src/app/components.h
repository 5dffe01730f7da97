// For naming the concrete formats and targets: the one place that knows them all.
#pragma once

#include "engine/components.h"

namespace headwater {

/// Everything this program can write and where to.
class BuiltInComponents final : public Components {
  public:
    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override;
    Result<Target> target(const OutputPlan& output, const Format& format) const override;
};

}  // namespace headwater
