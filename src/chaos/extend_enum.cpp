// For the fault `extend_enum`: a value appears that is none of the known ones.
#include "chaos/broken_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class ExtendEnum final : public Fault {
  public:
    explicit ExtendEnum(const FaultPlan& plan) : field_(plan.option("field").text), value_(plan.option("value").text) {}

    Result<void> prepare(BrokenShape& shape) override {
        const auto field = shape.field(field_);
        if (!field) return std::unexpected(field.error());
        const Kind kind = (*field)->type.kind;
        if (kind != Kind::text && kind != Kind::enumeration)
            return fail(ErrorKind::invalid,
                        "Only a text can have a new value, not " + spell((*field)->type) + ": " + field_);
        auto edited = shape.edit(field_);
        if (!edited) return std::unexpected(edited.error());
        edited_ = *edited;
        return {};
    }

    void strike(BrokenBatch& batch, const Stroke& stroke) const override {
        std::string was;
        const bool had_value = batch.print(edited_, stroke.row, was);
        if (had_value && was == value_) return;
        batch.set_text(edited_, stroke.row, value_);
        batch.note_edit(stroke.row, edited_, had_value, std::move(was));
    }

  private:
    std::string field_, value_;
    int edited_ = 0;
};

}  // namespace

FaultVerb extend_enum_fault() {
    return {.name = "extend_enum",
            .group = FaultGroup::schema,
            .help = "A value appears that is none of those a field had so far.",
            .options = {{"field", FaultOptionKind::field, "", "which one"},
                        {"value", FaultOptionKind::word, "UNKNOWN", "the new value"}},
            .make = [](const FaultPlan& plan) -> std::unique_ptr<Fault> { return std::make_unique<ExtendEnum>(plan); }};
}

}  // namespace headwater
