/* cpu.c: feature bits from cpuid, with the check that the system saves the vector registers. */
#include "cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>

#define LEAF1_OSXSAVE   (1u << 27)
#define LEAF81_C_LZCNT  (1u << 5)
#define LEAF7_B_BMI1    (1u << 3)
#define LEAF7_B_AVX2    (1u << 5)
#define LEAF7_B_BMI2    (1u << 8)
#define LEAF7_B_AVX512F (1u << 16)
#define LEAF7_B_ADX     (1u << 19)
#define LEAF7_B_AVX512W (1u << 30)
#define LEAF7_B_AVX512V (1u << 31)
#define LEAF7_C_VAES    (1u << 9)
#define STATE_YMM       0x06u
#define STATE_ZMM       0xe6u

static unsigned enabled_state(void) {
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static bool has(unsigned word, unsigned bits) {
    return (word & bits) == bits;
}

unsigned chevmi_cpu_features(void) {
    unsigned a, b, c, d, features = 0, state = 0, lzcnt = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d)) {
        return 0;
    }
    if (has(c, LEAF1_OSXSAVE)) {
        state = enabled_state();
    }
    if (__get_cpuid(0x80000001u, &a, &b, &c, &d)) {
        lzcnt = c;
    }
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        return 0;
    }
    if (has(b, LEAF7_B_BMI1 | LEAF7_B_BMI2) && has(lzcnt, LEAF81_C_LZCNT)) {
        features |= CHEVMI_CPU_BMI2;
    }
    features |= has(b, LEAF7_B_ADX) ? CHEVMI_CPU_ADX : 0;
    features |= has(b, LEAF7_B_AVX2) && has(state, STATE_YMM) ? CHEVMI_CPU_AVX2 : 0;
    if (has(b, LEAF7_B_AVX512F | LEAF7_B_AVX512W | LEAF7_B_AVX512V) && has(state, STATE_ZMM)) {
        features |= CHEVMI_CPU_AVX512;
    }
    /* Nothing reports the divider; the wide AES units came with the fast one (Ice Lake, Zen 3). */
    features |= has(c, LEAF7_C_VAES) ? CHEVMI_CPU_FAST_DIVIDE : 0;
    return features;
}

#else

unsigned chevmi_cpu_features(void) {
    return 0;
}

#endif
