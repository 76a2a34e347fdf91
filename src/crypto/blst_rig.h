/** blst_rig.h: makes blst forget what this machine can do, so that tests reach the assembly it
 * keeps for older ones. */
#ifndef CHEVMI_BLST_RIG_H
#define CHEVMI_BLST_RIG_H

#include <stdbool.h>

#if defined(__x86_64__)

/* Bit 0 ADX, bit 1 SHA-NI; set before main, read by every kernel that has two bodies. */
extern int __blst_platform_cap;

/** blst_rig_forget takes the machine for one without ADX and SHA-NI, or gives back what it has.
 *  Returns false, and does nothing, where there is nothing to forget. */
static inline bool blst_rig_forget(bool forget) {
    static int known;
    known |= __blst_platform_cap;
    __blst_platform_cap = forget ? 0 : known;
    return known != 0;
}

#else

static inline bool blst_rig_forget(bool forget) {
    (void)forget;
    return false;
}

#endif

#endif
