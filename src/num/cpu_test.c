/* cpu.c: what it reports must be usable, and picking a build must follow it. */
#include "cpu.h"

#include "kernel.h"

#include "harness.h"

TEST(cpu_features_are_stable) {
    CHECK_EQUAL(chevmi_cpu_features(), chevmi_cpu_features());
}

#if defined(__x86_64__)
TEST(cpu_features_agree_with_the_compilers_run_time) {
    const unsigned features = chevmi_cpu_features();
    __builtin_cpu_init();
    CHECK(((features & CHEVMI_CPU_BMI2) != 0) <= (__builtin_cpu_supports("bmi2") != 0));
    CHECK(((features & CHEVMI_CPU_AVX2) != 0) == (__builtin_cpu_supports("avx2") != 0));
    CHECK(((features & CHEVMI_CPU_AVX512) != 0) ==
          (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512bw") != 0));
}
#endif

TEST(cpu_select_takes_the_first_build_that_fits) {
    static const chevmi_num_kernel *const all[] = {
#define KERNEL_ADDRESS(name) &name,
        CHEVMI_NUM_KERNEL_ROWS(KERNEL_ADDRESS)
#undef KERNEL_ADDRESS
    };
    const size_t count = sizeof all / sizeof all[0];
    CHECK(chevmi_num_select(0) == &chevmi_num_plain);
    CHECK(chevmi_num_select(~0u) == all[0]);
    CHECK_EQUAL(all[count - 1]->features, 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(chevmi_num_select(all[i]->features) == all[i]);
    }
    chevm_num_init();
}
