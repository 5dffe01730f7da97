// For the fault `duplicate`: a record is delivered more than once.
#include <string>

#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Duplicate final : public Fault {
  public:
    explicit Duplicate(const FaultPlan& plan) : after_(plan.option("after")), copies_(plan.option("copies").low) {}

    bool holds() const override { return after_.high > 0; }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        std::string sent;
        for (int64_t i = 0; i < copies_; ++i) {
            const int64_t delay = draw_duration(after_, stroke.base, "after " + std::to_string(i));
            batch.copy(stroke.row, delay);
            sent += (i > 0 ? ", " : "again after ") + spell_duration(delay);
        }
        batch.note_sent(stroke.row, std::move(sent));
    }

  private:
    FaultValue after_;
    int64_t copies_;
};

}  // namespace

FaultVerb duplicate_fault() {
    return {.name = "duplicate",
            .group = FaultGroup::records,
            .help = "Records are delivered more than once.",
            .options = {{"copies", FaultOptionKind::count, "1", "deliveries beside the first"},
                        {"after", FaultOptionKind::durations, "0s", "how much later each comes"}},
            .make = make_fault<Duplicate>};
}

}  // namespace headwater
