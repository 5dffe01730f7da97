// For the fault `extend_enum`: a value appears that is none of the known ones.
#include "chaos/field_fault.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class ExtendEnum final : public FieldFault {
  public:
    explicit ExtendEnum(const FaultPlan& plan) : FieldFault(plan), value_(plan.option("value").text) {}

  private:
    std::string refuses(Kind kind) const override {
        return kind == Kind::text || kind == Kind::enumeration ? "" : "Only a text can have a new value";
    }
    bool change(OutgoingBatch& batch, const Stroke& stroke, bool had_value, const std::string& was) const override {
        if (had_value && was == value_) return false;
        batch.set_text(edited(), stroke.row, value_);
        return true;
    }

    std::string value_;
};

}  // namespace

FaultVerb extend_enum_fault() {
    return {.name = "extend_enum",
            .group = FaultGroup::schema,
            .help = "A value appears that is none of those a field had so far.",
            .options = {{"field", FaultOptionKind::field, "", "which one"},
                        {"value", FaultOptionKind::word, "UNKNOWN", "the new value"}},
            .make = make_fault<ExtendEnum>};
}

}  // namespace headwater
