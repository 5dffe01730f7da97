// For naming the concrete formats and targets: the one place that knows them all.
#pragma once

#include "base/time.h"
#include "engine/components.h"

namespace headwater {

/// Everything this program can write and where to.
class BuiltInComponents final : public Components {
  public:
    /// The clock is for protocols that need one, and must outlive what is made.
    explicit BuiltInComponents(const Clock& clock) : clock_(clock) {}
    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override;
    Result<Target> target(const OutputPlan& output, const Format& format) const override;

  private:
    const Clock& clock_;
};

}  // namespace headwater
