// For the objects of emulations, which lie at the root of their bucket: a manifest would be read there as one of them.
#pragma once

#include "engine/components.h"

namespace headwater {

/// Components whose targets of objects have no folders and get no manifest.
/// The objects of emulations lie at the root of their bucket, among which a manifest would be read as one of them.
class AtTheRoot final : public Components {
  public:
    explicit AtTheRoot(const Components& inner) : inner_(inner) {}
    Result<std::unique_ptr<Format>> format(const OutputPlan& output) const override { return inner_.format(output); }
    Result<Target> target(const OutputPlan& output, const Format& format, const TargetUse& use) const override {
        auto target = inner_.target(output, format, use);
        if (!target || target->objects == nullptr) return target;
        target->folder = "";
        target->keeps_objects = false;
        return target;
    }

  private:
    const Components& inner_;
};

}  // namespace headwater
