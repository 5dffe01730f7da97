// For the fault `orphan`: a key points nowhere.
#include <cstdio>

#include "base/random.h"
#include "chaos/field_fault.h"
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

class Orphan final : public FieldFault {
  public:
    using FieldFault::FieldFault;

  private:
    std::string refuses(Kind kind) const override {
        const bool is_key =
            kind == Kind::text || kind == Kind::uuid || kind == Kind::integer || kind == Kind::enumeration;
        return is_key ? "" : "Only a text, uuid or integer can point nowhere";
    }
    bool change(OutgoingBatch& batch, const Stroke& stroke, bool, const std::string&) const override {
        const uint64_t word = draw(stroke.base, key_of("orphan"));
        if (kind() == Kind::integer)
            batch.set_integer(edited(), stroke.row, -1 - static_cast<int64_t>(word >> 34));
        else
            batch.set_text(edited(), stroke.row, kind() == Kind::uuid ? uuid_of(stroke.base) : text_of(word));
        return true;
    }
};

}  // namespace

FaultVerb orphan_fault() {
    return {.name = "orphan",
            .group = FaultGroup::records,
            .help = "A key points to nothing: text becomes orphan-…, an integer negative, a uuid another one.",
            .options = {{"field", FaultOptionKind::field, "", "the key"}},
            .make = make_fault<Orphan>};
}

}  // namespace headwater
