/** kernel_modular.h: ADDMOD and MULMOD of a kernel build; a part of kernel_tmpl.h.
 *
 *  No quotient is kept anywhere; a modulus of four limbs that comes back is reduced by with two
 *  products instead of five digits. */
#ifndef CHEVMI_KERNEL_MODULAR_H
#define CHEVMI_KERNEL_MODULAR_H

#include "kernel_divide.h"

/* ---- ADDMOD -----------------------------------------------------------------------------------
 */

/* out = (carry, a) mod m for m of four limbs: one digit, or two if m is hardly longer than three
 * limbs. */
CH_INLINE void reduce_sum(chevm_u256 *out, const uint64_t a[4], uint64_t carry,
                          const uint64_t m[4]) {
    uint64_t u[6], d[5], r[4];
    const unsigned shift = chevm_limb_clz(m[3]);
    num_shift_up(d, m, 4, shift);
    num_shift_up(u, a, 4, shift);
    u[4] |= carry << shift;
    u[5] = 0;
    const uint64_t v = CHEVMI_NUM_DIRECT ? 0 : num_reciprocal_3by2(d[3], d[2]);
    if (CH_UNLIKELY(u[4] >= d[3])) {
        (void)next_digit(u + 1, d, 4, v, CHEVMI_NUM_DIRECT);
    }
    (void)next_digit(u, d, 4, v, CHEVMI_NUM_DIRECT);
    num_shift_down(r, u, 4, shift);
    chevm_u256_set_limbs(out, r[0], r[1], r[2], r[3]);
}

/* For m below 2^192. A sum that fits takes one remainder; else both operands come below m first. */
static void addmod_short(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                         const chevm_u256 *m, chevm_num_cache *cache) {
    uint64_t sum[5], q[5];
    chevm_u256 x, y;
    sum[4] = chevm_limb4_add(sum, a->limbs, b->limbs);
    const chevm_u256 low = {{sum[0], sum[1], sum[2], sum[3]}};
    if (sum[4] == 0) {
        kernel_mod(out, &low, m, cache);
    } else if (chevm_u256_fits_u64(m)) {
        chevm_u256_set_u64(out, m->limbs[0] == 0 ? 0 : divide_by_limb(q, sum, 5, m->limbs[0]));
    } else {
        kernel_mod(&x, a, m, cache);
        kernel_mod(&y, b, m, cache);
        chevm_u256_add(&x, &x, &y);
        if (!chevm_u256_less(&x, m)) {
            chevm_u256_sub(&x, &x, m);
        }
        chevm_u256_copy(out, &x);
    }
}

static void kernel_addmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                          const chevm_u256 *m, chevm_num_cache *cache) {
    if (CH_UNLIKELY(m->limbs[3] == 0)) {
        addmod_short(out, a, b, m, cache);
        return;
    }
    chevm_u256 sum, reduced;
    uint64_t carry = chevm_limb4_add(sum.limbs, a->limbs, b->limbs);
    const uint64_t borrow = chevm_limb4_sub(reduced.limbs, sum.limbs, m->limbs);
    if (carry < borrow) {
        chevm_u256_copy(out, &sum);
        return;
    }
    carry -= borrow;
    if (CH_LIKELY(carry == 0 && chevm_u256_less(&reduced, m))) {
        chevm_u256_copy(out, &reduced); /* both operands were below m, as they mostly are */
        return;
    }
    reduce_sum(out, reduced.limbs, carry, m->limbs);
}

/* ---- MULMOD -----------------------------------------------------------------------------------
 */

/* out = (t[7] .. t[0]) mod m for m of exactly `count` limbs, count constant: a window of count + 1
 * limbs moves down the shifted t and stays in registers. */
CH_INLINE void reduce_product(chevm_u256 *out, const uint64_t t[8], const uint64_t m[4],
                              unsigned count) {
    uint64_t u[9], d[5], window[5], r[4] = {0, 0, 0, 0};
    const unsigned shift = chevm_limb_clz(m[count - 1]);
    num_shift_up(d, m, count, shift);
    num_shift_up(u, t, 8, shift);
    const uint64_t v = num_reciprocal_3by2(d[count - 1], d[count - 2]);
    unsigned next = 9;
    while (next > count + 1 && u[next - 1] == 0 && u[next - 2] < d[count - 1]) {
        next--; /* the window below still is less than d: no digit there */
    }
    next -= count;
    for (unsigned i = 0; i < count; i++) {
        window[i + 1] = u[next + i];
    }
    while (next-- > 0) {
        window[0] = u[next];
        (void)num_divide_digit(window, d, count, v);
        for (unsigned i = count; i > 0; i--) {
            window[i] = window[i - 1];
        }
    }
    num_shift_down(r, window + 1, count, shift);
    chevm_u256_set_limbs(out, r[0], r[1], r[2], r[3]);
}

