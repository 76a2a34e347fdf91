/* p256.c and p256_curve.c: the laws of the group, the table, every border of the inputs, and random
 * signatures, right and damaged, against OpenSSL; by every way to compute. The public vectors are
 * in test/conformance. */
#include "p256_rig.h"

#include "harness.h"

#include <stdlib.h>

static const chevmi_modulus *const N = &chevmi_modulus_p256_n;

/* The first of geth's vectors. */
static const char VALID[] = "4cee90eb86eaa050036147a12d49004b6b9c72bd725d39d4785011fe190f0b4d"
                            "a73bd4903f0ce3b639bbbf6e8e80d16931ff4bcf5993d58468e8fb19086e8cac"
                            "36dbcd03009df8c59286b162af3bd7fcc0450c9aa81be5d10d312af6c66b1d60"
                            "4aebd3099c618202fcfe16ae7770b0c49ab5eadf74b754204a3bb6060e44eff3"
                            "7618b065f9832de4ca6ca971a7a1adc826d0f7c00181a5fb2ddf79ae00b4e10e";

/* The x of this signature's point is p - 3, and so r = p - 3 - n (of the Wycheproof vectors). */
static const char LARGE_X[] = "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
                              "000000000000000000000000000000004319055358e8617b0c46353d039cdaab"
                              "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254e"
                              "0ad99500288d466940031d72a9f5445a4d43784640855bf0a69874d2de5fe103"
                              "c5011e6ef2c42dcd50d5d3d29f99ae6eba2c80c9244f4c5422f0979ff0c3ba5e";

