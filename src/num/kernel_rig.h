/** kernel_rig.h: runs a check on every build of the word operations that this machine can execute;
 *  for tests and fuzz targets only. */
#ifndef CHEVMI_NUM_KERNEL_RIG_H
#define CHEVMI_NUM_KERNEL_RIG_H

#include "cpu.h"
#include "kernel.h"

/** All answers to one set of operands. */
typedef struct kernel_answers {
    chevm_u256 div, mod, sdiv, smod, addmod, mulmod;
} kernel_answers;

/** The builds, and a cache for each that lives as long as the program. */
#define KERNEL_RIG_ADDRESS(name) &name,
static const chevmi_num_kernel *const KERNEL_RIG_BUILDS[] = {
    CHEVMI_NUM_KERNEL_ROWS(KERNEL_RIG_ADDRESS)};
#undef KERNEL_RIG_ADDRESS
#define KERNEL_RIG_COUNT (sizeof KERNEL_RIG_BUILDS / sizeof KERNEL_RIG_BUILDS[0])

/** kernel_rig_select makes build `i` the current one; false if this machine cannot run it. */
static inline bool kernel_rig_select(size_t i) {
    static unsigned features;
    if (features == 0) {
        features = chevmi_cpu_features();
    }
    if ((KERNEL_RIG_BUILDS[i]->features & ~features) != 0) {
        return false;
    }
    return chevmi_num_select(KERNEL_RIG_BUILDS[i]->features) == KERNEL_RIG_BUILDS[i];
}

/** kernel_rig_answer computes everything with the current build; cache may be NULL. */
static inline kernel_answers kernel_rig_answer(const chevm_u256 *a, const chevm_u256 *b,
                                               const chevm_u256 *m, chevm_num_cache *cache) {
    kernel_answers got;
    chevm_u256_div_cached(&got.div, a, b, cache);
    chevm_u256_mod_cached(&got.mod, a, b, cache);
    chevm_u256_sdiv_cached(&got.sdiv, a, b, cache);
    chevm_u256_smod_cached(&got.smod, a, b, cache);
    chevm_u256_addmod_cached(&got.addmod, a, b, m, cache);
    chevm_u256_mulmod_cached(&got.mulmod, a, b, m, cache);
    return got;
}

#endif
