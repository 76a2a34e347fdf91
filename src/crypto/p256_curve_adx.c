/* p256_curve_adx.c: the build for machines with mulx, adcx and adox. The modulus is fixed, so that
 * a reduction needs one multiplication a limb instead of five; a product is 16 + 4 of them where
 * the borrowed kernel has 36. Operands and results are below p, as in field256.h. */
#include "p256_curve.h"

#include "num/cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)

/* The modulus' highest limb; the others, from the lowest, are -1, 2^32 - 1 and 0. */
#define P3 UINT64_C(0xffffffff00000001)

// clang-format off
/* (t4 t3 t2 t1 t0) += a * b[row], low halves by adcx, high halves by adox; never above 2^320. */
#define ROW(row, t0, t1, t2, t3, t4)                                                               \
    "movq 8*" row "(%[b]), %%rdx\n\t"                                                              \
    "xorl %k[l], %k[l]\n\t"                                                                        \
    "mulxq 0(%[a]), %[l], %[h]\n\t"                                                                \
    "adcxq %[l], %[" t0 "]\n\tadoxq %[h], %[" t1 "]\n\t"                                           \
    "mulxq 8(%[a]), %[l], %[h]\n\t"                                                                \
    "adcxq %[l], %[" t1 "]\n\tadoxq %[h], %[" t2 "]\n\t"                                           \
    "mulxq 16(%[a]), %[l], %[h]\n\t"                                                               \
    "adcxq %[l], %[" t2 "]\n\tadoxq %[h], %[" t3 "]\n\t"                                           \
    "mulxq 24(%[a]), %[l], %[h]\n\t"                                                               \
    "adcxq %[l], %[" t3 "]\n\tadoxq %[h], %[" t4 "]\n\t"                                           \
    "movl $0, %k[l]\n\t"                                                                           \
    "adcxq %[l], %[" t4 "]\n\t"

/* (t4 t3 t2 t1 0) = (t4 t3 t2 t1 t0) + t0 p, where p = P3 2^192 + 2^96 - 1; then t0 is the carry
 * out of t4, the new highest limb. */
#define STEP(t0, t1, t2, t3, t4)                                                                   \
    "movq %[" t0 "], %%rdx\n\t"                                                                    \
    "movq %[" t0 "], %[l]\n\t"                                                                     \
    "shlq $32, %[l]\n\tshrq $32, %[" t0 "]\n\t"                                                    \
    "addq %[l], %[" t1 "]\n\tadcq %[" t0 "], %[" t2 "]\n\t"                                        \
    "mulxq %[p3], %[l], %[h]\n\t"                                                                  \
    "adcq %[l], %[" t3 "]\n\tadcq %[h], %[" t4 "]\n\t"                                             \
    "movl $0, %k[" t0 "]\n\tadcq $0, %[" t0 "]\n\t"

/* The same for four limbs: t0 becomes the limb above t3. */
#define SHORT_STEP(t0, t1, t2, t3)                                                                 \
    "movq %[" t0 "], %%rdx\n\t"                                                                    \
    "movq %[" t0 "], %[l]\n\t"                                                                     \
    "shlq $32, %[l]\n\tshrq $32, %[" t0 "]\n\t"                                                    \
    "addq %[l], %[" t1 "]\n\tadcq %[" t0 "], %[" t2 "]\n\t"                                        \
    "mulxq %[p3], %[l], %[" t0 "]\n\t"                                                             \
    "adcq %[l], %[" t3 "]\n\tadcq $0, %[" t0 "]\n\t"

/* (top t3 t2 t1 t0) -= p if it is not below p. */
#define REDUCE(t0, t1, t2, t3, top, s0, s1, s2, s3)                                                \
    "movq %[" t0 "], %[" s0 "]\n\tmovq %[" t1 "], %[" s1 "]\n\t"                                   \
    "movl $0xffffffff, %%edx\n\t"                                                                  \
    "movq %[" t2 "], %[" s2 "]\n\tmovq %[" t3 "], %[" s3 "]\n\t"                                   \
    "subq $-1, %[" t0 "]\n\tsbbq %%rdx, %[" t1 "]\n\t"                                             \
    "sbbq $0, %[" t2 "]\n\tsbbq %[p3], %[" t3 "]\n\tsbbq $0, %[" top "]\n\t"                       \
    "cmovcq %[" s0 "], %[" t0 "]\n\tcmovcq %[" s1 "], %[" t1 "]\n\t"                               \
    "cmovcq %[" s2 "], %[" t2 "]\n\tcmovcq %[" s3 "], %[" t3 "]\n\t"
