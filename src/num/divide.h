/** divide.h: the 64-bit instance of divide_tmpl.h, internal to src/num.
 *
 *  CHEVMI_NUM_DIRECT (default 0) says whether the including file may use the machine's division of
 *  two limbs by one: fast since Ice Lake and Zen 3 (about 18 cycles), very slow before (up to 90),
 *  absent elsewhere. */
#ifndef CHEVMI_DIVIDE_H
#define CHEVMI_DIVIDE_H

#include <coldevm/u256.h>

#ifndef CHEVMI_NUM_DIRECT
#define CHEVMI_NUM_DIRECT 0
#endif

#if CHEVMI_NUM_DIRECT
/* (high, low) / d for high < d. */
CH_INLINE uint64_t chevmi_divide(uint64_t *remainder, uint64_t high, uint64_t low, uint64_t d) {
    uint64_t quotient;
    __asm__("divq %4" : "=a"(quotient), "=d"(*remainder) : "a"(low), "d"(high), "r"(d) : "cc");
    return quotient;
}
#else
/* floor((2^19 - 3 * 2^8) / (256 + i)): first guess for the reciprocal of a limb by its 9 top bits.
 */
extern const uint16_t chevmi_reciprocal_table[256];
#endif

/* floor((2^128 - 1) / d) - 2^64 for d with its top bit set. Without a fast division: a table, two
 * Newton steps and an exact last one. Source: Möller and Granlund, algorithm 2. */
CH_INLINE uint64_t chevmi_reciprocal(uint64_t d) {
#if CHEVMI_NUM_DIRECT
    uint64_t remainder;
    return chevmi_divide(&remainder, ~d, ~(uint64_t)0, d);
#else
    const uint64_t d40 = (d >> 24) + 1;
    const uint64_t d63 = (d >> 1) + (d & 1u);
    const uint64_t v0 = chevmi_reciprocal_table[(d >> 55) - 256];
    const uint64_t v1 = (v0 << 11) - (v0 * v0 * d40 >> 40) - 1;
    const uint64_t v2 = (v1 << 13) + (v1 * (((uint64_t)1 << 60) - v1 * d40) >> 47);
    const uint64_t e = ((v2 >> 1) & (0 - (d & 1u))) - v2 * d63;
    uint64_t high;
    (void)chevm_limb_mul(&high, v2, e);
    const uint64_t v3 = (high >> 1) + (v2 << 31);
    uint64_t carry = 0;
    const uint64_t low = chevm_limb_mul(&high, v3, d);
    (void)chevm_limb_add(low, d, &carry);
    return v3 - (high + d + carry);
#endif
}

#define NUM_LIMB             uint64_t
#define NUM_LIMB_BITS        64
#define NUM_WRAP(x)          (x)
#define NUM_ADD(x, b, count) chevm_limbs_add((x), (b), (count))
#define NUM_SUB(x, b, count) chevm_limbs_sub((x), (b), (count))
#define NUM_MUL(high, a, b)  chevm_limb_mul((high), (a), (b))
#define NUM_RECIPROCAL(d)    chevmi_reciprocal(d)
#define NUM_DIRECT           CHEVMI_NUM_DIRECT
#if CHEVMI_NUM_DIRECT
#define NUM_DIVIDE(r, h, l, d) chevmi_divide((r), (h), (l), (d))
#endif
#include "divide_tmpl.h"

#endif
