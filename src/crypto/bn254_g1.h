/* bn254_g1.h: points of G1, y^2 = x^3 + 3 over the field; internal to the bn254 rooms. */
#ifndef CHEVMI_BN254_G1_H
#define CHEVMI_BN254_G1_H

#include "bn254_field.h"

typedef struct chevmi_bn_g1 { /* x = y = 0: infinity */
    chevmi_bn_fp x, y;
} chevmi_bn_g1;

/* chevmi_bn_g1_load reads x, y. Returns false, r undefined, if the point is invalid. */
bool chevmi_bn_g1_load(chevmi_bn_g1 *r, const uint8_t bytes[64]);
void chevmi_bn_g1_store(uint8_t bytes[64], const chevmi_bn_g1 *a);
bool chevmi_bn_g1_is_infinity(const chevmi_bn_g1 *a);

void chevmi_bn_g1_add(chevmi_bn_g1 *r, const chevmi_bn_g1 *a, const chevmi_bn_g1 *b);

/* r = k a, k a plain number of 256 bits. */
void chevmi_bn_g1_mul(chevmi_bn_g1 *r, const chevmi_bn_g1 *a, const uint64_t k[4]);

#endif
