/** kernel.h: the builds of the costly word operations and how one is picked; internal to src/num.
 *
 *  The one idea: kernel_tmpl.h is compiled once per machine class, each build fills one
 *  chevmi_num_kernel, and the public functions jump through the one that chevm_num_init picked. */
#ifndef CHEVMI_NUM_KERNEL_H
#define CHEVMI_NUM_KERNEL_H

#include <coldevm/u256.h>

typedef void chevmi_binary_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                                  chevm_num_cache *cache);
typedef void chevmi_ternary_cached(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                                   const chevm_u256 *m, chevm_num_cache *cache);

/** One build. Contracts as in u256.h; cache may be NULL. */
typedef struct chevmi_num_kernel {
    const char *name;
    unsigned features; /* bits of cpu.h that the build needs */
    chevmi_binary_cached *div;
    chevmi_binary_cached *mod;
    chevmi_ternary_cached *addmod;
    chevmi_ternary_cached *mulmod;
    void (*exp)(chevm_u256 *out, const chevm_u256 *base, const chevm_u256 *exponent);
} chevmi_num_kernel;

/** The builds there are, the most demanding first; the last one runs anywhere. */
#if defined(__x86_64__) && CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM
#define CHEVMI_NUM_KERNEL_ROWS(X) X(chevmi_num_direct) X(chevmi_num_adx) X(chevmi_num_plain)
#else
#define CHEVMI_NUM_KERNEL_ROWS(X) X(chevmi_num_plain)
#endif

#define CHEVMI_NUM_KERNEL_DECLARE(name) extern const chevmi_num_kernel name;
CHEVMI_NUM_KERNEL_ROWS(CHEVMI_NUM_KERNEL_DECLARE)
#undef CHEVMI_NUM_KERNEL_DECLARE

/** chevmi_num_select makes the first build whose needs are all in `features` the current one and
 *  returns it. Tests use it to walk all builds. */
const chevmi_num_kernel *chevmi_num_select(unsigned features);

#endif
