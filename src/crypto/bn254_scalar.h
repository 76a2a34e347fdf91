/* bn254_scalar.h: scalars of G1 cut in half and turned into signed digits; internal to the bn254
 * rooms. On G1, (x, y) -> (beta x, y) is multiplication by lambda, a cube root of one mod n: k a is
 * half[0] a + half[1] lambda a with both halves below 2^127. */
#ifndef CHEVMI_BN254_SCALAR_H
#define CHEVMI_BN254_SCALAR_H

#include <coldheap/base.h>

#define CHEVMI_BN_HALF_BITS   127u
#define CHEVMI_BN_WINDOW_BITS 5u
#define CHEVMI_BN_DIGITS_MAX  (CHEVMI_BN_HALF_BITS + 1)
#define CHEVMI_BN_DIGIT_ODDS  8u /* a digit is 0 or odd, -15 .. 15 */

typedef struct chevmi_bn_half {
    uint64_t magnitude[2];
    bool is_negative;
} chevmi_bn_half;

/* chevmi_bn_split: half[0] + half[1] lambda = k mod n, for any k of 256 bits. */
void chevmi_bn_split(chevmi_bn_half half[2], const uint64_t k[4]);

/* chevmi_bn_digits writes the non-adjacent form of window 5: the sum of digits[i] 2^i is the half;
 * of 5 neighbours at most one is not 0. Returns the count of digits, 0 for 0; the rest up to
 * CHEVMI_BN_DIGITS_MAX is 0. */
unsigned chevmi_bn_digits(int8_t digits[CHEVMI_BN_DIGITS_MAX], const chevmi_bn_half *half);

#endif
