/* bls12381_rig.h: random points, scalars and whole inputs for the tests, the fuzz targets and the
 * bench of BLS12-381 and KZG. Numbers come from the source the program sets. */
#ifndef CHEVMI_BLS12381_RIG_H
#define CHEVMI_BLS12381_RIG_H

#include "bls12381_codec.h"

#include <string.h>

typedef uint64_t rig_source(void);

static rig_source *rig_random;

CH_INLINE uint64_t rig_below(uint64_t limit) {
    return rig_random() % limit;
}

CH_INLINE void rig_bytes(uint8_t *out, size_t size) {
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)rig_random();
    }
}

/* Big-endian: zero, one, the order r and its neighbours, and the largest. */
static const uint8_t RIG_SCALARS[][32] = {
    {0},
    {[31] = 1},
    {[31] = 2},
    {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8,
     0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
     0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00},
    {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8,
     0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
     0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01},
    {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8,
     0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
     0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x02},
    /* 2^64 - 1 and 2^64 - 3: digits that carry out of a limb */
    {[24] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    {[24] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfd},
    /* z^2 - 1, z^2, and |z| - 1, |z| */
    {[16] = 0xac, 0x45, 0xa4, 0x01, 0x00, 0x01, 0xa4, 0x02, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
    {[16] = 0xac, 0x45, 0xa4, 0x01, 0x00, 0x01, 0xa4, 0x02, 0, 0, 0, 1, 0, 0, 0, 0},
    {[24] = 0xd2, 0x01, 0, 0, 0, 0, 0xff, 0xff},
    {[24] = 0xd2, 0x01, 0, 0, 0, 1, 0, 0},
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
};
#define RIG_SCALAR_COUNT (sizeof RIG_SCALARS / sizeof RIG_SCALARS[0])

/* One in eight is of the list, one in eight short, the others any 256 bits. */
CH_INLINE void rig_scalar(uint8_t out[32]) {
    const uint64_t kind = rig_below(8);
    if (kind == 0) {
        memcpy(out, RIG_SCALARS[rig_below(RIG_SCALAR_COUNT)], 32);
        return;
    }
    rig_bytes(out, 32);
    if (kind == 1) {
        memset(out, 0, rig_below(33));
    }
}

/* Any multiple of the generator but infinity. */
CH_INLINE void rig_p1(blst_p1 *out) {
    uint8_t scalar[16];
    rig_bytes(scalar, sizeof scalar);
    scalar[0] |= 1;
    blst_p1_mult(out, blst_p1_generator(), scalar, 128);
}

CH_INLINE void rig_p2(blst_p2 *out) {
    uint8_t scalar[16];
    rig_bytes(scalar, sizeof scalar);
    scalar[0] |= 1;
    blst_p2_mult(out, blst_p2_generator(), scalar, 128);
}

CH_INLINE void rig_g1(uint8_t out[CHEVMI_BLS_G1_BYTES]) {
    blst_p1 point;
    rig_p1(&point);
    chevmi_bls_p1_encode(out, &point);
}

CH_INLINE void rig_g2(uint8_t out[CHEVMI_BLS_G2_BYTES]) {
    blst_p2 point;
    rig_p2(&point);
    chevmi_bls_p2_encode(out, &point);
}

/* A field element below p, 64 bytes. */
CH_INLINE void rig_fp(uint8_t out[64]) {
    blst_fp ignored;
    memset(out, 0, 64);
    do {
        rig_bytes(out + 16, 48);
        out[16] &= 0x1f;
    } while (!chevmi_bls_fp_decode(&ignored, out));
}

/* A point of the curve that is (but for a chance of 2^-125) outside the subgroup. */
CH_INLINE void rig_g1_outside(uint8_t out[CHEVMI_BLS_G1_BYTES]) {
    blst_p1 point;
    blst_fp four, x;
    const uint32_t limbs[12] = {4};
    blst_fp_from_uint32(&four, limbs);
    do {
        rig_fp(out);
        (void)chevmi_bls_fp_decode(&x, out);
        point.x = x;
        blst_fp_sqr(&point.y, &x);
        blst_fp_mul(&point.y, &point.y, &x);
        blst_fp_add(&point.y, &point.y, &four);
    } while (!blst_fp_sqrt(&point.y, &point.y));
    point.z = blst_p1_generator()->z; /* one */
    chevmi_bls_p1_encode(out, &point);
}

CH_INLINE void rig_g2_outside(uint8_t out[CHEVMI_BLS_G2_BYTES]) {
    blst_p2 point;
    blst_fp2 four;
    const uint32_t limbs[12] = {4};
    blst_fp_from_uint32(&four.fp[0], limbs);
    four.fp[1] = four.fp[0];
    do {
        rig_fp(out);
        rig_fp(out + 64);
        (void)chevmi_bls_fp2_decode(&point.x, out);
        blst_fp2_sqr(&point.y, &point.x);
        blst_fp2_mul(&point.y, &point.y, &point.x);
        blst_fp2_add(&point.y, &point.y, &four);
    } while (!blst_fp2_sqrt(&point.y, &point.y));
    point.z = blst_p2_generator()->z;
    chevmi_bls_p2_encode(out, &point);
}

/* Pairs whose product is one: e(aP, Q) e(P, -aQ), shuffled only by their random points; an odd
 * last pair has infinity in it. */
CH_INLINE void rig_pairs(uint8_t *out, size_t pair_count) {
    memset(out, 0, pair_count * CHEVMI_BLS_PAIR_BYTES);
    for (size_t i = 0; i + 1 < pair_count; i += 2) {
        uint8_t *const first = out + i * CHEVMI_BLS_PAIR_BYTES;
        uint8_t *const second = first + CHEVMI_BLS_PAIR_BYTES;
        uint8_t factor[8];
        blst_p1 p, multiple;
        blst_p2 q;
        rig_bytes(factor, sizeof factor);
        factor[0] |= 1;
        rig_p1(&p);
        rig_p2(&q);
        blst_p1_mult(&multiple, &p, factor, 64);
        chevmi_bls_p1_encode(first, &multiple);
        chevmi_bls_p2_encode(first + CHEVMI_BLS_G1_BYTES, &q);
        blst_p2_mult(&q, &q, factor, 64);
        blst_p2_cneg(&q, true);
        chevmi_bls_p1_encode(second, &p);
        chevmi_bls_p2_encode(second + CHEVMI_BLS_G1_BYTES, &q);
    }
    if (pair_count % 2 != 0) {
        uint8_t *const last = out + (pair_count - 1) * CHEVMI_BLS_PAIR_BYTES;
        rig_g2(last + CHEVMI_BLS_G1_BYTES);
    }
}

#endif
