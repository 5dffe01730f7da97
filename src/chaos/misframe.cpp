// For the fault `misframe`: a record comes in two pieces.
#include "base/random.h"
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Misframe final : public Fault {
  public:
    bool damages() const override { return true; }

    void damage(std::vector<std::string>& pieces, uint64_t base) const override {
        std::string& bytes = pieces.front();
        if (bytes.size() < 2) return;
        const size_t cut = 1 + static_cast<size_t>(below(draw(base, key_of("cut")), bytes.size() - 1));
        std::string rest = bytes.substr(cut);
        bytes.resize(cut);
        pieces.insert(pieces.begin() + 1, std::move(rest));
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.damage(stroke.row, stroke.base);
        batch.note_sent(stroke.row, "in two pieces");
    }
};

}  // namespace

FaultVerb misframe_fault() {
    return {.name = "misframe",
            .group = FaultGroup::wire,
            .help = "A record is framed wrongly: it comes as two, cut in the middle.",
            .make = make_fault<Misframe>};
}

}  // namespace headwater
