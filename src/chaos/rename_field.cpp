// For the fault `rename_field`: a field has another name.
#include "chaos/outgoing_batch.h"
#include "chaos/schema_change.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class RenameField final : public Fault {
  public:
    explicit RenameField(const FaultPlan& plan) : field_(plan.option("field").text), to_(plan.option("to").text) {}

    bool reshapes() const override { return true; }

    Result<void> prepare(OutgoingShape& shape) override {
        const auto field = shape.field(field_);
        return field ? Result<void>{} : std::unexpected(field.error());
    }

    void reshape(Schema& schema) const override { rename_field(schema, field_, to_); }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.reshape(stroke.row);
        batch.note_field(stroke.row, field_, field_, to_);
    }

  private:
    std::string field_, to_;
};

}  // namespace

FaultVerb rename_field_fault() {
    return {.name = "rename_field",
            .group = FaultGroup::schema,
            .help = "A field has another name.",
            .options = {{"field", FaultOptionKind::field, "", "which one"},
                        {"to", FaultOptionKind::word, "", "the other name"}},
            .make = make_fault<RenameField>};
}

}  // namespace headwater
