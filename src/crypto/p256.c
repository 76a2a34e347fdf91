/* p256.c: the equation of ECDSA: with w = 1/s, the x of (hash w) G + (r w) Q is r modulo n. */
#include "p256.h"

#include "p256_curve.h"

#include <string.h>

#define P (&chevmi_modulus_p256_p)
#define N (&chevmi_modulus_p256_n)

/* A scalar as digits, lowest first: 0, or odd and below 2^(window - 1) in size; after each digit
 * that is not 0 come at least window - 1 zeros. */
#define DIGITS_MAX 257u
#define KEY_WINDOW 5u
#define KEY_COUNT  (1u << (KEY_WINDOW - 2))

typedef struct digits {
    int16_t at[DIGITS_MAX];
    unsigned count;
} digits;

/* `count` bits of k from `from` on; bits from 256 on are 0. */
static unsigned bits_of(const uint64_t k[4], unsigned from, unsigned count) {
    const unsigned limb = from / 64, shift = from % 64;
    uint64_t bits = limb < 4 ? k[limb] >> shift : 0;
    if (shift + count > 64 && limb + 1 < 4) {
        bits |= k[limb + 1] << (64 - shift);
    }
    return (unsigned)(bits & ((1u << count) - 1));
}

static void digits_of(digits *out, const uint64_t k[4], unsigned window) {
    unsigned carry = 0, i = 0;
    memset(out, 0, sizeof *out);
    while (i < DIGITS_MAX) {
        if (bits_of(k, i, 1) == carry) {
            i++;
            continue;
        }
        const int word = (int)(bits_of(k, i, window) + carry); /* odd */
        carry = (unsigned)word >> (window - 1);
        out->at[i] = (int16_t)(word - (int)(carry << window));
        out->count = i + 1;
        i += window;
    }
}

/* Q, 3 Q, 5 Q ... */
static void odd_multiples(chevmi_p256_point table[KEY_COUNT], const chevmi_p256_affine *q) {
    chevmi_p256_point twice;
    memset(&table[0], 0, sizeof table[0]);
    chevmi_p256_add_affine(&table[0], &table[0], q, false);
    chevmi_p256_double(&twice, &table[0]);
    for (unsigned i = 1; i < KEY_COUNT; i++) {
        chevmi_p256_add(&table[i], &table[i - 1], &twice, false);
    }
}

/* r = u G + v Q, both scalars at once (Straus). */
static void combine(chevmi_p256_point *r, const uint64_t u[4], const chevmi_p256_affine *q,
                    const uint64_t v[4]) {
    digits base, key;
    chevmi_p256_point table[KEY_COUNT];
    digits_of(&base, u, CHEVMI_P256_BASE_WINDOW);
    digits_of(&key, v, KEY_WINDOW);
    odd_multiples(table, q);
    memset(r, 0, sizeof *r);
    for (unsigned i = base.count > key.count ? base.count : key.count; i-- > 0;) {
        const int b = base.at[i], k = key.at[i];
        chevmi_p256_double(r, r);
        if (k != 0) {
            chevmi_p256_add(r, r, &table[(k < 0 ? -k : k) / 2], k < 0);
        }
        if (b != 0) {
            chevmi_p256_add_affine(r, r, &chevmi_p256_base[(b < 0 ? -b : b) / 2], b < 0);
        }
    }
}

/* X / Z^2 = x modulo p, without dividing. */
static bool x_is(const chevmi_p256_point *a, const uint64_t x[4]) {
    uint64_t element[4], square[4];
    chevmi_f256_to_mont(element, x, P);
    chevmi_f256_sqr(square, a->z, P);
    chevmi_f256_mul(element, element, square, P);
    return chevmi_f256_equal(element, a->x);
}

/* The point's x, taken modulo n, is r; x may be r + n, as n is below p. */
static bool x_is_modulo_order(const chevmi_p256_point *a, const uint64_t r[4]) {
    uint64_t other[4];
    if (chevmi_f256_is_zero(a->z)) {
        return false;
    }
    if (x_is(a, r)) {
        return true;
    }
    return chevm_limb4_add(other, r, N->p) == 0 && chevm_limb4_less(other, P->p) && x_is(a, other);
}

static bool load_scalar(uint64_t r[4], const uint8_t bytes[32]) {
    chevmi_f256_load(r, bytes);
    return chevm_limb4_less(r, N->p) && !chevmi_f256_is_zero(r);
}

bool chevmi_p256_verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                        const uint8_t x[32], const uint8_t y[32]) {
    uint64_t h[4], signature[4], w[4], u[4], v[4];
    chevmi_p256_affine q;
    chevmi_p256_point sum;
    if (!load_scalar(signature, r) || !load_scalar(w, s) || !chevmi_f256_from_be(q.x, x, P) ||
        !chevmi_f256_from_be(q.y, y, P) || !chevmi_p256_on_curve(&q)) {
        return false; /* infinity, written as (0, 0), is not on the curve either */
    }
    chevmi_f256_load(h, hash);
    if (!chevm_limb4_less(h, N->p)) {
        (void)chevm_limb4_sub(h, h, N->p);
    }
    chevmi_f256_to_mont(w, w, N);
    chevmi_f256_inverse(w, w, N);
    chevmi_f256_mul(u, h, w, N); /* plain times Montgomery form is plain */
    chevmi_f256_mul(v, signature, w, N);
    combine(&sum, u, &q, v);
    return x_is_modulo_order(&sum, signature);
}

size_t chevmi_p256_verify_call(uint8_t out[32], const uint8_t *input, size_t size) {
    if (size != CHEVMI_P256_INPUT ||
        !chevmi_p256_verify(input, input + 32, input + 64, input + 96, input + 128)) {
        return 0;
    }
    memset(out, 0, 32);
    out[31] = 1;
    return 32;
}
