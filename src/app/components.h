// For making what outputs name: their formats and targets, out of the tables of both.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "base/time.h"
#include "engine/components.h"
#include "sink/kind.h"

namespace headwater {

/// Everything this program can write and where to.
class BuiltInComponents final : public Components {
  public:
    /// The clock is for protocols that need one, and must outlive what is made. Targets tell `notice` what the user should
    /// know; any thread may call it.
    BuiltInComponents(const Clock& clock, std::function<void(const std::string&)> notice, TargetBounds bounds = {})
        : clock_(clock), notice_(std::move(notice)), bounds_(std::move(bounds)) {}
    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override;
    Result<Target> target(const OutputPlan& output, const Format& format, const TargetUse& use) const override;

  private:
    const Clock& clock_;
    std::function<void(const std::string&)> notice_;
    TargetBounds bounds_;
};

}  // namespace headwater
