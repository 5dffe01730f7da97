// For the fault `silence`: some keys say nothing for a while.
#include "chaos/broken_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Silence final : public Fault {
  public:
    void strike(BrokenBatch& batch, const Stroke& stroke) const override {
        batch.remove(stroke.row);
        batch.note(stroke.row);
    }
};

}  // namespace

FaultVerb silence_fault() {
    return {.name = "silence",
            .group = FaultGroup::traffic,
            .help = "All records of some keys or entities are lost, for as long as the window lasts.",
            .by_key = true,
            .make = [](const FaultPlan&) -> std::unique_ptr<Fault> { return std::make_unique<Silence>(); }};
}

}  // namespace headwater
