/* field256.c: both sets of kernels against GMP over the whole range of every modulus, the constants
 * against their definitions, and a self-check that finds what is broken. */
#include "blst_rig.h"
#include "field256.h"

#include "harness.h"

#include <string.h>

static const chevmi_modulus *const MODULI[] = {
    &chevmi_modulus_bn254_p,
    &chevmi_modulus_bn254_n,
    &chevmi_modulus_p256_p,
    &chevmi_modulus_p256_n,
};

#define MODULUS_COUNT (sizeof MODULI / sizeof MODULI[0])

/* The ways to compute: plain C, what this machine lends, and what it would lend without ADX. */
enum { PLAIN, BORROWED, OLDER, WAYS };

/* False if there is no such way here. */
static bool select_way(unsigned way) {
    const bool older = blst_rig_forget(way == OLDER);
    return chevmi_field256_select(way != PLAIN) == (way != PLAIN) && (way != OLDER || older);
}

/* A random element, some of them near an end of the range or of limbs without or full of bits. */
static void random_element(uint64_t r[4], const chevmi_modulus *m) {
    const uint64_t kind = ch_test_random_below(10);
    do {
        for (unsigned i = 0; i < 4; i++) {
            r[i] = kind == 0 ? 0 : kind == 1 ? m->p[i] : ch_test_random();
            r[i] = kind == 2 ? 0 - (r[i] & 1) : r[i];
        }
        if (kind == 0) {
            r[0] = ch_test_random_below(4);
        } else if (kind == 1) {
            r[0] -= 1 + ch_test_random_below(4); /* the low limb of no modulus is that small */
        } else if (kind > 3) {
            r[3] >>= chevm_limb_clz(m->p[3]);
        }
    } while (!chevm_limb4_less(r, m->p));
}

TEST(field256_constants_are_those_of_the_modulus) {
    for (size_t n = 0; n < MODULUS_COUNT; n++) {
        const chevmi_modulus *const m = MODULI[n];
        const uint64_t zero[4] = {0};
        uint64_t power[4], shifted[4];
        CHECK_EQUAL(m->p[0] * m->n0, UINT64_MAX);
        memcpy(power, zero, sizeof power);
        power[0] = 1;
        for (unsigned i = 0; i < 512; i++) {
            chevmi_field256_plain.add(power, power, power, m->p);
            if (i == 255) {
                CHECK_BYTES(m->one, power, sizeof power);
            }
        }
        CHECK_BYTES(m->square, power, sizeof power);
        memcpy(shifted, m->p, sizeof shifted);
        while (shifted[3] >> 63 == 0) {
            (void)chevm_limb4_add(shifted, shifted, shifted);
        }
        CHECK_BYTES(m->shifted, shifted, sizeof shifted);
    }
}

TEST(field256_self_check_accepts_plain_and_what_this_machine_lends) {
    CHECK(chevmi_field256_check(&chevmi_field256_plain));
#if defined(__x86_64__) || (defined(__aarch64__) && !defined(__AARCH64EB__))
    CHECK(chevmi_field256_select(true));
    if (blst_rig_forget(true)) {
        CHECK(chevmi_field256_check(chevmi_field256()));
    }
    (void)blst_rig_forget(false);
#endif
    CHECK(!chevmi_field256_select(false));
    CHECK(chevmi_field256() == &chevmi_field256_plain);
}

/* Wrong for one pair of operands only. */
static void lame_mul(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4],
                     uint64_t n0) {
    const bool ends = a[0] == p[0] - 1 && b[0] == p[0] - 2 && a[3] == p[3] && b[3] == p[3];
    chevmi_field256_plain.mul(r, a, b, p, n0);
    r[0] ^= ends;
}

static void lame_sqr(uint64_t r[4], const uint64_t a[4], const uint64_t p[4], uint64_t n0) {
    chevmi_field256_plain.sqr(r, a, p, n0);
    r[3] ^= (uint64_t)(a[0] == p[0] - 2);
}

/* Forgets the carry out of the top limb. */
static void lame_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4]) {
    uint64_t sum[4];
    (void)chevm_limb4_add(sum, a, b);
    if (chevm_limb4_less(sum, p)) {
        memcpy(r, sum, sizeof sum);
    } else {
        (void)chevm_limb4_sub(r, sum, p);
    }
}

