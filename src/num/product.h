/** product.h: products of two 4-limb words, internal to src/num. CHEVMI_NUM_ADX (default 0) picks
 *  the build with two interleaved carry chains (mulx, adcx, adox). */
#ifndef CHEVMI_PRODUCT_H
#define CHEVMI_PRODUCT_H

#include <coldevm/u256.h>

#ifndef CHEVMI_NUM_ADX
#define CHEVMI_NUM_ADX 0
#endif

/** chevmi_product sets (high, low) = a * b. The outputs overlap neither operand. */
CH_INLINE void chevmi_product(uint64_t low[4], uint64_t high[4], const uint64_t a[4],
                              const uint64_t b[4]);

/** chevmi_product_low sets out = a * b mod 2^256; out may be a or b. */
CH_INLINE void chevmi_product_low(uint64_t out[4], const uint64_t a[4], const uint64_t b[4]);

/** chevmi_square_low sets x = x * x mod 2^256. */
CH_INLINE void chevmi_square_low(uint64_t x[4]);

/** chevmi_add8 adds (b_high, b_low) to (high, low); the carry out is dropped. */
CH_INLINE void chevmi_add8(uint64_t low[4], uint64_t high[4], const uint64_t b_low[4],
                           const uint64_t b_high[4]);

/* ---- Implementation -------------------------------------------------------------------------- */

#if CHEVMI_NUM_ADX

/* One row: (c3 c2 c1 c0) += a * b[row]; the lowest limb c0 is stored, and its register becomes the
 * new highest. Two carry chains: adcx for low halves, adox for high ones. */
#define CHEVMI_PRODUCT_ROW(row, c0, c1, c2, c3)                                                    \
    "movq 8*" row "(%[b]), %%rdx\n\t"                                                              \
    "xorl %k[t], %k[t]\n\t"                                                                        \
    "mulxq 0(%[a]), %[t], %[h]\n\t"                                                                \
    "adcxq %[t], %[" c0 "]\n\t"                                                                    \
    "adoxq %[h], %[" c1 "]\n\t"                                                                    \
    "movq %[" c0 "], 8*" row "(%[low])\n\t"                                                        \
    "mulxq 8(%[a]), %[t], %[h]\n\t"                                                                \
    "adcxq %[t], %[" c1 "]\n\t"                                                                    \
    "adoxq %[h], %[" c2 "]\n\t"                                                                    \
    "mulxq 16(%[a]), %[t], %[h]\n\t"                                                               \
    "adcxq %[t], %[" c2 "]\n\t"                                                                    \
    "adoxq %[h], %[" c3 "]\n\t"                                                                    \
    "mulxq 24(%[a]), %[t], %[" c0 "]\n\t"                                                          \
    "adcxq %[t], %[" c3 "]\n\t"                                                                    \
    "movl $0, %k[t]\n\t"                                                                           \
    "adoxq %[t], %[" c0 "]\n\t"                                                                    \
    "adcxq %[t], %[" c0 "]\n\t"

CH_INLINE void chevmi_product(uint64_t low[4], uint64_t high[4], const uint64_t a[4],
                              const uint64_t b[4]) {
    uint64_t c0, c1, c2, c3, t, h;
    __asm__("movq 0(%[b]), %%rdx\n\t"
            "mulxq 0(%[a]), %[t], %[c1]\n\t"
            "mulxq 8(%[a]), %[h], %[c2]\n\t"
            "movq %[t], 0(%[low])\n\t"
            "addq %[h], %[c1]\n\t"
            "mulxq 16(%[a]), %[h], %[c3]\n\t"
            "adcq %[h], %[c2]\n\t"
            "mulxq 24(%[a]), %[h], %[c0]\n\t"
            "adcq %[h], %[c3]\n\t"
            "adcq $0, %[c0]\n\t" /* now (c0 c3 c2 c1) */
            CHEVMI_PRODUCT_ROW("1", "c1", "c2", "c3", "c0")
                CHEVMI_PRODUCT_ROW("2", "c2", "c3", "c0", "c1")
                    CHEVMI_PRODUCT_ROW("3", "c3", "c0", "c1", "c2")
            : [c0] "=&r"(c0), [c1] "=&r"(c1), [c2] "=&r"(c2), [c3] "=&r"(c3), [t] "=&r"(t),
              [h] "=&r"(h), "=m"(*(uint64_t(*)[4])low)
            : [a] "r"(a), [b] "r"(b), [low] "r"(low), "m"(*(const uint64_t(*)[4])a),
              "m"(*(const uint64_t(*)[4])b)
            : "rdx", "cc");
    high[0] = c0, high[1] = c1, high[2] = c2, high[3] = c3;
}

