/* bn254_fp12.c: each shortcut against multiplication and powers, the constants against their
 * definitions. */
#include "bn254_rig.h"

#include "harness.h"

/* r = f^((p^6 - 1)(p^2 + 1)) for a random f: a cyclotomic element. */
static void random_cyclotomic(chevmi_bn_fp12 *r) {
    chevmi_bn_fp12 f, inverse;
    bn_rig_fp12(&f, ch_test_random);
    chevmi_bn_fp12_inverse(&inverse, &f);
    chevmi_bn_fp12_conjugate(&f, &f);
    chevmi_bn_fp12_mul(&f, &f, &inverse);
    bn_rig_fp12_power(&inverse, &f, chevmi_modulus_bn254_p.p);
    bn_rig_fp12_power(r, &inverse, chevmi_modulus_bn254_p.p);
    chevmi_bn_fp12_mul(r, r, &f);
}

/* c0 + c1 w by the rules v^3 = xi and w^2 = v alone. */
static void reference_mul(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a, const chevmi_bn_fp12 *b) {
    *r = (chevmi_bn_fp12){0};
    for (unsigned i = 0; i < 6; i++) {
        for (unsigned k = 0; k < 6; k++) {
            const unsigned at = (i + k) % 6;
            chevmi_bn_fp2 term;
            chevmi_bn_fp2_mul(&term, &a->c[i % 2].c[i / 2], &b->c[k % 2].c[k / 2]);
            if (i + k >= 6) {
                chevmi_bn_fp2_mul_xi(&term, &term);
            }
            chevmi_bn_fp2_add(&r->c[at % 2].c[at / 2], &r->c[at % 2].c[at / 2], &term);
        }
    }
}

TEST(bn254_xi_is_nine_plus_i) {
    for (unsigned n = 0; n < 500; n++) {
        chevmi_bn_fp2 a, xi = {0}, want, one = {0};
        bn_rig_fp2(&a, ch_test_random);
        chevmi_bn_fp_one(&one.a);
        xi.b = one.a;
        for (unsigned i = 0; i < 9; i++) {
            chevmi_bn_fp2_add(&xi, &xi, &one);
        }
        chevmi_bn_fp2_mul(&want, &a, &xi);
        chevmi_bn_fp2_mul_xi(&a, &a);
        CHECK_BYTES(&a, &want, sizeof want);
    }
}

TEST(bn254_tower_products_are_those_of_the_definition) {
    for (unsigned n = 0; n < 400; n++) {
        chevmi_bn_fp12 a, b, want, got;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_fp12(&a, ch_test_random);
        bn_rig_fp12(&b, ch_test_random);
        reference_mul(&want, &a, &b);
        chevmi_bn_fp12_mul(&got, &a, &b);
        CHECK_BYTES(&got, &want, sizeof want);
        got = b;
        chevmi_bn_fp12_mul(&got, &a, &got);
        CHECK_BYTES(&got, &want, sizeof want);
        reference_mul(&want, &a, &a);
        chevmi_bn_fp12_mul(&got, &a, &a);
        CHECK_BYTES(&got, &want, sizeof want);
        chevmi_bn_fp12_sqr(&a, &a);
        CHECK_BYTES(&a, &want, sizeof want);
    }
}

TEST(bn254_product_with_a_line_is_the_full_product) {
    for (unsigned n = 0; n < 400; n++) {
        chevmi_bn_fp12 a, full = {0}, want;
        chevmi_bn_line line;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_fp12(&a, ch_test_random);
        for (unsigned i = 0; i < 3; i++) {
            bn_rig_fp2(&line.c[i], ch_test_random);
        }
        full.c[0].c[0] = line.c[0];
        full.c[1].c[0] = line.c[1];
        full.c[1].c[1] = line.c[2];
        reference_mul(&want, &a, &full);
        chevmi_bn_fp12_mul_line(&a, &line);
        CHECK_BYTES(&a, &want, sizeof want);
    }
}

TEST(bn254_tower_inverse_and_conjugate) {
    for (unsigned n = 0; n < 100; n++) {
        chevmi_bn_fp12 a, b;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_fp12(&a, ch_test_random);
        CHECK(!chevmi_bn_fp12_is_one(&a));
        chevmi_bn_fp12_inverse(&b, &a);
        chevmi_bn_fp12_mul(&b, &b, &a);
        CHECK(chevmi_bn_fp12_is_one(&b));
        for (unsigned i = 0; i < 6; i++) { /* every coefficient counts */
            chevmi_bn_fp12_one(&b);
            b.c[i / 3].c[i % 3].b.limb[i % 4] ^= 1;
            CHECK(!chevmi_bn_fp12_is_one(&b));
        }
        random_cyclotomic(&a);
        chevmi_bn_fp12_conjugate(&b, &a);
        chevmi_bn_fp12_mul(&b, &b, &a);
        CHECK(chevmi_bn_fp12_is_one(&b));
    }
}

TEST(bn254_frobenius_is_the_power_p) {
    for (unsigned n = 0; n < 24; n++) {
        chevmi_bn_fp12 a, b, power;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_fp12(&a, ch_test_random);
        bn_rig_fp12_power(&power, &a, chevmi_modulus_bn254_p.p);
        chevmi_bn_fp12_frobenius(&b, &a);
        CHECK_BYTES(&b, &power, sizeof b);
        chevmi_bn_fp12_frobenius(&b, &b);
        chevmi_bn_fp12_frobenius2(&a, &a);
        CHECK_BYTES(&a, &b, sizeof b);
    }
}

TEST(bn254_frobenius_constants_are_powers_of_xi) {
    chevmi_bn_fp2 one = {0}, xi, root, power = {0};
    uint64_t e[4];
    chevmi_bn_fp_one(&one.a);
    chevmi_bn_fp2_mul_xi(&xi, &one);
    bn_rig_exponent(e, 1, 0, 6);
    bn_rig_fp2_power(&root, &xi, e);
    power = one;
    for (unsigned k = 0; k < 5; k++) {
        chevmi_bn_fp2 norm;
        chevmi_bn_fp2_mul(&power, &power, &root);
        CHECK_BYTES(&chevmi_bn_frobenius[k], &power, sizeof power);
        chevmi_bn_fp2_conjugate(&norm, &power); /* x^((p - 1)(p + 1)) = x^(p - 1) to p times it */
        chevmi_bn_fp2_mul(&norm, &norm, &power);
        CHECK_BYTES(&chevmi_bn_frobenius2[k], &norm.a, sizeof norm.a);
        CHECK(chevmi_bn_fp_is_zero(&norm.b));
    }
}

TEST(bn254_cyclotomic_square_is_the_square) {
    for (unsigned n = 0; n < 40; n++) {
        chevmi_bn_fp12 a, want;
        bn_rig_use(n % BN_RIG_BUILDS);
        random_cyclotomic(&a);
        chevmi_bn_fp12_mul(&want, &a, &a);
        chevmi_bn_fp12_sqr_cyclotomic(&a, &a);
        CHECK_BYTES(&a, &want, sizeof want);
    }
}