static void bytes_of(uint8_t *out, const char *hex) {
    for (size_t i = 0; hex[2 * i] != '\0'; i++) {
        const char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

static void random_scalar(uint64_t k[4]) {
    for (unsigned i = 0; i < 4; i++) {
        k[i] = ch_test_random();
    }
}

static bool same_point(const chevmi_p256_point *a, const chevmi_p256_point *b) {
    chevmi_p256_affine x, y;
    if (chevmi_f256_is_zero(a->z) || chevmi_f256_is_zero(b->z)) {
        return chevmi_f256_is_zero(a->z) && chevmi_f256_is_zero(b->z);
    }
    p256_rig_affine(&x, a);
    p256_rig_affine(&y, b);
    return chevmi_f256_equal(x.x, y.x) && chevmi_f256_equal(x.y, y.y);
}

static void check_laws(void) {
    const chevmi_p256_point infinity = {{0}, {0}, {0}};
    chevmi_p256_point a, b, c, sum, other;
    chevmi_p256_affine flat;
    uint64_t k[4];
    random_scalar(k);
    p256_rig_multiple(&a, k);
    random_scalar(k);
    p256_rig_multiple(&b, k);
    p256_rig_affine(&flat, &b);
    CHECK(chevmi_p256_on_curve(&flat));
    chevmi_p256_add(&sum, &a, &b, false); /* a + b = b + a, with b affine too */
    chevmi_p256_add(&other, &b, &a, false);
    CHECK(same_point(&sum, &other));
    chevmi_p256_add_affine(&other, &a, &flat, false);
    CHECK(same_point(&sum, &other));
    chevmi_p256_add(&other, &sum, &b, true); /* a + b - b = a */
    CHECK(same_point(&other, &a));
    chevmi_p256_add_affine(&other, &sum, &flat, true);
    CHECK(same_point(&other, &a));
    chevmi_p256_double(&c, &a); /* (a + b) + 2 a = (a + 2 a) + b */
    chevmi_p256_add(&sum, &sum, &c, false);
    chevmi_p256_add(&other, &a, &c, false);
    chevmi_p256_add(&other, &other, &b, false);
    CHECK(same_point(&sum, &other));
    chevmi_p256_double(&c, &b); /* equal operands on different scales */
    chevmi_p256_add(&sum, &c, &b, true);
    chevmi_p256_add(&other, &sum, &b, false);
    CHECK(same_point(&other, &c));
    chevmi_p256_add_affine(&other, &sum, &flat, false);
    CHECK(same_point(&other, &c));
    chevmi_p256_add(&other, &sum, &b, true); /* opposite operands */
    CHECK(same_point(&other, &infinity));
    chevmi_p256_add_affine(&other, &sum, &flat, true);
    CHECK(same_point(&other, &infinity));
    chevmi_p256_add(&other, &infinity, &b, false); /* infinity is neutral */
    CHECK(same_point(&other, &b));
    chevmi_p256_add(&other, &b, &infinity, true);
    CHECK(same_point(&other, &b));
    chevmi_p256_add(&other, &infinity, &b, true);
    chevmi_p256_add(&other, &other, &b, false);
    CHECK(same_point(&other, &infinity));
    chevmi_p256_add_affine(&other, &infinity, &flat, true);
    chevmi_p256_add_affine(&other, &other, &flat, false);
    CHECK(same_point(&other, &infinity));
    chevmi_p256_double(&other, &infinity);
    CHECK(same_point(&other, &infinity));
    flat.y[0] ^= 1;
    CHECK(!chevmi_p256_on_curve(&flat));
}

TEST(p256_points_are_a_group) {
    for (unsigned way = 0; way < P256_RIG_WAYS; way++) {
        p256_rig_select(way);
        for (unsigned i = 0; i < 200; i++) {
            check_laws();
        }
    }
}

/* Coordinates of all sizes and patterns, on the curve or not: the formulas do not know the curve's
 * b, and every build must give the same limbs. */
static void random_coordinate(uint64_t r[4]) {
    const uint64_t kind = ch_test_random_below(6);
    do {
        for (unsigned i = 0; i < 4; i++) {
            const uint64_t word = ch_test_random();
            r[i] = kind == 0   ? 0 - (word & 1)
                   : kind == 1 ? chevmi_modulus_p256_p.p[i]
                   : kind == 2 ? (word & 1) << (word >> 58)
                               : word;
        }
        r[0] -= kind == 1 ? 1 + ch_test_random_below(4) : 0;
    } while (!chevm_limb4_less(r, chevmi_modulus_p256_p.p));
}

TEST(p256_builds_agree_limb_by_limb) {
    for (unsigned i = 0; i < 200000; i++) {
        chevmi_p256_point a, b, first[3], got[3];
        random_coordinate(a.x), random_coordinate(a.y), random_coordinate(a.z);
        random_coordinate(b.x), random_coordinate(b.y), random_coordinate(b.z);
        chevmi_p256_affine flat;
        memcpy(&flat, &b, sizeof flat);
        for (unsigned way = 0; way < P256_RIG_WAYS; way++) {
            p256_rig_select(way);
            chevmi_p256_double(&got[0], &a);
            chevmi_p256_add(&got[1], &a, &b, i % 2 == 0);
            chevmi_p256_add_affine(&got[2], &a, &flat, i % 2 == 0);
            if (way == 0) {
                memcpy(first, got, sizeof got);
            } else if (!CHECK_BYTES(got, first, sizeof got)) {
                return;
            }
        }
    }
}

TEST(p256_order_times_the_base_point_is_infinity) {
    chevmi_p256_point a;
    uint64_t k[4];
    memcpy(k, N->p, sizeof k);
    p256_rig_multiple(&a, k);
    CHECK(chevmi_f256_is_zero(a.z));
    k[0]--;
    p256_rig_multiple(&a, k);
    chevmi_p256_add_affine(&a, &a, &chevmi_p256_base[0], false);
    CHECK(chevmi_f256_is_zero(a.z));
}

/* SEC 2's base point, and every entry 2 G after the one before it. */
TEST(p256_table_holds_the_odd_multiples_of_the_base_point) {
    uint8_t bytes[64], want[64];
    chevmi_p256_point walk = {{0}, {0}, {0}}, twice;
    bytes_of(want, "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                   "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    chevmi_f256_to_be(bytes, chevmi_p256_base[0].x, &chevmi_modulus_p256_p);
    chevmi_f256_to_be(bytes + 32, chevmi_p256_base[0].y, &chevmi_modulus_p256_p);
    CHECK_BYTES(bytes, want, sizeof want);
    chevmi_p256_add_affine(&walk, &walk, &chevmi_p256_base[0], false);
    chevmi_p256_double(&twice, &walk);
    for (unsigned i = 1; i < CHEVMI_P256_BASE_COUNT; i++) {
        chevmi_p256_affine entry;
        chevmi_p256_add(&walk, &walk, &twice, false);
        p256_rig_affine(&entry, &walk);
        CHECK_BYTES(entry.x, chevmi_p256_base[i].x, sizeof entry.x);
        CHECK_BYTES(entry.y, chevmi_p256_base[i].y, sizeof entry.y);
    }
}

static size_t call(const uint8_t input[CHEVMI_P256_INPUT]) {
    size_t size = 0;
    for (unsigned way = 0; way < P256_RIG_WAYS; way++) {
        uint8_t out[32];
        p256_rig_select(way);
        const size_t got = chevmi_p256_verify_call(out, input, CHEVMI_P256_INPUT);
        CHECK(way == 0 || got == size);
        size = got;
    }
    return size;
}

TEST(p256_call_answers_one_for_160_right_bytes_only) {
    uint8_t input[200] = {0}, out[32], want[32] = {[31] = 1}, untouched[32];
    bytes_of(input, VALID);
    CHECK_EQUAL(chevmi_p256_verify_call(out, input, 160), 32);
    CHECK_BYTES(out, want, sizeof want);
    memset(out, 0x11, sizeof out);
    memset(untouched, 0x11, sizeof untouched);
    for (size_t size = 0; size <= sizeof input; size++) {
        CHECK(size == 160 || chevmi_p256_verify_call(out, input, size) == 0);
    }
    CHECK_EQUAL(chevmi_p256_verify_call(out, NULL, 0), 0);
    input[159] ^= 1;
    CHECK_EQUAL(chevmi_p256_verify_call(out, input, 160), 0);
    CHECK_BYTES(out, untouched, sizeof out);
    input[159] ^= 1;
    CHECK_EQUAL(chevmi_p256_verify_call(input + 70, input, 160), 32); /* out inside input */
    CHECK_BYTES(input + 70, want, sizeof want);
}

TEST(p256_any_changed_bit_is_noticed) {
    uint8_t input[CHEVMI_P256_INPUT];
    bytes_of(input, VALID);
    for (unsigned bit = 0; bit < 8 * CHEVMI_P256_INPUT; bit++) {
        input[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CHECK_EQUAL(call(input), 0);
        input[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CHECK_EQUAL(call(input), 32);
}

/* Sets one of the five numbers of a valid call. */
static size_t call_with(unsigned part, const uint64_t value[4]) {
    uint8_t input[CHEVMI_P256_INPUT];
    bytes_of(input, VALID);
    chevmi_f256_store(input + 32 * part, value);
    return call(input);
}

TEST(p256_refuses_what_is_out_of_range) {
    const uint64_t zero[4] = {0}, highest[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    uint8_t input[CHEVMI_P256_INPUT];
    for (unsigned part = 1; part < 5; part++) {
        CHECK_EQUAL(call_with(part, zero), 0);
        CHECK_EQUAL(call_with(part, highest), 0);
        CHECK_EQUAL(call_with(part, part < 3 ? N->p : chevmi_modulus_p256_p.p), 0);
    }
    bytes_of(input, VALID);
    memset(input + 96, 0, 64); /* infinity, as some write it */
    CHECK_EQUAL(call(input), 0);
}

/* A number that would be right modulo n, or modulo p, but is not the least one. */
TEST(p256_refuses_numbers_that_are_not_reduced) {
    uint8_t input[CHEVMI_P256_INPUT];
    uint64_t value[4], one[4] = {1};
    const uint64_t hash[4] = {0x1234};
    uint8_t bytes[32];
    chevmi_f256_store(bytes, hash);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t nonce[4];
        random_scalar(nonce);
        one[0] = 1 + i;
        CHECK(p256_rig_sign(input, bytes, one, nonce));
        CHECK_EQUAL(call(input), 32);
        for (unsigned part = 1; part < 5; part++) {
            uint8_t changed[CHEVMI_P256_INPUT];
            memcpy(changed, input, sizeof changed);
            chevmi_f256_load(value, input + 32 * part);
            if (chevm_limb4_add(value, value, part < 3 ? N->p : chevmi_modulus_p256_p.p) == 0) {
                chevmi_f256_store(changed + 32 * part, value);
                CHECK_EQUAL(call(changed), 0);
            }
        }
    }
}

TEST(p256_accepts_both_halves_of_s_and_a_hash_above_the_order) {
    uint8_t input[CHEVMI_P256_INPUT];
    uint64_t s[4], key[4], nonce[4];
    bytes_of(input, VALID);
    chevmi_f256_load(s, input + 64);
    (void)chevm_limb4_sub(s, N->p, s);
    chevmi_f256_store(input + 64, s);
    CHECK_EQUAL(call(input), 32);
    uint8_t hash[32];
    memset(hash, 0xff, sizeof hash);
    random_scalar(key);
    random_scalar(nonce);
    CHECK(p256_rig_sign(input, hash, key, nonce));
    CHECK_EQUAL(call(input), 32);
    memset(hash, 0, sizeof hash); /* then the base point plays no part */
    CHECK(p256_rig_sign(input, hash, key, nonce));
    CHECK_EQUAL(call(input), 32);
}

/* Keys G and -G make both scalars meet on the same points; nonces 1 and 2 end on table entries. */
TEST(p256_sums_of_equal_and_opposite_points) {
    uint8_t input[CHEVMI_P256_INPUT], hash[32] = {0};
    for (uint64_t d = 1; d < 40; d++) {
        for (uint64_t k = 1; k < 6; k++) {
            const uint64_t key[4] = {d}, nonce[4] = {k}, small[4] = {d * k};
            uint64_t opposite[4];
            chevmi_f256_store(hash, small);
            CHECK(p256_rig_sign(input, hash, key, nonce));
            CHECK_EQUAL(call(input), 32);
            (void)chevm_limb4_sub(opposite, N->p, key);
            CHECK(p256_rig_sign(input, hash, opposite, nonce));
            CHECK_EQUAL(call(input), 32);
        }
    }
}

TEST(p256_the_x_of_the_point_may_exceed_the_order) {
    uint8_t input[CHEVMI_P256_INPUT];
    bytes_of(input, LARGE_X);
    CHECK_EQUAL(call(input), 32);
    input[63]++;
    CHECK_EQUAL(call(input), 0);
}

#if defined(CHEVM_TEST_OPENSSL)

#include "ecdsa_rig.h"

static void pack(uint8_t input[CHEVMI_P256_INPUT], const ecdsa_sample *sample) {
    memcpy(input, sample->hash, 32);
    memcpy(input + 32, sample->r, 32);
    memcpy(input + 64, sample->s, 32);
    memcpy(input + 96, sample->key, 64);
}

static uint8_t *part_of(ecdsa_sample *sample, unsigned part) {
    uint8_t *const parts[] = {sample->hash, sample->r, sample->s, sample->key, sample->key + 32};
    return parts[part];
}

/* 10^5 signatures over COLDHEAP_CONFORMANCE_SAMPLE, 1000 if it is not set; each is damaged too. */
TEST(p256_agrees_with_openssl_on_random_signatures) {
    const uint64_t count = ch_test_cases(100000, 1000);
    ecdsa_rig rig;
    if (!CHECK(ecdsa_rig_open(&rig, NID_X9_62_prime256v1))) {
        return;
    }
    for (unsigned i = 0; i < count; i++) {
        ecdsa_sample sample;
        uint8_t input[CHEVMI_P256_INPUT];
        if (!CHECK(ecdsa_rig_sign(&rig, &sample, i % 16 == 0))) {
            break;
        }
        pack(input, &sample);
        if (!CHECK_EQUAL(call(input), 32)) {
            break;
        }
        uint8_t *const part = part_of(&sample, i % 5);
        switch (ch_test_random_below(3)) {
        case 0:
            memset(part, 0, 32 - i % 2);
            break;
        case 1:
            part[ch_test_random_below(32)] ^= (uint8_t)(1 + ch_test_random_below(255));
            break;
        default:
            memset(part, 0xff, 1 + ch_test_random_below(32));
        }
        pack(input, &sample);
        if (!CHECK_EQUAL(call(input) == 32, ecdsa_rig_verify(NID_X9_62_prime256v1, &sample))) {
            break;
        }
    }
    ecdsa_rig_close(&rig);
}

#else

TEST(p256_agrees_with_openssl_on_random_signatures) {
    ch_test_skip("OpenSSL is not installed (Debian: libssl-dev)");
}

#endif
