// For the fault `skew_clock`: the clock of a device is wrong.
#include "base/random.h"
#include "chaos/outgoing_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class SkewClock final : public Fault {
  public:
    explicit SkewClock(const FaultPlan& plan) : by_(plan.option("by")), fields_(plan.option("fields").texts) {}

    Result<void> prepare(OutgoingShape& shape) override {
        if (fields_.empty())
            for (const Field& field : shape.schema().fields)
                if (field.type.kind == Kind::instant) fields_.push_back(field.name);
        if (fields_.empty())
            return fail(ErrorKind::invalid,
                        "Stream has no instant whose clock could be wrong: " + shape.schema().stream);
        for (const std::string& path : fields_) {
            const auto field = shape.field(path);
            if (!field) return std::unexpected(field.error());
            if ((*field)->type.kind != Kind::instant)
                return fail(ErrorKind::invalid, "Field is no instant but " + spell((*field)->type) + ": " + path);
            auto edited = shape.edit(path);
            if (!edited) return std::unexpected(edited.error());
            edited_.push_back(*edited);
        }
        return {};
    }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        // One clock is wrong by one and the same amount, ahead or behind.
        const int64_t amount = draw_duration(by_, stroke.key_base, "by");
        const bool is_behind = (draw(stroke.key_base, key_of("behind")) >> 63) != 0;
        for (int edited : edited_) {
            std::string was;
            if (!batch.print(edited, stroke.row, was)) continue;
            batch.set_integer(edited, stroke.row, batch.integer(edited, stroke.row) + (is_behind ? -amount : amount));
            batch.note_edit(stroke.row, edited, true, std::move(was));
        }
    }

  private:
    FaultValue by_;
    std::vector<std::string> fields_;
    std::vector<int> edited_;
};

}  // namespace

FaultVerb skew_clock_fault() {
    return {.name = "skew_clock",
            .group = FaultGroup::traffic,
            .help = "The clocks of some keys or entities are wrong, each by its own amount, ahead or behind.",
            .by_key = true,
            .options = {{"by", FaultOptionKind::durations, "", "by how much"},
                        {"fields", FaultOptionKind::fields, "-",
                         "the instants it writes; unless named, all of the record"}},
            .make = make_fault<SkewClock>};
}

}  // namespace headwater
