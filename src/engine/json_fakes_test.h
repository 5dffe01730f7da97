// For tests of the engine that look at the records themselves: the fakes, with JSON lines.
#pragma once

#include <memory>

#include "data/print.h"
#include "engine/fakes.h"
#include "format/json/json.h"

namespace headwater::fakes {

/// The same targets, with records as JSON lines.
class JsonComponents final : public FakeComponents {
  public:
    explicit JsonComponents(Landing& landing) : FakeComponents(landing) {
        landing.line_of = [](const std::string&, const Batch& batch, uint32_t i) {
            return row_as_record(batch, i).bytes + "\n";
        };
    }
    Result<std::unique_ptr<Format>> format(const OutputPlan&) const override { return make_json_format(false); }
};

}  // namespace headwater::fakes
