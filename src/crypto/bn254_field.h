/* bn254_field.h: the field of BN254 (alt_bn128) with p = 36u^4 + 36u^3 + 24u^2 + 6u + 1 elements,
 * u = 4965661367192848881, and its quadratic extension by i, i^2 = -1; internal to the bn254 rooms.
 *
 *   Elements are in Montgomery form and below p. Additions stand here, inline, and are made for
 *   this modulus; products go through field256.h and, for the extension, through the kernel below.
 *
 * r may be any operand. Nothing here hides timing: inputs are public. */
#ifndef CHEVMI_BN254_FIELD_H
#define CHEVMI_BN254_FIELD_H

#include "field256.h"

#include <coldevm/u256_limb.h>

typedef struct chevmi_bn_fp {
    uint64_t limb[4];
} chevmi_bn_fp;

typedef struct chevmi_bn_fp2 { /* a + b i */
    chevmi_bn_fp a, b;
} chevmi_bn_fp2;

/* chevmi_bn_multiples[k] = k * p, for the k that fit 256 bits (mod 2^256 for the others). */
extern const uint64_t chevmi_bn_multiples[11][4];

/* One build of the products in the extension. */
typedef struct chevmi_bn_kernel {
    const char *name;
    unsigned features; /* bits of num/cpu.h that the build needs */
    void (*mul)(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a, const chevmi_bn_fp2 *b);
    void (*sqr)(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a);
} chevmi_bn_kernel;

/* The builds there are, the fastest first; the last one stands on field256.h and runs anywhere. */
#if defined(__x86_64__) && CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM
#define CHEVMI_BN_KERNEL_ROWS(X) X(chevmi_bn_adx) X(chevmi_bn_general)
#else
#define CHEVMI_BN_KERNEL_ROWS(X) X(chevmi_bn_general)
#endif

#define CHEVMI_BN_KERNEL_DECLARE(name) extern const chevmi_bn_kernel name;
CHEVMI_BN_KERNEL_ROWS(CHEVMI_BN_KERNEL_DECLARE)
#undef CHEVMI_BN_KERNEL_DECLARE

/* The build in use: general until chevmi_bn254_init (bn254.h). */
extern const chevmi_bn_kernel *chevmi_bn_current;

/* chevmi_bn_select puts the first build whose needs are all in `features` into use and returns it.
 */
const chevmi_bn_kernel *chevmi_bn_select(unsigned features);

/* chevmi_bn_fp2_inverse: 1 / a; 0 for 0. */
void chevmi_bn_fp2_inverse(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a);

/* Big-endian bytes to Montgomery form: b, then a. Returns false, r undefined, if one of the numbers
 * is not below p. */
bool chevmi_bn_fp2_load(chevmi_bn_fp2 *r, const uint8_t bytes[64]);

CH_INLINE void chevmi_bn_fp_add(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b);
CH_INLINE void chevmi_bn_fp_sub(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b);

/* chevmi_bn_fp_nine: r = 9 a - b. r is neither a nor b. */
CH_INLINE void chevmi_bn_fp_nine(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b);

/* ---- Implementation -------------------------------------------------------------------------- */

#if CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM

/* chevmi_bn_settle: r = x mod p for x < 2 p. */
CH_INLINE void chevmi_bn_settle(uint64_t r[4], const uint64_t x[4]) {
    const uint64_t *const p = chevmi_modulus_bn254_p.p;
    const uint64_t x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
    uint64_t y0 = x0, y1 = x1, y2 = x2, y3 = x3;
    __asm__("subq %[p0], %[y0]\n\tsbbq %[p1], %[y1]\n\tsbbq %[p2], %[y2]\n\tsbbq %[p3], %[y3]\n\t"
            "cmovcq %[x0], %[y0]\n\tcmovcq %[x1], %[y1]\n\t"
            "cmovcq %[x2], %[y2]\n\tcmovcq %[x3], %[y3]"
            : [y0] "+&r"(y0), [y1] "+&r"(y1), [y2] "+&r"(y2), [y3] "+&r"(y3)
            : [x0] "r"(x0), [x1] "r"(x1), [x2] "r"(x2), [x3] "r"(x3), [p0] "m"(p[0]),
              [p1] "m"(p[1]), [p2] "m"(p[2]), [p3] "m"(p[3])
            : "cc");
    r[0] = y0, r[1] = y1, r[2] = y2, r[3] = y3;
}

