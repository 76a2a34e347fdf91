/* bn254_field.c and bn254_adx.c: every build of the products against the definition, the additions
 * against field256.h's plain kernels, the constants against theirs. */
#include "bn254_rig.h"

#include "harness.h"

/* (a + b i)(c + d i), term by term, in plain C. */
static void reference_mul(chevmi_bn_fp2 *r, const chevmi_bn_fp2 *x, const chevmi_bn_fp2 *y) {
    const chevmi_field256_kernels *const plain = &chevmi_field256_plain;
    const chevmi_modulus *const m = &chevmi_modulus_bn254_p;
    uint64_t ac[4], bd[4], ad[4], bc[4];
    plain->mul(ac, x->a.limb, y->a.limb, m->p, m->n0);
    plain->mul(bd, x->b.limb, y->b.limb, m->p, m->n0);
    plain->mul(ad, x->a.limb, y->b.limb, m->p, m->n0);
    plain->mul(bc, x->b.limb, y->a.limb, m->p, m->n0);
    plain->sub(r->a.limb, ac, bd, m->p);
    plain->add(r->b.limb, ad, bc, m->p);
}

TEST(bn254_products_of_every_build_are_those_of_the_definition) {
    for (unsigned n = 0; n < 20000; n++) {
        chevmi_bn_fp2 a, b, want, want_square, got;
        bn_rig_fp2(&a, ch_test_random);
        bn_rig_fp2(&b, ch_test_random);
        reference_mul(&want, &a, &b);
        reference_mul(&want_square, &a, &a);
        bn_rig_use(n % BN_RIG_BUILDS);
        chevmi_bn_fp2_mul(&got, &a, &b);
        CHECK_BYTES(&got, &want, sizeof want);
        got = a;
        chevmi_bn_fp2_mul(&got, &got, &b);
        CHECK_BYTES(&got, &want, sizeof want);
        got = b;
        chevmi_bn_fp2_mul(&got, &a, &got);
        CHECK_BYTES(&got, &want, sizeof want);
        got = a;
        chevmi_bn_fp2_mul(&got, &got, &got);
        CHECK_BYTES(&got, &want_square, sizeof want);
        chevmi_bn_fp2_sqr(&got, &a);
        CHECK_BYTES(&got, &want_square, sizeof want);
        chevmi_bn_fp2_sqr(&a, &a);
        CHECK_BYTES(&a, &want_square, sizeof want);
    }
}

/* All pairs of the elements at the ends of the range. */
TEST(bn254_products_of_the_ends_of_the_range) {
    const uint64_t *const p = chevmi_modulus_bn254_p.p;
    const chevmi_bn_fp ends[4] = {
        {{0}}, {{1}}, {{p[0] - 1, p[1], p[2], p[3]}}, {{p[0] - 2, p[1], p[2], p[3]}}};
    for (unsigned build = 0; build < BN_RIG_BUILDS; build++) {
        bn_rig_use(build);
        for (unsigned i = 0; i < 256; i++) {
            const chevmi_bn_fp2 a = {ends[i % 4], ends[i / 4 % 4]};
            const chevmi_bn_fp2 b = {ends[i / 16 % 4], ends[i / 64]};
            chevmi_bn_fp2 want, got;
            reference_mul(&want, &a, &b);
            chevmi_bn_fp2_mul(&got, &a, &b);
            CHECK_BYTES(&got, &want, sizeof want);
            reference_mul(&want, &a, &a);
            chevmi_bn_fp2_sqr(&got, &a);
            CHECK_BYTES(&got, &want, sizeof want);
        }
    }
}

static void check_additions(const chevmi_bn_fp *a, const chevmi_bn_fp *b) {
    const chevmi_field256_kernels *const plain = &chevmi_field256_plain;
    const uint64_t *const p = chevmi_modulus_bn254_p.p;
    chevmi_bn_fp got, want;
    plain->add(want.limb, a->limb, b->limb, p);
    chevmi_bn_fp_add(&got, a, b);
    CHECK_BYTES(&got, &want, sizeof want);
    plain->sub(want.limb, a->limb, b->limb, p);
    chevmi_bn_fp_sub(&got, a, b);
    CHECK_BYTES(&got, &want, sizeof want);
    for (unsigned i = 0; i < 8; i++) { /* 8 a and a - b */
        plain->add(want.limb, want.limb, a->limb, p);
    }
    chevmi_bn_fp_nine(&got, a, b);
    CHECK_BYTES(&got, &want, sizeof want);
    chevmi_bn_fp_halve(&got, a);
    plain->add(want.limb, got.limb, got.limb, p);
    CHECK_BYTES(a, &want, sizeof want);
    CHECK(chevm_limb4_less(got.limb, p));
}