#undef CHEVMI_PRODUCT_ROW

/* As chevm_limb4_mul, with mulx. */
CH_INLINE void chevmi_product_low(uint64_t out[4], const uint64_t a[4], const uint64_t b[4]) {
    uint64_t c0, c1, c2, c3, s, t, h;
    __asm__("movq 24(%[a]), %[s]\n\timulq 0(%[b]), %[s]\n\t"
            "movq 16(%[a]), %[t]\n\timulq 8(%[b]), %[t]\n\t"
            "addq %[t], %[s]\n\t"
            "movq 8(%[a]), %[t]\n\timulq 16(%[b]), %[t]\n\t"
            "movq 0(%[a]), %%rdx\n\t"
            "movq 24(%[b]), %[c0]\n\timulq %%rdx, %[c0]\n\t"
            "addq %[t], %[s]\n\taddq %[c0], %[s]\n\t"
            "mulxq 0(%[b]), %[c0], %[c1]\n\t"
            "mulxq 16(%[b]), %[c2], %[c3]\n\t"
            "addq %[s], %[c3]\n\t"
            "mulxq 8(%[b]), %[s], %[h]\n\t"
            "movq 8(%[a]), %%rdx\n\t"
            "addq %[s], %[c1]\n\tadcq %[h], %[c2]\n\tadcq $0, %[c3]\n\t"
            "mulxq 8(%[b]), %[t], %[h]\n\t"
            "addq %[t], %[c2]\n\tadcq %[h], %[c3]\n\t"
            "mulxq 0(%[b]), %[t], %[h]\n\t"
            "movq 16(%[a]), %%rdx\n\t"
            "mulxq 0(%[b]), %[s], %%rdx\n\t"
            "addq %[s], %[c2]\n\tadcq %%rdx, %[c3]\n\t"
            "addq %[t], %[c1]\n\tadcq %[h], %[c2]\n\tadcq $0, %[c3]"
            : [c0] "=&r"(c0), [c1] "=&r"(c1), [c2] "=&r"(c2), [c3] "=&r"(c3), [s] "=&r"(s),
              [t] "=&r"(t), [h] "=&r"(h)
            : [a] "r"(a), [b] "r"(b), "m"(*(const uint64_t(*)[4])a), "m"(*(const uint64_t(*)[4])b)
            : "rdx", "cc");
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/* Half of the mixed products, doubled, then the squares: six multiplications instead of ten. */
CH_INLINE void chevmi_square_low(uint64_t x[4]) {
    uint64_t a1, a2, a3, r0, r1, t;
    __asm__("movq %[x0], %%rdx\n\t"
            "mulxq %[x1], %[a1], %[a2]\n\t"
            "mulxq %[x2], %[t], %[a3]\n\t"
            "addq %[t], %[a2]\n\t"
            "adcq $0, %[a3]\n\t"
            "imulq %%rdx, %[x3]\n\t"
            "mulxq %%rdx, %[r0], %[r1]\n\t"
            "movq %[x1], %%rdx\n\t"
            "imulq %%rdx, %[x2]\n\t"
            "addq %[x3], %[a3]\n\t"
            "addq %[x2], %[a3]\n\t"
            "addq %[a1], %[a1]\n\t"
            "adcq %[a2], %[a2]\n\t"
            "adcq %[a3], %[a3]\n\t"
            "mulxq %%rdx, %[t], %[x3]\n\t"
            "addq %[a1], %[r1]\n\t"
            "adcq %[a2], %[t]\n\t"
            "adcq %[a3], %[x3]"
            : [x2] "+&r"(x[2]), [x3] "+&r"(x[3]), [a1] "=&r"(a1), [a2] "=&r"(a2), [a3] "=&r"(a3),
              [r0] "=&r"(r0), [r1] "=&r"(r1), [t] "=&r"(t)
            : [x0] "r"(x[0]), [x1] "r"(x[1])
            : "rdx", "cc");
    x[0] = r0, x[1] = r1, x[2] = t;
}

#else

CH_INLINE void chevmi_product(uint64_t low[4], uint64_t high[4], const uint64_t a[4],
                              const uint64_t b[4]) {
    uint64_t out[8];
    for (unsigned i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; j < 4; j++) {
            out[i + j] = chevm_limb_muladd(&carry, a[j], b[i], i == 0 ? 0 : out[i + j], carry);
        }
        out[i + 4] = carry;
    }
    for (unsigned i = 0; i < 4; i++) {
        low[i] = out[i];
        high[i] = out[i + 4];
    }
}