// clang-format on

static CH_NOINLINE void mul(uint64_t r[4], const uint64_t *a, const uint64_t *b) {
    uint64_t t0, t1, t2, t3, t4, l, h, s;
    __asm__("movq 0(%[b]), %%rdx\n\t"
            "mulxq 0(%[a]), %[t0], %[t1]\n\t"
            "mulxq 8(%[a]), %[l], %[t2]\n\t"
            "addq %[l], %[t1]\n\t"
            "mulxq 16(%[a]), %[l], %[t3]\n\t"
            "adcq %[l], %[t2]\n\t"
            "mulxq 24(%[a]), %[l], %[t4]\n\t"
            "adcq %[l], %[t3]\n\t"
            "adcq $0, %[t4]\n\t"
            /* from here on the limbs move down by one register a step */
            STEP("t0", "t1", "t2", "t3", "t4") ROW("1", "t1", "t2", "t3", "t4", "t0")
                STEP("t1", "t2", "t3", "t4", "t0") ROW("2", "t2", "t3", "t4", "t0", "t1")
                    STEP("t2", "t3", "t4", "t0", "t1") ROW("3", "t3", "t4", "t0", "t1", "t2")
                        STEP("t3", "t4", "t0", "t1", "t2")
                            REDUCE("t4", "t0", "t1", "t2", "t3", "l", "h", "s", "a")
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
              [l] "=&r"(l), [h] "=&r"(h), [s] "=&r"(s), [a] "+&r"(a)
            : [b] "r"(b), [p3] "r"(P3), "m"(*(const uint64_t(*)[4])a), "m"(*(const uint64_t(*)[4])b)
            : "rdx", "cc");
    r[0] = t4, r[1] = t0, r[2] = t1, r[3] = t2;
}

/* The six mixed products, doubled, and the four squares; then the low half is reduced and added to
 * the high one. */
