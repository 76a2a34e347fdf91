/** bn254_rig.h: the slow and plain way to do what the bn254 rooms do fast: affine chords with a
 *  division each, powers bit by bit, square roots for random points; and the walk over all builds.
 *  For tests, fuzz targets and benches only. */
#ifndef CHEVMI_BN254_RIG_H
#define CHEVMI_BN254_RIG_H

#include "bn254.h"
#include "bn254_pairing.h"
#include "num/cpu.h"

#include <stdlib.h>
#include <string.h>

#define BN_RIG_BUILDS 4u

/** bn_rig_use puts one of the BN_RIG_BUILDS combinations of kernels into use, as far as this
 *  machine has them: blst's or plain C for the field, the fastest or the portable one above. */
static inline void bn_rig_use(unsigned build) {
    (void)chevmi_field256_select(build % 2 == 0);
    (void)chevmi_bn_select(build < 2 ? chevmi_cpu_features() : 0);
}

typedef uint64_t bn_rig_source(void); /* gives random numbers */

/** A random element; one in eight has limbs of few or all bits, or is close to p. */
static inline void bn_rig_fp(chevmi_bn_fp *r, bn_rig_source *next) {
    const uint64_t *const p = chevmi_modulus_bn254_p.p;
    const uint64_t kind = next() % 16;
    do {
        for (unsigned i = 0; i < 4; i++) {
            r->limb[i] = kind == 0 ? 0 - (next() & 1) : kind == 1 ? p[i] : next();
        }
        r->limb[0] -= kind == 1 ? 1 + next() % 4 : 0;
        r->limb[3] &= UINT64_MAX >> 2;
    } while (!chevm_limb4_less(r->limb, p));
}

static inline void bn_rig_fp2(chevmi_bn_fp2 *r, bn_rig_source *next) {
    bn_rig_fp(&r->a, next);
    bn_rig_fp(&r->b, next);
}

static inline void bn_rig_fp12(chevmi_bn_fp12 *r, bn_rig_source *next) {
    for (unsigned i = 0; i < 6; i++) {
        bn_rig_fp2(&r->c[i % 2].c[i / 2], next);
    }
}

static inline void bn_rig_scalar(uint64_t k[4], bn_rig_source *next) {
    for (unsigned i = 0; i < 4; i++) {
        k[i] = next();
    }
}

/** r = a mod n */
static inline void bn_rig_mod_n(uint64_t r[4], const uint64_t a[4]) {
    memmove(r, a, 32);
    while (!chevm_limb4_less(r, chevmi_modulus_bn254_n.p)) {
        (void)chevm_limb4_sub(r, r, chevmi_modulus_bn254_n.p);
    }
}

/** r = a^e, r not a; in the extension and in the tower. */
static inline void bn_rig_fp2_power(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a, const uint64_t e[4]) {
    *r = (chevmi_bn_fp2){0};
    chevmi_bn_fp_one(&r->a);
    for (unsigned i = 256; i-- > 0;) {
        chevmi_bn_fp2_mul(r, r, r);
        if ((e[i / 64] >> (i % 64) & 1) != 0) {
            chevmi_bn_fp2_mul(r, r, a);
        }
    }
}

static inline void bn_rig_fp12_power(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a,
                                     const uint64_t e[4]) {
    chevmi_bn_fp12_one(r);
    for (unsigned i = 256; i-- > 0;) {
        chevmi_bn_fp12_mul(r, r, r);
        if ((e[i / 64] >> (i % 64) & 1) != 0) {
            chevmi_bn_fp12_mul(r, r, a);
        }
    }
}

