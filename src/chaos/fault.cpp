// For breaking data on purpose: what a fault is, which options it has, and what it may do to a record.
#include "chaos/fault.h"

#include <algorithm>

#include "base/print.h"
#include "base/random.h"
#include "chaos/verbs.h"

namespace headwater {

const FaultValue& FaultPlan::option(std::string_view option_name) const {
    static const FaultValue absent;
    const auto found = options.find(option_name);
    return found == options.end() ? absent : found->second;
}

const std::vector<FaultVerb>& fault_verbs() {
    static const std::vector<FaultVerb> verbs = {
        drop_fault(),      duplicate_fault(),    delay_fault(),       reorder_fault(),      nullify_fault(),
        perturb_fault(),   orphan_fault(),       revert_fault(),      remove_field_fault(), rename_field_fault(),
        add_field_fault(), retype_field_fault(), extend_enum_fault(), evolve_fault(),       truncate_fault(),
        flip_bits_fault(), misframe_fault(),     garble_text_fault(), oversize_fault(),     silence_fault(),
        burst_fault(),     replay_fault(),       skew_clock_fault(),
    };
    return verbs;
}

const FaultVerb* find_fault_verb(std::string_view name) {
    const auto& verbs = fault_verbs();
    const auto found = std::ranges::find(verbs, name, &FaultVerb::name);
    return found == verbs.end() ? nullptr : &*found;
}

int64_t draw_duration(const FaultValue& value, uint64_t base, std::string_view place) {
    if (value.high <= value.low) return value.low;
    const uint64_t range = static_cast<uint64_t>(value.high) - static_cast<uint64_t>(value.low) + 1;
    return value.low + static_cast<int64_t>(below(draw(base, key_of(place)), range));
}

std::string spell_duration(int64_t micros) {
    char text[48];
    return {text, print_duration(text, micros)};
}

}  // namespace headwater
