/** kernel_power.h: EXP of a kernel build; a part of kernel_tmpl.h.
 *
 *  Powers of two shift, even bases vanish soon; the rest squares with six multiplications instead
 *  of ten and, where the exponent is long, takes four bits at a time. */
#ifndef CHEVMI_KERNEL_POWER_H
#define CHEVMI_KERNEL_POWER_H

#include "product.h"

#define WINDOW_BITS   4u
#define WINDOW_POWERS 8u  /* odd powers of the base: 1, 3, .. 15 */
#define WINDOW_FROM   24u /* shorter exponents do not pay for the table */

CH_INLINE bool test_bit(const uint64_t a[4], unsigned i) {
    return (a[i >> 6] >> (i & 63u) & 1u) != 0;
}

/* x *= d mod 2^256. */
CH_INLINE void multiply_by_limb(uint64_t x[4], uint64_t d) {
    uint64_t carry;
    x[0] = chevm_limb_mul(&carry, x[0], d);
    x[1] = chevm_limb_muladd(&carry, x[1], d, carry, 0);
    x[2] = chevm_limb_muladd(&carry, x[2], d, carry, 0);
    x[3] = x[3] * d + carry;
}

/* x = base^e for an exponent of `bits` >= 1 bits: square and multiply from the top bit. */
static void power_by_bits(uint64_t x[4], const uint64_t base[4], uint64_t e, unsigned bits) {
    const bool one_limb = (base[1] | base[2] | base[3]) == 0;
    for (unsigned i = 0; i < 4; i++) {
        x[i] = base[i];
    }
    for (unsigned i = bits - 1; i-- > 0;) {
        chevmi_square_low(x);
        if ((e >> i & 1u) == 0) {
            continue;
        }
        if (one_limb) {
            multiply_by_limb(x, base[0]);
        } else {
            chevmi_product_low(x, x, base);
        }
    }
}

/* The same for long exponents, by a sliding window over odd powers. */
static void power_by_window(uint64_t x[4], const uint64_t base[4], const uint64_t e[4],
                            unsigned bits) {
    uint64_t odd[WINDOW_POWERS][4], square[4];
    for (unsigned i = 0; i < 4; i++) {
        odd[0][i] = square[i] = base[i];
        x[i] = i == 0;
    }
    chevmi_square_low(square);
    for (unsigned i = 1; i < WINDOW_POWERS; i++) {
        chevmi_product_low(odd[i], odd[i - 1], square);
    }
    unsigned top = bits; /* bits of e still to come */
    while (top > 0) {
        if (!test_bit(e, top - 1)) {
            chevmi_square_low(x);
            top--;
            continue;
        }
        unsigned bottom = top > WINDOW_BITS ? top - WINDOW_BITS : 0;
        while (!test_bit(e, bottom)) {
            bottom++;
        }
        unsigned digit = 0;
        for (; top > bottom; top--) {
            digit = digit << 1 | test_bit(e, top - 1);
            chevmi_square_low(x);
        }
        chevmi_product_low(x, x, odd[digit >> 1]);
    }
}

static void kernel_exp(chevm_u256 *out, const chevm_u256 *base, const chevm_u256 *exponent) {
    uint64_t x[4] = {0, 0, 0, 0};
    const unsigned bits = chevm_u256_bit_length(exponent);
    if (bits == 0) {
        chevm_u256_set_u64(out, 1);
        return;
    }
    if ((base->limbs[0] & 1u) == 0 && bits > 8) { /* 2^256 divides the power */
        chevm_u256_set_u64(out, 0);
        return;
    }
    const uint64_t b = base->limbs[0];
    if (chevm_u256_fits_u64(base) && (b & (b - 1)) == 0 && b > 1) {
        const unsigned shift = chevm_limb_ctz(b) * (unsigned)exponent->limbs[0]; /* < 64 * 256 */
        const chevm_u256 one = {{1, 0, 0, 0}};
        if (shift > 255) {
            chevm_u256_set_u64(out, 0);
        } else {
            chevm_u256_shl_bits(out, &one, shift);
        }
        return;
    }
    if (bits < WINDOW_FROM) {
        power_by_bits(x, base->limbs, exponent->limbs[0], bits);
    } else {
        power_by_window(x, base->limbs, exponent->limbs, bits);
    }
    chevm_u256_set_limbs(out, x[0], x[1], x[2], x[3]);
}

#endif