/* a * b mod the entry's divisor, which has four limbs: Möller and Granlund's algorithm 4 with one
 * 256-bit word as the limb. (u1, u0) is the product, shifted up as the divisor is. */
CH_INLINE void mulmod_by_entry(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                               const chevm_num_divisor *entry) {
    const uint64_t *const d = entry->normalised.limbs;
    const unsigned shift = entry->shift;
    uint64_t u[9], low[4], next[4];
    chevm_u256 q, r;
    if (CH_LIKELY(b->limbs[3] >> 1 >> (63u - shift) == 0)) {
        chevm_u256_shl_bits(&r, b, shift);
        chevmi_product(u, u + 4, a->limbs, r.limbs);
        u[8] = 0;
    } else {
        uint64_t t[8];
        chevmi_product(t, t + 4, a->limbs, b->limbs);
        num_shift_up(u, t, 8, shift);
    }
    if (CH_UNLIKELY(u[8] != 0 || !chevm_limb4_less(u + 4, d))) {
        (void)num_divide_digit(u + 4, d, 4, entry->limb_reciprocal);
    }
    /* (q, low) = u1 reciprocal + (u1 + 1, u0): q is the quotient or one more, low its fraction */
    const uint64_t one[4] = {1, 0, 0, 0};
    (void)chevm_limb4_add(next, u + 4, one);
    chevmi_product(low, q.limbs, u + 4, entry->reciprocal.limbs);
    chevmi_add8(low, q.limbs, u, next);
    chevmi_product_low(q.limbs, q.limbs, d);
    (void)chevm_limb4_sub(r.limbs, u, q.limbs);
    const uint64_t mask = 0 - (uint64_t)chevm_limb4_less(low, r.limbs);
    const uint64_t back[4] = {mask & d[0], mask & d[1], mask & d[2], mask & d[3]};
    (void)chevm_limbs_add(r.limbs, back, 4);
    if (CH_UNLIKELY(!chevm_limb4_less(r.limbs, d))) {
        (void)chevm_limb4_sub(r.limbs, r.limbs, d);
    }
    chevm_u256_shr_bits(out, &r, shift);
}

/* a * b mod m for m below 2^64 and not zero. */
static void mulmod_limb(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b, uint64_t m) {
    uint64_t q[4], high;
    const uint64_t x = divide_by_limb(q, a->limbs, limb_count(a->limbs), m);
    const uint64_t y = divide_by_limb(q, b->limbs, limb_count(b->limbs), m);
    q[0] = chevm_limb_mul(&high, x, y);
    q[1] = high;
    chevm_u256_set_u64(out, divide_by_limb(q, q, 2, m));
}

static void kernel_mulmod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                          const chevm_u256 *m, chevm_num_cache *cache) {
    uint64_t t[8];
    if (CH_UNLIKELY(chevm_u256_fits_u64(m))) {
        if (m->limbs[0] == 0) {
            chevm_u256_set_u64(out, 0);
        } else {
            mulmod_limb(out, a, b, m->limbs[0]);
        }
        return;
    }
    if (CH_LIKELY(m->limbs[3] != 0) && cache != NULL) {
        const chevm_num_divisor *const entry = recall(cache, m);
        if (CH_LIKELY(entry != NULL)) {
            mulmod_by_entry(out, a, b, entry);
            return;
        }
    }
    chevmi_product(t, t + 4, a->limbs, b->limbs);
    const chevm_u256 low = {{t[0], t[1], t[2], t[3]}};
    if ((t[4] | t[5] | t[6] | t[7]) == 0) {
        kernel_mod(out, &low, m, NULL);
    } else if (CH_UNLIKELY(is_power_of_two(m->limbs))) {
        mask_below(out, &low, m);
    } else if (m->limbs[3] != 0) {
        reduce_product(out, t, m->limbs, 4);
    } else if (m->limbs[2] != 0) {
        reduce_product(out, t, m->limbs, 3);
    } else {
        reduce_product(out, t, m->limbs, 2);
    }
}

#endif
