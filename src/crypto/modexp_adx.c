/* modexp_adx.c: long multiplication for x86-64 with mulx, adcx and adox. Eight limbs of the sum are
 * held in registers whose roles turn by one each row; low halves of products are added along the
 * carry flag, high halves along the overflow flag, both in one pass. */
#include "modexp_kernel.h"

#if defined(__x86_64__) && defined(__GNUC__)

/* One product of a row: limb `at` of a, added to sums x and y. */
#define STEP(at, x, y)                                                                             \
    "mulxq " #at "(%[a]), %[low], %[high]\n\t"                                                     \
    "adcxq %[low], %[" #x "]\n\t"                                                                  \
    "adoxq %[high], %[" #y "]\n\t"

/* The row's eight products. The lowest sum has left when the last one comes: `leave` stores it, and
 * its register takes the new top. */
#define STEPS(leave, c0, c1, c2, c3, c4, c5, c6, c7)                                               \
    STEP(0, c0, c1)                                                                                \
    STEP(8, c1, c2)                                                                                \
    STEP(16, c2, c3)                                                                               \
    STEP(24, c3, c4)                                                                               \
    STEP(32, c4, c5)                                                                               \
    STEP(40, c5, c6)                                                                               \
    STEP(48, c6, c7)                                                                               \
    leave "mulxq 56(%[a]), %[low], %[" #c0 "]\n\t"                                                 \
          "adcxq %[low], %[" #c7 "]\n\t"                                                           \
          "movl $0, %k[low]\n\t"                                                                   \
          "adcxq %[low], %[" #c0 "]\n\t"                                                           \
          "adoxq %[low], %[" #c0 "]\n\t"

#define NO_FLAGS "xorl %k[low], %k[low]\n\t"

