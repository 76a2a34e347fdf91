/** u256_limb.h: the few primitives on 64-bit limbs that all 256-bit arithmetic is made of.
 *
 *  The one idea: three builds of the same handful of functions, chosen here and nowhere else.
 *  CHEVM_LIMB_ASM uses the carry flag by inline assembly (x86-64), CHEVM_LIMB_INT128 the compiler's
 *  128-bit type, CHEVM_LIMB_PLAIN only 64-bit C (any width, any byte order). Define
 *  CHEVM_LIMB_VARIANT to one of them to overrule the choice; all three give the same results.
 *  Four-limb values are `uint64_t[4]`, least significant limb first; out may alias an input. */
#ifndef CHEVM_U256_LIMB_H
#define CHEVM_U256_LIMB_H

#include <coldheap/base.h>

#include <string.h>

#define CHEVM_LIMB_PLAIN  0
#define CHEVM_LIMB_INT128 1
#define CHEVM_LIMB_ASM    2

#if !defined(CHEVM_LIMB_VARIANT)
#if defined(__x86_64__) && defined(__GNUC__) && defined(__SIZEOF_INT128__)
#define CHEVM_LIMB_VARIANT CHEVM_LIMB_ASM
#elif defined(__SIZEOF_INT128__)
#define CHEVM_LIMB_VARIANT CHEVM_LIMB_INT128
#else
#define CHEVM_LIMB_VARIANT CHEVM_LIMB_PLAIN
#endif
#endif

/** CHEVM_LIMB_BARRIER keeps four limbs in registers, so that the compiler moves them by 8 bytes. A
 *  32-byte load after four 8-byte stores waits for the store buffer: wide moves lose. */
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__aarch64__))
#define CHEVM_LIMB_BARRIER(x0, x1, x2, x3) __asm__("" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3))
#else
#define CHEVM_LIMB_BARRIER(x0, x1, x2, x3) ((void)0)
#endif

#if CHEVM_LIMB_VARIANT != CHEVM_LIMB_PLAIN
__extension__ typedef unsigned __int128 chevm_u128;
#endif

/** chevm_limb_add returns a + b + *carry (0 or 1) and leaves the new carry there. */
CH_INLINE uint64_t chevm_limb_add(uint64_t a, uint64_t b, uint64_t *carry);

/** chevm_limb_sub returns a - b - *borrow (0 or 1) and leaves the new borrow there. */
CH_INLINE uint64_t chevm_limb_sub(uint64_t a, uint64_t b, uint64_t *borrow);

/** chevm_limb_mul returns the low limb of a * b and stores the high one. */
CH_INLINE uint64_t chevm_limb_mul(uint64_t *high, uint64_t a, uint64_t b);

/** chevm_limb_muladd returns the low limb of a * b + c + d, which never overflows two limbs. */
CH_INLINE uint64_t chevm_limb_muladd(uint64_t *high, uint64_t a, uint64_t b, uint64_t c,
                                     uint64_t d);

/** chevm_limb_shl returns `high` shifted up with the top bits of `low` coming in, shr returns `low`
 *  shifted down with the low bits of `high` coming in.
 *  Requires: bits < 64. */
CH_INLINE uint64_t chevm_limb_shl(uint64_t high, uint64_t low, unsigned bits);
CH_INLINE uint64_t chevm_limb_shr(uint64_t high, uint64_t low, unsigned bits);

/** chevm_limbs_add and chevm_limbs_sub: x[0..count) += or -= b[0..count), carry or borrow returned.
 *  Requires: count is a constant from 2 to 4; the arrays are locals (they stay in registers). */
CH_INLINE uint64_t chevm_limbs_add(uint64_t *x, const uint64_t *b, unsigned count);
CH_INLINE uint64_t chevm_limbs_sub(uint64_t *x, const uint64_t *b, unsigned count);

/** chevm_limb4_add sets out = a + b mod 2^256 and returns the carry. */
CH_INLINE uint64_t chevm_limb4_add(uint64_t *out, const uint64_t *a, const uint64_t *b);