CH_INLINE void chevmi_bn_fp_sub(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b) {
    const uint64_t *const p = chevmi_modulus_bn254_p.p;
    uint64_t x0 = a->limb[0], x1 = a->limb[1], x2 = a->limb[2], x3 = a->limb[3];
    uint64_t p0 = p[0], p1 = p[1], p2 = p[2], p3 = p[3];
    __asm__("subq 0(%[b]), %[x0]\n\tsbbq 8(%[b]), %[x1]\n\t"
            "sbbq 16(%[b]), %[x2]\n\tsbbq 24(%[b]), %[x3]\n\t"
            "cmovncq %[zero], %[p0]\n\tcmovncq %[zero], %[p1]\n\t"
            "cmovncq %[zero], %[p2]\n\tcmovncq %[zero], %[p3]\n\t"
            "addq %[p0], %[x0]\n\tadcq %[p1], %[x1]\n\tadcq %[p2], %[x2]\n\tadcq %[p3], %[x3]"
            : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [p0] "+&r"(p0),
              [p1] "+&r"(p1), [p2] "+&r"(p2), [p3] "+&r"(p3)
            : [zero] "r"((uint64_t)0), [b] "r"(b->limb), "m"(*b)
            : "cc");
    r->limb[0] = x0, r->limb[1] = x1, r->limb[2] = x2, r->limb[3] = x3;
}

#else

CH_INLINE void chevmi_bn_settle(uint64_t r[4], const uint64_t x[4]) {
    uint64_t y[4];
    const uint64_t keep = 0 - chevm_limb4_sub(y, x, chevmi_modulus_bn254_p.p);
    for (unsigned i = 0; i < 4; i++) {
        r[i] = (x[i] & keep) | (y[i] & ~keep);
    }
}

CH_INLINE void chevmi_bn_fp_sub(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b) {
    uint64_t x[4], correction[4];
    const uint64_t below = 0 - chevm_limb4_sub(x, a->limb, b->limb);
    for (unsigned i = 0; i < 4; i++) {
        correction[i] = chevmi_modulus_bn254_p.p[i] & below;
    }
    (void)chevm_limb4_add(r->limb, x, correction);
}

#endif

CH_INLINE void chevmi_bn_fp_add(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b) {
    uint64_t x[4];
    (void)chevm_limb4_add(x, a->limb, b->limb);
    chevmi_bn_settle(r->limb, x);
}

/* 9a + p - b < 10p in five limbs. The quotient by p, estimated from the top 9 bits, is at most one
 * too small: 169 / 2^13 is just below 2^248 / p. */
CH_INLINE void chevmi_bn_fp_nine(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b) {
    uint64_t x[4], y[4];
    uint64_t top = a->limb[3] >> 61;
    for (unsigned i = 3; i > 0; i--) {
        x[i] = a->limb[i] << 3 | a->limb[i - 1] >> 61;
    }
    x[0] = a->limb[0] << 3;
    (void)chevm_limb4_sub(y, chevmi_modulus_bn254_p.p, b->limb);
    (void)chevm_limb4_add(y, y, a->limb);
    top += chevm_limb4_add(x, x, y);
    const uint64_t quotient = ((top << 8 | x[3] >> 56) * 169) >> 13;
    (void)chevm_limb4_sub(x, x, chevmi_bn_multiples[quotient]);
    chevmi_bn_settle(r->limb, x);
}

CH_INLINE void chevmi_bn_fp_mul(chevmi_bn_fp *r, const chevmi_bn_fp *a, const chevmi_bn_fp *b) {
    chevmi_f256_mul(r->limb, a->limb, b->limb, &chevmi_modulus_bn254_p);
}

CH_INLINE void chevmi_bn_fp_sqr(chevmi_bn_fp *r, const chevmi_bn_fp *a) {
    chevmi_f256_sqr(r->limb, a->limb, &chevmi_modulus_bn254_p);
}

CH_INLINE bool chevmi_bn_fp_load(chevmi_bn_fp *r, const uint8_t bytes[32]) {
    return chevmi_f256_from_be(r->limb, bytes, &chevmi_modulus_bn254_p);
}

