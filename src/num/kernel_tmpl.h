/** kernel_tmpl.h: division, remainder, modular sum and product, power; compiled once per machine
 *  class (kernel_*.c). Before including it define
 *    CHEVMI_NUM_KERNEL    name of the chevmi_num_kernel to fill
 *    CHEVMI_NUM_NEEDS     bits of cpu.h the build needs
 *  and, where wanted, CHEVMI_NUM_DIRECT (divide.h) and CHEVMI_NUM_ADX (product.h).
 *
 *  The one idea: look at the operands' shape first. Values of one limb, powers of two, divisors of
 *  one limb and quotients of one digit have their own short ways; a divisor that comes back is
 *  replaced by a multiplication with its cached reciprocal. docs/design/031 has the figures. */
#include "cpu.h"
#include "divide.h"
#include "kernel.h"
#include "product.h"

#ifndef CHEVMI_NUM_KERNEL
#error "kernel_tmpl.h: CHEVMI_NUM_KERNEL is missing"
#endif

/* ---- Shapes ---------------------------------------------------------------------------------- */

/* Limbs without leading zeros, at least 1. */
CH_INLINE unsigned limb_count(const uint64_t a[4]) {
    return a[3] != 0 ? 4u : (a[2] != 0 ? 3u : (a[1] != 0 ? 2u : 1u));
}

/* For a >= 2^64: exactly one bit is set. */
CH_INLINE bool is_power_of_two(const uint64_t a[4]) {
    const uint64_t top = a[3] != 0 ? a[3] : (a[2] != 0 ? a[2] : a[1]);
    if (CH_LIKELY((top & (top - 1)) != 0)) {
        return false;
    }
    return (a[0] | (a[3] != 0 || a[2] != 0 ? a[1] : 0) | (a[3] != 0 ? a[2] : 0)) == 0;
}

/* out = a mod 2^k for m = 2^k. */
CH_INLINE void mask_below(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *m) {
    chevm_u256 mask;
    const chevm_u256 one = {{1, 0, 0, 0}};
    chevm_u256_sub(&mask, m, &one);
    chevm_u256_and(out, a, &mask);
}

/* ---- One limb -------------------------------------------------------------------------------- */

/* q[0..count) = a[0..count) / d, remainder returned; q may be a. */
CH_INLINE uint64_t divide_by_limb(uint64_t *q, const uint64_t *a, unsigned count, uint64_t d) {
#if CHEVMI_NUM_DIRECT
    uint64_t r = 0;
    for (unsigned i = count; i-- > 0;) {
        q[i] = chevmi_divide(&r, r, a[i], d);
    }
    return r;
#else
    const unsigned shift = chevm_limb_clz(d);
    const uint64_t normalised = d << shift;
    const uint64_t v = chevmi_reciprocal(normalised);
    uint64_t above = a[count - 1];
    uint64_t r = above >> 1 >> (63u - shift);
    for (unsigned i = count; i-- > 0;) {
        const uint64_t below = i > 0 ? a[i - 1] : 0;
        const uint64_t limb = above << shift | below >> 1 >> (63u - shift);
        q[i] = num_divide_2by1(&r, r, limb, normalised, v);
        above = below;
    }
    return r >> shift;
#endif
}

/* ---- Several limbs --------------------------------------------------------------------------- */

/* One digit by division if `direct` and the build has it, else by the reciprocal v. */
CH_INLINE uint64_t next_digit(uint64_t *u, const uint64_t *d, unsigned count, uint64_t v,
                              bool direct) {
#if CHEVMI_NUM_DIRECT
    if (direct) {
        return num_divide_digit_direct(u, d, count);
    }
#else
    (void)direct;
#endif
    return num_divide_digit(u, d, count, v);
}

/* q and r of a / b for a of exactly `a_count` limbs, b of exactly `count` >= 2 limbs, a >= b. With
 * constant counts everything unrolls into registers; q or r may be NULL. For three digits, the
 * most there are, a reciprocal pays even beside a fast division. */
CH_INLINE void divide_counts(uint64_t *q, uint64_t *r, const uint64_t *a, unsigned a_count,
                             const uint64_t *b, unsigned count) {
    const bool direct = CHEVMI_NUM_DIRECT && a_count - count < 2;
    const unsigned shift = chevm_limb_clz(b[count - 1]);
    uint64_t u[5], d[5];
    num_shift_up(d, b, count, shift);
    num_shift_up(u, a, a_count, shift);
    const uint64_t v = direct ? 0 : num_reciprocal_3by2(d[count - 1], d[count - 2]);
    for (unsigned i = a_count - count + 1; i-- > 0;) {
        const uint64_t digit = next_digit(u + i, d, count, v, direct);
        if (q != NULL) {
            q[i] = digit;
        }
    }
    if (r != NULL) {
        num_shift_down(r, u, count, shift);
    }
}

