// For the fault `flip_bits`: some bits are wrong.
#include "base/random.h"
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class FlipBits final : public Fault {
  public:
    explicit FlipBits(const FaultPlan& plan) : bits_(plan.option("bits").low) {}

    bool damages() const override { return true; }

    void damage(std::vector<std::string>& pieces, uint64_t base) const override {
        std::string& bytes = pieces.front();
        for (int64_t i = 0; i < bits_ && !bytes.empty(); ++i) {
            const uint64_t bit = below(draw(base, key_of("bit " + std::to_string(i))), bytes.size() * 8);
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
        }
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.damage(stroke.row, stroke.base);
        batch.note_sent(stroke.row, std::to_string(bits_) + " bits wrong");
    }

  private:
    int64_t bits_;
};

}  // namespace

FaultVerb flip_bits_fault() {
    return {.name = "flip_bits",
            .group = FaultGroup::wire,
            .help = "Some bits are wrong.",
            .options = {{"bits", FaultOptionKind::count, "1", "how many"}},
            .make = make_fault<FlipBits>};
}

}  // namespace headwater
