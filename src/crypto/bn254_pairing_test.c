/* bn254_pairing.c, bn254_g2.c and bn254_final.c: membership in G2 against its definition, for
 * points of every order there is; what makes a pairing: bilinear, of order n, not one. */
#include "bn254_rig.h"

#include "harness.h"

#if defined(CHEVM_TEST_GMP)
#include <gmp.h>
#endif

/* The prime factors of 2p - n below 2^41. */
static const uint64_t SMALL_ORDERS[3] = {10069, 5864401, 1875725156269};

static void divide(uint64_t r[4], const uint64_t a[4], uint64_t divisor) {
    uint64_t rest = 0;
    memmove(r, a, 32);
    for (unsigned i = 256; i-- > 0;) {
        const uint64_t bit = (uint64_t)1 << (i % 64);
        rest = rest << 1 | (r[i / 64] >> (i % 64) & 1);
        r[i / 64] = rest >= divisor ? r[i / 64] | bit : r[i / 64] & ~bit;
        rest -= rest >= divisor ? divisor : 0;
    }
    CHECK_EQUAL(rest, 0);
}

static bool walk_says(const chevmi_bn_g2 *q, bool with_lines) {
    static const chevmi_bn_g1 infinity;
    chevmi_bn_g1 p = infinity;
    chevmi_bn_fp12 f;
    chevmi_bn_pair pair;
    if (with_lines) {
        bn_rig_g1(&p, ch_test_random);
    }
    chevmi_bn_pair_start(&pair, &p, q);
    return chevmi_bn_miller(&f, &pair, 1);
}

static void check_membership(const chevmi_bn_g2 *q) {
    const bool want = bn_rig_is_in_g2(q);
    CHECK_EQUAL(walk_says(q, true), want);
    CHECK_EQUAL(walk_says(q, false), want);
}

TEST(bn254_walk_ends_right_for_points_of_g2_only) {
    for (unsigned n = 0; n < ch_test_cases(2000, 60); n++) {
        chevmi_bn_g2 in, out, sum;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_twist(&out, ch_test_random);
        bn_rig_g2(&in, ch_test_random);
        check_membership(&out);
        check_membership(&in);
        CHECK(bn_rig_is_in_g2(&in));
        bn_rig_add(&sum, &in, &out);
        check_membership(&sum);
        chevmi_bn_g2_frobenius(&sum, &in); /* psi stays inside, and outside */
        check_membership(&sum);
        chevmi_bn_g2_frobenius(&sum, &out);
        check_membership(&sum);
    }
}

/* Points whose order is a small factor of the cofactor, alone and added to one of G2. */
TEST(bn254_walk_of_points_of_small_order) {
    uint64_t cofactor[4], part[4];
    bn_rig_cofactor(cofactor);
    for (unsigned n = 0; n < ch_test_cases(300, 12); n++) {
        const uint64_t order[4] = {SMALL_ORDERS[n % 3]};
        chevmi_bn_g2 any, in, small, sum;
        bn_rig_use(n % BN_RIG_BUILDS);
        divide(part, cofactor, order[0]);
        do {
            bn_rig_twist(&any, ch_test_random);
            bn_rig_mul(&small, &any, chevmi_modulus_bn254_n.p);
            bn_rig_mul(&any, &small, part);
        } while (chevmi_bn_g2_is_infinity(&any));
        bn_rig_mul(&sum, &any, order);
        CHECK(chevmi_bn_g2_is_infinity(&sum));
        CHECK(!walk_says(&any, true) && !walk_says(&any, false));
        check_membership(&any);
        check_membership(&small);
        bn_rig_g2(&in, ch_test_random);
        bn_rig_add(&sum, &in, &any);
        check_membership(&sum);
    }
}

/* Every multiple of a point of the least order: 10068 walks, all of them wrong. */
TEST(bn254_walk_of_the_whole_least_subgroup) {
    uint64_t cofactor[4], part[4];
    chevmi_bn_g2 any, small, at;
    bn_rig_use(0);
    bn_rig_cofactor(cofactor);
    divide(part, cofactor, SMALL_ORDERS[0]);
    do {
        bn_rig_twist(&any, ch_test_random);
        bn_rig_mul(&at, &any, chevmi_modulus_bn254_n.p);
        bn_rig_mul(&small, &at, part);
    } while (chevmi_bn_g2_is_infinity(&small));
    at = small;
    unsigned right = 0;
    for (unsigned k = 1; k < SMALL_ORDERS[0]; k++) {
        right += walk_says(&at, false);
        bn_rig_add(&at, &at, &small);
    }
    CHECK_EQUAL(right, 0);
    CHECK(chevmi_bn_g2_is_infinity(&at));
}