/* The same for any a >= b >= 2^64; unused limbs of q and r are left alone. */
CH_INLINE void divide_long(uint64_t *q, uint64_t *r, const uint64_t a[4], const uint64_t b[4]) {
    if (b[3] != 0) {
        divide_counts(q, r, a, 4, b, 4);
    } else if (b[2] != 0) {
        if (a[3] != 0) {
            divide_counts(q, r, a, 4, b, 3);
        } else {
            divide_counts(q, r, a, 3, b, 3);
        }
    } else if (a[3] != 0) {
        divide_counts(q, r, a, 4, b, 2);
    } else if (a[2] != 0) {
        divide_counts(q, r, a, 3, b, 2);
    } else {
        divide_counts(q, r, a, 2, b, 2);
    }
}

/* ---- Repeated divisors ------------------------------------------------------------------------
 */

#define CACHE_CONFIDENCE_MAX 16u

/* Fills the derived fields of an entry whose divisor is neither zero nor a power of two. */
static CH_COLD void prepare(chevm_num_divisor *entry) {
    const unsigned shift = 256u - chevm_u256_bit_length(&entry->divisor);
    chevm_u256 *const d = &entry->normalised;
    chevm_u256_shl_bits(d, &entry->divisor, shift);
    entry->shift = shift;
    entry->limb_reciprocal = num_reciprocal_3by2(d->limbs[3], d->limbs[2]);
    /* floor((2^512 - 1) / d) - 2^256 = floor((2^512 - 1 - 2^256 d) / d) */
    uint64_t u[8];
    for (unsigned i = 0; i < 4; i++) {
        u[i] = ~(uint64_t)0;
        u[i + 4] = ~d->limbs[i];
    }
    for (unsigned i = 4; i-- > 0;) {
        entry->reciprocal.limbs[i] = num_divide_digit(u + i, d->limbs, 4, entry->limb_reciprocal);
    }
    const chevm_u256 one = {{1, 0, 0, 0}};
    chevm_u256_add(&entry->multiplier, &entry->reciprocal, &one);
    entry->ready = 1;
}

/* The entry of divisor b with its reciprocal, or NULL while b has not come back often enough to
 * pay for one. b is neither zero nor a power of two. */
CH_INLINE const chevm_num_divisor *recall(chevm_num_cache *cache, const chevm_u256 *b) {
    const uint64_t hash = b->limbs[0] * 0x9e3779b97f4a7c15u;
    chevm_num_divisor *const entry = &cache->divisors[hash >> 61];
    _Static_assert(CHEVM_NUM_CACHE_DIVISORS == 8, "the hash gives three bits");
    if (CH_LIKELY(chevm_u256_equal(&entry->divisor, b))) {
        if (CH_UNLIKELY(entry->ready == 0)) {
            prepare(entry);
        }
        entry->confidence += entry->confidence < CACHE_CONFIDENCE_MAX;
        return entry;
    }
    if (entry->ready != 0 && entry->confidence > 0) {
        entry->confidence--;
        return NULL;
    }
    chevm_u256_copy(&entry->divisor, b);
    entry->ready = 0;
    entry->confidence = 1;
    return NULL;
}

/* floor(a / divisor) without a division. Source: Granlund and Montgomery, "Division by invariant
 * integers using multiplication", figure 4.1, with N = 256: exact for every a. */
CH_INLINE void quotient_by_entry(chevm_u256 *q, const chevm_u256 *a,
                                 const chevm_num_divisor *entry) {
    uint64_t low[4], high[4];
    uint64_t rest[4] = {a->limbs[0], a->limbs[1], a->limbs[2], a->limbs[3]};
    chevmi_product(low, high, a->limbs, entry->multiplier.limbs);
    (void)chevm_limbs_sub(rest, high, 4);
    rest[0] = rest[0] >> 1 | rest[1] << 63;
    rest[1] = rest[1] >> 1 | rest[2] << 63;
    rest[2] = rest[2] >> 1 | rest[3] << 63;
    rest[3] = rest[3] >> 1;
    (void)chevm_limbs_add(high, rest, 4);
    const chevm_u256 sum = {{high[0], high[1], high[2], high[3]}};
    chevm_u256_shr_bits(q, &sum, 255u - entry->shift);
}