/** e = (p + add - take) / divisor; the division must come out even. */
static inline void bn_rig_exponent(uint64_t e[4], unsigned take, unsigned add, unsigned divisor) {
    const uint64_t plus[4] = {add}, minus[4] = {take};
    uint64_t rest = 0;
    (void)chevm_limb4_add(e, chevmi_modulus_bn254_p.p, plus);
    (void)chevm_limb4_sub(e, e, minus);
    for (unsigned i = 256; i-- > 0;) { /* long division, bit by bit */
        rest = rest << 1 | (e[i / 64] >> (i % 64) & 1);
        const uint64_t bit = (uint64_t)1 << (i % 64);
        e[i / 64] = rest >= divisor ? e[i / 64] | bit : e[i / 64] & ~bit;
        rest -= rest >= divisor ? divisor : 0;
    }
    CH_REQUIRE(rest == 0);
}

/** r^2 = a if a is a square; p = 3 mod 4. Source: Adj, Rodriguez-Henriquez, "Square root
 *  computation over even extension fields", algorithm 9. */
static inline bool bn_rig_fp2_root(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a) {
    chevmi_bn_fp2 power, alpha, square, one = {0};
    uint64_t e[4];
    chevmi_bn_fp_one(&one.a);
    bn_rig_exponent(e, 3, 0, 4);
    bn_rig_fp2_power(&power, a, e);
    chevmi_bn_fp2_mul(r, &power, a);
    chevmi_bn_fp2_mul(&alpha, &power, r);
    chevmi_bn_fp2_add(&alpha, &alpha, &one);
    if (chevmi_bn_fp2_is_zero(&alpha)) {
        const chevmi_bn_fp2 unit = {.b = one.a};
        chevmi_bn_fp2_mul(r, r, &unit);
    } else {
        bn_rig_exponent(e, 1, 0, 2);
        bn_rig_fp2_power(&power, &alpha, e);
        chevmi_bn_fp2_mul(r, r, &power);
    }
    chevmi_bn_fp2_mul(&square, r, r);
    return chevmi_bn_fp2_equal(&square, a);
}

/** r = a + b by the chord over the extension, for both curves: a point of G1 is one with b parts of
 *  0. r may be an operand. */
static inline void bn_rig_add(chevmi_bn_g2 *r, const chevmi_bn_g2 *a, const chevmi_bn_g2 *b) {
    chevmi_bn_fp2 slope, run, x;
    if (chevmi_bn_g2_is_infinity(a) || chevmi_bn_g2_is_infinity(b)) {
        *r = chevmi_bn_g2_is_infinity(a) ? *b : *a;
        return;
    }
    chevmi_bn_fp2_sub(&slope, &b->y, &a->y);
    chevmi_bn_fp2_sub(&run, &b->x, &a->x);
    if (chevmi_bn_fp2_is_zero(&run)) {
        if (!chevmi_bn_fp2_is_zero(&slope)) {
            *r = (chevmi_bn_g2){0};
            return;
        }
        chevmi_bn_fp2_mul(&x, &a->x, &a->x);
        chevmi_bn_fp2_add(&slope, &x, &x);
        chevmi_bn_fp2_add(&slope, &slope, &x);
        chevmi_bn_fp2_add(&run, &a->y, &a->y);
    }
    chevmi_bn_fp2_inverse(&run, &run);
    chevmi_bn_fp2_mul(&slope, &slope, &run);
    chevmi_bn_fp2_mul(&x, &slope, &slope);
    chevmi_bn_fp2_sub(&x, &x, &a->x);
    chevmi_bn_fp2_sub(&x, &x, &b->x);
    chevmi_bn_fp2_sub(&run, &a->x, &x);
    chevmi_bn_fp2_mul(&run, &run, &slope);
    chevmi_bn_fp2_sub(&r->y, &run, &a->y);
    r->x = x;
}

/** r = k a, bit by bit. r is not a. */
static inline void bn_rig_mul(chevmi_bn_g2 *r, const chevmi_bn_g2 *a, const uint64_t k[4]) {
    *r = (chevmi_bn_g2){0};
    for (unsigned i = 256; i-- > 0;) {
        bn_rig_add(r, r, r);
        if ((k[i / 64] >> (i % 64) & 1) != 0) {
            bn_rig_add(r, r, a);
        }
    }
}

