// For the fault `drop`: a record is generated and never delivered.
#include "chaos/broken_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Drop final : public Fault {
  public:
    void strike(BrokenBatch& batch, const Stroke& stroke) const override {
        batch.remove(stroke.row);
        batch.note(stroke.row);
    }
};

}  // namespace

FaultVerb drop_fault() {
    return {.name = "drop",
            .group = FaultGroup::records,
            .help = "Records are lost.",
            .make = [](const FaultPlan&) -> std::unique_ptr<Fault> { return std::make_unique<Drop>(); }};
}

}  // namespace headwater
