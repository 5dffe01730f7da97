// For the fault `oversize`: a record is far larger than any other.
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Oversize final : public Fault {
  public:
    explicit Oversize(const FaultPlan& plan) : size_(static_cast<size_t>(plan.option("size").low)) {}

    bool damages() const override { return true; }

    void damage(std::vector<std::string>& pieces, uint64_t base) const override {
        (void)base;
        std::string& bytes = pieces.front();
        constexpr std::string_view head = R"(,"padding":")", tail = R"("})";
        if (bytes.size() + head.size() + tail.size() >= size_) return;
        if (!bytes.ends_with('}') || bytes.ends_with("{}")) return bytes.append(size_ - bytes.size(), 'x'), void();
        bytes.pop_back();
        bytes += head;
        bytes.append(size_ - bytes.size() - tail.size(), 'x');
        bytes += tail;
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.damage(stroke.row, stroke.base);
        batch.note_sent(stroke.row, std::to_string(size_) + " bytes");
    }

  private:
    size_t size_;
};

}  // namespace

FaultVerb oversize_fault() {
    return {.name = "oversize",
            .group = FaultGroup::wire,
            .help = "A record is far larger than any other: filled up with a field named padding, or with x.",
            .options = {{"size", FaultOptionKind::size, "2MiB", "what it grows to"}},
            .make = make_fault<Oversize>};
}

}  // namespace headwater
