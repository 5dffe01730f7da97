// For the fault `perturb`: a number is out of range, has the wrong sign or the wrong unit.
#include <cmath>

#include "base/time.h"
#include "chaos/field_fault.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

constexpr int64_t days_of_a_century = 36'525;
constexpr int64_t century = days_of_a_century * 24 * 3600 * micros_per_second;

class Perturb final : public FieldFault {
  public:
    explicit Perturb(const FaultPlan& plan)
        : FieldFault(plan), is_sign_(plan.option("how").text == "sign"), factor_(plan.option("factor").number) {}

  private:
    std::string refuses(Kind kind) const override {
        const bool is_number = kind == Kind::integer || kind == Kind::real || kind == Kind::decimal ||
                               kind == Kind::duration || kind == Kind::instant || kind == Kind::date;
        return is_number ? "" : "Only numbers and times can be perturbed";
    }
    bool change(OutgoingBatch& batch, const Stroke& stroke, bool had_value, const std::string&) const override {
        if (!had_value) return false;
        if (batch.storage_of(edited()) == Storage::f64)
            batch.set_real(edited(), stroke.row, changed(batch.real(edited(), stroke.row)));
        else
            batch.set_integer(edited(), stroke.row, changed(batch.integer(edited(), stroke.row)));
        return true;
    }
    double changed(double value) const {
        if (is_sign_) return value == 0 ? -1 : -value;
        return value == 0 ? factor_ : value * factor_;
    }
    int64_t changed(int64_t value) const {
        if (kind() == Kind::instant) return is_sign_ ? value - century : value + century;
        if (kind() == Kind::date) return is_sign_ ? value - days_of_a_century : value + days_of_a_century;
        if (is_sign_) return value == 0 ? -1 : -value;
        constexpr double most = 9e18;
        return std::llround(std::fmin(std::fmax(changed(static_cast<double>(value)), -most), most));
    }

    bool is_sign_;
    double factor_;
};

}  // namespace

FaultVerb perturb_fault() {
    return {
        .name = "perturb",
        .group = FaultGroup::records,
        .help =
            "A number is out of range or in another unit (multiplied), or of the wrong sign; a time is a century away.",
        .options = {{"field", FaultOptionKind::field, "", "which value"},
                    {"how", FaultOptionKind::choice, "range", "what is wrong with it", {"range", "unit", "sign"}},
                    {"factor", FaultOptionKind::number, "1000", "what range and unit multiply by"}},
        .make = make_fault<Perturb>};
}

}  // namespace headwater
