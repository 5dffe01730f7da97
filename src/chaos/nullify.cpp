// For the fault `nullify`: a value is missing.
#include "chaos/field_fault.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

class Nullify final : public FieldFault {
  public:
    using FieldFault::FieldFault;

  private:
    bool change(OutgoingBatch& batch, const Stroke& stroke, bool had_value, const std::string&) const override {
        if (had_value) batch.set_null(edited(), stroke.row);
        return had_value;
    }
};

}  // namespace

FaultVerb nullify_fault() {
    return {.name = "nullify",
            .group = FaultGroup::records,
            .help = "A value is null. Records whose value is null anyway are not struck.",
            .options = {{"field", FaultOptionKind::field, "", "which value"}},
            .make = make_fault<Nullify>};
}

}  // namespace headwater