CH_INLINE void chevmi_bn_fp_store(uint8_t bytes[32], const chevmi_bn_fp *a) {
    chevmi_f256_to_be(bytes, a->limb, &chevmi_modulus_bn254_p);
}

CH_INLINE void chevmi_bn_fp_neg(chevmi_bn_fp *r, const chevmi_bn_fp *a) {
    const chevmi_bn_fp zero = {{0}};
    chevmi_bn_fp_sub(r, &zero, a);
}

CH_INLINE void chevmi_bn_fp_one(chevmi_bn_fp *r) {
    for (unsigned i = 0; i < 4; i++) {
        r->limb[i] = chevmi_modulus_bn254_p.one[i];
    }
}

/* r = a / 2 */
CH_INLINE void chevmi_bn_fp_halve(chevmi_bn_fp *r, const chevmi_bn_fp *a) {
    const uint64_t odd = 0 - (a->limb[0] & 1);
    uint64_t x[4];
    for (unsigned i = 0; i < 4; i++) {
        x[i] = chevmi_modulus_bn254_p.p[i] & odd;
    }
    (void)chevm_limb4_add(x, x, a->limb);
    for (unsigned i = 0; i < 3; i++) {
        r->limb[i] = x[i] >> 1 | x[i + 1] << 63;
    }
    r->limb[3] = x[3] >> 1;
}

CH_INLINE bool chevmi_bn_fp_is_zero(const chevmi_bn_fp *a) {
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

CH_INLINE bool chevmi_bn_fp_equal(const chevmi_bn_fp *a, const chevmi_bn_fp *b) {
    return ((a->limb[0] ^ b->limb[0]) | (a->limb[1] ^ b->limb[1]) | (a->limb[2] ^ b->limb[2]) |
            (a->limb[3] ^ b->limb[3])) == 0;
}

CH_INLINE void chevmi_bn_fp2_add(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a, const chevmi_bn_fp2 *b) {
    chevmi_bn_fp_add(&r->a, &a->a, &b->a);
    chevmi_bn_fp_add(&r->b, &a->b, &b->b);
}

CH_INLINE void chevmi_bn_fp2_sub(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a, const chevmi_bn_fp2 *b) {
    chevmi_bn_fp_sub(&r->a, &a->a, &b->a);
    chevmi_bn_fp_sub(&r->b, &a->b, &b->b);
}

CH_INLINE void chevmi_bn_fp2_neg(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a) {
    chevmi_bn_fp_neg(&r->a, &a->a);
    chevmi_bn_fp_neg(&r->b, &a->b);
}

/* a - b i, which is a^p. */
CH_INLINE void chevmi_bn_fp2_conjugate(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a) {
    r->a = a->a;
    chevmi_bn_fp_neg(&r->b, &a->b);
}

CH_INLINE void chevmi_bn_fp2_mul(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a, const chevmi_bn_fp2 *b) {
    CH_PEEK(chevmi_bn_current)->mul(r, a, b);
}

CH_INLINE void chevmi_bn_fp2_sqr(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a) {
    CH_PEEK(chevmi_bn_current)->sqr(r, a);
}

CH_INLINE void chevmi_bn_fp2_scale(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a,
                                   const chevmi_bn_fp *k) {
    chevmi_bn_fp_mul(&r->a, &a->a, k);
    chevmi_bn_fp_mul(&r->b, &a->b, k);
}

/* r = a * xi, xi = 9 + i: the extension of degree 6 is by a cube root of it. */
CH_INLINE void chevmi_bn_fp2_mul_xi(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *a) {
    chevmi_bn_fp2 x;
    chevmi_bn_fp minus;
    chevmi_bn_fp_neg(&minus, &a->a);
    chevmi_bn_fp_nine(&x.a, &a->a, &a->b);
    chevmi_bn_fp_nine(&x.b, &a->b, &minus);
    *r = x;
}

CH_INLINE bool chevmi_bn_fp2_is_zero(const chevmi_bn_fp2 *a) {
    return chevmi_bn_fp_is_zero(&a->a) && chevmi_bn_fp_is_zero(&a->b);
}

CH_INLINE bool chevmi_bn_fp2_equal(const chevmi_bn_fp2 *a, const chevmi_bn_fp2 *b) {
    return chevmi_bn_fp_equal(&a->a, &b->a) && chevmi_bn_fp_equal(&a->b, &b->b);
}

#endif
