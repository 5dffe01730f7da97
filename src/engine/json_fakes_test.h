// For tests of the engine that look at the records themselves: the fakes, with JSON lines.
#pragma once

#include <memory>

#include "engine/fakes.h"
#include "format/json/json.h"

namespace headwater::fakes {

/// The same targets, with records as JSON lines.
class JsonComponents final : public FakeComponents {
  public:
    using FakeComponents::FakeComponents;
    Result<std::unique_ptr<Format>> format(const OutputPlan&) const override { return make_json_format(false); }
};

}  // namespace headwater::fakes