static CH_NOINLINE void sqr(uint64_t r[4], const uint64_t *a) {
    uint64_t t0, t1, t2, t3, t4, t5, t6, t7, l, h;
    __asm__("movq 0(%[a]), %%rdx\n\t"
            "mulxq 8(%[a]), %[t1], %[t2]\n\t" /* a0 a1 */
            "mulxq 16(%[a]), %[l], %[t3]\n\t" /* a0 a2 */
            "addq %[l], %[t2]\n\t"
            "mulxq 24(%[a]), %[l], %[t4]\n\t" /* a0 a3 */
            "adcq %[l], %[t3]\n\t"
            "adcq $0, %[t4]\n\t"
            "movq 8(%[a]), %%rdx\n\t"
            "xorl %k[t6], %k[t6]\n\t"
            "mulxq 16(%[a]), %[l], %[h]\n\t" /* a1 a2 */
            "adcxq %[l], %[t3]\n\tadoxq %[h], %[t4]\n\t"
            "mulxq 24(%[a]), %[l], %[t5]\n\t" /* a1 a3 */
            "adcxq %[l], %[t4]\n\tadoxq %[t6], %[t5]\n\t"
            "movq 16(%[a]), %%rdx\n\t"
            "adcxq %[t6], %[t5]\n\t"
            "mulxq 24(%[a]), %[l], %[t6]\n\t" /* a2 a3 */
            "movq 0(%[a]), %%rdx\n\t"
            "addq %[l], %[t5]\n\tadcq $0, %[t6]\n\t"
            "xorl %k[t7], %k[t7]\n\t"
            "mulxq %%rdx, %[t0], %[h]\n\t" /* a0 a0 */
            "adcxq %[t1], %[t1]\n\tadoxq %[h], %[t1]\n\t"
            "movq 8(%[a]), %%rdx\n\t"
            "mulxq %%rdx, %[l], %[h]\n\t"
            "adcxq %[t2], %[t2]\n\tadoxq %[l], %[t2]\n\t"
            "adcxq %[t3], %[t3]\n\tadoxq %[h], %[t3]\n\t"
            "movq 16(%[a]), %%rdx\n\t"
            "mulxq %%rdx, %[l], %[h]\n\t"
            "adcxq %[t4], %[t4]\n\tadoxq %[l], %[t4]\n\t"
            "adcxq %[t5], %[t5]\n\tadoxq %[h], %[t5]\n\t"
            "movq 24(%[a]), %%rdx\n\t"
            "mulxq %%rdx, %[l], %[h]\n\t"
            "adcxq %[t6], %[t6]\n\tadoxq %[l], %[t6]\n\t"
            "adcxq %[t7], %[t7]\n\tadoxq %[h], %[t7]\n\t" SHORT_STEP("t0", "t1", "t2", "t3")
                SHORT_STEP("t1", "t2", "t3", "t0") SHORT_STEP("t2", "t3", "t0", "t1") SHORT_STEP(
                    "t3", "t0", "t1", "t2") "addq %[t4], %[t0]\n\tadcq %[t5], %[t1]\n\t"
                                            "adcq %[t6], %[t2]\n\tadcq %[t7], %[t3]\n\t"
                                            "sbbq %[l], %[l]\n\tnegq %[l]\n\t" REDUCE(
                                                "t0", "t1", "t2", "t3", "l", "t4", "t5", "t6", "t7")
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
              [t5] "=&r"(t5), [t6] "=&r"(t6), [t7] "=&r"(t7), [l] "=&r"(l), [h] "=&r"(h)
            : [a] "r"(a), [p3] "r"(P3), "m"(*(const uint64_t(*)[4])a)
            : "rdx", "cc");
    r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

CH_INLINE void add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], top = 0, s0, s1, s2, s3;
    __asm__("addq 0(%[b]), %[t0]\n\tadcq 8(%[b]), %[t1]\n\t"
            "adcq 16(%[b]), %[t2]\n\tadcq 24(%[b]), %[t3]\n\tadcq $0, %[top]\n\t" REDUCE(
                "t0", "t1", "t2", "t3", "top", "s0", "s1", "s2", "s3")
            : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [top] "+&r"(top),
              [s0] "=&r"(s0), [s1] "=&r"(s1), [s2] "=&r"(s2), [s3] "=&r"(s3)
            : [b] "r"(b), [p3] "r"(P3), "m"(*(const uint64_t(*)[4])b)
            : "rdx", "cc");
    r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

/* p is added back by a mask: -1, 2^32 - 1, 0, P3 where the difference is negative. */
CH_INLINE void sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    uint64_t t0 = a[0], t1 = a[1], t2 = a[2], t3 = a[3], mask, low, high;
    __asm__("subq 0(%[b]), %[t0]\n\tsbbq 8(%[b]), %[t1]\n\t"
            "sbbq 16(%[b]), %[t2]\n\tsbbq 24(%[b]), %[t3]\n\t"
            "sbbq %[mask], %[mask]\n\t"
            "movl %k[mask], %k[low]\n\t"
            "movq %[p3], %[high]\n\t"
            "andq %[mask], %[high]\n\t"
            "addq %[mask], %[t0]\n\tadcq %[low], %[t1]\n\t"
            "adcq $0, %[t2]\n\tadcq %[high], %[t3]\n\t"
            : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [mask] "=&r"(mask),
              [low] "=&r"(low), [high] "=&r"(high)
            : [b] "r"(b), [p3] "r"(P3), "m"(*(const uint64_t(*)[4])b)
            : "cc");
    r[0] = t0, r[1] = t1, r[2] = t2, r[3] = t3;
}

#define CHEVMI_P256_BUILD chevmi_p256_adx
#define CHEVMI_P256_NEEDS (CHEVMI_CPU_BMI2 | CHEVMI_CPU_ADX)
#include "p256_curve_tmpl.h"

#endif
