/* EIP-2537 from outside: known values, encodings that must be refused, group laws on random points,
 * pairings whose product is known by construction. Values of the sums are bls12381_msm_test.c's,
 * the published vectors bls12381_vectors_test.c's, the stack bls12381_stack_test.c's. */
#include "bls12381_rig.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

#define G1 CHEVMI_BLS_G1_BYTES
#define G2 CHEVMI_BLS_G2_BYTES

static const uint8_t INFINITY_BYTES[G2];

/* p, in the slot of a field element. */
static const uint8_t FIELD_MODULUS[64] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7,
    0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24,
    0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
};

static const char TWICE_G1[] = "000000000000000000000000000000000572cbea904d67468808c8eb50a9450c972"
                               "1db309128012543902d0ac358a62a"
                               "e28f75bb8f1c7c42c39a8c5529bf0f4e00000000000000000000000000000000166"
                               "a9d8cabc673a322fda673779d8e38"
                               "22ba3ecb8670e461f73bb9021d5fd76a4c56d9d4cd16bd1bba86881979749d28";
static const char TWICE_G2[] = "000000000000000000000000000000001638533957d540a9d2370f17cc7ed5863bc"
                               "0b995b8825e0ee1ea1e1e4d00dbae"
                               "81f14b0bf3611b78c952aacab827a053000000000000000000000000000000000a4"
                               "edef9c1ed7f729f520e47730a124f"
                               "d70662a904ba1074728114d1031e1572c6c886f6b57ec72a6178288c47c33577000"
                               "000000000000000000000000000000"
                               "468fb440d82b0630aeb8dca2b5256789a66da69bf91009cbfe6bd221e47aa8ae88d"
                               "ece9764bf3bd999d95d71e4c989900"
                               "0000000000000000000000000000000f6d4552fa65dd2638b361543f887136a4325"
                               "3d9c66c411697003f7a13c308f5422"
                               "e1aa0a59c8967acdefd8b6e36ccf3";
static const char MAP_G1_IN[] = "0000000000000000000000000000000014406e5bfb9209256a3820879a29ac2f62"
                                "d6aca82324bf3ae2aa7d3c54792043"
                                "bd8c791fccdb080c1a52dc68b8b69350";
static const char MAP_G1_OUT[] = "000000000000000000000000000000000d7721bcdb7ce1047557776eb2659a444"
                                 "166dc6dd55c7ca6e240e21ae9aa18f5"
                                 "29f04ac31d861b54faf3307692545db7000000000000000000000000000000001"
                                 "08286acbdf4384f67659a8abe89e712"
                                 "a504cb3ce1cba07a716869025d60d499a00d1da8cdc92958918c222ea93d87f0";
static const char MAP_G2_IN[] = "0000000000000000000000000000000014406e5bfb9209256a3820879a29ac2f62"
                                "d6aca82324bf3ae2aa7d3c54792043"
                                "bd8c791fccdb080c1a52dc68b8b69350000000000000000000000000000000000e"
                                "885bb33996e12f07da69073e2c0cc8"
                                "80bc8eff26d2a724299eb12d54f4bcf26f4748bb020e80a7e3794a7b0e47a641";
static const char MAP_G2_OUT[] = "000000000000000000000000000000000d029393d3a13ff5b26fe52bd89537689"
                                 "46c5510f9441f1136f1e938957882db"
                                 "6adbd7504177ee49281ecccba596f2bf000000000000000000000000000000001"
                                 "993f668fb1ae603aefbb1323000033f"
                                 "cb3b65d8ed3bf09c84c61e27704b745f540299a1872cd697ae45a5afd780f1d60"
                                 "00000000000000000000000000000000"
                                 "79cb41060ef7a128d286c9ef8638689a49ca19da8672ea5c47b6ba6dbde193ee8"
                                 "35d3b87a76a689966037c07159c10d00"
                                 "00000000000000000000000000000017c688ae9a8b59a7069c27f2d58dd2196cb"
                                 "414f4fb89da8510518a1142ab19d158b"
                                 "add1c3bad03408fafb1669903cd6c";

