// For the fault `delay`: a record arrives later than it should, behind younger ones.
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Delay final : public Fault {
  public:
    explicit Delay(const FaultPlan& plan) : by_(plan.option("by")) {}

    bool holds() const override { return true; }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        const int64_t delay = draw_duration(by_, stroke.base, "by");
        batch.hold_until(stroke.row, batch.arrival(stroke.row) + delay);
        batch.note_sent(stroke.row, "after " + spell_duration(delay));
    }

  private:
    FaultValue by_;
};

}  // namespace

FaultVerb delay_fault() {
    return {.name = "delay",
            .group = FaultGroup::records,
            .help = "Records arrive late, up to a bound, behind younger ones; their event time stays.",
            .options = {{"by", FaultOptionKind::durations, "", "how late; the end of a range is the bound"}},
            .make = make_fault<Delay>};
}

}  // namespace headwater
