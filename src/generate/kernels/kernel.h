// For what all column kernels share: the memory of one bound instruction, and how a kernel is found for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "data/program.h"
#include "generate/arena.h"

namespace headwater {

/// Rows that a kernel with scratch memory on its stack takes at a time.
inline constexpr uint32_t kernel_block = 512;

/// The rows of one frame in the current run.
struct FrameRows {
    uint32_t rows = 0;
    std::vector<uint32_t> offsets;   ///< rows of the parent + 1
    std::vector<uint32_t> selected;  ///< of a filtered frame: row in the source frame
};

struct Step;
/// Computes the result of one step for `rows` rows of its frame. Reads at most 64 bytes past the end of a column and writes
/// only inside its padded buffer. `d` never aliases an operand.
using Kernel = void (*)(const Step& step, uint32_t rows, TextArena& arena);

/// One instruction, bound to memory.
struct Step {
    Kernel kernel = nullptr;
    void* d = nullptr;
    const void* a = nullptr;
    const void* b = nullptr;
    const void* c = nullptr;
    const void* e = nullptr;
    const Ins* ins = nullptr;
    const FrameRows* lists =
        nullptr;  ///< expand: of this frame; total, lowest, highest, nth, size: of the child; compact: of this
    const void* table = nullptr;  ///< what `prepared` holds, as the kernel knows it
    size_t table_size = 0;
    std::shared_ptr<const void> prepared;  ///< made when the step was bound
    std::vector<const void*> parts;        ///< concat: memory of the registers of its parts

    template <class T>
    T* result() const {
        return static_cast<T*>(d);
    }
    template <class T>
    static const T* as(const void* memory) {
        return static_cast<const T*>(memory);
    }
};

/// What a finder may look at when it chooses a kernel for `step.ins`.
struct Binding {
    const Program& program;
    const Ins& ins;

    Phys phys(Reg reg) const { return program.registers[reg]; }
    /// Gives the constant that the register holds, or null.
    const Constant* constant(Reg reg) const;
};

// Each finder sets step.kernel and whatever the kernel needs when the instruction is of its family.
void bind_address(Step& step, const Binding& binding);
void bind_alias(Step& step, const Binding& binding);
void bind_sample(Step& step, const Binding& binding);
void bind_arithmetic(Step& step, const Binding& binding);
void bind_convert(Step& step, const Binding& binding);
void bind_choice(Step& step, const Binding& binding);
void bind_compare(Step& step, const Binding& binding);
void bind_time(Step& step, const Binding& binding);
void bind_text(Step& step, const Binding& binding);
void bind_concat(Step& step, const Binding& binding);
void bind_frames(Step& step, const Binding& binding);

/// Binds by all families; fails the check when none knows the instruction.
void bind_kernel(Step& step, const Binding& binding);

/// Keeps `value` with the step and lets its kernel see it as `table`.
template <class T>
const T& keep_prepared(Step& step, T&& value) {
    static_assert(!std::is_reference_v<T>, "give it away with std::move");
    auto kept = std::make_shared<const T>(std::move(value));
    step.table = kept.get();
    step.prepared = kept;
    return *kept;
}

}  // namespace headwater
