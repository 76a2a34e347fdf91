/* bn254_fp12.h: the extension of degree 12 in which pairings take their values, as a tower;
 * internal to the bn254 rooms.
 *
 *   Fp6  = Fp2[v], v^3 = xi = 9 + i        c0 + c1 v + c2 v^2
 *   Fp12 = Fp6[w], w^2 = v                 c0 + c1 w
 *
 * r may be an operand unless said otherwise. "Cyclotomic" elements are those x with
 * x^(p^4 - p^2 + 1) = 1: results of the easy part of the final exponentiation. */
#ifndef CHEVMI_BN254_FP12_H
#define CHEVMI_BN254_FP12_H

#include "bn254_field.h"

typedef struct chevmi_bn_fp6 {
    chevmi_bn_fp2 c[3];
} chevmi_bn_fp6;

typedef struct chevmi_bn_fp12 {
    chevmi_bn_fp6 c[2];
} chevmi_bn_fp12;

/* The value of a line: c0 + (c1 + c2 v) w. */
typedef struct chevmi_bn_line {
    chevmi_bn_fp2 c[3];
} chevmi_bn_line;

void chevmi_bn_fp12_one(chevmi_bn_fp12 *r);
bool chevmi_bn_fp12_is_one(const chevmi_bn_fp12 *a);
void chevmi_bn_fp12_mul(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a, const chevmi_bn_fp12 *b);
void chevmi_bn_fp12_sqr(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a);

/* a^(p^6): the inverse of a cyclotomic element. */
void chevmi_bn_fp12_conjugate(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a);

/* 1 / a; 0 for 0. */
void chevmi_bn_fp12_inverse(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a);

/* a^p and a^(p^2). */
void chevmi_bn_fp12_frobenius(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a);
void chevmi_bn_fp12_frobenius2(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a);

/* r *= line. */
void chevmi_bn_fp12_mul_line(chevmi_bn_fp12 *r, const chevmi_bn_line *line);

/* a^2 of a cyclotomic a. */
void chevmi_bn_fp12_sqr_cyclotomic(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *a);

/* xi^(k (p - 1) / 6), k = 1 .. 5 at index k - 1; the twist's endomorphism needs them too. */
extern const chevmi_bn_fp2 chevmi_bn_frobenius[5];

/* xi^(k (p^2 - 1) / 6): sixth roots of unity in the field itself. */
extern const chevmi_bn_fp chevmi_bn_frobenius2[5];

#endif
