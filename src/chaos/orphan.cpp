// For the fault `orphan`: a key points nowhere.
#include <cstdio>

#include "base/random.h"
#include "chaos/broken_batch.h"
#include "chaos/verbs.h"

namespace headwater {

namespace {

std::string text_of(uint64_t word) {
    char text[32];
    std::snprintf(text, sizeof text, "orphan-%012llx", static_cast<unsigned long long>(word >> 16));
    return text;
}

/// Gives a random uuid (version 4), which no generator of the run draws again.
std::string uuid_of(uint64_t base) {
    const uint64_t high = draw(base, key_of("uuid 1")), low = draw(base, key_of("uuid 2"));
    char text[40];
    std::snprintf(text, sizeof text, "%08llx-%04llx-4%03llx-%04llx-%012llx",
                  static_cast<unsigned long long>(high >> 32), static_cast<unsigned long long>(high >> 16 & 0xffff),
                  static_cast<unsigned long long>(high & 0xfff),
                  static_cast<unsigned long long>(0x8000 | (low >> 48 & 0x3fff)),
                  static_cast<unsigned long long>(low & 0xffffffffffff));
    return text;
}

class Orphan final : public Fault {
  public:
    explicit Orphan(const FaultPlan& plan) : field_(plan.option("field").text) {}

    Result<void> prepare(BrokenShape& shape) override {
        const auto field = shape.field(field_);
        if (!field) return std::unexpected(field.error());
        kind_ = (*field)->type.kind;
        if (kind_ != Kind::text && kind_ != Kind::uuid && kind_ != Kind::integer && kind_ != Kind::enumeration)
            return fail(ErrorKind::invalid,
                        "Only a text, uuid or integer can point nowhere, not " + spell((*field)->type) + ": " + field_);
        auto edited = shape.edit(field_);
        if (!edited) return std::unexpected(edited.error());
        edited_ = *edited;
        return {};
    }

    void strike(BrokenBatch& batch, const Stroke& stroke) const override {
        std::string was;
        const bool had_value = batch.print(edited_, stroke.row, was);
        const uint64_t word = draw(stroke.base, key_of("orphan"));
        if (kind_ == Kind::integer)
            batch.set_integer(edited_, stroke.row, -1 - static_cast<int64_t>(word >> 34));
        else
            batch.set_text(edited_, stroke.row, kind_ == Kind::uuid ? uuid_of(stroke.base) : text_of(word));
        batch.note_edit(stroke.row, edited_, had_value, std::move(was));
    }

  private:
    std::string field_;
    Kind kind_ = Kind::null;
    int edited_ = 0;
};

}  // namespace

FaultVerb orphan_fault() {
    return {.name = "orphan",
            .group = FaultGroup::records,
            .help = "A key points to nothing: text becomes orphan-…, an integer negative, a uuid another one.",
            .options = {{"field", FaultOptionKind::field, "", "the key"}},
            .make = [](const FaultPlan& plan) -> std::unique_ptr<Fault> { return std::make_unique<Orphan>(plan); }};
}

}  // namespace headwater
