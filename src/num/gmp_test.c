/* Random words against GMP, an oracle from outside. 10^5 cases; `make conformance` takes 10^7.
 * Skips, and says so, where GMP's header is not installed. */
#include <coldevm/u256.h>

#include "harness.h"

#if defined(CHEVM_TEST_GMP)

#include "kernel_rig.h"
#include "operands.h"

#include <gmp.h>
#include <stdlib.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t), "limbs are passed to GMP as they are");

#define CASES_USUAL       100000u
#define CASES_CONFORMANCE 10000000u

#define CHECK_WORDS(got, want) CHECK_BYTES((got).limbs, (want).limbs, sizeof(chevm_u256))

static chevm_num_cache caches[KERNEL_RIG_COUNT];

static mp_limb_t *limbs(uint64_t *x) {
    return (mp_limb_t *)(void *)x;
}

static const mp_limb_t *limbs_in(const uint64_t *x) {
    return (const mp_limb_t *)(const void *)x;
}

static mp_size_t count_of(const uint64_t *x) {
    mp_size_t count = 4;
    while (count > 0 && x[count - 1] == 0) {
        count--;
    }
    return count;
}

/* a[0..count) / m: quotient (may be longer than a word: then dropped) and remainder. */
static void divide(chevm_u256 *quotient, chevm_u256 *remainder, const uint64_t *a, mp_size_t count,
                   const chevm_u256 *m) {
    uint64_t q[9] = {0};
    const mp_size_t m_count = count_of(m->limbs);
    *quotient = *remainder = (chevm_u256){{0}};
    if (m_count != 0) {
        mpn_tdiv_qr(limbs(q), limbs(remainder->limbs), 0, limbs_in(a), count, limbs_in(m->limbs),
                    m_count);
        *quotient = (chevm_u256){{q[0], q[1], q[2], q[3]}};
    }
}

static kernel_answers answers(const chevm_u256 *a, const chevm_u256 *b, const chevm_u256 *m) {
    kernel_answers want;
    chevm_u256 x = *a, y = *b, unused;
    uint64_t wide[8];
    divide(&want.div, &want.mod, a->limbs, 4, b);
    if (a->limbs[3] >> 63 != 0) {
        mpn_neg(limbs(x.limbs), limbs_in(a->limbs), 4);
    }
    if (b->limbs[3] >> 63 != 0) {
        mpn_neg(limbs(y.limbs), limbs_in(b->limbs), 4);
    }
    divide(&want.sdiv, &want.smod, x.limbs, 4, &y);
    if ((a->limbs[3] ^ b->limbs[3]) >> 63 != 0) {
        mpn_neg(limbs(want.sdiv.limbs), limbs_in(want.sdiv.limbs), 4);
    }
    if (a->limbs[3] >> 63 != 0) {
        mpn_neg(limbs(want.smod.limbs), limbs_in(want.smod.limbs), 4);
    }
    wide[4] = mpn_add_n(limbs(wide), limbs_in(a->limbs), limbs_in(b->limbs), 4);
    divide(&unused, &want.addmod, wide, 5, m);
    mpn_mul_n(limbs(wide), limbs_in(a->limbs), limbs_in(b->limbs), 4);
    divide(&unused, &want.mulmod, wide, 8, m);
    return want;
}

static bool check_answers(const kernel_answers *got, const kernel_answers *want) {
    bool good = CHECK_WORDS(got->div, want->div);
    good &= CHECK_WORDS(got->mod, want->mod);
    good &= CHECK_WORDS(got->sdiv, want->sdiv);
    good &= CHECK_WORDS(got->smod, want->smod);
    good &= CHECK_WORDS(got->addmod, want->addmod);
    good &= CHECK_WORDS(got->mulmod, want->mulmod);
    return good;
}

static bool check_case(const chevm_u256 *a, const chevm_u256 *b, const chevm_u256 *m, uint64_t n) {
    const kernel_answers want = answers(a, b, m);
    chevm_u256 got, product;
    uint64_t wide[8];
    chevm_u256_mul(&got, a, b);
    mpn_mul_n(limbs(wide), limbs_in(a->limbs), limbs_in(b->limbs), 4);
    product = (chevm_u256){{wide[0], wide[1], wide[2], wide[3]}};
    bool good = CHECK_WORDS(got, product);
    for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
        if (kernel_rig_select(i)) {
            const kernel_answers all = kernel_rig_answer(a, b, m, n % 2 == 0 ? NULL : &caches[i]);
            good &= check_answers(&all, &want);
        }
    }
    return good;
}

static bool check_power(const chevm_u256 *base, const chevm_u256 *exponent) {
    mpz_t b, e, m, power;
    chevm_u256 got, want = {{0}};
    mpz_inits(b, e, m, power, NULL);
    mpz_import(b, 4, -1, 8, 0, 0, base->limbs);
    mpz_import(e, 4, -1, 8, 0, 0, exponent->limbs);
    mpz_setbit(m, 256);
    mpz_powm(power, b, e, m);
    mpz_export(want.limbs, NULL, -1, 8, 0, 0, power);
    mpz_clears(b, e, m, power, NULL);
    bool good = true;
    for (size_t i = 0; i < KERNEL_RIG_COUNT; i++) {
        if (kernel_rig_select(i)) {
            chevm_u256_exp(&got, base, exponent);
            good &= CHECK_WORDS(got, want);
        }
    }
    return good;
}

TEST(gmp_agrees_on_random_words) {
    const uint64_t count = ch_test_cases(CASES_CONFORMANCE, CASES_USUAL);
    chevm_u256 b = {{1, 0, 0, 0}}, m = {{1, 0, 0, 0}};
    for (uint64_t n = 0; n < count; n++) {
        const chevm_u256 a = operand_word(ch_test_random);
        const uint64_t change = ch_test_random(); /* divisors come back, so that caches work */
        if (change % 4 != 0) {
            b = operand_word(ch_test_random);
        }
        if (change / 4 % 4 != 0) {
            m = operand_word(ch_test_random);
        }
        if (!check_case(&a, &b, &m, n) || (n % 256 == 0 && !check_power(&a, &b))) {
            return;
        }
    }
}

#else

TEST(gmp_agrees_on_random_words) {
    ch_test_skip("GMP is not installed (Debian: libgmp-dev); the other tests do not need it");
}

#endif
