/* bls12381_msm.c: the template for both groups, with what differs: how a scalar is cut, and the
 * endomorphism that goes with it.
 *
 * z = -0xd201000000010000, r = z^4 - z^2 + 1. On G1 (x, y) -> (beta x, -y) multiplies by z^2, about
 * 2^127.4; on G2 the negated Frobenius twist -psi multiplies by |z|, about 2^63.7. */
#include "bls12381_msm.h"

#include <string.h>

typedef struct scalar_parts {
    uint8_t bytes[32];
} scalar_parts;

#define WINDOW_MAX 8u /* bits of a window of buckets: 24 or 48 KB of them */

static const chevm_u256 ORDER = {
    {0xffffffff00000001u, 0x53bda402fffe5bfeu, 0x3339d80809a1d805u, 0x73eda753299d7d48u}};
static const chevm_u256 Z = {{0xd201000000010000u, 0, 0, 0}};
static const chevm_u256 Z_SQUARED = {{0x0000000100000000u, 0xac45a4010001a402u, 0, 0}};

/* Montgomery form. A cube root of unity:
 * 0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffe */
static const blst_fp BETA = {{0x30f1361b798a64e8u, 0xf3b8ddab7ece5a2au, 0x16a8ca3ac61577f7u,
                              0xc26a2ff874fd029bu, 0x3636b76660701c6eu, 0x051ba4ab241b6160u}};
/* (1 + i)^-((p-1)/3) and -(1 + i)^-((p-1)/2) */
static const blst_fp2 TWIST_X = {
    {{{0}},
     {{0x890dc9e4867545c3u, 0x2af322533285a5d5u, 0x50880866309b7e2cu, 0xa20d1b8c7e881024u,
       0x14e4f04fe2db9068u, 0x14e56d3f1564853au}}}};
static const blst_fp2 TWIST_Y_NEGATED = {
    {{{0x7bcfa7a25aa30fdau, 0xdc17dec12a927e7cu, 0x2f088dd86b4ebef1u, 0xd1ca2087da74d4a7u,
       0x2da2596696cebc1du, 0x0e2b7eedbbfd87d2u}},
     {{0x3e2f585da55c9ad1u, 0x4294213d86c18183u, 0x382844c88b623732u, 0x92ad2afd19103e18u,
       0x1d794e4fac7cf0b9u, 0x0bd592fc7d825ec8u}}}};

void chevmi_bls_g1_endomorphism(blst_p1_affine *out, const blst_p1_affine *point) {
    blst_fp_mul(&out->x, &point->x, &BETA);
    blst_fp_cneg(&out->y, &point->y, true);
}

static void conjugate(blst_fp2 *out, const blst_fp2 *a) {
    out->fp[0] = a->fp[0];
    blst_fp_cneg(&out->fp[1], &a->fp[1], true);
}

void chevmi_bls_g2_endomorphism(blst_p2_affine *out, const blst_p2_affine *point) {
    conjugate(&out->x, &point->x);
    conjugate(&out->y, &point->y);
    blst_fp2_mul(&out->x, &out->x, &TWIST_X);
    blst_fp2_mul(&out->y, &out->y, &TWIST_Y_NEGATED);
}

