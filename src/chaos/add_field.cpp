// For the fault `add_field`: a field nobody knows of appears.
#include "chaos/outgoing_batch.h"
#include "chaos/schema_change.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class AddField final : public Fault {
  public:
    explicit AddField(const FaultPlan& plan) : field_(plan.option("field").text), value_(plan.option("value").text) {}

    bool reshapes() const override { return true; }

    Result<void> prepare(OutgoingShape& shape) override {
        if (!shape.field(field_)) return {};
        return fail(ErrorKind::invalid, "Stream has this field already: " + field_);
    }

    void reshape(Schema& schema) const override { add_field(schema, field_, value_); }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.reshape(stroke.row);
        batch.note_field(stroke.row, field_, "", value_);
    }

  private:
    std::string field_, value_;
};

}  // namespace

FaultVerb add_field_fault() {
    return {.name = "add_field",
            .group = FaultGroup::schema,
            .help = "A field nobody knows of appears at the end of the record.",
            .options = {{"field", FaultOptionKind::word, "", "its name"},
                        {"value", FaultOptionKind::word, "", "what it holds: a number, true, false, null or text"}},
            .make = make_fault<AddField>};
}

}  // namespace headwater