CH_INLINE void chevmi_product_low(uint64_t out[4], const uint64_t a[4], const uint64_t b[4]) {
    chevm_limb4_mul(out, a, b);
}

CH_INLINE void chevmi_square_low(uint64_t x[4]) {
    uint64_t h01, h02, h00, h11;
    const uint64_t l01 = chevm_limb_mul(&h01, x[0], x[1]);
    const uint64_t l02 = chevm_limb_mul(&h02, x[0], x[2]);
    const uint64_t l00 = chevm_limb_mul(&h00, x[0], x[0]);
    const uint64_t l11 = chevm_limb_mul(&h11, x[1], x[1]);
    uint64_t carry = 0;
    const uint64_t a2 = chevm_limb_add(h01, l02, &carry);
    const uint64_t a3 = h02 + x[0] * x[3] + x[1] * x[2] + carry;
    carry = 0;
    x[0] = l00;
    x[1] = chevm_limb_add(h00, l01 << 1, &carry);
    x[2] = chevm_limb_add(l11, a2 << 1 | l01 >> 63, &carry);
    x[3] = h11 + (a3 << 1 | a2 >> 63) + carry;
}

#endif

#if CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM

CH_INLINE void chevmi_add8(uint64_t low[4], uint64_t high[4], const uint64_t b_low[4],
                           const uint64_t b_high[4]) {
    __asm__("addq 0(%[b]), %[l0]\n\tadcq 8(%[b]), %[l1]\n\t"
            "adcq 16(%[b]), %[l2]\n\tadcq 24(%[b]), %[l3]\n\t"
            "adcq 0(%[c]), %[h0]\n\tadcq 8(%[c]), %[h1]\n\t"
            "adcq 16(%[c]), %[h2]\n\tadcq 24(%[c]), %[h3]"
            : [l0] "+&r"(low[0]), [l1] "+&r"(low[1]), [l2] "+&r"(low[2]), [l3] "+&r"(low[3]),
              [h0] "+&r"(high[0]), [h1] "+&r"(high[1]), [h2] "+&r"(high[2]), [h3] "+&r"(high[3])
            : [b] "r"(b_low), [c] "r"(b_high), "m"(*(const uint64_t(*)[4])b_low),
              "m"(*(const uint64_t(*)[4])b_high)
            : "cc");
}

#else

CH_INLINE void chevmi_add8(uint64_t low[4], uint64_t high[4], const uint64_t b_low[4],
                           const uint64_t b_high[4]) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < 4; i++) {
        low[i] = chevm_limb_add(low[i], b_low[i], &carry);
    }
    for (unsigned i = 0; i < 4; i++) {
        high[i] = chevm_limb_add(high[i], b_high[i], &carry);
    }
}

#endif

#endif
