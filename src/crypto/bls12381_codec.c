/* bls12381_codec.c: a field element is 48 big-endian bytes behind 16 zero ones and below p; blst
 * itself would reduce a larger one in silence, so the bytes are compared first. */
#include "bls12381_codec.h"

#include <string.h>

#define FP_BYTES   48u
#define FP_PADDING 16u
#define FP_SLOT    (FP_PADDING + FP_BYTES)

static const uint8_t MODULUS[FP_BYTES] = {
    0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7,
    0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24,
    0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xab,
};

bool chevmi_bls_fp_decode(blst_fp *out, const uint8_t in[64]) {
    static const uint8_t PADDING[FP_PADDING];
    if (memcmp(in, PADDING, FP_PADDING) != 0 || memcmp(in + FP_PADDING, MODULUS, FP_BYTES) >= 0) {
        return false;
    }
    blst_fp_from_bendian(out, in + FP_PADDING);
    return true;
}

bool chevmi_bls_fp2_decode(blst_fp2 *out, const uint8_t in[128]) {
    return chevmi_bls_fp_decode(&out->fp[0], in) && chevmi_bls_fp_decode(&out->fp[1], in + FP_SLOT);
}

bool chevmi_bls_p1_decode(blst_p1_affine *out, const uint8_t in[CHEVMI_BLS_G1_BYTES]) {
    return chevmi_bls_fp_decode(&out->x, in) && chevmi_bls_fp_decode(&out->y, in + FP_SLOT) &&
           blst_p1_affine_on_curve(out); /* which takes infinity */
}

bool chevmi_bls_p2_decode(blst_p2_affine *out, const uint8_t in[CHEVMI_BLS_G2_BYTES]) {
    return chevmi_bls_fp2_decode(&out->x, in) && chevmi_bls_fp2_decode(&out->y, in + 2 * FP_SLOT) &&
           blst_p2_affine_on_curve(out);
}

bool chevmi_bls_p1_decode_in_group(blst_p1_affine *out, const uint8_t in[CHEVMI_BLS_G1_BYTES]) {
    return chevmi_bls_p1_decode(out, in) &&
           (blst_p1_affine_is_inf(out) || blst_p1_affine_in_g1(out));
}

bool chevmi_bls_p2_decode_in_group(blst_p2_affine *out, const uint8_t in[CHEVMI_BLS_G2_BYTES]) {
    return chevmi_bls_p2_decode(out, in) &&
           (blst_p2_affine_is_inf(out) || blst_p2_affine_in_g2(out));
}

static void encode_fp(uint8_t out[FP_SLOT], const blst_fp *value) {
    memset(out, 0, FP_PADDING);
    blst_bendian_from_fp(out + FP_PADDING, value);
}

void chevmi_bls_p1_encode(uint8_t out[CHEVMI_BLS_G1_BYTES], const blst_p1 *point) {
    blst_p1_affine affine;
    if (blst_p1_is_inf(point)) {
        memset(out, 0, CHEVMI_BLS_G1_BYTES);
        return;
    }
    blst_p1_to_affine(&affine, point);
    encode_fp(out, &affine.x);
    encode_fp(out + FP_SLOT, &affine.y);
}

void chevmi_bls_p2_encode(uint8_t out[CHEVMI_BLS_G2_BYTES], const blst_p2 *point) {
    blst_p2_affine affine;
    if (blst_p2_is_inf(point)) {
        memset(out, 0, CHEVMI_BLS_G2_BYTES);
        return;
    }
    blst_p2_to_affine(&affine, point);
    for (unsigned i = 0; i < 2; i++) {
        encode_fp(out + i * FP_SLOT, &affine.x.fp[i]);
        encode_fp(out + (2 + i) * FP_SLOT, &affine.y.fp[i]);
    }
}