/** chevm_limb4_sub sets out = a - b mod 2^256 and returns the borrow. */
CH_INLINE uint64_t chevm_limb4_sub(uint64_t *out, const uint64_t *a, const uint64_t *b);

/** chevm_limb4_mul sets out = a * b mod 2^256. */
CH_INLINE void chevm_limb4_mul(uint64_t *out, const uint64_t *a, const uint64_t *b);

/** chevm_limb4_less is a < b, unsigned; chevm_limb4_less_signed the same in two's complement. */
CH_INLINE bool chevm_limb4_less(const uint64_t *a, const uint64_t *b);
CH_INLINE bool chevm_limb4_less_signed(const uint64_t *a, const uint64_t *b);

/** chevm_limb_clz and chevm_limb_ctz count zero bits from the top and bottom; x must not be 0. */
CH_INLINE unsigned chevm_limb_clz(uint64_t x);
CH_INLINE unsigned chevm_limb_ctz(uint64_t x);

/** chevm_limb_load_be and chevm_limb_store_be move 8 big-endian bytes, any alignment. */
CH_INLINE uint64_t chevm_limb_load_be(const uint8_t *bytes);
CH_INLINE void chevm_limb_store_be(uint8_t *bytes, uint64_t x);

/* ---- Implementation ------------------------------------------------------------------------ */

#if CHEVM_LIMB_VARIANT == CHEVM_LIMB_PLAIN

CH_INLINE uint64_t chevm_limb_add(uint64_t a, uint64_t b, uint64_t *carry) {
    const uint64_t partial = a + b;
    const uint64_t sum = partial + *carry;
    *carry = (uint64_t)(partial < a) | (uint64_t)(sum < partial);
    return sum;
}

CH_INLINE uint64_t chevm_limb_sub(uint64_t a, uint64_t b, uint64_t *borrow) {
    const uint64_t partial = a - b;
    const uint64_t difference = partial - *borrow;
    *borrow = (uint64_t)(a < b) | (uint64_t)(partial < *borrow);
    return difference;
}

CH_INLINE uint64_t chevm_limb_mul(uint64_t *high, uint64_t a, uint64_t b) {
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32;
    const uint64_t b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t low = a0 * b0;
    const uint64_t middle = a1 * b0 + (low >> 32);
    const uint64_t cross = a0 * b1 + (uint32_t)middle;
    *high = a1 * b1 + (middle >> 32) + (cross >> 32);
    return (cross << 32) | (uint32_t)low;
}

CH_INLINE uint64_t chevm_limb_muladd(uint64_t *high, uint64_t a, uint64_t b, uint64_t c,
                                     uint64_t d) {
    uint64_t low = chevm_limb_mul(high, a, b);
    low += c;
    *high += (uint64_t)(low < c);
    low += d;
    *high += (uint64_t)(low < d);
    return low;
}

#else

CH_INLINE uint64_t chevm_limb_add(uint64_t a, uint64_t b, uint64_t *carry) {
    const chevm_u128 sum = (chevm_u128)a + b + *carry;
    *carry = (uint64_t)(sum >> 64);
    return (uint64_t)sum;
}

CH_INLINE uint64_t chevm_limb_sub(uint64_t a, uint64_t b, uint64_t *borrow) {
    const chevm_u128 difference = (chevm_u128)a - b - *borrow;
    *borrow = (uint64_t)(difference >> 64) & 1u;
    return (uint64_t)difference;
}

CH_INLINE uint64_t chevm_limb_mul(uint64_t *high, uint64_t a, uint64_t b) {
    const chevm_u128 product = (chevm_u128)a * b;
    *high = (uint64_t)(product >> 64);
    return (uint64_t)product;
}

CH_INLINE uint64_t chevm_limb_muladd(uint64_t *high, uint64_t a, uint64_t b, uint64_t c,
                                     uint64_t d) {
    const chevm_u128 sum = (chevm_u128)a * b + c + d;
    *high = (uint64_t)(sum >> 64);
    return (uint64_t)sum;
}

#endif

#if CHEVM_LIMB_VARIANT == CHEVM_LIMB_ASM

