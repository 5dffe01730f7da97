// For the fault `burst`: what was held up arrives all at once.
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Burst final : public Fault {
  public:
    explicit Burst(const FaultPlan& plan) : window_(plan.window) {}

    bool holds() const override { return true; }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        const int64_t end = window_.end_of(stroke.time);
        const int64_t arrival = batch.arrival(stroke.row);
        if (arrival >= end) return;
        batch.hold_until(stroke.row, end);
        batch.note_sent(stroke.row, "after " + spell_duration(end - arrival));
    }

  private:
    FaultWindow window_;
};

}  // namespace

FaultVerb burst_fault() {
    return {.name = "burst",
            .group = FaultGroup::traffic,
            .help = "Records of some keys or entities are held up and arrive all at once when the window ends.",
            .by_key = true,
            .make = make_fault<Burst>};
}

}  // namespace headwater
