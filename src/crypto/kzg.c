/* kzg.c: e(C - y G1, G2) = e(pi, tau G2 - z G2), rewritten so that both points of G2 are fixed:
 *
 *     e(y G1 - z pi - C, G2) * e(pi, tau G2) = 1
 *
 * The lines of a Miller loop depend on the point of G2 alone, so they are computed once; the two
 * loops then share their squarings and one final exponentiation. */
#include "kzg.h"

#include "bls12381_msm.h"

#include <coldevm/hash.h>

#include <stdatomic.h>
#include <string.h>

/* tau * G2 of the public ceremony, compressed: the second of the G2 points in its output. */
static const uint8_t TAU_G2[96] = {
    0xb5, 0xbf, 0xd7, 0xdd, 0x8c, 0xde, 0xb1, 0x28, 0x84, 0x3b, 0xc2, 0x87, 0x23, 0x0a, 0xf3, 0x89,
    0x26, 0x18, 0x70, 0x75, 0xcb, 0xfb, 0xef, 0xa8, 0x10, 0x09, 0xa2, 0xce, 0x61, 0x5a, 0xc5, 0x3d,
    0x29, 0x14, 0xe5, 0x87, 0x0c, 0xb4, 0x52, 0xd2, 0xaf, 0xaa, 0xab, 0x24, 0xf3, 0x49, 0x9f, 0x72,
    0x18, 0x5c, 0xbf, 0xee, 0x53, 0x49, 0x27, 0x14, 0x73, 0x44, 0x29, 0xb7, 0xb3, 0x86, 0x08, 0xe2,
    0x39, 0x26, 0xc9, 0x11, 0xcc, 0xec, 0xea, 0xc9, 0xa3, 0x68, 0x51, 0x47, 0x7b, 0xa4, 0xc6, 0x0b,
    0x08, 0x70, 0x41, 0xde, 0x62, 0x10, 0x00, 0xed, 0xc9, 0x8e, 0xda, 0xda, 0x20, 0xc1, 0xde, 0xf2,
};

/* FIELD_ELEMENTS_PER_BLOB and BLS_MODULUS */
static const uint8_t ANSWER[CHEVMI_KZG_OUTPUT_BYTES] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10, 0x00,
    0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8, 0x08, 0x09, 0xa1, 0xd8, 0x05,
    0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01,
};
static const uint8_t *const MODULUS = ANSWER + 32;

#define VERSION_BYTE 0x01u
#define LINE_COUNT   68u /* of a Miller loop: 63 doublings, 5 additions */

enum { LINES_ABSENT, LINES_IN_WORK, LINES_READY };

static _Atomic int lines_state;       /* LINES_ABSENT */
static blst_fp6 lines[2][LINE_COUNT]; /* of G2 and tau * G2; written once, before LINES_READY */

static void fixed_points(blst_p2_affine points[2]) {
    points[0] = *blst_p2_affine_generator();
    CH_REQUIRE(blst_p2_uncompress(&points[1], TAU_G2) == BLST_SUCCESS);
}

void chevmi_kzg_init(void) {
    int expected = LINES_ABSENT;
    if (!atomic_compare_exchange_strong(&lines_state, &expected, LINES_IN_WORK)) {
        return;
    }
    blst_p2_affine points[2];
    fixed_points(points);
    for (unsigned i = 0; i < 2; i++) {
        blst_precompute_lines(lines[i], &points[i]);
    }
    atomic_store_explicit(&lines_state, LINES_READY, memory_order_release);
}

/* ---- Pairing with the fixed points ----------------------------------------------------------- */

/* The bits of |z| = 0xd201000000010000 that are set make an addition after their doubling. */
static bool is_addition(size_t line) {
    return line == 1 || line == 4 || line == 8 || line == 18 || line == 51;
}

/* blst's lines lack the coordinates of the point of G1, as -2x and 2y. */
static void multiply_line(blst_fp12 *product, const blst_fp6 *line, const blst_p1_affine *doubled) {
    blst_fp6 here;
    here.fp2[0] = line->fp2[0];
    for (unsigned i = 0; i < 2; i++) {
        blst_fp_mul(&here.fp2[1].fp[i], &line->fp2[1].fp[i], &doubled->x);
        blst_fp_mul(&here.fp2[2].fp[i], &line->fp2[2].fp[i], &doubled->y);
    }
    blst_fp12_mul_by_xy00z0(product, product, &here);
}

