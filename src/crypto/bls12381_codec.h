/** bls12381_codec.h: points between EIP-2537's bytes and blst's types; internal to src/crypto.
 *
 *  The point at infinity is all zero in both. Decoding checks encoding, field range and curve;
 *  the subgroup is a second question, as additions do not ask it. On false, out is undefined. */
#ifndef CHEVMI_BLS12381_CODEC_H
#define CHEVMI_BLS12381_CODEC_H

#include "bls12381.h"

#include <blst.h>

bool chevmi_bls_fp_decode(blst_fp *out, const uint8_t in[64]);
bool chevmi_bls_fp2_decode(blst_fp2 *out, const uint8_t in[128]);

bool chevmi_bls_p1_decode(blst_p1_affine *out, const uint8_t in[CHEVMI_BLS_G1_BYTES]);
bool chevmi_bls_p2_decode(blst_p2_affine *out, const uint8_t in[CHEVMI_BLS_G2_BYTES]);

/** The same, and in the subgroup of order r. */
bool chevmi_bls_p1_decode_in_group(blst_p1_affine *out, const uint8_t in[CHEVMI_BLS_G1_BYTES]);
bool chevmi_bls_p2_decode_in_group(blst_p2_affine *out, const uint8_t in[CHEVMI_BLS_G2_BYTES]);

void chevmi_bls_p1_encode(uint8_t out[CHEVMI_BLS_G1_BYTES], const blst_p1 *point);
void chevmi_bls_p2_encode(uint8_t out[CHEVMI_BLS_G2_BYTES], const blst_p2 *point);

#endif
