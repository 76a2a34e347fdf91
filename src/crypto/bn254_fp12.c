/* bn254_fp12.c: arithmetic of the tower: Karatsuba at both levels, complex squaring. */
#include "bn254_fp12.h"

typedef chevmi_bn_fp fp;
typedef chevmi_bn_fp2 fp2;
typedef chevmi_bn_fp6 fp6;
typedef chevmi_bn_fp12 fp12;

// clang-format off
const fp2 chevmi_bn_frobenius[5] = {
    {{{0xaf9ba69633144907u, 0xca6b1d7387afb78au, 0x11bded5ef08a2087u, 0x02f34d751a1f3a7cu}},
     {{0xa222ae234c492d72u, 0xd00f02a4565de15bu, 0xdc2ff3a253dfc926u, 0x10a75716b3899551u}}},
    {{{0xb5773b104563ab30u, 0x347f91c8a9aa6454u, 0x7a007127242e0991u, 0x1956bcd8118214ecu}},
     {{0x6e849f1ea0aa4757u, 0xaa1c7b6d89f89141u, 0xb6e713cdfae0ca3au, 0x26694fbb4e82ebc3u}}},
    {{{0xe4bbdd0c2936b629u, 0xbb30f162e133bacbu, 0x31a9d1b6f9645366u, 0x253570bea500f8ddu}},
     {{0xa1d77ce45ffe77c7u, 0x07affd117826d1dbu, 0x6d16bd27bb7edc6bu, 0x2c87200285defeccu}}},
    {{{0x7361d77f843abe92u, 0xa5bb2bd3273411fbu, 0x9c941f314b3e2399u, 0x15df9cddbb9fd3ecu}},
     {{0x5dddfd154bd8c949u, 0x62cb29a5a4445b60u, 0x37bc870a0c7dd2b9u, 0x24830a9d3171f0fdu}}},
    {{{0xc970692f41690fe7u, 0xe240342127694b0bu, 0x32bee66b83c459e8u, 0x12aabced0ab08841u}},
     {{0x0d485d2340aebfa9u, 0x05193418ab2fcc57u, 0xd3b0a40b8a4910f5u, 0x2f21ebb535d2925au}}},
};

const fp chevmi_bn_frobenius2[5] = {
    {{0xca8d800500fa1bf2u, 0xf0c5d61468b39769u, 0x0e201271ad0d4418u, 0x04290f65bad856e6u}},
    {{0x3350c88e13e80b9cu, 0x7dce557cdb5e56b9u, 0x6001b4b8b615564au, 0x2682e617020217e0u}},
    {{0x68c3488912edefaau, 0x8d087f6872aabf4fu, 0x51e1a24709081231u, 0x2259d6b14729c0fau}},
    {{0x71930c11d782e155u, 0xa6bb947cffbe3323u, 0xaa303344d4741444u, 0x2c3b3f0d26594943u}},
    {{0x08cfc388c494f1abu, 0x19b315148d1373d4u, 0x584e90fdcb6c0213u, 0x09e1685bdf2f8849u}},
};
// clang-format on

static void fp6_add(fp6 *r, const fp6 *a, const fp6 *b) {
    for (unsigned i = 0; i < 3; i++) {
        chevmi_bn_fp2_add(&r->c[i], &a->c[i], &b->c[i]);
    }
}

static void fp6_sub(fp6 *r, const fp6 *a, const fp6 *b) {
    for (unsigned i = 0; i < 3; i++) {
        chevmi_bn_fp2_sub(&r->c[i], &a->c[i], &b->c[i]);
    }
}

static void fp6_neg(fp6 *r, const fp6 *a) {
    for (unsigned i = 0; i < 3; i++) {
        chevmi_bn_fp2_neg(&r->c[i], &a->c[i]);
    }
}

/* r = a + b v; r is not b. */
static void fp6_add_shifted(fp6 *r, const fp6 *a, const fp6 *b) {
    fp2 top;
    chevmi_bn_fp2_mul_xi(&top, &b->c[2]);
    chevmi_bn_fp2_add(&r->c[2], &a->c[2], &b->c[1]);
    chevmi_bn_fp2_add(&r->c[1], &a->c[1], &b->c[0]);
    chevmi_bn_fp2_add(&r->c[0], &a->c[0], &top);
}