#define MULTIPLY_ROW(at, c0, c1, c2, c3, c4, c5, c6, c7)                                           \
    "movq " #at "(%[b]), %%rdx\n\t" NO_FLAGS "adoxq " #at "(%[z]), %[" #c0                         \
    "]\n\t" STEPS("movq %[" #c0 "], " #at "(%[z])\n\t", c0, c1, c2, c3, c4, c5, c6, c7)

#define REDUCE_ROW(at, c0, c1, c2, c3, c4, c5, c6, c7)                                             \
    "movq %[k], %%rdx\n\timulq %[" #c0 "], %%rdx\n\tmovq %%rdx, " #at                              \
    "(%[u])\n\t" NO_FLAGS STEPS("", c0, c1, c2, c3, c4, c5, c6, c7)

/* Eight rows, in two pieces because ISO C bounds the length of a string; after them every register
 * has its first role again. */
#define ROWS_LOW(ROW)                                                                              \
    ROW(0, c0, c1, c2, c3, c4, c5, c6, c7)                                                         \
    ROW(8, c1, c2, c3, c4, c5, c6, c7, c0)                                                         \
    ROW(16, c2, c3, c4, c5, c6, c7, c0, c1)                                                        \
    ROW(24, c3, c4, c5, c6, c7, c0, c1, c2)

#define ROWS_HIGH(ROW)                                                                             \
    ROW(32, c4, c5, c6, c7, c0, c1, c2, c3)                                                        \
    ROW(40, c5, c6, c7, c0, c1, c2, c3, c4)                                                        \
    ROW(48, c6, c7, c0, c1, c2, c3, c4, c5)                                                        \
    ROW(56, c7, c0, c1, c2, c3, c4, c5, c6)

#define SUMS                                                                                       \
    [c0] "+r"(c0), [c1] "+r"(c1), [c2] "+r"(c2), [c3] "+r"(c3), [c4] "+r"(c4), [c5] "+r"(c5),      \
        [c6] "+r"(c6), [c7] "+r"(c7), [low] "=&r"(low), [high] "=&r"(high)

static void row(uint64_t *z, const uint64_t *a, size_t blocks, const uint64_t *b, uint64_t *c) {
    uint64_t c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    uint64_t c4 = c[4], c5 = c[5], c6 = c[6], c7 = c[7];
    const uint64_t *const end = a + CHEVMI_BLOCK * blocks;
    for (; a != end; a += CHEVMI_BLOCK, z += CHEVMI_BLOCK) {
        uint64_t low, high;
        __asm__(ROWS_LOW(MULTIPLY_ROW)
                : SUMS
                : [z] "r"(z), [a] "r"(a), [b] "r"(b)
                : "rdx", "cc", "memory");
        __asm__(ROWS_HIGH(MULTIPLY_ROW)
                : SUMS
                : [z] "r"(z), [a] "r"(a), [b] "r"(b)
                : "rdx", "cc", "memory");
    }
    c[0] = c0, c[1] = c1, c[2] = c2, c[3] = c3;
    c[4] = c4, c[5] = c5, c[6] = c6, c[7] = c7;
}

static void reduce_block(uint64_t *c, uint64_t *u, const uint64_t *t, const uint64_t *m,
                         uint64_t k) {
    uint64_t c0 = t[0], c1 = t[1], c2 = t[2], c3 = t[3];
    uint64_t c4 = t[4], c5 = t[5], c6 = t[6], c7 = t[7];
    uint64_t low, high;
    __asm__(ROWS_LOW(REDUCE_ROW)
            : SUMS
            : [u] "r"(u), [a] "r"(m), [k] "r"(k)
            : "rdx", "cc", "memory");
    __asm__(ROWS_HIGH(REDUCE_ROW)
            : SUMS
            : [u] "r"(u), [a] "r"(m), [k] "r"(k)
            : "rdx", "cc", "memory");
    c[0] = c0, c[1] = c1, c[2] = c2, c[3] = c3;
    c[4] = c4, c[5] = c5, c[6] = c6, c[7] = c7;
}

#define ADD(at) "movq " #at "(%[c]), %[x]\n\tadcq %[x], " #at "(%[z])\n\t"

static uint64_t add_block(uint64_t *z, const uint64_t *c, uint64_t carry) {
    uint64_t x;
    __asm__("addq $-1, %[carry]\n\t" /* the carry flag is the carry */
            ADD(0) ADD(8) ADD(16) ADD(24) ADD(32) ADD(40) ADD(48) ADD(56) /* */
            "movl $0, %k[carry]\n\tadcq $0, %[carry]\n\t"
            : [carry] "+r"(carry), [x] "=&r"(x)
            : [z] "r"(z), [c] "r"(c)
            : "cc", "memory");
    return carry;
}

/* ---- Four limbs ----------------------------------------------------------------------------- */

/* The product first, in eight registers; its low half is then reduced while upper rows may still be
 * on their way. What a power waits for is the chain of quotients: a product for the quotient and
 * one with the modulus, ten cycles a limb. */
#define PRODUCT_ROW(at, t0, t1, t2, t3, t4)                                                        \
    "movq " #at "(%[b]), %%rdx\n\t" NO_FLAGS STEP(0, t0, t1) STEP(8, t1, t2)                       \
        STEP(16, t2, t3) "mulxq 24(%[a]), %[low], %[" #t4 "]\n\t"                                  \
                         "adcxq %[low], %[" #t3 "]\n\t"                                            \
                         "movl $0, %k[low]\n\t"                                                    \
                         "adcxq %[low], %[" #t4 "]\n\t"                                            \
                         "adoxq %[low], %[" #t4 "]\n\t"

/* t (five limbs, t0 the lowest) + u m for the u that makes t0 zero, then one limb down: t1 becomes
 * the lowest, t0 the highest. chevmi_four has m at 0, fold at 32 and k at 64. */
#define QUOTIENT_ROW(t0, t1, t2, t3, t4)                                                           \
    "movq 64(%[a]), %%rdx\n\timulq %[" #t0 "], %%rdx\n\t" NO_FLAGS STEP(0, t0, t1) STEP(8, t1, t2) \
        STEP(16, t2, t3) STEP(24, t3, t4) "movl $0, %k[low]\n\t"                                   \
                                          "adcxq %[low], %[" #t4 "]\n\t"                           \
                                          "adcxq %[low], %[" #t0 "]\n\t"                           \
                                          "adoxq %[low], %[" #t0 "]\n\t"

/* The same without a quotient: the lowest limb times 2^-64 mod m instead of a multiple of m. Half
 * the wait, but the sum grows to five limbs, so that quotients must follow. */
#define FOLD_ROW(t0, t1, t2, t3, t4)                                                               \
    "movq %[" #t0 "], %%rdx\n\txorl %k[" #t0 "], %k[" #t0 "]\n\t" STEP(32, t1, t2)                 \
        STEP(40, t2, t3) STEP(48, t3, t4)                                                          \
            STEP(56, t4, t0) "movl $0, %k[low]\n\tadcxq %[low], %[" #t0 "]\n\t"

CH_INLINE void multiply_four(uint64_t t[8], const uint64_t a[4], const uint64_t b[4]) {
    uint64_t t0, t1, t2, t3, t4, t5, t6, t7, low, high;
    __asm__("movq (%[b]), %%rdx\n\t"
            "mulxq (%[a]), %[t0], %[t1]\n\t"
            "mulxq 8(%[a]), %[low], %[t2]\n\taddq %[low], %[t1]\n\t"
            "mulxq 16(%[a]), %[low], %[t3]\n\tadcq %[low], %[t2]\n\t"
            "mulxq 24(%[a]), %[low], %[t4]\n\tadcq %[low], %[t3]\n\tadcq $0, %[t4]\n\t" PRODUCT_ROW(
                8, t1, t2, t3, t4, t5) PRODUCT_ROW(16, t2, t3, t4, t5, t6)
                PRODUCT_ROW(24, t3, t4, t5, t6, t7)
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
              [t5] "=&r"(t5), [t6] "=&r"(t6), [t7] "=&r"(t7), [low] "=&r"(low), [high] "=&r"(high)
            : [a] "r"(a), [b] "r"(b)
            : "rdx", "cc", "memory");
    t[0] = t0, t[1] = t1, t[2] = t2, t[3] = t3;
    t[4] = t4, t[5] = t5, t[6] = t6, t[7] = t7;
}

/* Products off the diagonal, then doubled along the carry flag while squares are added along the
 * overflow flag. */
CH_INLINE void square_four(uint64_t t[8], const uint64_t a[4]) {
    uint64_t t0, t1, t2, t3, t4, t5, t6, t7, low, high;
    __asm__(
        "movq (%[a]), %%rdx\n\t"
        "mulxq 8(%[a]), %[t1], %[t2]\n\t"
        "mulxq 16(%[a]), %[low], %[t3]\n\taddq %[low], %[t2]\n\t"
        "mulxq 24(%[a]), %[low], %[t4]\n\tadcq %[low], %[t3]\n\tadcq $0, %[t4]\n\t"
        "movq 8(%[a]), %%rdx\n\t" NO_FLAGS STEP(
            16, t3, t4) "mulxq 24(%[a]), %[low], %[t5]\n\tadcxq %[low], %[t4]\n\t"
                        "movl $0, %k[low]\n\tadcxq %[low], %[t5]\n\tadoxq %[low], %[t5]\n\t"
                        "movq 16(%[a]), %%rdx\n\t"
                        "mulxq 24(%[a]), %[low], %[t6]\n\taddq %[low], %[t5]\n\tadcq $0, %[t6]\n\t"
                        "movq (%[a]), %%rdx\n\t" NO_FLAGS "mulxq %%rdx, %[t0], %[high]\n\t"
                        "adcxq %[t1], %[t1]\n\tadoxq %[high], %[t1]\n\t"
                        "movq 8(%[a]), %%rdx\n\tmulxq %%rdx, %[low], %[high]\n\t"
                        "adcxq %[t2], %[t2]\n\tadoxq %[low], %[t2]\n\t"
                        "adcxq %[t3], %[t3]\n\tadoxq %[high], %[t3]\n\t"
                        "movq 16(%[a]), %%rdx\n\tmulxq %%rdx, %[low], %[high]\n\t"
                        "adcxq %[t4], %[t4]\n\tadoxq %[low], %[t4]\n\t"
                        "adcxq %[t5], %[t5]\n\tadoxq %[high], %[t5]\n\t"
                        "movq 24(%[a]), %%rdx\n\tmulxq %%rdx, %[low], %[t7]\n\t"
                        "adcxq %[t6], %[t6]\n\tadoxq %[low], %[t6]\n\t"
                        "movl $0, %k[low]\n\tadcxq %[low], %[t7]\n\tadoxq %[low], %[t7]\n\t"
        : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
          [t5] "=&r"(t5), [t6] "=&r"(t6), [t7] "=&r"(t7), [low] "=&r"(low), [high] "=&r"(high)
        : [a] "r"(a)
        : "rdx", "cc", "memory");
    t[0] = t0, t[1] = t1, t[2] = t2, t[3] = t3;
    t[4] = t4, t[5] = t5, t[6] = t6, t[7] = t7;
}

/* r = t + u, u below 2m, less m if that is not negative: high takes the carry, then the sign. */
CH_INLINE void finish_four(uint64_t r[4], uint64_t t[4], uint64_t u0, uint64_t u1, uint64_t u2,
                           uint64_t u3, const chevmi_four *m) {
    uint64_t t4 = t[0], t5 = t[1], t6 = t[2], t7 = t[3], high;
    __asm__("xorl %k[high], %k[high]\n\t"
            "addq %[t4], %[u0]\n\tadcq %[t5], %[u1]\n\t"
            "adcq %[t6], %[u2]\n\tadcq %[t7], %[u3]\n\tadcq $0, %[high]\n\t"
            "movq %[u0], %[t4]\n\tsubq (%[m]), %[t4]\n\t"
            "movq %[u1], %[t5]\n\tsbbq 8(%[m]), %[t5]\n\t"
            "movq %[u2], %[t6]\n\tsbbq 16(%[m]), %[t6]\n\t"
            "movq %[u3], %[t7]\n\tsbbq 24(%[m]), %[t7]\n\tsbbq $0, %[high]\n\t"
            "cmovncq %[t4], %[u0]\n\tcmovncq %[t5], %[u1]\n\t"
            "cmovncq %[t6], %[u2]\n\tcmovncq %[t7], %[u3]\n\t"
            : [u0] "+&r"(u0), [u1] "+&r"(u1), [u2] "+&r"(u2), [u3] "+&r"(u3), [t4] "+&r"(t4),
              [t5] "+&r"(t5), [t6] "+&r"(t6), [t7] "+&r"(t7), [high] "=&r"(high)
            : [m] "r"(m)
            : "cc", "memory");
    r[0] = u0, r[1] = u1, r[2] = u2, r[3] = u3;
}

#define FIVE                                                                                       \
    [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [t4] "+&r"(t4),                \
        [low] "=&r"(low), [high] "=&r"(high)

static void four(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const chevmi_four *m) {
    uint64_t t[8], low, high;
    multiply_four(t, a, b);
    uint64_t t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3], t4 = 0;
    __asm__(QUOTIENT_ROW(t0, t1, t2, t3, t4) QUOTIENT_ROW(t1, t2, t3, t4, t0)
                QUOTIENT_ROW(t2, t3, t4, t0, t1) QUOTIENT_ROW(t3, t4, t0, t1, t2)
            : FIVE
            : [a] "r"(m)
            : "rdx", "cc", "memory");
    finish_four(r, t + 4, t4, t0, t1, t2, m);
}

/* Bounds, L the product's low half: L < R; folded twice, below 2^64 m + 2^128; then by quotients
 * below 2m + 2^64 and m + 2^192 + 2. With the high half, below m^2 / R, one subtraction is enough
 * if m (R - m) / R > 2^192 + 3, which m <= R - 2^193 makes sure. */
static void four_folded(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                        const chevmi_four *m) {
    uint64_t t[8], low, high;
    if (a == b) {
        square_four(t, a);
    } else {
        multiply_four(t, a, b);
    }
    uint64_t t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3], t4 = 0;
    __asm__(FOLD_ROW(t0, t1, t2, t3, t4) FOLD_ROW(t1, t2, t3, t4, t0)
                QUOTIENT_ROW(t2, t3, t4, t0, t1) QUOTIENT_ROW(t3, t4, t0, t1, t2)
            : FIVE
            : [a] "r"(m)
            : "rdx", "cc", "memory");
    finish_four(r, t + 4, t4, t0, t1, t2, m);
}

#define CHEVMI_MODEXP_KERNEL chevmi_modexp_adx
#define CHEVMI_MODEXP_NEEDS  (CHEVMI_CPU_BMI2 | CHEVMI_CPU_ADX)
#include "modexp_tmpl.h"

#endif
