// For the fault `replay`: an old interval comes again.
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Replay final : public Fault {
  public:
    explicit Replay(const FaultPlan& plan) : after_(plan.option("after").low) {}

    bool holds() const override { return true; }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.copy(stroke.row, after_);
        batch.note_sent(stroke.row, "again after " + spell_duration(after_));
    }

  private:
    int64_t after_;
};

}  // namespace

FaultVerb replay_fault() {
    return {.name = "replay",
            .group = FaultGroup::traffic,
            .help = "The records of the window come a second time, in their order and at their pace.",
            .options = {{"after", FaultOptionKind::durations, "1h", "how much later"}},
            .make = make_fault<Replay>};
}

}  // namespace headwater
