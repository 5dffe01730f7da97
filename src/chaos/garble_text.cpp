// For the fault `garble_text`: text is no text any more.
#include "base/random.h"
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class GarbleText final : public Fault {
  public:
    explicit GarbleText(const FaultPlan& plan) : is_quote_(plan.option("how").text == "quote") {}

    bool damages() const override { return true; }

    void damage(std::vector<std::string>& pieces, uint64_t base) const override {
        std::string& bytes = pieces.front();
        if (bytes.empty()) return;
        const auto from = static_cast<size_t>(below(draw(base, key_of("place")), bytes.size()));
        if (!is_quote_) {
            bytes[from] = static_cast<char>(0xff);
            return;
        }
        size_t quote = bytes.find('"', from);
        if (quote == std::string::npos) quote = bytes.find('"');
        if (quote == std::string::npos)
            bytes.insert(from, 1, '"');
        else
            bytes.erase(quote, 1);
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.damage(stroke.row, stroke.base);
        batch.note_sent(stroke.row, is_quote_ ? "a quote wrong" : "invalid UTF-8");
    }

  private:
    bool is_quote_;
};

}  // namespace

FaultVerb garble_text_fault() {
    return {.name = "garble_text",
            .group = FaultGroup::wire,
            .help = "Text is broken: bytes that are no UTF-8, or a quote that is missing.",
            .options = {{"how", FaultOptionKind::choice, "utf8", "what is broken", {"utf8", "quote"}}},
            .make = make_fault<GarbleText>};
}

}  // namespace headwater
