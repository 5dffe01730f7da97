// For the fault `retype_field`: a field has another type.
#include "chaos/outgoing_batch.h"
#include "chaos/schema_change.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class RetypeField final : public Fault {
  public:
    explicit RetypeField(const FaultPlan& plan) : field_(plan.option("field").text), type_(plan.option("type").text) {}

    bool reshapes() const override { return true; }

    Result<void> prepare(OutgoingShape& shape) override {
        const auto field = shape.field(field_);
        if (!field) return std::unexpected(field.error());
        return check_retype(**field, field_, type_);
    }

    void reshape(Schema& schema) const override { retype_field(schema, field_, type_); }

    void strike(OutgoingBatch& batch, const Stroke& stroke) const override {
        batch.reshape(stroke.row);
        batch.note_field(stroke.row, field_, print_field(batch, field_, stroke.row), type_);
    }

  private:
    std::string field_, type_;
};

}  // namespace

FaultVerb retype_field_fault() {
    return {.name = "retype_field",
            .group = FaultGroup::schema,
            .help = R"(A field has another type: 12.5 comes as "12.5" or as {"value": 12.5}.)",
            .options = {{"field", FaultOptionKind::field, "", "which one"},
                        {"type", FaultOptionKind::choice, "text", "what it becomes", {"text", "record"}}},
            .make = make_fault<RetypeField>};
}

}  // namespace headwater
