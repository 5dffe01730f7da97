// For finding the kernel of an instruction among the families.
#include "generate/kernels/kernel.h"

#include "base/check.h"

namespace headwater {

const Constant* Binding::constant(Reg reg) const {
    for (const Constant& constant : program.constants)
        if (constant.reg == reg) return &constant;
    return nullptr;
}

void bind_kernel(Step& step, const Binding& binding) {
    for (auto* bind : {bind_address, bind_alias, bind_sample, bind_arithmetic, bind_convert, bind_choice, bind_compare,
                       bind_time, bind_text, bind_concat, bind_frames}) {
        bind(step, binding);
        if (step.kernel != nullptr) return;
    }
    HW_CHECK(step.kernel != nullptr);
}

}  // namespace headwater