static void store_le(uint8_t out[8], uint64_t value) {
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t load_le(const uint8_t in[8]) {
    uint64_t value = 0;
    for (unsigned i = 8; i-- > 0;) {
        value = value << 8 | in[i];
    }
    return value;
}

/* value = k0 + k1 z^2, 16 bytes each, both below z^2. */
static void split_in_two(scalar_parts *scalar, const chevm_u256 *value) {
    chevm_u256 quotient, remainder;
    chevm_u256_divmod(&quotient, &remainder, value, &Z_SQUARED);
    for (unsigned i = 0; i < 2; i++) {
        store_le(scalar->bytes + 8 * i, remainder.limbs[i]);
        store_le(scalar->bytes + 16 + 8 * i, quotient.limbs[i]);
    }
}

/* value = k0 + k1 |z| + k2 |z|^2 + k3 |z|^3, 8 bytes each, all below |z|. */
static void split_in_four(scalar_parts *scalar, const chevm_u256 *value) {
    chevm_u256 rest = *value;
    for (unsigned i = 0; i < 4; i++) {
        chevm_u256 quotient, remainder;
        chevm_u256_divmod(&quotient, &remainder, &rest, &Z);
        store_le(scalar->bytes + 8 * i, remainder.limbs[0]);
        rest = quotient;
    }
}

/* Digits of a part (8 or 16 bytes, at least 8 below its power of two), one more than it has bits,
 * from the lowest, `step` apart: 0 or odd from -7 to 7, of four neighbours at most one not 0. */
static void recode(int8_t *digits, size_t step, const uint8_t *part, size_t part_size) {
    uint64_t low = load_le(part), high = part_size == 16 ? load_le(part + 8) : 0;
    for (size_t i = 0; i <= 8 * part_size; i++, digits += step) {
        int digit = 0;
        if ((low & 1) != 0) {
            digit = (int)(low & 15);
            low -= (uint64_t)digit;
            if (digit > 8) {
                digit -= 16;
                low += 16;
                high += low < 16;
            }
        }
        *digits = (int8_t)digit;
        low = low >> 1 | high << 63;
        high >>= 1;
    }
}

/* The window with the fewest additions: every point once a window, every bucket twice. */
static size_t best_window(size_t point_count, size_t bits) {
    size_t best = 2, fewest = SIZE_MAX;
    for (size_t window = 2; window <= WINDOW_MAX; window++) {
        const size_t additions = (bits / window + 1) * (point_count + ((size_t)1 << window));
        if (additions < fewest) {
            best = window;
            fewest = additions;
        }
    }
    return best;
}

#define MSM_POINT                blst_p1
#define MSM_AFFINE               blst_p1_affine
#define MSM_BLST(verb)           blst_p1_##verb
#define MSM_BLST_MANY(verb)      blst_p1s_##verb
#define MSM_OWN(verb)            chevmi_bls_g1_##verb
#define MSM_LOCAL(verb)          g1_##verb
#define MSM_CODEC(verb)          chevmi_bls_p1_##verb
#define MSM_NEGATE(y)            blst_fp_cneg((y), (y), true)
#define MSM_PARTS                2u
#define MSM_PART_BYTES           16u
#define MSM_POINT_BYTES          CHEVMI_BLS_G1_BYTES
#define MSM_SMALL                CHEVMI_BLS_G1_SMALL
#define MSM_LARGE                1024u
#define MSM_SPLIT(scalar, value) split_in_two((scalar), (value))
#include "bls12381_msm_tmpl.h"

#define MSM_POINT                blst_p2
#define MSM_AFFINE               blst_p2_affine
#define MSM_BLST(verb)           blst_p2_##verb
#define MSM_BLST_MANY(verb)      blst_p2s_##verb
#define MSM_OWN(verb)            chevmi_bls_g2_##verb
#define MSM_LOCAL(verb)          g2_##verb
#define MSM_CODEC(verb)          chevmi_bls_p2_##verb
#define MSM_NEGATE(y)            blst_fp2_cneg((y), (y), true)
#define MSM_PARTS                4u
#define MSM_PART_BYTES           8u
#define MSM_POINT_BYTES          CHEVMI_BLS_G2_BYTES
#define MSM_SMALL                CHEVMI_BLS_G2_SMALL
#define MSM_LARGE                256u
#define MSM_SPLIT(scalar, value) split_in_four((scalar), (value))
#include "bls12381_msm_tmpl.h"

void chevmi_bls_g1_sum(blst_p1 *out, const blst_p1_affine *points, const chevm_u256 *scalars,
                       size_t count, void *scratch) {
    CH_REQUIRE(count <= CHEVMI_BLS_G1_SMALL);
    g1_chunk chunk = g1_chunk_in(scratch, count);
    for (size_t i = 0; i < count; i++) {
        g1_put(&chunk, &points[i], &scalars[i]);
    }
    g1_chunk_sum(out, &chunk);
}
