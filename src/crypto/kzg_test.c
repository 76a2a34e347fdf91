/* Point evaluation: openings of random polynomials (kzg_rig.h), each of which fails once a bit of
 * it is changed; inputs that must be refused; the published vectors with COLDHEAP_FIXTURES. Both
 * ways of the pairing, before and after chevmi_kzg_init. */
#include "kzg_rig.h"
#include "precompile_vectors_rig.h"

#include "harness.h"

#include <pthread.h>

#define IN  CHEVMI_KZG_INPUT_BYTES
#define OUT CHEVMI_KZG_OUTPUT_BYTES

#define INFINITY_BYTE 0xc0 /* first of a compressed point at infinity */

/* go-ethereum's vector, and the two constants of the answer. */
static const char KNOWN[] = "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b564c0a"
                            "11a0f704f4fc3e8acfe0f8245f"
                            "0ad1347b378fbf96e206da11a5d3630624d25032e67a7e6a4910df5834b8fe70e6bcfe"
                            "eac0352434196bdf4b2485d5a1"
                            "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f2693"
                            "6857bc3a7c2539ea8ec3a952b7"
                            "873033e038326e87ed3e1276fd140253fa08e9fc25fb2d9a98527fc22a2c9612fbeafd"
                            "ad446cbc7bcdbdcd780af2c16a";
static const char ANSWER[] = "0000000000000000000000000000000000000000000000000000000000001000"
                             "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";

static void expect(const uint8_t *in, bool want) {
    uint8_t out[OUT], answer[OUT], untouched[OUT];
    memset(out, 0x5a, sizeof out);
    memset(untouched, 0x5a, sizeof untouched);
    (void)vectors_hex(answer, sizeof answer, ANSWER, 2 * sizeof answer);
    CHECK_EQUAL(chevmi_kzg_point_evaluation(out, in), want);
    CHECK_BYTES(out, want ? answer : untouched, OUT);
}

static void known_value(void) {
    uint8_t in[IN];
    (void)vectors_hex(in, sizeof in, KNOWN, 2 * sizeof in);
    expect(in, true);
    in[95] ^= 1; /* y */
    expect(in, false);
}

static void random_openings(unsigned count) {
    rig_random = ch_test_random;
    for (unsigned i = 0; i < count; i++) {
        uint8_t in[IN], kept[IN];
        rig_opening(in, i % (RIG_POWERS + 1));
        memcpy(kept, in, IN);
        expect(in, true);
        in[95] ^= (uint8_t)(1u << ch_test_random_below(8)); /* y */
        expect(in, false);
        memcpy(in, kept, IN);
        in[63] ^= 1; /* z: which a constant polynomial does not mind */
        chevm_u256 z;
        chevm_u256_from_be32(&z, in + 32);
        expect(in, in[144] == INFINITY_BYTE && chevm_u256_less(&z, &RIG_ORDER));
    }
}

/* The first test of this file: nothing has called chevmi_kzg_init yet. */
TEST(kzg_works_before_its_lines_are_there) {
    known_value();
    random_openings(12);
}

TEST(kzg_known_value) {
    chevmi_kzg_init();
    known_value();
}

TEST(kzg_random_openings) {
    chevmi_kzg_init();
    random_openings(36);
}

TEST(kzg_every_part_is_bound) {
    rig_random = ch_test_random;
    chevmi_kzg_init();
    for (unsigned i = 0; i < 6; i++) {
        uint8_t in[IN];
        rig_opening(in, RIG_POWERS);
        for (size_t at = 0; at < IN; at += 1 + ch_test_random_below(16)) {
            const uint8_t bit = (uint8_t)(1u << ch_test_random_below(8));
            in[at] ^= bit;
            expect(in, false);
            in[at] ^= bit;
        }
        expect(in, true);
    }
}

/* Adds (0, 2), a point of order 3. */
static void add_torsion(uint8_t compressed[48]) {
    uint8_t bytes[CHEVMI_BLS_G1_BYTES] = {[CHEVMI_BLS_G1_BYTES - 1] = 2};
    blst_p1_affine point, torsion;
    blst_p1 sum;
    CHECK(chevmi_bls_p1_decode(&torsion, bytes));
    CHECK_EQUAL(blst_p1_uncompress(&point, compressed), BLST_SUCCESS);
    blst_p1_from_affine(&sum, &point);
    blst_p1_add_or_double_affine(&sum, &sum, &torsion);
    blst_p1_compress(compressed, &sum);
}

