// For telling that a live run cannot keep to its clock, or that its rate bounds nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/progress.h"
#include "pack/plan.h"

namespace headwater {

/// Looks at the progress of one run.
class PaceNotices {
  public:
    /// `packs` must outlive it: they know which parameters say how much happens.
    explicit PaceNotices(const std::vector<PackUse>& packs) : packs_(packs) {}
    /// Gives what is to be told now, once each: how the rate stands to what falls due, when the run becomes live; and that it
    /// has fallen behind, each time it is twice as far.
    std::optional<std::string> next(const Progress& progress);

  private:
    const std::vector<PackUse>& packs_;
    bool has_compared_ = false;
    int64_t told_lag_us_ = 500'000;
};

/// Tells how a rate stands to what falls due in a second, and what changes that; nothing where there is nothing to tell.
std::optional<std::string> comparison_of(double rate, double due_rate, const std::vector<PackUse>& packs);

}  // namespace headwater