TEST(bn254_additions_are_those_of_the_plain_kernels) {
    for (unsigned n = 0; n < 20000; n++) {
        chevmi_bn_fp a, b;
        bn_rig_fp(&a, ch_test_random);
        bn_rig_fp(&b, ch_test_random);
        check_additions(&a, &b);
        check_additions(&a, &a);
    }
}

/* 9 a close to a multiple of p on either side, where the estimated quotient is tight. */
TEST(bn254_nine_times_close_to_a_multiple_of_p) {
    const chevmi_bn_fp zero = {{0}};
    chevmi_bn_fp ninth = {{0}}, start = {{0}};
    uint64_t rest = 0;
    for (unsigned i = 256; i-- > 0;) {
        rest = rest << 1 | (chevmi_modulus_bn254_p.p[i / 64] >> (i % 64) & 1);
        ninth.limb[i / 64] |= (uint64_t)(rest >= 9) << (i % 64);
        rest -= rest >= 9 ? 9 : 0;
    }
    for (unsigned k = 0; k < 9; k++) {
        for (unsigned delta = 0; delta < 256; delta++) {
            const chevmi_bn_fp more = {{delta / 16}};
            chevmi_bn_fp a, b = {{delta % 16}};
            chevmi_bn_fp_add(&a, &start, &more);
            check_additions(&a, &b);
            chevmi_bn_fp_sub(&b, &zero, &b);
            check_additions(&a, &b);
        }
        chevmi_bn_fp_add(&start, &start, &ninth);
    }
}

TEST(bn254_multiples_are_multiples) {
    uint64_t sum[4] = {0};
    for (unsigned k = 0; k < sizeof chevmi_bn_multiples / sizeof chevmi_bn_multiples[0]; k++) {
        CHECK_BYTES(chevmi_bn_multiples[k], sum, sizeof sum);
        (void)chevm_limb4_add(sum, sum, chevmi_modulus_bn254_p.p);
    }
}

TEST(bn254_inverse_times_itself_is_one) {
    chevmi_bn_fp2 one = {0}, a, inverse;
    chevmi_bn_fp_one(&one.a);
    for (unsigned n = 0; n < 2000; n++) {
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_fp2(&a, ch_test_random);
        chevmi_bn_fp2_inverse(&inverse, &a);
        chevmi_bn_fp2_mul(&inverse, &inverse, &a);
        CHECK(chevmi_bn_fp2_equal(&inverse, &one) || chevmi_bn_fp2_is_zero(&a));
    }
    a = (chevmi_bn_fp2){0};
    chevmi_bn_fp2_inverse(&inverse, &a);
    CHECK(chevmi_bn_fp2_is_zero(&inverse));
}

TEST(bn254_coordinates_not_below_p_are_refused) {
    uint8_t bytes[64] = {0};
    chevmi_bn_fp2 r;
    chevmi_f256_store(bytes, chevmi_modulus_bn254_p.p);
    CHECK(!chevmi_bn_fp_load(&r.a, bytes));
    CHECK(!chevmi_bn_fp2_load(&r, bytes));
    memset(bytes, 0, 32);
    chevmi_f256_store(bytes + 32, chevmi_modulus_bn254_p.p);
    CHECK(!chevmi_bn_fp2_load(&r, bytes));
    bytes[63]--;
    CHECK(chevmi_bn_fp2_load(&r, bytes));
    uint8_t again[32];
    chevmi_bn_fp_store(again, &r.a);
    CHECK_BYTES(again, bytes + 32, sizeof again);
    memset(bytes, 0xff, sizeof bytes);
    CHECK(!chevmi_bn_fp_load(&r.a, bytes));
}