/* r = (a + b)(c + d) - e - f: the mixed term of a product whose pure terms are e = ac and f = bd.
 */
static void cross(fp2 *r, const fp2 *a, const fp2 *b, const fp2 *c, const fp2 *d, const fp2 *e,
                  const fp2 *f) {
    fp2 left, right;
    chevmi_bn_fp2_add(&left, a, b);
    chevmi_bn_fp2_add(&right, c, d);
    chevmi_bn_fp2_mul(r, &left, &right);
    chevmi_bn_fp2_sub(r, r, e);
    chevmi_bn_fp2_sub(r, r, f);
}

/* r is neither a nor b. */
static void fp6_mul(fp6 *r, const fp6 *a, const fp6 *b) {
    fp2 v0, v1, v2, mixed, shifted;
    chevmi_bn_fp2_mul(&v0, &a->c[0], &b->c[0]);
    chevmi_bn_fp2_mul(&v1, &a->c[1], &b->c[1]);
    chevmi_bn_fp2_mul(&v2, &a->c[2], &b->c[2]);
    cross(&mixed, &a->c[1], &a->c[2], &b->c[1], &b->c[2], &v1, &v2);
    chevmi_bn_fp2_mul_xi(&shifted, &mixed);
    chevmi_bn_fp2_add(&r->c[0], &v0, &shifted);
    cross(&mixed, &a->c[0], &a->c[1], &b->c[0], &b->c[1], &v0, &v1);
    chevmi_bn_fp2_mul_xi(&shifted, &v2);
    chevmi_bn_fp2_add(&r->c[1], &mixed, &shifted);
    cross(&mixed, &a->c[0], &a->c[2], &b->c[0], &b->c[2], &v0, &v2);
    chevmi_bn_fp2_add(&r->c[2], &mixed, &v1);
}

/* r = a (b0 + b1 v); r is not a. */
static void fp6_mul_sparse(fp6 *r, const fp6 *a, const fp2 *b0, const fp2 *b1) {
    fp2 v0, v1, sum, product;
    chevmi_bn_fp2_mul(&v0, &a->c[0], b0);
    chevmi_bn_fp2_mul(&v1, &a->c[1], b1);
    cross(&r->c[1], &a->c[0], &a->c[1], b0, b1, &v0, &v1);
    chevmi_bn_fp2_mul(&product, &a->c[2], b1);
    chevmi_bn_fp2_mul_xi(&sum, &product);
    chevmi_bn_fp2_add(&r->c[0], &v0, &sum);
    chevmi_bn_fp2_mul(&product, &a->c[2], b0);
    chevmi_bn_fp2_add(&r->c[2], &product, &v1);
}

/* 1 / a = (x + y v + z v^2) / norm. r is not a. */
static void fp6_inverse(fp6 *r, const fp6 *a) {
    fp2 x, y, z, t, norm;
    chevmi_bn_fp2_mul(&t, &a->c[1], &a->c[2]);
    chevmi_bn_fp2_mul_xi(&t, &t);
    chevmi_bn_fp2_sqr(&x, &a->c[0]);
    chevmi_bn_fp2_sub(&x, &x, &t);
    chevmi_bn_fp2_sqr(&t, &a->c[2]);
    chevmi_bn_fp2_mul_xi(&t, &t);
    chevmi_bn_fp2_mul(&y, &a->c[0], &a->c[1]);
    chevmi_bn_fp2_sub(&y, &t, &y);
    chevmi_bn_fp2_sqr(&z, &a->c[1]);
    chevmi_bn_fp2_mul(&t, &a->c[0], &a->c[2]);
    chevmi_bn_fp2_sub(&z, &z, &t);
    chevmi_bn_fp2_mul(&norm, &a->c[1], &z);
    chevmi_bn_fp2_mul(&t, &a->c[2], &y);
    chevmi_bn_fp2_add(&norm, &norm, &t);
    chevmi_bn_fp2_mul_xi(&norm, &norm);
    chevmi_bn_fp2_mul(&t, &a->c[0], &x);
    chevmi_bn_fp2_add(&norm, &norm, &t);
    chevmi_bn_fp2_inverse(&norm, &norm);
    chevmi_bn_fp2_mul(&r->c[0], &x, &norm);
    chevmi_bn_fp2_mul(&r->c[1], &y, &norm);
    chevmi_bn_fp2_mul(&r->c[2], &z, &norm);
}

