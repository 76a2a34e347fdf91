/* bn254_adx.c: products in the quadratic extension for x86-64 with mulx, adcx and adox. The one
 * idea: sums and differences are taken of the 512-bit products, so that a product in the extension
 * costs two reductions instead of three, and its additions none at all. p has two bits to spare in
 * 256: sums of two elements need no reduction as factors, since 4 p^2 < 2^256 p. */
#include "bn254_field.h"

#if defined(__x86_64__) && CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM
#define CHEVMI_NUM_ADX 1
#include "num/cpu.h"
#include "num/product.h"

typedef struct wide { /* low limbs first */
    uint64_t low[4], high[4];
} wide;

_Static_assert(offsetof(wide, high) == 32, "wide_sub steps through both halves");

/* x -= y. Returns all ones if x was below y, else 0. */
CH_INLINE uint64_t wide_sub(wide *x, const wide *y) {
    uint64_t a0 = x->low[0], a1 = x->low[1], a2 = x->low[2], a3 = x->low[3];
    uint64_t b0 = x->high[0], b1 = x->high[1], b2 = x->high[2], b3 = x->high[3], borrow;
    __asm__("subq 0(%[c]), %[a0]\n\tsbbq 8(%[c]), %[a1]\n\t"
            "sbbq 16(%[c]), %[a2]\n\tsbbq 24(%[c]), %[a3]\n\t"
            "sbbq 32(%[c]), %[b0]\n\tsbbq 40(%[c]), %[b1]\n\t"
            "sbbq 48(%[c]), %[b2]\n\tsbbq 56(%[c]), %[b3]\n\t"
            "sbbq %[borrow], %[borrow]"
            : [a0] "+&r"(a0), [a1] "+&r"(a1), [a2] "+&r"(a2), [a3] "+&r"(a3), [b0] "+&r"(b0),
              [b1] "+&r"(b1), [b2] "+&r"(b2), [b3] "+&r"(b3), [borrow] "=&r"(borrow)
            : [c] "r"(y), "m"(*y)
            : "cc");
    x->low[0] = a0, x->low[1] = a1, x->low[2] = a2, x->low[3] = a3;
    x->high[0] = b0, x->high[1] = b1, x->high[2] = b2, x->high[3] = b3;
    return borrow;
}

/* One round: (c3 c2 c1 c0) plus the multiple of p that clears c0, whose register becomes the new
 * highest. Two carry chains, as in num/product.h. */
#define REDUCE_ROW(c0, c1, c2, c3)                                                                 \
    "movq %[" c0 "], %%rdx\n\t"                                                                    \
    "imulq %[n0], %%rdx\n\t"                                                                       \
    "xorl %k[t], %k[t]\n\t"                                                                        \
    "mulxq 0(%[p]), %[t], %[h]\n\t"                                                                \
    "adcxq %[t], %[" c0 "]\n\t"                                                                    \
    "adoxq %[h], %[" c1 "]\n\t"                                                                    \
    "mulxq 8(%[p]), %[t], %[h]\n\t"                                                                \
    "adcxq %[t], %[" c1 "]\n\t"                                                                    \
    "adoxq %[h], %[" c2 "]\n\t"                                                                    \
    "mulxq 16(%[p]), %[t], %[h]\n\t"                                                               \
    "adcxq %[t], %[" c2 "]\n\t"                                                                    \
    "adoxq %[h], %[" c3 "]\n\t"                                                                    \
    "mulxq 24(%[p]), %[t], %[h]\n\t"                                                               \
    "adcxq %[t], %[" c3 "]\n\t"                                                                    \
    "adoxq %[h], %[" c0 "]\n\t"                                                                    \
    "adcxq %[zero], %[" c0 "]\n\t"

/* r = x / 2^256 mod p for x < 2^256 p. */
CH_INLINE void wide_reduce(chevmi_bn_fp *r, const wide *x) {
    const uint64_t *const p = chevmi_modulus_bn254_p.p;
    const uint64_t *const high = x->high;
    uint64_t c[4] = {x->low[0], x->low[1], x->low[2], x->low[3]}, t, h;
    __asm__(REDUCE_ROW("c0", "c1", "c2", "c3") REDUCE_ROW("c1", "c2", "c3", "c0")
                REDUCE_ROW("c2", "c3", "c0", "c1")
                    REDUCE_ROW("c3", "c0", "c1", "c2") "addq 0(%[high]), %[c0]\n\t"
                                                       "adcq 8(%[high]), %[c1]\n\t"
                                                       "adcq 16(%[high]), %[c2]\n\t"
                                                       "adcq 24(%[high]), %[c3]"
            : [c0] "+&r"(c[0]), [c1] "+&r"(c[1]), [c2] "+&r"(c[2]), [c3] "+&r"(c[3]), [t] "=&r"(t),
              [h] "=&r"(h)
            : [p] "r"(p), [n0] "m"(chevmi_modulus_bn254_p.n0), [zero] "r"((uint64_t)0),
              [high] "r"(high), "m"(*(const uint64_t(*)[4])p), "m"(*(const uint64_t(*)[4])high)
            : "rdx", "cc");
    chevmi_bn_settle(r->limb, c);
}

CH_INLINE void wide_product(wide *r, const uint64_t a[4], const uint64_t b[4]) {
    chevmi_product(r->low, r->high, a, b);
}

/* (a + b i)(c + d i) = ac - bd + ((a + b)(c + d) - ac - bd) i */
static void mul(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *x, const chevmi_bn_fp2 *y) {
    uint64_t sum_x[4], sum_y[4], correction[4];
    wide real, imaginary, mixed;
    (void)chevm_limb4_add(sum_x, x->a.limb, x->b.limb);
    (void)chevm_limb4_add(sum_y, y->a.limb, y->b.limb);
    wide_product(&real, x->a.limb, y->a.limb);
    wide_product(&imaginary, x->b.limb, y->b.limb);
    wide_product(&mixed, sum_x, sum_y);
    (void)wide_sub(&mixed, &real);
    (void)wide_sub(&mixed, &imaginary);
    wide_reduce(&r->b, &mixed);
    const uint64_t below = wide_sub(&real, &imaginary);
    for (unsigned i = 0; i < 4; i++) {
        correction[i] = chevmi_modulus_bn254_p.p[i] & below;
    }
    (void)chevm_limb4_add(real.high, real.high, correction);
    wide_reduce(&r->a, &real);
}

/* (a + b i)^2 = (a + b)(a - b) + 2ab i */
static void sqr(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *x) {
    uint64_t sum[4], difference[4], twice[4];
    wide real, imaginary;
    (void)chevm_limb4_add(sum, x->a.limb, x->b.limb);
    (void)chevm_limb4_add(twice, x->b.limb, x->b.limb);
    (void)chevm_limb4_add(difference, x->a.limb, chevmi_modulus_bn254_p.p);
    (void)chevm_limb4_sub(difference, difference, x->b.limb);
    wide_product(&imaginary, x->a.limb, twice);
    wide_product(&real, sum, difference);
    wide_reduce(&r->b, &imaginary);
    wide_reduce(&r->a, &real);
}

const chevmi_bn_kernel chevmi_bn_adx = {"chevmi_bn_adx", CHEVMI_CPU_BMI2 | CHEVMI_CPU_ADX, mul,
                                        sqr};
#endif
