/* field256_plain.c: the kernels in plain C, for every machine, and the reference of the self-check.
 * Carries are those of u256_limb.h, so a compiler without 128-bit integers will do. */
#include "field256.h"

/* r = (top, t) or (top, t) - p, whichever is below p, for values below 2p. */
CH_INLINE void reduce_once(uint64_t r[4], const uint64_t t[4], uint64_t top, const uint64_t p[4]) {
    uint64_t less[4];
    const uint64_t borrow = chevm_limb4_sub(less, t, p);
    const uint64_t keep = 0 - (uint64_t)(borrow > top);
    for (unsigned i = 0; i < 4; i++) {
        r[i] = (t[i] & keep) | (less[i] & ~keep);
    }
}

/* (t5 t4 t3 t2 t1 t0) += m p with m chosen so that t0 becomes 0, then one limb down. */
CH_INLINE void montgomery_step(uint64_t t[6], const uint64_t p[4], uint64_t n0) {
    const uint64_t m = t[0] * n0;
    uint64_t carry, high = 0;
    (void)chevm_limb_muladd(&carry, m, p[0], t[0], 0);
    t[0] = chevm_limb_muladd(&carry, m, p[1], t[1], carry);
    t[1] = chevm_limb_muladd(&carry, m, p[2], t[2], carry);
    t[2] = chevm_limb_muladd(&carry, m, p[3], t[3], carry);
    t[3] = chevm_limb_add(t[4], carry, &high);
    t[4] = t[5] + high;
}

static void plain_mul(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4],
                      uint64_t n0) {
    uint64_t t[6] = {0};
    for (unsigned i = 0; i < 4; i++) {
        uint64_t carry = 0, high = 0;
        for (unsigned j = 0; j < 4; j++) {
            t[j] = chevm_limb_muladd(&carry, a[j], b[i], t[j], carry);
        }
        t[4] = chevm_limb_add(t[4], carry, &high);
        t[5] = high;
        montgomery_step(t, p, n0);
    }
    reduce_once(r, t, t[4], p);
}

static void plain_sqr(uint64_t r[4], const uint64_t a[4], const uint64_t p[4], uint64_t n0) {
    plain_mul(r, a, a, p, n0);
}

static void plain_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                      const uint64_t p[4]) {
    uint64_t sum[4];
    const uint64_t carry = chevm_limb4_add(sum, a, b);
    reduce_once(r, sum, carry, p);
}

static void plain_sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                      const uint64_t p[4]) {
    uint64_t difference[4];
    const uint64_t mask = 0 - chevm_limb4_sub(difference, a, b);
    const uint64_t back[4] = {p[0] & mask, p[1] & mask, p[2] & mask, p[3] & mask};
    (void)chevm_limb4_add(r, difference, back);
}

static void plain_reduce(uint64_t r[4], const uint64_t a[8], const uint64_t p[4], uint64_t n0) {
    uint64_t t[6] = {a[0], a[1], a[2], a[3], 0, 0}, sum[4];
    for (unsigned i = 0; i < 4; i++) {
        montgomery_step(t, p, n0);
        t[4] = t[5] = 0; /* (a mod R + m p) / R never needs more */
    }
    const uint64_t carry = chevm_limb4_add(sum, t, a + 4);
    reduce_once(r, sum, carry, p);
}

/* x = x / 2 for five limbs. */
CH_INLINE void halve(uint64_t x[5]) {
    for (unsigned i = 0; i < 4; i++) {
        x[i] = x[i] >> 1 | x[i + 1] << 63;
    }
    x[4] >>= 1;
}

/* x = x + y mod 2^320. */
CH_INLINE void grow(uint64_t x[5], const uint64_t y[5]) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < 5; i++) {
        x[i] = chevm_limb_add(x[i], y[i], &carry);
    }
}

/* One step of the almost inverse on an odd u (never 0) and v not 0: u and v lose at least one bit
 * together, and a r = -u 2^k, a s = v 2^k mod p stays true with k one higher. */
CH_INLINE void almost_step(uint64_t u[5], uint64_t v[5], uint64_t r[5], uint64_t s[5]) {
    if ((u[0] & 1) == 0) {
        halve(u);
        grow(s, s);
    } else if ((v[0] & 1) == 0) {
        halve(v);
        grow(r, r);
    } else if (chevm_limb4_less(v, u)) {
        (void)chevm_limb4_sub(u, u, v);
        halve(u);
        grow(r, s);
        grow(s, s);
    } else {
        (void)chevm_limb4_sub(v, v, u);
        halve(v);
        grow(s, r);
        grow(r, r);
    }
}

/* Kaliski's almost inverse, a^-1 2^k with k at most 512, doubled up to 2^512. */
static void plain_inverse(uint64_t out[8], const uint64_t a[4], const uint64_t p[4],
                          const uint64_t shifted[4]) {
    uint64_t u[5] = {p[0], p[1], p[2], p[3], 0}, v[5] = {a[0], a[1], a[2], a[3], 0};
    uint64_t r[5] = {0}, s[5] = {1};
    unsigned k = 0;
    (void)shifted;
    for (; !chevmi_f256_is_zero(v); k++) {
        almost_step(u, v, r, s);
    }
    reduce_once(r, r, r[4], p); /* r below 2p */
    const uint64_t zero[4] = {0};
    plain_sub(out, zero, r, p);
    for (; k < 512; k++) {
        plain_add(out, out, out, p);
    }
    out[4] = out[5] = out[6] = out[7] = 0;
}

const chevmi_field256_kernels chevmi_field256_plain = {
    plain_mul, plain_sqr, plain_add, plain_sub, plain_reduce, plain_inverse,
};