CH_INLINE uint64_t chevm_limb_shl(uint64_t high, uint64_t low, unsigned bits) {
    __asm__("shldq %%cl, %1, %0" : "+r"(high) : "r"(low), "c"(bits) : "cc");
    return high;
}

CH_INLINE uint64_t chevm_limb_shr(uint64_t high, uint64_t low, unsigned bits) {
    __asm__("shrdq %%cl, %1, %0" : "+r"(low) : "r"(high), "c"(bits) : "cc");
    return low;
}

#define CHEVM_LIMBS_CHAIN(first, next)                                                             \
    if (count == 2) {                                                                              \
        __asm__(first " %3, %0\n\t" next " %4, %1"                                                 \
                : "+&r"(x[0]), "+r"(x[1]), "=@ccc"(flag)                                           \
                : "re"(b[0]), "re"(b[1]));                                                         \
    } else if (count == 3) {                                                                       \
        __asm__(first " %4, %0\n\t" next " %5, %1\n\t" next " %6, %2"                              \
                : "+&r"(x[0]), "+&r"(x[1]), "+r"(x[2]), "=@ccc"(flag)                              \
                : "re"(b[0]), "re"(b[1]), "re"(b[2]));                                             \
    } else {                                                                                       \
        __asm__(first " %5, %0\n\t" next " %6, %1\n\t" next " %7, %2\n\t" next " %8, %3"           \
                : "+&r"(x[0]), "+&r"(x[1]), "+&r"(x[2]), "+r"(x[3]), "=@ccc"(flag)                 \
                : "re"(b[0]), "re"(b[1]), "re"(b[2]), "re"(b[3]));                                 \
    }

CH_INLINE uint64_t chevm_limbs_add(uint64_t *x, const uint64_t *b, unsigned count) {
    bool flag;
    CHEVM_LIMBS_CHAIN("addq", "adcq")
    return flag;
}

CH_INLINE uint64_t chevm_limbs_sub(uint64_t *x, const uint64_t *b, unsigned count) {
    bool flag;
    CHEVM_LIMBS_CHAIN("subq", "sbbq")
    return flag;
}

#undef CHEVM_LIMBS_CHAIN

CH_INLINE uint64_t chevm_limb4_add(uint64_t *out, const uint64_t *a, const uint64_t *b) {
    uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3];
    bool carry;
    __asm__("addq %5, %0\n\tadcq %6, %1\n\tadcq %7, %2\n\tadcq %8, %3"
            : "+&r"(x0), "+&r"(x1), "+&r"(x2), "+&r"(x3), "=@ccc"(carry)
            : "m"(b[0]), "m"(b[1]), "m"(b[2]), "m"(b[3]));
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
    return carry;
}

CH_INLINE uint64_t chevm_limb4_sub(uint64_t *out, const uint64_t *a, const uint64_t *b) {
    uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3];
    bool borrow;
    __asm__("subq %5, %0\n\tsbbq %6, %1\n\tsbbq %7, %2\n\tsbbq %8, %3"
            : "+&r"(x0), "+&r"(x1), "+&r"(x2), "+&r"(x3), "=@ccc"(borrow)
            : "m"(b[0]), "m"(b[1]), "m"(b[2]), "m"(b[3]));
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
    return borrow;
}

/* The four products of the top limb first, as they need no carries; then the others from the top
 * down, so that few carries run on. */
