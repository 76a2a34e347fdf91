/* bn254_g1.c and bn254_scalar.c: sums and products against the affine chord, bit by bit; the halves
 * of a scalar and their digits against their definitions. */
#include "bn254_scalar.h"

#include "bn254_rig.h"

#include "harness.h"

/* lambda, with lambda^2 + lambda + 1 = 0 mod n. */
static const uint64_t LAMBDA[4] = {0x8b17ea66b99c90ddu, 0x5bfc41088d8daaa7u, 0xb3c4d79d41a91758u};

/* A random scalar, half of them special: small, close to multiples of n, all ones, lambda. */
static void random_scalar(uint64_t k[4]) {
    const uint64_t *const n = chevmi_modulus_bn254_n.p;
    const uint64_t kind = ch_test_random_below(12);
    const uint64_t few[4] = {ch_test_random_below(20)};
    bn_rig_scalar(k, ch_test_random);
    if (kind < 4) {
        memset(k, 0, 32);
        for (uint64_t i = ch_test_random_below(6); i > 0; i--) {
            (void)chevm_limb4_add(k, k, n);
        }
        (void)(kind % 2 == 0 ? chevm_limb4_add(k, k, few) : chevm_limb4_sub(k, k, few));
    } else if (kind == 4) {
        memcpy(k, LAMBDA, 32);
        (void)chevm_limb4_sub(k, k, few);
    } else if (kind == 5) {
        k[2] = k[3] = 0;
    }
}

/* r = a b mod n */
static void multiply_mod_n(uint64_t r[4], const uint64_t a[4], const uint64_t b[4]) {
    const chevmi_modulus *const m = &chevmi_modulus_bn254_n;
    chevmi_field256_plain.mul(r, a, b, m->p, m->n0);
    chevmi_field256_plain.mul(r, r, m->square, m->p, m->n0);
}

static void signed_half(uint64_t r[4], const chevmi_bn_half *half) {
    const uint64_t zero[4] = {0}, x[4] = {half->magnitude[0], half->magnitude[1]};
    memcpy(r, x, sizeof x);
    if (half->is_negative) {
        chevmi_field256_plain.sub(r, zero, x, chevmi_modulus_bn254_n.p);
    }
}

TEST(bn254_lambda_is_a_cube_root_of_one) {
    const uint64_t one[4] = {1};
    uint64_t sum[4];
    multiply_mod_n(sum, LAMBDA, LAMBDA);
    chevmi_field256_plain.add(sum, sum, LAMBDA, chevmi_modulus_bn254_n.p);
    chevmi_field256_plain.add(sum, sum, one, chevmi_modulus_bn254_n.p);
    CHECK(chevmi_f256_is_zero(sum));
}

TEST(bn254_halves_make_the_scalar_and_are_short) {
    for (unsigned i = 0; i < 50000; i++) {
        chevmi_bn_half half[2];
        uint64_t k[4], want[4], got[4], second[4];
        random_scalar(k);
        bn_rig_mod_n(want, k);
        chevmi_bn_split(half, k);
        CHECK((half[0].magnitude[1] | half[1].magnitude[1]) >> (CHEVMI_BN_HALF_BITS - 64) == 0);
        signed_half(got, &half[0]);
        signed_half(second, &half[1]);
        multiply_mod_n(second, second, LAMBDA);
        chevmi_field256_plain.add(got, got, second, chevmi_modulus_bn254_n.p);
        CHECK_BYTES(got, want, sizeof want);
    }
}

/* The digits' value, from the top; 128 bits and a sign hold it. */
static void check_digits(const chevmi_bn_half *half) {
    int8_t digits[CHEVMI_BN_DIGITS_MAX];
    const unsigned count = chevmi_bn_digits(digits, half);
    uint64_t value[4] = {0}, want[4] = {half->magnitude[0], half->magnitude[1]};
    const uint64_t zero[4] = {0};
    unsigned last = CHEVMI_BN_DIGITS_MAX;
    for (unsigned i = CHEVMI_BN_DIGITS_MAX; i-- > 0;) {
        const int digit = digits[i];
        const uint64_t extended = digit < 0 ? UINT64_MAX : 0;
        const uint64_t term[4] = {(uint64_t)(int64_t)digit, extended, extended, extended};
        (void)chevm_limb4_add(value, value, value);
        (void)chevm_limb4_add(value, value, term);
        if (digit != 0) {
            CHECK(digit % 2 != 0 && digit > -16 && digit < 16 && i < count);
            CHECK(last - i >= CHEVMI_BN_WINDOW_BITS || last == CHEVMI_BN_DIGITS_MAX);
            last = i;
        }
    }
    if (half->is_negative) {
        (void)chevm_limb4_sub(want, zero, want);
    }
    CHECK_BYTES(value, want, sizeof want);
    CHECK(count == 0 || digits[count - 1] != 0);
}