/* ---- DIV and MOD ------------------------------------------------------------------------------
 */

static void kernel_div(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       chevm_num_cache *cache) {
    uint64_t q[4] = {0, 0, 0, 0};
    if (CH_LIKELY(chevm_u256_fits_u64(b))) {
        const uint64_t d = b->limbs[0];
        if ((d & (d - 1)) == 0) {
            if (CH_UNLIKELY(d == 0)) {
                chevm_u256_set_u64(out, 0);
            } else {
                chevm_u256_shr_bits(out, a, chevm_limb_ctz(d));
            }
            return;
        }
        const unsigned count = limb_count(a->limbs);
        if (count == 1) {
            chevm_u256_set_u64(out, a->limbs[0] / d);
            return;
        }
        if (!CHEVMI_NUM_DIRECT && cache != NULL) {
            const chevm_num_divisor *const entry = recall(cache, b);
            if (entry != NULL) {
                quotient_by_entry(out, a, entry);
                return;
            }
        }
        (void)divide_by_limb(q, a->limbs, count, d);
    } else if (!chevm_u256_less(a, b)) {
        if (is_power_of_two(b->limbs)) {
            chevm_u256_shr_bits(out, a, chevm_u256_bit_length(b) - 1u);
            return;
        }
        if (!CHEVMI_NUM_DIRECT && cache != NULL) {
            const chevm_num_divisor *const entry = recall(cache, b);
            if (entry != NULL) {
                quotient_by_entry(out, a, entry);
                return;
            }
        }
        divide_long(q, NULL, a->limbs, b->limbs);
    }
    chevm_u256_set_limbs(out, q[0], q[1], q[2], q[3]);
}

/* a mod d for a one-limb d that is not a power of two. */
CH_INLINE uint64_t mod_limb(const chevm_u256 *a, const chevm_u256 *b, chevm_num_cache *cache) {
    const uint64_t d = b->limbs[0];
    const unsigned count = limb_count(a->limbs);
    if (count == 1) {
        return a->limbs[0] % d;
    }
    if (!CHEVMI_NUM_DIRECT && cache != NULL) {
        const chevm_num_divisor *const entry = recall(cache, b);
        if (entry != NULL) {
            chevm_u256 quotient;
            quotient_by_entry(&quotient, a, entry);
            return a->limbs[0] - quotient.limbs[0] * d;
        }
    }
    uint64_t q[4];
    return divide_by_limb(q, a->limbs, count, d);
}

static void kernel_mod(chevm_u256 *out, const chevm_u256 *a, const chevm_u256 *b,
                       chevm_num_cache *cache) {
    uint64_t r[4] = {0, 0, 0, 0};
    if (CH_LIKELY(chevm_u256_fits_u64(b))) {
        const uint64_t d = b->limbs[0];
        if ((d & (d - 1)) == 0) {
            chevm_u256_set_u64(out, d == 0 ? 0 : a->limbs[0] & (d - 1));
        } else {
            chevm_u256_set_u64(out, mod_limb(a, b, cache));
        }
        return;
    }
    if (chevm_u256_less(a, b)) {
        chevm_u256_copy(out, a);
        return;
    }
    if (is_power_of_two(b->limbs)) {
        mask_below(out, a, b);
        return;
    }
    if (!CHEVMI_NUM_DIRECT && cache != NULL) {
        const chevm_num_divisor *const entry = recall(cache, b);
        if (entry != NULL) {
            chevm_u256 quotient;
            quotient_by_entry(&quotient, a, entry);
            chevmi_product_low(quotient.limbs, quotient.limbs, b->limbs);
            chevm_u256_sub(out, a, &quotient);
            return;
        }
    }
    divide_long(NULL, r, a->limbs, b->limbs);
    chevm_u256_set_limbs(out, r[0], r[1], r[2], r[3]);
}

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

/* ---- EXP --------------------------------------------------------------------------------------
 */

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

#define KERNEL_TEXT(name) #name
#define KERNEL_NAME(name) KERNEL_TEXT(name)
const chevmi_num_kernel CHEVMI_NUM_KERNEL = {
    .name = KERNEL_NAME(CHEVMI_NUM_KERNEL),
    .features = CHEVMI_NUM_NEEDS,
    .div = kernel_div,
    .mod = kernel_mod,
    .addmod = kernel_addmod,
    .mulmod = kernel_mulmod,
    .exp = kernel_exp,
};
