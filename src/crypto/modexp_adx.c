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
 * on their way: what a power waits for is the chain of quotients, ten cycles a limb. */
#define PRODUCT_ROW(at, t0, t1, t2, t3, t4)                                                        \
    "movq " #at "(%[b]), %%rdx\n\t" NO_FLAGS STEP(0, t0, t1) STEP(8, t1, t2)                       \
        STEP(16, t2, t3) "mulxq 24(%[a]), %[low], %[" #t4 "]\n\t"                                  \
                         "adcxq %[low], %[" #t3 "]\n\t"                                            \
                         "movl $0, %k[low]\n\t"                                                    \
                         "adcxq %[low], %[" #t4 "]\n\t"                                            \
                         "adoxq %[low], %[" #t4 "]\n\t"

#define QUOTIENT_ROW(t0, t1, t2, t3)                                                               \
    "movq %[k], %%rdx\n\timulq %[" #t0 "], %%rdx\n\t" NO_FLAGS STEP(0, t0, t1) STEP(8, t1, t2)     \
        STEP(16, t2, t3) "mulxq 24(%[a]), %[low], %[" #t0 "]\n\t"                                  \
                         "adcxq %[low], %[" #t3 "]\n\t"                                            \
                         "movl $0, %k[low]\n\t"                                                    \
                         "adcxq %[low], %[" #t0 "]\n\t"                                            \
                         "adoxq %[low], %[" #t0 "]\n\t"

static void four(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t m[4],
                 uint64_t k) {
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
    __asm__(QUOTIENT_ROW(t0, t1, t2, t3) QUOTIENT_ROW(t1, t2, t3, t0) QUOTIENT_ROW(t2, t3, t0, t1)
                QUOTIENT_ROW(t3, t0, t1, t2)
            : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [low] "=&r"(low),
              [high] "=&r"(high)
            : [a] "r"(m), [k] "rm"(k)
            : "rdx", "cc", "memory");
    /* high half + t, less m if that is not negative: high takes the carry and then its sign */
    __asm__("xorl %k[high], %k[high]\n\t"
            "addq %[t4], %[t0]\n\tadcq %[t5], %[t1]\n\t"
            "adcq %[t6], %[t2]\n\tadcq %[t7], %[t3]\n\tadcq $0, %[high]\n\t"
            "movq %[t0], %[t4]\n\tsubq (%[m]), %[t4]\n\t"
            "movq %[t1], %[t5]\n\tsbbq 8(%[m]), %[t5]\n\t"
            "movq %[t2], %[t6]\n\tsbbq 16(%[m]), %[t6]\n\t"
            "movq %[t3], %[t7]\n\tsbbq 24(%[m]), %[t7]\n\tsbbq $0, %[high]\n\t"
            "cmovncq %[t4], %[t0]\n\tcmovncq %[t5], %[t1]\n\t"
            "cmovncq %[t6], %[t2]\n\tcmovncq %[t7], %[t3]\n\t"
            : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [t4] "+&r"(t4),
              [t5] "+&r"(t5), [t6] "+&r"(t6), [t7] "+&r"(t7), [high] "=&r"(high)
            : [m] "r"(m)
            : "cc", "memory");
    r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

#define CHEVMI_MODEXP_KERNEL chevmi_modexp_adx
#define CHEVMI_MODEXP_NEEDS  (CHEVMI_CPU_BMI2 | CHEVMI_CPU_ADX)
#include "modexp_tmpl.h"

#endif
