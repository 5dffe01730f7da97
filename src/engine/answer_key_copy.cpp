// For reading back what a run delivered of its answer key.
#include "engine/answer_key_copy.h"

#include "engine/wiring.h"

namespace headwater {

Result<std::optional<std::string>> read_answer_key(const Plan& plan, const std::string& run, const std::string& name,
                                                   const Components& components, RealTime& time) {
    StopToken at_once;  // the first failure of a target ends it
    at_once.request();
    DeadLetters none("");
    const Delivery delivery{time, at_once, none};
    auto wiring = wire(plan, {.run = run}, components, delivery);
    if (!wiring) return std::unexpected(wiring.error());
    for (size_t lane = 0; lane < wiring->lanes.size(); ++lane) {
        if (!wiring->uses[lane].is_answer_key) continue;
        auto text = wiring->lanes[lane]->read(name);
        if (!text || *text) return text;
    }
    return std::nullopt;
}

}  // namespace headwater
