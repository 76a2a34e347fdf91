/* cpu.c: which build of the fast engine this processor gets. */
#include "internal.h"

const void *const *(*chevmi_fast_for_cpu(void))(chevm *vm) {
#if defined(CHEVMI_HAVE_V3)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) {
        return chevmi_run_fast_v3;
    }
#endif
    return chevmi_run_fast;
}