/* One addition, one doubling at a time, from every kind of point. */
TEST(bn254_walker_is_the_chord_or_lost) {
    for (unsigned n = 0; n < 200; n++) {
        chevmi_bn_walker t;
        chevmi_bn_line line;
        chevmi_bn_g2 a, b, want;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_twist(&a, ch_test_random);
        bn_rig_twist(&b, ch_test_random);
        chevmi_bn_walker_start(&t, &a);
        chevmi_bn_walker_twice(&t, &line);
        bn_rig_add(&want, &a, &a);
        CHECK(chevmi_bn_walker_is(&t, &want) && !chevmi_bn_walker_is(&t, &a));
        chevmi_bn_walker_add(&t, &b, &line);
        bn_rig_add(&want, &want, &b);
        CHECK(chevmi_bn_walker_is(&t, &want) && !chevmi_bn_walker_is(&t, &b));
        a = want;
        chevmi_bn_fp2_neg(&a.y, &a.y);
        chevmi_bn_walker_add(&t, &a, &line);
        CHECK(chevmi_bn_fp2_is_zero(&t.z) && !chevmi_bn_fp2_is_zero(&t.y)); /* infinity */
        chevmi_bn_walker_twice(&t, &line);
        CHECK(chevmi_bn_fp2_is_zero(&t.z) && !chevmi_bn_walker_is(&t, &a));
        chevmi_bn_walker_add(&t, &b, &line);
        CHECK(chevmi_bn_fp2_is_zero(&t.z) && chevmi_bn_fp2_is_zero(&t.y)); /* lost */
        chevmi_bn_walker_start(&t, &b);
        chevmi_bn_walker_add(&t, &b, &line);
        CHECK(chevmi_bn_fp2_is_zero(&t.z) && chevmi_bn_fp2_is_zero(&t.y)); /* lost */
        chevmi_bn_walker_twice(&t, &line);
        chevmi_bn_walker_add(&t, &a, &line);
        CHECK(chevmi_bn_fp2_is_zero(&t.z) && !chevmi_bn_walker_is(&t, &a));
    }
}

static void pairing(chevmi_bn_fp12 *r, const chevmi_bn_g1 *p, const chevmi_bn_g2 *q) {
    chevmi_bn_pair pair;
    chevmi_bn_pair_start(&pair, p, q);
    CHECK(chevmi_bn_miller(r, &pair, 1));
    chevmi_bn_final(r, r);
}

/* e(ka, b) = e(a, kb) = e(a, b)^k, and e(a, b) is an element of order n. */
TEST(bn254_pairing_is_bilinear_and_of_order_n) {
    for (unsigned n = 0; n < ch_test_cases(1000, 24); n++) {
        chevmi_bn_g1 a, ka;
        chevmi_bn_g2 b, kb;
        chevmi_bn_fp12 value, left, right, power;
        uint64_t k[4];
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_g1(&a, ch_test_random);
        bn_rig_g2(&b, ch_test_random);
        bn_rig_scalar(k, ch_test_random);
        bn_rig_mod_n(k, k);
        chevmi_bn_g1_mul(&ka, &a, k);
        bn_rig_mul(&kb, &b, k);
        pairing(&value, &a, &b);
        pairing(&left, &ka, &b);
        pairing(&right, &a, &kb);
        bn_rig_fp12_power(&power, &value, k);
        CHECK_BYTES(&left, &right, sizeof left);
        CHECK_BYTES(&left, &power, sizeof left);
        CHECK(!chevmi_bn_fp12_is_one(&value));
        bn_rig_fp12_power(&power, &value, chevmi_modulus_bn254_n.p);
        CHECK(chevmi_bn_fp12_is_one(&power));
    }
}

/* The exponent: f^(p^12 - 1) goes to one, and the power is the fixed one for any f: multiplicative,
 * and 1 exactly for those f that are n-th powers (an n-th power of anything goes to one). */