/** The definition of G2: n q = infinity. */
static inline bool bn_rig_is_in_g2(const chevmi_bn_g2 *q) {
    chevmi_bn_g2 r;
    bn_rig_mul(&r, q, chevmi_modulus_bn254_n.p);
    return chevmi_bn_g2_is_infinity(&r);
}

static inline void bn_rig_cube_plus(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *x,
                                    const chevmi_bn_fp2 *c) {
    chevmi_bn_fp2_mul(r, x, x);
    chevmi_bn_fp2_mul(r, r, x);
    chevmi_bn_fp2_add(r, r, c);
}

/** c = number / xi^is_twisted */
static inline void bn_rig_constant(chevmi_bn_fp2 *c, unsigned number, bool is_twisted) {
    chevmi_bn_fp2 one = {0}, xi;
    chevmi_bn_fp_one(&one.a);
    *c = one;
    if (is_twisted) {
        chevmi_bn_fp2_mul_xi(&xi, &one);
        chevmi_bn_fp2_inverse(c, &xi);
    }
    one = *c;
    for (unsigned i = 1; i < number; i++) {
        chevmi_bn_fp2_add(c, c, &one);
    }
}

/** A random point of G1. */
static inline void bn_rig_g1(chevmi_bn_g1 *r, bn_rig_source *next) {
    chevmi_bn_fp2 x = {0}, y, c, square;
    bn_rig_constant(&c, 3, false);
    do {
        bn_rig_fp(&x.a, next);
        bn_rig_cube_plus(&square, &x, &c);
    } while (!bn_rig_fp2_root(&y, &square) || !chevmi_bn_fp_is_zero(&y.b));
    *r = (chevmi_bn_g1){x.a, y.a};
}

/** A random point of the twist; hardly ever in G2. */
static inline void bn_rig_twist(chevmi_bn_g2 *r, bn_rig_source *next) {
    chevmi_bn_fp2 c, square;
    bn_rig_constant(&c, 3, true);
    do {
        bn_rig_fp2(&r->x, next);
        bn_rig_cube_plus(&square, &r->x, &c);
    } while (!bn_rig_fp2_root(&r->y, &square));
}

/** c = 2p - n, the twist's cofactor. */
static inline void bn_rig_cofactor(uint64_t c[4]) {
    (void)chevm_limb4_add(c, chevmi_modulus_bn254_p.p, chevmi_modulus_bn254_p.p);
    (void)chevm_limb4_sub(c, c, chevmi_modulus_bn254_n.p);
}

/** A random point of G2, not infinity. */
static inline void bn_rig_g2(chevmi_bn_g2 *r, bn_rig_source *next) {
    uint64_t c[4];
    chevmi_bn_g2 q;
    bn_rig_cofactor(c);
    do {
        bn_rig_twist(&q, next);
        bn_rig_mul(r, &q, c);
    } while (chevmi_bn_g2_is_infinity(r));
}

static inline void bn_rig_store_g2(uint8_t bytes[128], const chevmi_bn_g2 *a) {
    chevmi_bn_fp_store(bytes, &a->x.b);
    chevmi_bn_fp_store(bytes + 32, &a->x.a);
    chevmi_bn_fp_store(bytes + 64, &a->y.b);
    chevmi_bn_fp_store(bytes + 96, &a->y.a);
}

static inline void bn_rig_store_pair(uint8_t bytes[192], const chevmi_bn_g1 *p,
                                     const chevmi_bn_g2 *q) {
    chevmi_bn_g1_store(bytes, p);
    bn_rig_store_g2(bytes + 64, q);
}

/** A point of G1 as bn_rig_add sees it. */
static inline chevmi_bn_g2 bn_rig_lift(const chevmi_bn_g1 *a) {
    return (chevmi_bn_g2){.x = {.a = a->x}, .y = {.a = a->y}};
}

#endif
