// For saying plainly, before any other code of ours runs, that this build needs a newer processor.
// The file is compiled for every x86-64 processor and keeps to C: nothing that is shared with other files may be linked in.
#if defined(__x86_64__) && !defined(HEADWATER_PORTABLE)

#include <unistd.h>

static void check_processor(int, char**, char**) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) return;
    static const char message[] =
        "headwater: this build needs an x86-64-v3 processor (AVX2, BMI2, FMA); "
        "build it with -DHEADWATER_PORTABLE=ON for this one\n";
    if (write(2, message, sizeof message - 1) < 0) _exit(2);
    _exit(2);
}

// Runs before the constructors of static objects, which may use the newer instructions already.
__attribute__((section(".preinit_array"), used)) static void (*const check_before_all)(int, char**,
                                                                                       char**) = check_processor;

#endif