CH_INLINE void chevm_limb4_mul(uint64_t *out, const uint64_t *a, const uint64_t *b) {
    uint64_t c0, c1, c2, c3, s, t;
    __asm__(
        "movq 24(%[a]), %[s]\n\timulq 0(%[b]), %[s]\n\t"
        "movq 16(%[a]), %[t]\n\timulq 8(%[b]), %[t]\n\t"
        "addq %[t], %[s]\n\t"
        "movq 8(%[a]), %[t]\n\timulq 16(%[b]), %[t]\n\t"
        "movq 0(%[a]), %[c0]\n\timulq 24(%[b]), %[c0]\n\t"
        "addq %[t], %[s]\n\taddq %[c0], %[s]\n\t"
        "movq 0(%[b]), %%rax\n\tmulq 0(%[a])\n\t"
        "movq %%rax, %[c0]\n\tmovq %%rdx, %[c1]\n\t"
        "movq 0(%[b]), %%rax\n\tmulq 16(%[a])\n\t"
        "movq %%rax, %[c2]\n\tleaq (%%rdx, %[s]), %[c3]\n\t"
        "movq 8(%[b]), %%rax\n\tmulq 8(%[a])\n\t"
        "addq %%rax, %[c2]\n\tadcq %%rdx, %[c3]\n\t"
        "movq 16(%[b]), %%rax\n\tmulq 0(%[a])\n\t"
        "addq %%rax, %[c2]\n\tadcq %%rdx, %[c3]\n\t"
        "movq 0(%[b]), %%rax\n\tmulq 8(%[a])\n\t"
        "addq %%rax, %[c1]\n\tadcq %%rdx, %[c2]\n\tadcq $0, %[c3]\n\t"
        "movq 8(%[b]), %%rax\n\tmulq 0(%[a])\n\t"
        "addq %%rax, %[c1]\n\tadcq %%rdx, %[c2]\n\tadcq $0, %[c3]"
        : [c0] "=&r"(c0), [c1] "=&r"(c1), [c2] "=&r"(c2), [c3] "=&r"(c3), [s] "=&r"(s), [t] "=&r"(t)
        : [a] "r"(a), [b] "r"(b), "m"(*(const uint64_t(*)[4])a), "m"(*(const uint64_t(*)[4])b)
        : "rax", "rdx", "cc");
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

CH_INLINE bool chevm_limb4_less(const uint64_t *a, const uint64_t *b) {
    const uint64_t x0 = a[0];
    uint64_t x1 = a[1], x2 = a[2], x3 = a[3];
    bool less;
    __asm__("cmpq %5, %4\n\tsbbq %6, %1\n\tsbbq %7, %2\n\tsbbq %8, %3"
            : "=@ccc"(less), "+&r"(x1), "+&r"(x2), "+&r"(x3)
            : "r"(x0), "m"(b[0]), "m"(b[1]), "m"(b[2]), "m"(b[3]));
    return less;
}

CH_INLINE bool chevm_limb4_less_signed(const uint64_t *a, const uint64_t *b) {
    const uint64_t x0 = a[0];
    uint64_t x1 = a[1], x2 = a[2], x3 = a[3];
    bool less;
    __asm__("cmpq %5, %4\n\tsbbq %6, %1\n\tsbbq %7, %2\n\tsbbq %8, %3"
            : "=@ccl"(less), "+&r"(x1), "+&r"(x2), "+&r"(x3)
            : "r"(x0), "m"(b[0]), "m"(b[1]), "m"(b[2]), "m"(b[3]));
    return less;
}

#else

CH_INLINE uint64_t chevm_limb_shl(uint64_t high, uint64_t low, unsigned bits) {
    return high << bits | low >> 1 >> (63u - bits);
}

CH_INLINE uint64_t chevm_limb_shr(uint64_t high, uint64_t low, unsigned bits) {
    return low >> bits | high << 1 << (63u - bits);
}

CH_INLINE uint64_t chevm_limbs_add(uint64_t *x, const uint64_t *b, unsigned count) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < count; i++) {
        x[i] = chevm_limb_add(x[i], b[i], &carry);
    }
    return carry;
}

CH_INLINE uint64_t chevm_limbs_sub(uint64_t *x, const uint64_t *b, unsigned count) {
    uint64_t borrow = 0;
    for (unsigned i = 0; i < count; i++) {
        x[i] = chevm_limb_sub(x[i], b[i], &borrow);
    }
    return borrow;
}

CH_INLINE uint64_t chevm_limb4_add(uint64_t *out, const uint64_t *a, const uint64_t *b) {
    uint64_t carry = 0;
    uint64_t x0 = chevm_limb_add(a[0], b[0], &carry);
    uint64_t x1 = chevm_limb_add(a[1], b[1], &carry);
    uint64_t x2 = chevm_limb_add(a[2], b[2], &carry);
    uint64_t x3 = chevm_limb_add(a[3], b[3], &carry);
    CHEVM_LIMB_BARRIER(x0, x1, x2, x3);
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
    return carry;
}

