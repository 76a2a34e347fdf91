/* bn254_final.c: the final exponentiation. The hard part is the addition chain of
 * Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, "Faster hashing to G2" (SAC 2011): with s = 2u
 * (6u^2 + 3u + 1), s (p^4 - p^2 + 1) / n = 1 + a + 6u^2 + (a - 2u) p + a p^2 + ... as the code
 * says, a = 12u^3 + 6u^2 + 6u. s is prime to n, so the power is one exactly where the pairing is.
 */
#include "bn254_pairing.h"

typedef chevmi_bn_fp12 fp12;

#define POWER_DIGITS 63u

/* u in signed odd digits of window 4, highest first. */
static const int8_t POWER[POWER_DIGITS] = {
    1, 0, 0, 0,  0,  0, 5, 0,  0, 0, 0, -3, 0, 0, 0, 3, 0,  0, 0, 0, 5,
    0, 0, 0, -5, 0,  0, 0, -3, 0, 0, 0, 1,  0, 0, 0, 0, 5,  0, 0, 0, 0,
    7, 0, 0, 0,  -7, 0, 0, 0,  0, 0, 0, 5,  0, 0, 0, 0, -1, 0, 0, 0, 1,
};

/* r = a^u for a cyclotomic a; r is not a. */
static void power_u(fp12 *r, const fp12 *a) {
    fp12 odds[4], factor; /* a, a^3, a^5, a^7 */
    chevmi_bn_fp12_sqr_cyclotomic(&factor, a);
    odds[0] = *a;
    for (unsigned i = 1; i < 4; i++) {
        chevmi_bn_fp12_mul(&odds[i], &odds[i - 1], &factor);
    }
    *r = *a;
    for (unsigned i = 1; i < POWER_DIGITS; i++) {
        chevmi_bn_fp12_sqr_cyclotomic(r, r);
        if (POWER[i] > 0) {
            chevmi_bn_fp12_mul(r, r, &odds[POWER[i] / 2]);
        } else if (POWER[i] < 0) {
            chevmi_bn_fp12_conjugate(&factor, &odds[-POWER[i] / 2]);
            chevmi_bn_fp12_mul(r, r, &factor);
        }
    }
}

/* r = f^((p^6 - 1)(p^2 + 1)) */
static void easy_part(fp12 *r, const fp12 *f) {
    fp12 inverse;
    chevmi_bn_fp12_inverse(&inverse, f);
    chevmi_bn_fp12_conjugate(r, f);
    chevmi_bn_fp12_mul(&inverse, r, &inverse);
    chevmi_bn_fp12_frobenius2(r, &inverse);
    chevmi_bn_fp12_mul(r, r, &inverse);
}

void chevmi_bn_final(fp12 *r, const fp12 *f) {
    fp12 g, g2, g6, a, b, x;
    easy_part(&g, f);
    power_u(&x, &g);
    chevmi_bn_fp12_sqr_cyclotomic(&g2, &x); /* 2u */
    chevmi_bn_fp12_sqr_cyclotomic(&x, &g2);
    chevmi_bn_fp12_mul(&g6, &x, &g2); /* 6u */
    power_u(&b, &g6);                 /* 6u^2 */
    chevmi_bn_fp12_sqr_cyclotomic(&x, &b);
    power_u(&a, &x); /* 12u^3 */
    chevmi_bn_fp12_mul(&a, &a, &b);
    chevmi_bn_fp12_mul(&a, &a, &g6); /* a = 12u^3 + 6u^2 + 6u */
    chevmi_bn_fp12_mul(&x, &a, &b);
    chevmi_bn_fp12_mul(&x, &x, &g); /* x = 1 + a + 6u^2 */
    chevmi_bn_fp12_conjugate(&g2, &g2);
    chevmi_bn_fp12_mul(&b, &a, &g2); /* b = a - 2u */
    chevmi_bn_fp12_frobenius2(&a, &a);
    chevmi_bn_fp12_mul(&x, &x, &a); /* x + a p^2 */
    chevmi_bn_fp12_frobenius(&a, &b);
    chevmi_bn_fp12_mul(&x, &x, &a); /* x + b p */
    chevmi_bn_fp12_conjugate(&g, &g);
    chevmi_bn_fp12_mul(&b, &b, &g);
    chevmi_bn_fp12_frobenius(&b, &b);
    chevmi_bn_fp12_frobenius2(&b, &b);
    chevmi_bn_fp12_mul(r, &x, &b); /* x + (b - 1) p^3 */
}
