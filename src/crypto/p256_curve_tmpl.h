/** p256_curve_tmpl.h: doubling and adding, once for each build. The includer has `mul`, `sqr`,
 * `add` and `sub` modulo p, names the build in CHEVMI_P256_BUILD and says what it needs in
 *  CHEVMI_P256_NEEDS. The formulas are those of the Explicit-Formulas Database for a = -3:
 *  dbl-2001-b, and the textbook sum in Jacobian coordinates. */
#ifndef CHEVMI_P256_CURVE_TMPL_H
#define CHEVMI_P256_CURVE_TMPL_H

#if !defined(CHEVMI_P256_BUILD) || !defined(CHEVMI_P256_NEEDS)
#error "define CHEVMI_P256_BUILD and CHEVMI_P256_NEEDS"
#endif

#include "p256_curve.h"

#include <string.h>

/* delta = Z^2, gamma = Y^2, beta = X gamma, alpha = 3 (X - delta) (X + delta). */
static void build_double(chevmi_p256_point *r, const chevmi_p256_point *a) {
    uint64_t delta[4], gamma[4], beta[4], alpha[4], t[4], u[4];
    sqr(delta, a->z);
    sqr(gamma, a->y);
    mul(beta, a->x, gamma);
    sub(t, a->x, delta);
    add(u, a->x, delta);
    mul(t, t, u);
    add(alpha, t, t);
    add(alpha, alpha, t);
    add(t, a->y, a->z); /* Z' = (Y + Z)^2 - gamma - delta */
    sqr(t, t);
    sub(t, t, gamma);
    sub(r->z, t, delta);
    add(beta, beta, beta);
    add(beta, beta, beta);
    sqr(t, alpha); /* X' = alpha^2 - 8 beta */
    sub(t, t, beta);
    sub(r->x, t, beta);
    sub(t, beta, r->x); /* Y' = alpha (4 beta - X') - 8 gamma^2 */
    mul(t, alpha, t);
    add(gamma, gamma, gamma);
    sqr(gamma, gamma);
    add(gamma, gamma, gamma);
    sub(r->y, t, gamma);
}

/* r = a + (x, y) for the sum's intermediate values: u1 and s1 are a's X and Y on the common scale,
 * h and d what b's are more, and scale the Z that h is multiplied with. */
static void sum(chevmi_p256_point *r, const chevmi_p256_point *a, const uint64_t u1[4],
                const uint64_t s1[4], const uint64_t h[4], const uint64_t d[4],
                const uint64_t scale[4]) {
    uint64_t h2[4], h3[4], v[4], t[4];
    if (CH_UNLIKELY(chevmi_f256_is_zero(h))) {
        if (chevmi_f256_is_zero(d)) {
            build_double(r, a);
        } else {
            memset(r, 0, sizeof *r);
        }
        return;
    }
    sqr(h2, h);
    mul(h3, h2, h);
    mul(v, u1, h2);
    mul(t, s1, h3);
    mul(r->z, scale, h);
    sqr(h2, d); /* X' = d^2 - h^3 - 2 v */
    sub(h2, h2, h3);
    sub(h2, h2, v);
    sub(r->x, h2, v);
    sub(v, v, r->x); /* Y' = d (v - X') - s1 h^3 */
    mul(v, v, d);
    sub(r->y, v, t);
}

static void build_add(chevmi_p256_point *r, const chevmi_p256_point *a, const chevmi_p256_point *b,
                      bool minus) {
    uint64_t za[4], zb[4], u1[4], u2[4], s1[4], s2[4], z[4];
    const uint64_t zero[4] = {0};
    if (CH_UNLIKELY(chevmi_f256_is_zero(b->z))) {
        *r = *a;
        return;
    }
    if (CH_UNLIKELY(chevmi_f256_is_zero(a->z))) {
        *r = *b;
        if (minus) {
            sub(r->y, zero, r->y);
        }
        return;
    }
    sqr(za, a->z);
    sqr(zb, b->z);
    mul(u1, a->x, zb);
    mul(u2, b->x, za);
    mul(zb, zb, b->z);
    mul(za, za, a->z);
    mul(s1, a->y, zb);
    mul(s2, b->y, za);
    mul(z, a->z, b->z);
    if (minus) {
        sub(s2, zero, s2);
    }
    sub(u2, u2, u1);
    sub(s2, s2, s1);
    sum(r, a, u1, s1, u2, s2, z);
}

static void build_add_affine(chevmi_p256_point *r, const chevmi_p256_point *a,
                             const chevmi_p256_affine *b, bool minus) {
    uint64_t za[4], u2[4], s2[4];
    const uint64_t zero[4] = {0};
    if (CH_UNLIKELY(chevmi_f256_is_zero(a->z))) {
        memcpy(r->x, b->x, sizeof r->x);
        memcpy(r->y, b->y, sizeof r->y);
        memcpy(r->z, chevmi_modulus_p256_p.one, sizeof r->z);
        if (minus) {
            sub(r->y, zero, r->y);
        }
        return;
    }
    sqr(za, a->z);
    mul(u2, b->x, za);
    mul(za, za, a->z);
    mul(s2, b->y, za);
    if (minus) {
        sub(s2, zero, s2);
    }
    sub(u2, u2, a->x);
    sub(s2, s2, a->y);
    sum(r, a, a->x, a->y, u2, s2, a->z);
}

const chevmi_p256_build CHEVMI_P256_BUILD = {
    CHEVMI_P256_NEEDS,
    build_double,
    build_add,
    build_add_affine,
};

#endif