static void lame_sub(uint64_t r[4], const uint64_t a[4], const uint64_t b[4], const uint64_t p[4]) {
    chevmi_field256_plain.sub(r, a, b, p);
    r[0] ^= (uint64_t)(chevmi_f256_is_zero(a) && b[0] == 1);
}

static void lame_reduce(uint64_t r[4], const uint64_t a[8], const uint64_t p[4], uint64_t n0) {
    chevmi_field256_plain.reduce(r, a, p, n0);
    r[2] ^= (uint64_t)(a[4] == p[0] - 1);
}

static void lame_inverse(uint64_t r[8], const uint64_t a[4], const uint64_t p[4],
                         const uint64_t shifted[4]) {
    chevmi_field256_plain.inverse(r, a, p, shifted);
    r[0] ^= (uint64_t)(a[0] == p[0] - 1);
}

TEST(field256_self_check_finds_any_broken_kernel) {
    for (unsigned lame = 0; lame < 6; lame++) {
        chevmi_field256_kernels kernels = chevmi_field256_plain;
        kernels.mul = lame == 0 ? lame_mul : kernels.mul;
        kernels.sqr = lame == 1 ? lame_sqr : kernels.sqr;
        kernels.add = lame == 2 ? lame_add : kernels.add;
        kernels.sub = lame == 3 ? lame_sub : kernels.sub;
        kernels.reduce = lame == 4 ? lame_reduce : kernels.reduce;
        kernels.inverse = lame == 5 ? lame_inverse : kernels.inverse;
        CHECK(!chevmi_field256_check(&kernels));
    }
}

TEST(field256_bytes_below_the_modulus_come_back_and_others_are_refused) {
    for (unsigned way = 0; way < WAYS; way++) {
        (void)select_way(way);
        for (size_t n = 0; n < MODULUS_COUNT; n++) {
            const chevmi_modulus *const m = MODULI[n];
            uint8_t bytes[32], back[32];
            uint64_t limbs[4], element[4] = {7, 7, 7, 7}, before[4] = {7, 7, 7, 7};
            chevmi_f256_store(bytes, m->p);
            CHECK(!chevmi_f256_from_be(element, bytes, m));
            CHECK_BYTES(element, before, sizeof element);
            memset(bytes, 0xff, sizeof bytes);
            CHECK(!chevmi_f256_from_be(element, bytes, m));
            for (unsigned i = 0; i < 1000; i++) {
                random_element(limbs, m);
                chevmi_f256_store(bytes, limbs);
                CHECK(chevmi_f256_from_be(element, bytes, m));
                chevmi_f256_to_be(back, element, m);
                if (!CHECK_BYTES(back, bytes, sizeof back)) {
                    return;
                }
            }
        }
    }
}