/* The pairing itself is blind for the cofactor: these would hold. */
TEST(kzg_refuses_points_outside_the_subgroup) {
    rig_random = ch_test_random;
    chevmi_kzg_init();
    for (unsigned i = 0; i < 8; i++) {
        uint8_t in[IN];
        rig_opening(in, i / 2);
        expect(in, true);
        add_torsion(in + 96 + 48 * (i % 2));
        rig_versioned_hash(in);
        expect(in, false);
    }
}

/* With C = -y G and infinity as proof the sum C - y G doubles: an addition that takes equal points
 * for opposite ones would accept any value. */
TEST(kzg_refuses_the_value_negated) {
    rig_random = ch_test_random;
    chevmi_kzg_init();
    for (unsigned i = 0; i < 4; i++) {
        uint8_t in[IN];
        chevm_u256 y;
        do {
            rig_opening(in, 1);
            chevm_u256_from_be32(&y, in + 64);
        } while (chevm_u256_is_zero(&y));
        chevm_u256_sub(&y, &RIG_ORDER, &y);
        chevm_u256_to_be32(in + 64, &y);
        expect(in, false);
    }
}

/* The same value plus the modulus, where it still fits 32 bytes. */
TEST(kzg_refuses_scalars_from_the_modulus_on) {
    rig_random = ch_test_random;
    chevmi_kzg_init();
    for (unsigned i = 0; i < 8; i++) {
        uint8_t in[IN];
        chevm_u256 value;
        rig_opening(in, RIG_POWERS);
        uint8_t *const scalar = in + (i % 2 == 0 ? 32 : 64);
        chevm_u256_from_be32(&value, scalar);
        chevm_u256_add(&value, &value, &RIG_ORDER); /* r is below 2^255 */
        chevm_u256_to_be32(scalar, &value);
        expect(in, false);
    }
    uint8_t in[IN];
    rig_opening(in, 0); /* y = 0 = r */
    chevm_u256_to_be32(in + 64, &RIG_ORDER);
    expect(in, false);
    rig_opening(in, 0);
    chevm_u256_to_be32(in + 32, &RIG_ORDER);
    expect(in, false);
}

TEST(kzg_refuses_compressed_points_that_are_not_canonical) {
    static const uint8_t first_bytes[] = {0x00, 0x40, 0x80, 0xe0, 0xc1, 0xa0};
    rig_random = ch_test_random;
    chevmi_kzg_init();
    for (size_t i = 0; i < sizeof first_bytes; i++) {
        uint8_t in[IN];
        rig_opening(in, 0);
        in[144] = first_bytes[i];
        expect(in, false);
        rig_opening(in, 0);
        in[96] = first_bytes[i];
        rig_versioned_hash(in);
        expect(in, false);
    }
}

TEST(kzg_refuses_other_versions_of_the_hash) {
    uint8_t in[IN];
    rig_random = ch_test_random;
    chevmi_kzg_init();
    rig_opening(in, 2);
    for (unsigned version = 0; version < 256; version++) {
        in[0] = (uint8_t)version;
        if (version != 1) {
            expect(in, false);
        }
    }
}

static void check_vector(const vector *v) {
    uint8_t out[OUT];
    const bool holds = v->input_size == IN && chevmi_kzg_point_evaluation(out, v->input);
    if (!CHECK_EQUAL(holds, !v->fails) ||
        (holds && !(CHECK_EQUAL(v->expected_size, OUT) && CHECK_BYTES(out, v->expected, OUT)))) {
        printf("# %s\n", v->name);
    }
}

TEST(kzg_published_vectors) {
    chevmi_kzg_init();
    const size_t count = vectors_run("kzg/point_evaluation_from_ckzg", check_vector);
    if (count != 0) {
        CHECK_EQUAL(count, 54 + 68);
        CHECK_EQUAL(vectors_run("geth/pointEvaluation", check_vector), 1);
    }
}

/* Several threads start at once; whichever prepares the lines, all get the right answer. */
static void *init_and_evaluate(void *context) {
    uint8_t out[OUT];
    bool *const right = context;
    uint8_t in[IN];
    (void)vectors_hex(in, sizeof in, KNOWN, 2 * sizeof in);
    chevmi_kzg_init();
    *right = chevmi_kzg_point_evaluation(out, in);
    return NULL;
}

TEST(kzg_init_from_many_threads) {
    pthread_t threads[4];
    bool right[4] = {false};
    for (unsigned i = 0; i < 4; i++) {
        CHECK_EQUAL(pthread_create(&threads[i], NULL, init_and_evaluate, &right[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        (void)pthread_join(threads[i], NULL);
        CHECK(right[i]);
    }
}
