/* bn254_scalar.c: the lattice of pairs (a, b) with a + b lambda = 0 mod n has the short basis
 * (2u + 1, -(6u^2 + 2u)), (6u^2 + 4u + 1, 2u + 1), whose determinant is n. (k, 0) minus the nearest
 * lattice point below it is the pair of halves. Source: Gallant, Lambert, Vanstone, CRYPTO 2001. */
#include "bn254_scalar.h"

#include "field256.h"
#include "num/product.h"

/* With s = 2u + 1, l = 6u^2 + 2u, m = 6u^2 + 4u + 1: */
static const uint64_t S[4] = {0x89d3256894d213e3u};
static const uint64_t L[4] = {0x8211bbeb7d4f1128u, 0x6f4d8248eeb859fcu};
static const uint64_t M[4] = {0x0be4e1541221250bu, 0x6f4d8248eeb859fdu};
static const uint64_t S_OVER_N[4] = {0xd91d232ec7e0b3d7u, 2};                      /* 2^256 s / n */
static const uint64_t L_OVER_N[4] = {0x7a7bd9d4391eb18eu, 0x4ccef014a773d2cfu, 2}; /* 2^256 l / n */

/* r -= a b mod 2^256. */
static void subtract_product(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    uint64_t product[4];
    chevm_limb4_mul(product, a, b);
    (void)chevm_limb4_sub(r, r, product);
}

static void half_of(chevmi_bn_half *half, const uint64_t x[4]) {
    static const uint64_t ZERO[4];
    uint64_t magnitude[4] = {x[0], x[1], x[2], x[3]};
    half->is_negative = x[3] >> 63 != 0;
    if (half->is_negative) {
        (void)chevm_limb4_sub(magnitude, ZERO, x);
    }
    CH_ASSERT((magnitude[2] | magnitude[3] | magnitude[1] >> 63) == 0);
    half->magnitude[0] = magnitude[0];
    half->magnitude[1] = magnitude[1];
}

void chevmi_bn_split(chevmi_bn_half half[2], const uint64_t k[4]) {
    const uint64_t *const n = chevmi_modulus_bn254_n.p;
    uint64_t first[4] = {k[0], k[1], k[2], k[3]}, second[4], low[4], c[4], d[4];
    while (!chevm_limb4_less(first, n)) { /* at most five times: 2^256 < 6 n */
        (void)chevm_limb4_sub(first, first, n);
    }
    chevmi_product(low, c, first, S_OVER_N);
    chevmi_product(low, d, first, L_OVER_N);
    subtract_product(first, c, S);
    subtract_product(first, d, M);
    chevm_limb4_mul(second, c, L);
    subtract_product(second, d, S);
    half_of(&half[0], first);
    half_of(&half[1], second);
}

unsigned chevmi_bn_digits(int8_t digits[CHEVMI_BN_DIGITS_MAX], const chevmi_bn_half *half) {
    const unsigned window = 1u << CHEVMI_BN_WINDOW_BITS;
    uint64_t low = half->magnitude[0], high = half->magnitude[1];
    unsigned count = 0;
    for (unsigned i = 0; i < CHEVMI_BN_DIGITS_MAX; i++) {
        int digit = 0;
        if ((low & 1) != 0) {
            digit = (int)(low % window);
            if (digit >= (int)(window / 2)) {
                digit -= (int)window;
            }
            uint64_t carry = 0;
            low = chevm_limb_sub(low, (uint64_t)(int64_t)digit, &carry);
            high += digit < 0 ? 1 - carry : 0 - carry;
            count = i + 1;
        }
        digits[i] = (int8_t)(half->is_negative ? -digit : digit);
        low = low >> 1 | high << 63;
        high >>= 1;
    }
    return count;
}
