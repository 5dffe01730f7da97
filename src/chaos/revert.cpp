// For the fault `revert`: an old version comes again, behind newer ones.
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Revert final : public Fault {
  public:
    explicit Revert(const FaultPlan& plan) : after_(plan.option("after")) {}

    bool holds() const override { return true; }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        const int64_t delay = draw_duration(after_, stroke.base, "after");
        batch.copy(stroke.row, delay);
        batch.note_sent(stroke.row, "old version again after " + spell_duration(delay));
    }

  private:
    FaultValue after_;
};

}  // namespace

FaultVerb revert_fault() {
    return {.name = "revert",
            .group = FaultGroup::records,
            .help = "An old version of a record comes again, when newer ones of its key are there already.",
            .options = {{"after", FaultOptionKind::durations, "1min..10min", "how much later"}},
            .make = make_fault<Revert>};
}

}  // namespace headwater
