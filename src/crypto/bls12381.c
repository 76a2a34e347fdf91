/* bls12381.c: additions and maps; the sums of products and the pairing have their own rooms. */
#include "bls12381.h"

#include "bls12381_codec.h"

bool chevmi_bls_g1_add(uint8_t out[CHEVMI_BLS_G1_BYTES],
                       const uint8_t in[2 * CHEVMI_BLS_G1_BYTES]) {
    blst_p1_affine a, b;
    blst_p1 sum;
    if (!chevmi_bls_p1_decode(&a, in) || !chevmi_bls_p1_decode(&b, in + CHEVMI_BLS_G1_BYTES)) {
        return false;
    }
    blst_p1_from_affine(&sum, &a);
    blst_p1_add_or_double_affine(&sum, &sum, &b);
    chevmi_bls_p1_encode(out, &sum);
    return true;
}

bool chevmi_bls_g2_add(uint8_t out[CHEVMI_BLS_G2_BYTES],
                       const uint8_t in[2 * CHEVMI_BLS_G2_BYTES]) {
    blst_p2_affine a, b;
    blst_p2 sum;
    if (!chevmi_bls_p2_decode(&a, in) || !chevmi_bls_p2_decode(&b, in + CHEVMI_BLS_G2_BYTES)) {
        return false;
    }
    blst_p2_from_affine(&sum, &a);
    blst_p2_add_or_double_affine(&sum, &sum, &b);
    chevmi_bls_p2_encode(out, &sum);
    return true;
}

bool chevmi_bls_map_fp_to_g1(uint8_t out[CHEVMI_BLS_G1_BYTES], const uint8_t in[64]) {
    blst_fp element;
    blst_p1 point;
    if (!chevmi_bls_fp_decode(&element, in)) {
        return false;
    }
    blst_map_to_g1(&point, &element, NULL);
    chevmi_bls_p1_encode(out, &point);
    return true;
}

bool chevmi_bls_map_fp2_to_g2(uint8_t out[CHEVMI_BLS_G2_BYTES], const uint8_t in[128]) {
    blst_fp2 element;
    blst_p2 point;
    if (!chevmi_bls_fp2_decode(&element, in)) {
        return false;
    }
    blst_map_to_g2(&point, &element, NULL);
    chevmi_bls_p2_encode(out, &point);
    return true;
}
