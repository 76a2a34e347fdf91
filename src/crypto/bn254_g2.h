/* bn254_g2.h: points of the twist y^2 = x^3 + 3 / xi over the quadratic extension, which holds G2,
 * the steps of Miller's loop on them, and membership in G2; internal to the bn254 rooms. */
#ifndef CHEVMI_BN254_G2_H
#define CHEVMI_BN254_G2_H

#include "bn254_fp12.h"

typedef struct chevmi_bn_g2 { /* x = y = 0: infinity */
    chevmi_bn_fp2 x, y;
} chevmi_bn_g2;

/* The walking point of Miller's loop: (x / z, y / z); z = 0: infinity, or lost if y is 0 too. */
typedef struct chevmi_bn_walker {
    chevmi_bn_fp2 x, y, z;
} chevmi_bn_walker;

/* chevmi_bn_g2_load reads x.i, x, y.i, y. Returns false, r undefined, if a coordinate is not below
 * p or the point not on the twist; whether it is in G2 is seen at the end of a walk. */
bool chevmi_bn_g2_load(chevmi_bn_g2 *r, const uint8_t bytes[128]);
bool chevmi_bn_g2_is_infinity(const chevmi_bn_g2 *a);

/* psi(a), a point of the twist again: (x, y) -> (x^p, y^p) as the curve itself sees it. On G2 it is
 * multiplication by p. r may be a. */
void chevmi_bn_g2_frobenius(chevmi_bn_g2 *r, const chevmi_bn_g2 *a);

void chevmi_bn_walker_start(chevmi_bn_walker *t, const chevmi_bn_g2 *q);

/* t = 2 t; line is the tangent, which at a point (x, y) of G1 has the value
 * c[0] y + (-x c[1] + c[2] v) w up to a factor that the final exponentiation removes. */
void chevmi_bn_walker_twice(chevmi_bn_walker *t, chevmi_bn_line *line);

/* t = t + q, q not infinity; line is the chord, as above. If t was q or infinity, t becomes 0, 0,
 * 0, "lost", and stays so. */
void chevmi_bn_walker_add(chevmi_bn_walker *t, const chevmi_bn_g2 *q, chevmi_bn_line *line);

/* True if t is q; false for infinity and the lost. */
bool chevmi_bn_walker_is(const chevmi_bn_walker *t, const chevmi_bn_g2 *q);

#endif