static void loop_on_lines(blst_fp12 *product, const blst_p1_affine p[2]) {
    blst_p1_affine doubled[2];
    bool there[2];
    for (unsigned i = 0; i < 2; i++) {
        there[i] = !blst_p1_affine_is_inf(&p[i]);
        blst_fp_add(&doubled[i].x, &p[i].x, &p[i].x);
        blst_fp_cneg(&doubled[i].x, &doubled[i].x, true);
        blst_fp_add(&doubled[i].y, &p[i].y, &p[i].y);
    }
    *product = *blst_fp12_one();
    for (size_t line = 0; line < LINE_COUNT; line++) {
        if (line != 0 && !is_addition(line)) {
            blst_fp12_sqr(product, product);
        }
        for (unsigned i = 0; i < 2; i++) {
            if (there[i]) {
                multiply_line(product, &lines[i][line], &doubled[i]);
            }
        }
    }
    blst_fp12_conjugate(product); /* z is negative */
}

static void loop_on_points(blst_fp12 *product, const blst_p1_affine p[2]) {
    blst_p2_affine q[2];
    fixed_points(q);
    *product = *blst_fp12_one();
    for (unsigned i = 0; i < 2; i++) {
        if (!blst_p1_affine_is_inf(&p[i])) {
            blst_fp12 factor;
            blst_miller_loop(&factor, &q[i], &p[i]);
            blst_fp12_mul(product, product, &factor);
        }
    }
}

/* e(p[0], G2) * e(p[1], tau G2) = 1 */
static bool pairs_to_one(const blst_p1_affine p[2]) {
    blst_fp12 product;
    if (atomic_load_explicit(&lines_state, memory_order_acquire) == LINES_READY) {
        loop_on_lines(&product, p);
    } else {
        loop_on_points(&product, p);
    }
    blst_final_exp(&product, &product);
    return blst_fp12_is_one(&product);
}

/* ---- The precompile -------------------------------------------------------------------------- */

static bool hash_matches(const uint8_t hash[32], const uint8_t commitment[48]) {
    uint8_t versioned[32];
    chevm_sha256(versioned, commitment, 48);
    versioned[0] = VERSION_BYTE;
    return memcmp(versioned, hash, sizeof versioned) == 0;
}

static bool decode_scalar(chevm_u256 *out, const uint8_t in[32]) {
    chevm_u256_from_be32(out, in);
    return memcmp(in, MODULUS, 32) < 0;
}

static bool decode_point(blst_p1_affine *out, const uint8_t in[48]) {
    return blst_p1_uncompress(out, in) == BLST_SUCCESS &&
           (blst_p1_affine_is_inf(out) || blst_p1_affine_in_g1(out));
}

/* left = y G1 - z pi - C */
static void combine(blst_p1_affine *left, const blst_p1_affine *commitment,
                    const blst_p1_affine *proof, const chevm_u256 *z, const chevm_u256 *y) {
    uint64_t scratch[CHEVMI_BLS_G1_SUM_SCRATCH(2) / sizeof(uint64_t)];
    const blst_p1_affine points[2] = {*proof, *blst_p1_affine_generator()};
    chevm_u256 scalars[2] = {*z, {{0}}};
    chevm_u256 modulus;
    blst_p1 sum;
    chevm_u256_from_be32(&modulus, MODULUS);
    chevm_u256_sub(&scalars[1], &modulus, y);
    chevmi_bls_g1_sum(&sum, points, scalars, 2, scratch);
    blst_p1_add_or_double_affine(&sum, &sum, commitment);
    blst_p1_cneg(&sum, true);
    if (blst_p1_is_inf(&sum)) {
        memset(left, 0, sizeof *left);
    } else {
        blst_p1_to_affine(left, &sum);
    }
}

bool chevmi_kzg_point_evaluation(uint8_t out[CHEVMI_KZG_OUTPUT_BYTES],
                                 const uint8_t in[CHEVMI_KZG_INPUT_BYTES]) {
    const uint8_t *const commitment_bytes = in + 96;
    blst_p1_affine commitment, pairs[2];
    blst_p1_affine *const proof = &pairs[1];
    chevm_u256 z, y;
    if (!hash_matches(in, commitment_bytes) || !decode_scalar(&z, in + 32) ||
        !decode_scalar(&y, in + 64) || !decode_point(&commitment, commitment_bytes) ||
        !decode_point(proof, in + 144)) {
        return false;
    }
    combine(&pairs[0], &commitment, proof, &z, &y);
    if (!pairs_to_one(pairs)) {
        return false;
    }
    memcpy(out, ANSWER, sizeof ANSWER);
    return true;
}
