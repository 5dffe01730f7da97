// For naming the concrete formats and targets: the one place that knows them all.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "engine/components.h"

namespace headwater {

/// Everything this program can write and where to.
class BuiltInComponents final : public Components {
  public:
    /// Targets tell `notice` what the user should know; any thread may call it.
    explicit BuiltInComponents(std::function<void(const std::string&)> notice) : notice_(std::move(notice)) {}
    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override;
    Result<Target> target(const OutputPlan& output, const Format& format, const TargetUse& use) const override;

  private:
    Result<std::unique_ptr<Format>> kafka_format(const OutputPlan& output) const;

    std::function<void(const std::string&)> notice_;
};

}  // namespace headwater