TEST(field256_any_256_bit_number_goes_to_montgomery_form) {
    for (unsigned way = 0; way < WAYS; way++) {
        (void)select_way(way);
        for (size_t n = 0; n < MODULUS_COUNT; n++) {
            const chevmi_modulus *const m = MODULI[n];
            const uint64_t highest[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
            uint64_t r[4], want[4];
            chevmi_f256_to_mont(r, m->p, m);
            CHECK(chevmi_f256_is_zero(r));
            chevmi_f256_to_mont(r, highest, m); /* R - 1 */
            chevmi_field256_plain.sub(want, m->square, m->one, m->p);
            CHECK_BYTES(r, want, sizeof want);
        }
    }
}

TEST(field256_the_inverse_of_zero_is_zero) {
    for (unsigned way = 0; way < WAYS; way++) {
        (void)select_way(way);
        for (size_t n = 0; n < MODULUS_COUNT; n++) {
            uint64_t r[4] = {1, 2, 3, 4};
            const uint64_t zero[4] = {0};
            chevmi_f256_inverse(r, zero, MODULI[n]);
            CHECK_BYTES(r, zero, sizeof r);
        }
    }
}

#if defined(CHEVM_TEST_GMP)

#include <gmp.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t), "limbs are passed to GMP as they are");

static const mp_limb_t *limbs_in(const uint64_t *x) {
    return (const mp_limb_t *)(const void *)x;
}

static mp_limb_t *limbs(uint64_t *x) {
    return (mp_limb_t *)(void *)x;
}

static void gmp_remainder(uint64_t r[4], const uint64_t *a, unsigned count, const uint64_t p[4]) {
    uint64_t quotient[6];
    mpn_tdiv_qr(limbs(quotient), limbs(r), 0, limbs_in(a), count, limbs_in(p), 4);
}

/* mul, sqr, add, sub, reduce of the set in use; results r with r R = a b instead of divisions. */
static bool check_sums_and_products(const uint64_t a[4], const uint64_t b[4],
                                    const chevmi_modulus *m) {
    uint64_t got[4], want[4], left[4], wide[8], shifted[8] = {0};
    mpn_mul_n(limbs(wide), limbs_in(a), limbs_in(b), 4);
    gmp_remainder(want, wide, 8, m->p);
    chevmi_f256_mul(got, a, b, m);
    memcpy(shifted + 4, got, sizeof got);
    gmp_remainder(left, shifted, 8, m->p);
    bool good = CHECK_BYTES(left, want, sizeof want);
    good &= CHECK(chevm_limb4_less(got, m->p));
    chevmi_field256()->reduce(left, wide, m->p, m->n0);
    good &= CHECK_BYTES(left, got, sizeof got);
    memcpy(left, a, sizeof left);
    chevmi_f256_mul(left, left, b, m); /* r is a, r is b */
    good &= CHECK_BYTES(left, got, sizeof got);
    memcpy(left, b, sizeof left);
    chevmi_f256_mul(left, a, left, m);
    good &= CHECK_BYTES(left, got, sizeof got);
    chevmi_f256_mul(want, a, a, m);
    memcpy(got, a, sizeof got);
    chevmi_f256_sqr(got, got, m);
    good &= CHECK_BYTES(got, want, sizeof want);
    wide[4] = mpn_add_n(limbs(wide), limbs_in(a), limbs_in(b), 4);
    gmp_remainder(want, wide, 5, m->p);
    chevmi_f256_add(got, a, b, m);
    good &= CHECK_BYTES(got, want, sizeof want);
    wide[4] = mpn_add_n(limbs(wide), limbs_in(a), limbs_in(m->p), 4);
    (void)mpn_sub(limbs(wide), limbs(wide), 5, limbs_in(b), 4);
    gmp_remainder(want, wide, 5, m->p);
    chevmi_f256_sub(got, a, b, m);
    good &= CHECK_BYTES(got, want, sizeof want);
    return good;
}

/* a / R times its inverse / R is 1, so a times the inverse is R^2 mod p. */
static bool check_inverse(const uint64_t a[4], const chevmi_modulus *m) {
    uint64_t got[4], product[4], wide[8];
    chevmi_f256_inverse(got, a, m);
    mpn_mul_n(limbs(wide), limbs_in(a), limbs_in(got), 4);
    gmp_remainder(product, wide, 8, m->p);
    bool good = CHECK(chevm_limb4_less(got, m->p));
    good &= CHECK_BYTES(product, m->square, sizeof product);
    return good;
}

#define CASES_PRODUCT 200000u /* of each modulus by each set of kernels */
#define CASES_INVERSE 20000u

TEST(field256_gmp_agrees_over_the_whole_range) {
    for (unsigned way = 0; way < WAYS; way++) {
        if (!select_way(way)) {
            continue;
        }
        for (size_t n = 0; n < MODULUS_COUNT; n++) {
            for (unsigned i = 0; i < CASES_PRODUCT; i++) {
                uint64_t a[4], b[4];
                random_element(a, MODULI[n]);
                random_element(b, MODULI[n]);
                if (!check_sums_and_products(a, b, MODULI[n])) {
                    return;
                }
                if (i < CASES_INVERSE && !chevmi_f256_is_zero(a) && !check_inverse(a, MODULI[n])) {
                    return;
                }
            }
        }
    }
}

#else

TEST(field256_gmp_agrees_over_the_whole_range) {
    ch_test_skip("GMP is not installed (Debian: libgmp-dev); the self-check compares with plain C");
}

#endif
