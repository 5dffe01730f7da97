// For the fault `remove_field`: a field is missing from the record.
#include "chaos/outgoing_batch.h"
#include "chaos/schema_change.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class RemoveField final : public Fault {
  public:
    explicit RemoveField(const FaultPlan& plan) : field_(plan.option("field").text) {}

    bool reshapes() const override { return true; }

    Result<void> prepare(OutgoingShape& shape) override {
        const auto field = shape.field(field_);
        return field ? Result<void>{} : std::unexpected(field.error());
    }

    void reshape(Schema& schema) const override { remove_field(schema, field_); }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.reshape(stroke.row);
        batch.note_field(stroke.row, field_, print_field(batch, field_, stroke.row), "");
    }

  private:
    std::string field_;
};

}  // namespace

FaultVerb remove_field_fault() {
    return {.name = "remove_field",
            .group = FaultGroup::schema,
            .help = "A field is missing.",
            .options = {{"field", FaultOptionKind::field, "", "which one"}},
            .make = make_fault<RemoveField>};
}

}  // namespace headwater
