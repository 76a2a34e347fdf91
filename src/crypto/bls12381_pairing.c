/* bls12381_pairing.c: Miller loops in batches, one final exponentiation. A pair with infinity in it
 * contributes one; it is checked like any other and then left out. */
#include "bls12381_codec.h"

#include <string.h>

#define BATCH 16u /* what blst's loop takes at once: a batch shares the squarings */

typedef struct batch {
    blst_p1_affine p[BATCH];
    blst_p2_affine q[BATCH];
    size_t count;
    bool begun; /* product holds something */
    blst_fp12 product;
} batch;

static void multiply_in(batch *b) {
    const blst_p1_affine *const ps[] = {b->p, NULL}; /* blst: the rest follows the first */
    const blst_p2_affine *const qs[] = {b->q, NULL};
    blst_fp12 factor;
    if (b->count == 0) {
        return;
    }
    blst_miller_loop_n(&factor, qs, ps, b->count);
    if (b->begun) {
        blst_fp12_mul(&b->product, &b->product, &factor);
    } else {
        b->product = factor;
    }
    b->begun = true;
    b->count = 0;
}

static bool add_pair(batch *b, const uint8_t in[CHEVMI_BLS_PAIR_BYTES]) {
    blst_p1_affine *const p = &b->p[b->count];
    blst_p2_affine *const q = &b->q[b->count];
    if (!chevmi_bls_p1_decode_in_group(p, in) ||
        !chevmi_bls_p2_decode_in_group(q, in + CHEVMI_BLS_G1_BYTES)) {
        return false;
    }
    if (!blst_p1_affine_is_inf(p) && !blst_p2_affine_is_inf(q) && ++b->count == BATCH) {
        multiply_in(b);
    }
    return true;
}

bool chevmi_bls_pairing_check(uint8_t out[32], const uint8_t *in, size_t pair_count) {
    batch b;
    if (pair_count == 0) {
        return false;
    }
    b.count = 0;
    b.begun = false;
    for (size_t i = 0; i < pair_count; i++) {
        if (!add_pair(&b, in + i * CHEVMI_BLS_PAIR_BYTES)) {
            return false;
        }
    }
    multiply_in(&b);
    bool is_one = true;
    if (b.begun) {
        blst_final_exp(&b.product, &b.product);
        is_one = blst_fp12_is_one(&b.product);
    }
    memset(out, 0, 31);
    out[31] = is_one;
    return true;
}