CH_INLINE uint64_t chevm_limb4_sub(uint64_t *out, const uint64_t *a, const uint64_t *b) {
    uint64_t borrow = 0;
    uint64_t x0 = chevm_limb_sub(a[0], b[0], &borrow);
    uint64_t x1 = chevm_limb_sub(a[1], b[1], &borrow);
    uint64_t x2 = chevm_limb_sub(a[2], b[2], &borrow);
    uint64_t x3 = chevm_limb_sub(a[3], b[3], &borrow);
    CHEVM_LIMB_BARRIER(x0, x1, x2, x3);
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
    return borrow;
}

CH_INLINE void chevm_limb4_mul(uint64_t *out, const uint64_t *a, const uint64_t *b) {
    uint64_t c;
    const uint64_t z0 = chevm_limb_mul(&c, a[0], b[0]);
    uint64_t z1 = chevm_limb_muladd(&c, a[0], b[1], c, 0);
    uint64_t z2 = chevm_limb_muladd(&c, a[0], b[2], c, 0);
    uint64_t z3 = a[0] * b[3] + c;
    z1 = chevm_limb_muladd(&c, a[1], b[0], z1, 0);
    z2 = chevm_limb_muladd(&c, a[1], b[1], z2, c);
    z3 += a[1] * b[2] + c;
    z2 = chevm_limb_muladd(&c, a[2], b[0], z2, 0);
    z3 += a[2] * b[1] + a[3] * b[0] + c;
    CHEVM_LIMB_BARRIER(z1, z2, z3, c);
    out[0] = z0, out[1] = z1, out[2] = z2, out[3] = z3;
}

CH_INLINE bool chevm_limb4_less(const uint64_t *a, const uint64_t *b) {
    uint64_t borrow = 0;
    (void)chevm_limb_sub(a[0], b[0], &borrow);
    (void)chevm_limb_sub(a[1], b[1], &borrow);
    (void)chevm_limb_sub(a[2], b[2], &borrow);
    (void)chevm_limb_sub(a[3], b[3], &borrow);
    return borrow != 0;
}

CH_INLINE bool chevm_limb4_less_signed(const uint64_t *a, const uint64_t *b) {
    const uint64_t sign_a = a[3] >> 63;
    const uint64_t sign_b = b[3] >> 63;
    return sign_a != sign_b ? sign_a != 0 : chevm_limb4_less(a, b);
}

#endif

#if defined(__GNUC__)
CH_INLINE unsigned chevm_limb_clz(uint64_t x) {
    return (unsigned)__builtin_clzll(x);
}

CH_INLINE unsigned chevm_limb_ctz(uint64_t x) {
    return (unsigned)__builtin_ctzll(x);
}
#else
CH_INLINE unsigned chevm_limb_clz(uint64_t x) {
    unsigned count = 0;
    for (unsigned half = 32; half != 0; half >>= 1) {
        if (x >> (64 - half) == 0) {
            count += half;
            x <<= half;
        }
    }
    return count;
}

CH_INLINE unsigned chevm_limb_ctz(uint64_t x) {
    return 63u - chevm_limb_clz(x & (0u - x));
}
#endif

#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
CH_INLINE uint64_t chevm_limb_load_be(const uint8_t *bytes) {
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    return __builtin_bswap64(x);
}

CH_INLINE void chevm_limb_store_be(uint8_t *bytes, uint64_t x) {
    x = __builtin_bswap64(x);
    memcpy(bytes, &x, sizeof x);
}
#else
CH_INLINE uint64_t chevm_limb_load_be(const uint8_t *bytes) {
    uint64_t x = 0;
    for (unsigned i = 0; i < 8; i++) {
        x = x << 8 | bytes[i];
    }
    return x;
}

CH_INLINE void chevm_limb_store_be(uint8_t *bytes, uint64_t x) {
    for (unsigned i = 8; i-- > 0; x >>= 8) {
        bytes[i] = (uint8_t)x;
    }
}
#endif

#endif