static void from_hex(uint8_t *out, size_t size, const char *digits) {
    for (size_t i = 0; i < size; i++) {
        const char pair[3] = {digits[2 * i], digits[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static void generator_g1(uint8_t out[G1]) {
    chevmi_bls_p1_encode(out, blst_p1_generator());
}

static void generator_g2(uint8_t out[G2]) {
    chevmi_bls_p2_encode(out, blst_p2_generator());
}

TEST(bls_values_of_the_eip) {
    uint8_t in[2 * G2], out[G2], want[G2];
    generator_g1(in);
    generator_g1(in + G1);
    from_hex(want, G1, TWICE_G1);
    CHECK(chevmi_bls_g1_add(out, in));
    CHECK_BYTES(out, want, G1);
    generator_g2(in);
    generator_g2(in + G2);
    from_hex(want, G2, TWICE_G2);
    CHECK(chevmi_bls_g2_add(out, in));
    CHECK_BYTES(out, want, G2);
    from_hex(in, 64, MAP_G1_IN);
    from_hex(want, G1, MAP_G1_OUT);
    CHECK(chevmi_bls_map_fp_to_g1(out, in));
    CHECK_BYTES(out, want, G1);
    from_hex(in, 128, MAP_G2_IN);
    from_hex(want, G2, MAP_G2_OUT);
    CHECK(chevmi_bls_map_fp2_to_g2(out, in));
    CHECK_BYTES(out, want, G2);
}

/* ---- Additions --------------------------------------------------------------------------------
 */

static void negate(uint8_t *point, size_t size) {
    for (size_t at = size / 2; at < size; at += 64) { /* y, or both halves of it */
        blst_fp y;
        CHECK(chevmi_bls_fp_decode(&y, point + at));
        blst_fp_cneg(&y, &y, true);
        blst_bendian_from_fp(point + at + 16, &y);
    }
}

typedef bool add_function(uint8_t *out, const uint8_t *in);

static bool add_g1(uint8_t *out, const uint8_t *in) {
    return chevmi_bls_g1_add(out, in);
}

static bool add_g2(uint8_t *out, const uint8_t *in) {
    return chevmi_bls_g2_add(out, in);
}

/* a + 0, 0 + a, 0 + 0, a - a, a + b = b + a, (a + b) + c = a + (b + c), a + a = (a + a + b) - b */
static void group_laws(add_function *add, size_t size, void (*make)(uint8_t *)) {
    uint8_t a[G2], b[G2], c[G2], in[2 * G2], left[G2], right[G2];
    make(a), make(b), make(c);
#define ADD(out, x, y) (memcpy(in, (x), size), memcpy(in + size, (y), size), CHECK(add((out), in)))
    ADD(left, a, INFINITY_BYTES);
    CHECK_BYTES(left, a, size);
    ADD(left, INFINITY_BYTES, a);
    CHECK_BYTES(left, a, size);
    ADD(left, INFINITY_BYTES, INFINITY_BYTES);
    CHECK_BYTES(left, INFINITY_BYTES, size);
    memcpy(right, a, size);
    negate(right, size);
    ADD(left, a, right);
    CHECK_BYTES(left, INFINITY_BYTES, size);
    ADD(left, a, b);
    ADD(right, b, a);
    CHECK_BYTES(left, right, size);
    ADD(left, left, c);
    ADD(right, b, c);
    ADD(right, a, right);
    CHECK_BYTES(left, right, size);
    ADD(left, a, a);
    ADD(left, left, b);
    negate(b, size);
    ADD(left, left, b);
    ADD(right, a, a);
    CHECK_BYTES(left, right, size);
#undef ADD
}

static void make_g1(uint8_t *out) {
    rig_g1(out);
}

static void make_g2(uint8_t *out) {
    rig_g2(out);
}

static void make_g1_outside(uint8_t *out) {
    rig_g1_outside(out);
}

static void make_g2_outside(uint8_t *out) {
    rig_g2_outside(out);
}

TEST(bls_additions_form_a_group_in_and_outside_the_subgroup) {
    rig_random = ch_test_random;
    for (unsigned i = 0; i < 20; i++) {
        group_laws(add_g1, G1, make_g1);
        group_laws(add_g1, G1, make_g1_outside);
        group_laws(add_g2, G2, make_g2);
        group_laws(add_g2, G2, make_g2_outside);
    }
}

/* x = 0 has a point, and only all of (0, 0) is infinity. */
TEST(bls_g1_add_takes_the_points_with_x_zero) {
    uint8_t in[2 * G1] = {0}, out[G1], half[2 * G1] = {0};
    in[G1 - 1] = 2; /* (0, 2), of order 3 */
    memcpy(in + G1, in, G1);
    CHECK(chevmi_bls_g1_add(out, in));
    negate(in, G1);
    CHECK_BYTES(out, in, G1);
    half[63] = 2; /* (2, 0) */
    CHECK(!chevmi_bls_g1_add(out, half));
}

TEST(bls_result_may_replace_the_input) {
    uint8_t in[CHEVMI_BLS_PAIR_BYTES * 2], want[G2];
    uint64_t scratch[CHEVMI_BLS_MSM_SCRATCH_BYTES / 8];
    rig_random = ch_test_random;
    rig_g1(in), rig_g1(in + G1);
    CHECK(chevmi_bls_g1_add(want, in));
    CHECK(chevmi_bls_g1_add(in, in));
    CHECK_BYTES(in, want, G1);
    rig_g2(in), rig_g2(in + G2);
    CHECK(chevmi_bls_g2_add(want, in));
    CHECK(chevmi_bls_g2_add(in, in));
    CHECK_BYTES(in, want, G2);
    CHECK(chevmi_bls_g2_msm(want, in, 1, scratch, sizeof scratch));
    CHECK(chevmi_bls_g2_msm(in, in, 1, scratch, sizeof scratch));
    CHECK_BYTES(in, want, G2);
    rig_fp(in), rig_fp(in + 64);
    CHECK(chevmi_bls_map_fp2_to_g2(want, in));
    CHECK(chevmi_bls_map_fp2_to_g2(in, in));
    CHECK_BYTES(in, want, G2);
}

/* ---- Encodings that must be refused ------------------------------------------------------------
 */

typedef struct precompile {
    const char *name;
    bool (*run)(uint8_t *out, const uint8_t *in);
    size_t in_size;
    const char *layout; /* a letter a field element: f; scalar: s (32 bytes) */
    bool points;        /* elements come in points, so a changed one is off the curve */
    bool in_group;
} precompile;

static uint64_t scratch_words[CHEVMI_BLS_MSM_SCRATCH_BYTES / 8];

static bool msm_g1(uint8_t *out, const uint8_t *in) {
    return chevmi_bls_g1_msm(out, in, 1, scratch_words, sizeof scratch_words);
}

static bool msm_g2(uint8_t *out, const uint8_t *in) {
    return chevmi_bls_g2_msm(out, in, 1, scratch_words, sizeof scratch_words);
}

static bool pairing(uint8_t *out, const uint8_t *in) {
    return chevmi_bls_pairing_check(out, in, 1);
}

static bool map_g1(uint8_t *out, const uint8_t *in) {
    return chevmi_bls_map_fp_to_g1(out, in);
}

static bool map_g2(uint8_t *out, const uint8_t *in) {
    return chevmi_bls_map_fp2_to_g2(out, in);
}

static const precompile ALL[] = {
    {"g1_add", add_g1, 2 * G1, "1 1", true, false},
    {"g2_add", add_g2, 2 * G2, "2 2", true, false},
    {"g1_msm", msm_g1, G1 + 32, "1 s", true, true},
    {"g2_msm", msm_g2, G2 + 32, "2 s", true, true},
    {"pairing", pairing, G1 + G2, "1 2", true, true},
    {"map_g1", map_g1, 64, "f", false, false},
    {"map_g2", map_g2, 128, "ff", false, false},
};
#define ALL_COUNT (sizeof ALL / sizeof ALL[0])

static size_t field_size(char letter) {
    return letter == '1' ? G1 : letter == '2' ? G2 : letter == 'f' ? 64 : letter == 's' ? 32 : 0;
}

static void fill(uint8_t *in, const precompile *p) {
    for (const char *c = p->layout; *c != 0; in += field_size(*c), c++) {
        switch (*c) {
        case '1':
            rig_g1(in);
            break;
        case '2':
            rig_g2(in);
            break;
        case 'f':
            rig_fp(in);
            break;
        case 's':
            rig_scalar(in);
            break;
        default:
            break;
        }
    }
}

static void refuses(const precompile *p, const uint8_t *in, const char *why, size_t at) {
    uint8_t out[G2];
    memset(out, 0x5a, sizeof out);
    const bool accepted = p->run(out, in);
    if (!CHECK(!accepted)) {
        printf("# %s, %s at %zu\n", p->name, why, at);
    }
    for (size_t i = 0; i < sizeof out; i++) {
        if (!CHECK_EQUAL(out[i], 0x5a)) { /* untouched */
            break;
        }
    }
}

/* Every field element of every input in turn: padding set, p, p + itself, off the curve. */
static void break_element(const precompile *p, uint8_t *in, size_t at) {
    uint8_t kept[64], out[G2];
    memcpy(kept, in + at, 64);
    for (size_t i = 0; i < 16; i++) {
        in[at + i] = 1;
        refuses(p, in, "padding", at + i);
        in[at + i] = 0;
    }
    memcpy(in + at, FIELD_MODULUS, 64);
    refuses(p, in, "p", at);
    memset(in + at + 16, 0xff, 48);
    refuses(p, in, "2^384 - 1", at);
    memcpy(in + at, kept, 64);
    if (in[at + 16] < 0xe0) { /* the same element plus p, still 48 bytes */
        unsigned carry = 0;
        for (size_t i = 64; i-- > 16;) {
            carry += (unsigned)in[at + i] + FIELD_MODULUS[i];
            in[at + i] = (uint8_t)carry;
            carry >>= 8;
        }
        refuses(p, in, "plus p", at);
        memcpy(in + at, kept, 64);
    }
    in[at + 63] ^= 1;
    if (p->points) {
        refuses(p, in, "off the curve", at);
        memcpy(in + at, kept, 64);
    } else {
        memcpy(in + at, FIELD_MODULUS, 64);
        in[at + 63]--;
        CHECK(p->run(out, in)); /* p - 1 */
        memset(in + at, 0, 64);
        CHECK(p->run(out, in));
        memcpy(in + at, kept, 64);
    }
    CHECK(p->run(out, in));
}

TEST(bls_refuses_every_malformed_element) {
    rig_random = ch_test_random;
    for (size_t i = 0; i < ALL_COUNT; i++) {
        uint8_t in[2 * G2];
        size_t at = 0;
        fill(in, &ALL[i]);
        for (const char *c = ALL[i].layout; *c != 0; at += field_size(*c), c++) {
            for (size_t k = 0; *c != 's' && k < field_size(*c); k += 64) {
                break_element(&ALL[i], in, at + k);
            }
        }
        CHECK_EQUAL(at, ALL[i].in_size);
    }
}

TEST(bls_asks_for_the_subgroup_where_the_eip_does) {
    rig_random = ch_test_random;
    for (size_t i = 0; i < ALL_COUNT; i++) {
        uint8_t in[2 * G2], kept[2 * G2], out[G2];
        size_t at = 0;
        fill(in, &ALL[i]);
        memcpy(kept, in, ALL[i].in_size);
        for (const char *c = ALL[i].layout; *c != 0; at += field_size(*c), c++) {
            if (*c != '1' && *c != '2') {
                continue;
            }
            (*c == '1' ? make_g1_outside : make_g2_outside)(in + at);
            if (ALL[i].in_group) {
                refuses(&ALL[i], in, "outside the subgroup", at);
                if (ALL[i].run == pairing) { /* also beside infinity, where it counts for nothing */
                    memset(in + (at == 0 ? G1 : 0), 0, at == 0 ? G2 : G1);
                    refuses(&ALL[i], in, "outside, beside infinity", at);
                } else { /* also with scalar zero */
                    memset(in + ALL[i].in_size - 32, 0, 32);
                    refuses(&ALL[i], in, "outside, times zero", at);
                }
            } else {
                CHECK(ALL[i].run(out, in));
            }
            memcpy(in, kept, ALL[i].in_size);
        }
    }
}

/* ---- Maps and pairings -------------------------------------------------------------------------
 */

TEST(bls_maps_into_the_subgroup) {
    rig_random = ch_test_random;
    for (unsigned i = 0; i < 20; i++) {
        uint8_t in[128], out[G2];
        blst_p1_affine p;
        blst_p2_affine q;
        rig_fp(in), rig_fp(in + 64);
        CHECK(chevmi_bls_map_fp_to_g1(out, in));
        CHECK(chevmi_bls_p1_decode_in_group(&p, out) && !blst_p1_affine_is_inf(&p));
        CHECK(chevmi_bls_map_fp2_to_g2(out, in));
        CHECK(chevmi_bls_p2_decode_in_group(&q, out) && !blst_p2_affine_is_inf(&q));
    }
}

#define PAIRS_MAX 35u /* more than two batches */

static void check_pairing(const uint8_t *in, size_t count, bool want) {
    uint8_t out[32], expected[32] = {0};
    expected[31] = want;
    CHECK(chevmi_bls_pairing_check(out, in, count));
    CHECK_BYTES(out, expected, 32);
}

/* The product is one; with any one point replaced it is not; with both points of a pair and those
 * of its partner swapped it is again. */
TEST(bls_pairing_tells_one_from_another) {
    static uint8_t in[PAIRS_MAX * CHEVMI_BLS_PAIR_BYTES];
    static const size_t counts[] = {2, 3, 4, 15, 16, 17, 18, 31, 32, 33, 34, 35};
    rig_random = ch_test_random;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const size_t count = counts[i];
        rig_pairs(in, count);
        check_pairing(in, count, true);
        uint8_t *const pair = in + ch_test_random_below(count / 2 * 2) * CHEVMI_BLS_PAIR_BYTES;
        uint8_t kept[G2];
        memcpy(kept, pair, G1);
        rig_g1(pair);
        check_pairing(in, count, false);
        memset(pair, 0, G1); /* infinity: the pair drops out, its partner stays alone */
        check_pairing(in, count, false);
        memcpy(pair, kept, G1);
        memcpy(kept, pair + G1, G2);
        negate(pair + G1, G2);
        check_pairing(in, count, false);
        memcpy(pair + G1, kept, G2);
        check_pairing(in, count, true);
    }
}

TEST(bls_pairing_of_infinity_is_one) {
    static uint8_t in[PAIRS_MAX * CHEVMI_BLS_PAIR_BYTES];
    rig_random = ch_test_random;
    memset(in, 0, sizeof in);
    check_pairing(in, 1, true);
    check_pairing(in, PAIRS_MAX, true);
    rig_g1(in);
    check_pairing(in, 1, true);
    rig_g2(in + CHEVMI_BLS_PAIR_BYTES + G1);
    check_pairing(in, 2, true);
    rig_g2(in + G1);
    check_pairing(in, PAIRS_MAX, false);
}

TEST(bls_empty_input_is_refused) {
    uint8_t out[G2];
    CHECK(!chevmi_bls_pairing_check(out, NULL, 0));
    CHECK(!chevmi_bls_g1_msm(out, NULL, 0, scratch_words, sizeof scratch_words));
    CHECK(!chevmi_bls_g2_msm(out, NULL, 0, scratch_words, sizeof scratch_words));
}
