/** kernel_divide.h: DIV and MOD of a kernel build, and the cache of divisors; a part of
 *  kernel_tmpl.h, which says how it is compiled.
 *
 *  Values of one limb, powers of two, divisors of one limb and quotients of one digit have their
 *  own short ways. */
#ifndef CHEVMI_KERNEL_DIVIDE_H
#define CHEVMI_KERNEL_DIVIDE_H

#include "divide.h"
#include "kernel.h"
#include "product.h"

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

#endif
