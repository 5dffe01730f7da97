// For the fault `nullify`: a value is missing.
#include "chaos/broken_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Nullify final : public Fault {
  public:
    explicit Nullify(const FaultPlan& plan) : field_(plan.option("field").text) {}

    Result<void> prepare(BrokenShape& shape) override {
        auto edited = shape.edit(field_);
        if (!edited) return std::unexpected(edited.error());
        edited_ = *edited;
        return {};
    }

    void strike(BrokenBatch& batch, const Stroke& stroke) const override {
        std::string was;
        if (!batch.print(edited_, stroke.row, was)) return;  // was null already
        batch.set_null(edited_, stroke.row);
        batch.note_edit(stroke.row, edited_, true, std::move(was));
    }

  private:
    std::string field_;
    int edited_ = 0;
};

}  // namespace

FaultVerb nullify_fault() {
    return {.name = "nullify",
            .group = FaultGroup::records,
            .help = "A value is null. Records whose value is null anyway are not struck.",
            .options = {{"field", FaultOptionKind::field, "", "which value"}},
            .make = [](const FaultPlan& plan) -> std::unique_ptr<Fault> { return std::make_unique<Nullify>(plan); }};
}

}  // namespace headwater