void chevmi_bn_fp12_one(fp12 *r) {
    *r = (fp12){0};
    for (unsigned i = 0; i < 4; i++) {
        r->c[0].c[0].a.limb[i] = chevmi_modulus_bn254_p.one[i];
    }
}

bool chevmi_bn_fp12_is_one(const fp12 *a) {
    fp12 one;
    chevmi_bn_fp12_one(&one);
    bool same = true;
    for (unsigned i = 0; i < 6; i++) {
        same &= chevmi_bn_fp2_equal(&a->c[i / 3].c[i % 3], &one.c[i / 3].c[i % 3]);
    }
    return same;
}

void chevmi_bn_fp12_mul(fp12 *r, const fp12 *a, const fp12 *b) {
    fp6 low, high, sum_a, sum_b;
    fp6_mul(&low, &a->c[0], &b->c[0]);
    fp6_mul(&high, &a->c[1], &b->c[1]);
    fp6_add(&sum_a, &a->c[0], &a->c[1]);
    fp6_add(&sum_b, &b->c[0], &b->c[1]);
    fp6_mul(&r->c[1], &sum_a, &sum_b);
    fp6_sub(&r->c[1], &r->c[1], &low);
    fp6_sub(&r->c[1], &r->c[1], &high);
    fp6_add_shifted(&r->c[0], &low, &high);
}

/* (x + y w)^2 = (x + y)(x + y v) - xy - xy v + 2xy w */
void chevmi_bn_fp12_sqr(fp12 *r, const fp12 *a) {
    fp6 product, sum, shifted, square;
    fp6_mul(&product, &a->c[0], &a->c[1]);
    fp6_add(&sum, &a->c[0], &a->c[1]);
    fp6_add_shifted(&shifted, &a->c[0], &a->c[1]);
    fp6_mul(&square, &sum, &shifted);
    fp6_sub(&square, &square, &product);
    fp6_add(&r->c[1], &product, &product);
    fp6_neg(&product, &product);
    fp6_add_shifted(&r->c[0], &square, &product);
}

void chevmi_bn_fp12_conjugate(fp12 *r, const fp12 *a) {
    r->c[0] = a->c[0];
    fp6_neg(&r->c[1], &a->c[1]);
}

/* 1 / (x + y w) = (x - y w) / (x^2 - y^2 v) */
void chevmi_bn_fp12_inverse(fp12 *r, const fp12 *a) {
    fp6 square, minus, norm;
    fp6_mul(&norm, &a->c[1], &a->c[1]);
    fp6_neg(&minus, &norm);
    fp6_mul(&square, &a->c[0], &a->c[0]);
    fp6_add_shifted(&norm, &square, &minus);
    fp6_inverse(&square, &norm);
    fp6_mul(&norm, &a->c[0], &square);
    fp6_neg(&minus, &a->c[1]);
    fp6_mul(&r->c[1], &minus, &square);
    r->c[0] = norm;
}

/* Coefficient c[half].c[i] stands at w^(2 i + half). */
void chevmi_bn_fp12_frobenius(fp12 *r, const fp12 *a) {
    chevmi_bn_fp2_conjugate(&r->c[0].c[0], &a->c[0].c[0]);
    for (unsigned k = 1; k < 6; k++) {
        fp2 *const out = &r->c[k % 2].c[k / 2];
        chevmi_bn_fp2_conjugate(out, &a->c[k % 2].c[k / 2]);
        chevmi_bn_fp2_mul(out, out, &chevmi_bn_frobenius[k - 1]);
    }
}

