// For the fault `truncate`: a record ends too early.
#include "base/random.h"
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Truncate final : public Fault {
  public:
    bool damages() const override { return true; }

    void damage(std::vector<std::string>& pieces, uint64_t base) const override {
        std::string& bytes = pieces.front();
        bytes.resize(static_cast<size_t>(below(draw(base, key_of("end")), bytes.size())));
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.damage(stroke.row, stroke.base);
        batch.note_sent(stroke.row, "cut short");
    }
};

}  // namespace

FaultVerb truncate_fault() {
    return {.name = "truncate",
            .group = FaultGroup::wire,
            .help = "A record ends somewhere in the middle.",
            .make = make_fault<Truncate>};
}

}  // namespace headwater
