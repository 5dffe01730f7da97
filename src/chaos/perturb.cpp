// For the fault `perturb`: a number is out of range, has the wrong sign or the wrong unit.
#include <cmath>

#include "base/time.h"
#include "chaos/broken_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

constexpr int64_t days_of_a_century = 36'525;
constexpr int64_t century = days_of_a_century * 24 * 3600 * micros_per_second;

class Perturb final : public Fault {
  public:
    explicit Perturb(const FaultPlan& plan)
        : field_(plan.option("field").text),
          is_sign_(plan.option("how").text == "sign"),
          factor_(plan.option("factor").number) {}

    Result<void> prepare(BrokenShape& shape) override {
        const auto field = shape.field(field_);
        if (!field) return std::unexpected(field.error());
        kind_ = (*field)->type.kind;
        const bool is_number = kind_ == Kind::integer || kind_ == Kind::real || kind_ == Kind::decimal ||
                               kind_ == Kind::duration || kind_ == Kind::instant || kind_ == Kind::date;
        if (!is_number)
            return fail(ErrorKind::invalid,
                        "Only numbers and times can be perturbed, not " + spell((*field)->type) + ": " + field_);
        auto edited = shape.edit(field_);
        if (!edited) return std::unexpected(edited.error());
        edited_ = *edited;
        return {};
    }

    void strike(BrokenBatch& batch, const Stroke& stroke) const override {
        std::string was;
        if (!batch.print(edited_, stroke.row, was)) return;  // nothing to perturb
        if (batch.storage_of(edited_) == Storage::f64)
            batch.set_real(edited_, stroke.row, changed(batch.real(edited_, stroke.row)));
        else
            batch.set_integer(edited_, stroke.row, changed(batch.integer(edited_, stroke.row)));
        batch.note_edit(stroke.row, edited_, true, std::move(was));
    }

  private:
    double changed(double value) const {
        if (is_sign_) return value == 0 ? -1 : -value;
        return value == 0 ? factor_ : value * factor_;
    }
    int64_t changed(int64_t value) const {
        if (kind_ == Kind::instant) return is_sign_ ? value - century : value + century;
        if (kind_ == Kind::date) return is_sign_ ? value - days_of_a_century : value + days_of_a_century;
        if (is_sign_) return value == 0 ? -1 : -value;
        constexpr double most = 9e18;
        return std::llround(std::fmin(std::fmax(changed(static_cast<double>(value)), -most), most));
    }

    std::string field_;
    bool is_sign_;
    double factor_;
    int edited_ = 0;
    Kind kind_ = Kind::null;
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
        .make = [](const FaultPlan& plan) -> std::unique_ptr<Fault> { return std::make_unique<Perturb>(plan); }};
}

}  // namespace headwater