TEST(bn254_digits_make_the_half) {
    for (unsigned i = 0; i < 20000; i++) {
        chevmi_bn_half half = {{ch_test_random(), ch_test_random() >> 1}, i % 2 != 0};
        if (i % 4 == 0) {
            half.magnitude[0] = 0 - ch_test_random_below(40);
            half.magnitude[1] = i % 8 == 0 ? UINT64_MAX >> 1 : 0;
        }
        check_digits(&half);
    }
    check_digits(&(chevmi_bn_half){{0}, false});
    check_digits(&(chevmi_bn_half){{1}, true});
}

static void check_sum(const chevmi_bn_g1 *a, const chevmi_bn_g1 *b) {
    const chevmi_bn_g2 left = bn_rig_lift(a), right = bn_rig_lift(b);
    chevmi_bn_g2 want;
    chevmi_bn_g1 got;
    bn_rig_add(&want, &left, &right);
    chevmi_bn_g1_add(&got, a, b);
    CHECK_BYTES(&got.x, &want.x.a, sizeof got.x);
    CHECK_BYTES(&got.y, &want.y.a, sizeof got.y);
}

TEST(bn254_sums_are_those_of_the_chord) {
    const chevmi_bn_g1 infinity = {0};
    for (unsigned n = 0; n < ch_test_cases(20000, 400); n++) {
        chevmi_bn_g1 a, b, minus;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_g1(&a, ch_test_random);
        bn_rig_g1(&b, ch_test_random);
        minus = a;
        chevmi_bn_fp_neg(&minus.y, &minus.y);
        check_sum(&a, &b);
        check_sum(&a, &a);
        check_sum(&a, &minus);
        check_sum(&a, &infinity);
        check_sum(&infinity, &a);
        check_sum(&infinity, &infinity);
    }
}

static void check_product(const chevmi_bn_g1 *a, const uint64_t k[4]) {
    const chevmi_bn_g2 point = bn_rig_lift(a);
    chevmi_bn_g2 want;
    chevmi_bn_g1 got;
    bn_rig_mul(&want, &point, k);
    chevmi_bn_g1_mul(&got, a, k);
    CHECK_BYTES(&got.x, &want.x.a, sizeof got.x);
    CHECK_BYTES(&got.y, &want.y.a, sizeof got.y);
}

TEST(bn254_products_are_those_of_double_and_add) {
    const chevmi_bn_g1 infinity = {0};
    for (unsigned n = 0; n < ch_test_cases(20000, 400); n++) {
        chevmi_bn_g1 a;
        uint64_t k[4];
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_g1(&a, ch_test_random);
        random_scalar(k);
        check_product(&a, k);
        check_product(&infinity, k);
    }
}

/* Every small scalar, and the same below n: sums that meet a point of the table, or infinity. */
TEST(bn254_products_by_every_small_scalar) {
    chevmi_bn_g1 a;
    bn_rig_g1(&a, ch_test_random);
    for (unsigned n = 0; n < 200; n++) {
        const uint64_t small[4] = {n};
        uint64_t k[4];
        bn_rig_use(n % BN_RIG_BUILDS);
        check_product(&a, small);
        (void)chevm_limb4_sub(k, chevmi_modulus_bn254_n.p, small);
        check_product(&a, k);
        (void)chevm_limb4_add(k, LAMBDA, small);
        check_product(&a, k);
        multiply_mod_n(k, LAMBDA, small);
        (void)chevm_limb4_sub(k, chevmi_modulus_bn254_n.p, k);
        check_product(&a, k);
    }
}

TEST(bn254_sums_are_associative) {
    for (unsigned n = 0; n < 400; n++) {
        chevmi_bn_g1 a, b, c, left, right;
        bn_rig_use(n % BN_RIG_BUILDS);
        bn_rig_g1(&a, ch_test_random);
        bn_rig_g1(&b, ch_test_random);
        bn_rig_g1(&c, ch_test_random);
        chevmi_bn_g1_add(&left, &a, &b);
        chevmi_bn_g1_add(&left, &left, &c);
        chevmi_bn_g1_add(&right, &b, &c);
        chevmi_bn_g1_add(&right, &a, &right);
        CHECK_BYTES(&left, &right, sizeof left);
    }
}