void chevmi_bn_fp12_frobenius2(fp12 *r, const fp12 *a) {
    r->c[0].c[0] = a->c[0].c[0];
    for (unsigned k = 1; k < 6; k++) {
        chevmi_bn_fp2_scale(&r->c[k % 2].c[k / 2], &a->c[k % 2].c[k / 2],
                            &chevmi_bn_frobenius2[k - 1]);
    }
}

/* (x + y w)(l0 + l w) = x l0 + y l v + ((x + y)(l0 + l) - x l0 - y l) w, l = l1 + l2 v */
void chevmi_bn_fp12_mul_line(fp12 *r, const chevmi_bn_line *line) {
    fp6 low, high, sum;
    fp2 factor;
    for (unsigned i = 0; i < 3; i++) {
        chevmi_bn_fp2_mul(&low.c[i], &r->c[0].c[i], &line->c[0]);
    }
    fp6_mul_sparse(&high, &r->c[1], &line->c[1], &line->c[2]);
    fp6_add(&sum, &r->c[0], &r->c[1]);
    chevmi_bn_fp2_add(&factor, &line->c[0], &line->c[1]);
    fp6_mul_sparse(&r->c[1], &sum, &factor, &line->c[2]);
    fp6_sub(&r->c[1], &r->c[1], &low);
    fp6_sub(&r->c[1], &r->c[1], &high);
    fp6_add_shifted(&r->c[0], &low, &high);
}

/* (x + y s)^2 with s^2 = xi: real = x^2 + xi y^2, mixed = 2xy. */
static void fp4_sqr(fp2 *real, fp2 *mixed, const fp2 *x, const fp2 *y) {
    fp2 x2, y2, sum;
    chevmi_bn_fp2_sqr(&x2, x);
    chevmi_bn_fp2_sqr(&y2, y);
    chevmi_bn_fp2_add(&sum, x, y);
    chevmi_bn_fp2_sqr(mixed, &sum);
    chevmi_bn_fp2_sub(mixed, mixed, &x2);
    chevmi_bn_fp2_sub(mixed, mixed, &y2);
    chevmi_bn_fp2_mul_xi(&sum, &y2);
    chevmi_bn_fp2_add(real, &x2, &sum);
}

/* r = 3 square - 2 a, r = 3 square + 2 a */
static void thrice_less_twice(fp2 *r, const fp2 *square, const fp2 *a) {
    fp2 difference;
    chevmi_bn_fp2_sub(&difference, square, a);
    chevmi_bn_fp2_add(&difference, &difference, &difference);
    chevmi_bn_fp2_add(r, &difference, square);
}

static void thrice_plus_twice(fp2 *r, const fp2 *square, const fp2 *a) {
    fp2 sum;
    chevmi_bn_fp2_add(&sum, square, a);
    chevmi_bn_fp2_add(&sum, &sum, &sum);
    chevmi_bn_fp2_add(r, &sum, square);
}

/* Granger and Scott, "Faster squaring in the cyclotomic subgroup of sixth degree extensions": three
 * squarings in Fp4, which is Fp2[w^3]. */
void chevmi_bn_fp12_sqr_cyclotomic(fp12 *r, const fp12 *a) {
    fp2 real, mixed, real2, mixed2, shifted;
    fp4_sqr(&real, &mixed, &a->c[0].c[0], &a->c[1].c[1]);
    thrice_less_twice(&r->c[0].c[0], &real, &a->c[0].c[0]);
    thrice_plus_twice(&r->c[1].c[1], &mixed, &a->c[1].c[1]);
    fp4_sqr(&real, &mixed, &a->c[1].c[0], &a->c[0].c[2]);
    fp4_sqr(&real2, &mixed2, &a->c[0].c[1], &a->c[1].c[2]);
    thrice_less_twice(&r->c[0].c[1], &real, &a->c[0].c[1]);
    thrice_plus_twice(&r->c[1].c[2], &mixed, &a->c[1].c[2]);
    thrice_less_twice(&r->c[0].c[2], &real2, &a->c[0].c[2]);
    chevmi_bn_fp2_mul_xi(&shifted, &mixed2);
    thrice_plus_twice(&r->c[1].c[0], &shifted, &a->c[1].c[0]);
}
