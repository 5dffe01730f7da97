// For the fault `reorder`: a record falls back behind those that follow it.
#include "base/random.h"
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Reorder final : public Fault {
  public:
    explicit Reorder(const FaultPlan& plan) : within_(plan.option("within").low) {}

    bool holds() const override { return true; }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        const auto range = static_cast<uint64_t>(within_);
        const auto passes = static_cast<int64_t>(below(draw(stroke.base, key_of("within")), range)) + 1;
        batch.hold_for(stroke.row, passes);
        batch.note_sent(stroke.row, std::to_string(passes) + " records later");
    }

  private:
    int64_t within_;
};

}  // namespace

FaultVerb reorder_fault() {
    return {.name = "reorder",
            .group = FaultGroup::records,
            .help = "Records fall back behind a few of those that follow them in the stream.",
            .options = {{"within", FaultOptionKind::count, "10", "records that may overtake, at most"}},
            .make = make_fault<Reorder>};
}

}  // namespace headwater
