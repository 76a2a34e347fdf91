/** p256_rig.h: the ways our curve can be computed, and signing by double-and-add; for tests, fuzz
 *  targets and benches. */
#ifndef CHEVMI_P256_RIG_H
#define CHEVMI_P256_RIG_H

#include "p256.h"
#include "p256_curve.h"

#include "num/cpu.h"

#include <string.h>

/** The ways to compute: builds of the curve, and for the one on field256.h both its kernels. */
typedef enum p256_rig_way {
    P256_RIG_FASTEST, /* of this machine; may be the next one */
    P256_RIG_BORROWED,
    P256_RIG_PLAIN,
    P256_RIG_WAYS
} p256_rig_way;

static inline void p256_rig_select(p256_rig_way way) {
    (void)chevmi_p256_select(way == P256_RIG_FASTEST ? chevmi_cpu_features() : 0);
    (void)chevmi_field256_select(way != P256_RIG_PLAIN);
}

/** p256_rig_multiple sets r = k G, bit by bit. */
static inline void p256_rig_multiple(chevmi_p256_point *r, const uint64_t k[4]) {
    memset(r, 0, sizeof *r);
    for (unsigned i = 256; i-- > 0;) {
        chevmi_p256_double(r, r);
        if ((k[i / 64] >> (i % 64) & 1) != 0) {
            chevmi_p256_add_affine(r, r, &chevmi_p256_base[0], false);
        }
    }
}

/** p256_rig_affine: x and y of a point that is not at infinity. */
static inline void p256_rig_affine(chevmi_p256_affine *r, const chevmi_p256_point *a) {
    const chevmi_modulus *const p = &chevmi_modulus_p256_p;
    uint64_t inverse[4], square[4];
    chevmi_f256_inverse(inverse, a->z, p);
    chevmi_f256_sqr(square, inverse, p);
    chevmi_f256_mul(r->x, a->x, square, p);
    chevmi_f256_mul(square, square, inverse, p);
    chevmi_f256_mul(r->y, a->y, square, p);
}

/** p256_rig_sign writes hash, r, s, x, y for the private key d and the nonce k, any 256 bits.
 *  Returns false where those make no signature. */
static inline bool p256_rig_sign(uint8_t out[CHEVMI_P256_INPUT], const uint8_t hash[32],
                                 const uint64_t d[4], const uint64_t k[4]) {
    const chevmi_modulus *const n = &chevmi_modulus_p256_n;
    chevmi_p256_point point;
    chevmi_p256_affine affine;
    uint64_t h[4], r[4], s[4], inverse[4];
    p256_rig_multiple(&point, d);
    if (chevmi_f256_is_zero(point.z)) {
        return false;
    }
    p256_rig_affine(&affine, &point);
    memcpy(out, hash, 32);
    chevmi_f256_to_be(out + 96, affine.x, &chevmi_modulus_p256_p);
    chevmi_f256_to_be(out + 128, affine.y, &chevmi_modulus_p256_p);
    p256_rig_multiple(&point, k);
    if (chevmi_f256_is_zero(point.z)) {
        return false;
    }
    p256_rig_affine(&affine, &point);
    chevmi_f256_from_mont(r, affine.x, &chevmi_modulus_p256_p);
    chevmi_f256_to_mont(r, r, n);
    chevmi_f256_to_be(out + 32, r, n);
    chevmi_f256_to_mont(s, d, n); /* s = (hash + r d) / k */
    chevmi_f256_mul(s, s, r, n);
    chevmi_f256_load(h, hash);
    chevmi_f256_to_mont(h, h, n);
    chevmi_f256_add(s, s, h, n);
    chevmi_f256_to_mont(inverse, k, n);
    chevmi_f256_inverse(inverse, inverse, n);
    chevmi_f256_mul(s, s, inverse, n);
    chevmi_f256_to_be(out + 64, s, n);
    return !chevmi_f256_is_zero(s) && !chevmi_f256_is_zero(r);
}

#endif