TEST(bn254_final_exponentiation_kills_powers_of_n) {
    for (unsigned n = 0; n < 24; n++) {
        chevmi_bn_fp12 f, g, product, power;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_fp12(&f, ch_test_random);
        bn_rig_fp12(&g, ch_test_random);
        bn_rig_fp12_power(&power, &f, chevmi_modulus_bn254_n.p);
        chevmi_bn_final(&power, &power);
        CHECK(chevmi_bn_fp12_is_one(&power));
        chevmi_bn_fp12_mul(&product, &f, &g);
        chevmi_bn_final(&product, &product);
        chevmi_bn_final(&f, &f);
        chevmi_bn_final(&g, &g);
        CHECK(!chevmi_bn_fp12_is_one(&f) && !chevmi_bn_fp12_is_one(&g));
        chevmi_bn_fp12_mul(&f, &f, &g);
        CHECK_BYTES(&f, &product, sizeof f);
        bn_rig_fp12_power(&power, &f, chevmi_modulus_bn254_n.p);
        CHECK(chevmi_bn_fp12_is_one(&power));
    }
}

#if defined(CHEVM_TEST_GMP)
static void number(mpz_t r, const uint64_t limbs[4]) {
    mpz_import(r, 4, -1, sizeof limbs[0], 0, 0, limbs);
}

/* coefficients += sign psi^power, all as c[0] + c[1] psi by psi^2 = trace psi - p. */
static void add_power(mpz_t coefficients[2], int sign, unsigned power, const mpz_t trace,
                      const mpz_t p) {
    mpz_t c[2], high;
    mpz_inits(c[0], c[1], high, NULL);
    mpz_set_si(c[0], sign);
    for (unsigned i = 0; i < power; i++) { /* times psi */
        mpz_set(high, c[1]);
        mpz_mul(c[1], c[1], trace);
        mpz_add(c[1], c[1], c[0]);
        mpz_mul(c[0], high, p);
        mpz_neg(c[0], c[0]);
    }
    mpz_add(coefficients[0], coefficients[0], c[0]);
    mpz_add(coefficients[1], coefficients[1], c[1]);
    mpz_clears(c[0], c[1], high, NULL);
}

/* a^2 + a b trace + b^2 p */
static void norm_of(mpz_t norm, const mpz_t a, const mpz_t b, const mpz_t trace, const mpz_t p) {
    mpz_mul(norm, b, p);
    mpz_addmul(norm, a, trace);
    mpz_mul(norm, norm, b);
    mpz_addmul(norm, a, a);
}
#endif

/* Why the end of the walk proves membership: the norm of 6u + 2 + psi - psi^2 + psi^3 and the order
 * of the twist, n (2p - n), have n in common and nothing else, and n only once. */
TEST(bn254_walk_relation_holds_in_g2_alone) {
#if defined(CHEVM_TEST_GMP)
    mpz_t p, n, trace, order, norm, common, c[2];
    mpz_inits(p, n, trace, order, norm, common, c[0], c[1], NULL);
    number(p, chevmi_modulus_bn254_p.p);
    number(n, chevmi_modulus_bn254_n.p);
    mpz_sub(trace, p, n);
    mpz_add_ui(trace, trace, 1);
    mpz_mul_2exp(order, p, 1);
    mpz_sub(order, order, n);
    mpz_mul(order, order, n);
    mpz_set_str(c[0], "4965661367192848881", 10);
    mpz_mul_ui(c[0], c[0], 6);
    mpz_add_ui(c[0], c[0], 2);
    add_power(c, 1, 1, trace, p);
    add_power(c, -1, 2, trace, p);
    add_power(c, 1, 3, trace, p);
    norm_of(norm, c[0], c[1], trace, p);
    mpz_gcd(common, norm, order);
    CHECK_EQUAL(mpz_cmp(common, n), 0);
    mpz_divexact(order, order, n);
    mpz_gcd(common, order, n);
    CHECK_EQUAL(mpz_cmp_ui(common, 1), 0);
    mpz_clears(p, n, trace, order, norm, common, c[0], c[1], NULL);
#else
    ch_test_skip("GMP is not installed (Debian: libgmp-dev)");
#endif
}
