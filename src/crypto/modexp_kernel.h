/** modexp_kernel.h: the builds of multiplication of long numbers, in blocks of eight limbs;
 * internal to src/crypto.
 *
 *  Numbers are 8 * blocks limbs, lowest first. Montgomery numbers may be anything below
 *  R = 2^(512 blocks): reduce takes the modulus away only where a carry left R, which is rarer and
 *  cheaper than comparing; the last step of a power compares. */
#ifndef CHEVMI_MODEXP_KERNEL_H
#define CHEVMI_MODEXP_KERNEL_H

#include <coldheap/base.h>

#define CHEVMI_BLOCK 8u /* limbs */

/** A modulus of four limbs with its constants. */
typedef struct chevmi_four {
    uint64_t m[4];
    uint64_t fold[4]; /* 2^-64 mod m = (1 + k m) / 2^64 */
    uint64_t k;       /* -1/m mod 2^64 */
} chevmi_four;

typedef void chevmi_four_function(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                                  const chevmi_four *m);

typedef struct chevmi_modexp_kernel {
    const char *name;
    unsigned features; /* bits of num/cpu.h that the build needs */

    /** t[0..16 blocks) = a * b, or a^2. t overlaps neither. */
    void (*product)(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t blocks);
    void (*square)(uint64_t *t, const uint64_t *a, size_t blocks);

    /** t[0..8 blocks) = the low half of a * b. */
    void (*product_low)(uint64_t *t, const uint64_t *a, const uint64_t *b, size_t blocks);

    /** r = t / R mod m, at most R - 1, and below m + 1 if t < R. t[0..16 blocks) is overwritten;
     *  k = -1/m mod 2^64. r may lie in the low half of t. */
    void (*reduce)(uint64_t *r, uint64_t *t, const uint64_t *m, size_t blocks, uint64_t k);

    /** r = a b / 2^256 mod m for four limbs, below m as a and b are; r may be a or b. folded is the
     *  faster one for m from 2^254 up to 2^256 - 2^193. */
    chevmi_four_function *four;
    chevmi_four_function *four_folded;
} chevmi_modexp_kernel;

/** The builds there are, the fastest first; the last one runs anywhere. */
#if defined(__x86_64__) && defined(__GNUC__)
#define CHEVMI_MODEXP_ROWS(X) X(chevmi_modexp_adx) X(chevmi_modexp_plain)
#else
#define CHEVMI_MODEXP_ROWS(X) X(chevmi_modexp_plain)
#endif

#define CHEVMI_MODEXP_DECLARE(name) extern const chevmi_modexp_kernel name;
CHEVMI_MODEXP_ROWS(CHEVMI_MODEXP_DECLARE)
#undef CHEVMI_MODEXP_DECLARE

/** chevmi_modexp_select makes the first build whose needs are all in `features` the current one and
 *  returns it; chevmi_modexp_current returns it again. */
const chevmi_modexp_kernel *chevmi_modexp_select(unsigned features);
const chevmi_modexp_kernel *chevmi_modexp_current(void);

#endif
