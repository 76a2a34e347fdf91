/* bn254_g2.c: homogeneous coordinates; formulas of Costello, Lange, Naehrig, "Faster pairing
 * computations on curves with high-degree twists" (PKC 2010), cleared of halves. */
#include "bn254_g2.h"

typedef chevmi_bn_fp2 fp2;
typedef chevmi_bn_g2 g2;
typedef chevmi_bn_walker walker;

/* 3 / xi, the twist's constant, and three times it. */
// clang-format off
static const fp2 B = {
    {{0x3bf938e377b802a8u, 0x020b1b273633535du, 0x26b7edf049755260u, 0x2514c6324384a86du}},
    {{0x38e7ecccd1dcff67u, 0x65f0b37d93ce0d3eu, 0xd749d0dd22ac00aau, 0x0141b9ce4a688d4du}}};
static const fp2 B3 = {
    {{0x3baa927cb62e0d6au, 0xd71e7c52d1b664fdu, 0x03873e63d95d4664u, 0x0e75b5b1082ab8f4u}},
    {{0xaab7c6667596fe35u, 0x31d21a78bb6a27bau, 0x85dd7297680401ffu, 0x03c52d6adf39a7e9u}}};
// clang-format on

bool chevmi_bn_g2_is_infinity(const g2 *a) {
    return chevmi_bn_fp2_is_zero(&a->x) && chevmi_bn_fp2_is_zero(&a->y);
}

bool chevmi_bn_g2_load(g2 *r, const uint8_t bytes[128]) {
    if (!chevmi_bn_fp2_load(&r->x, bytes) || !chevmi_bn_fp2_load(&r->y, bytes + 64)) {
        return false;
    }
    fp2 left, right;
    chevmi_bn_fp2_sqr(&left, &r->y);
    chevmi_bn_fp2_sqr(&right, &r->x);
    chevmi_bn_fp2_mul(&right, &right, &r->x);
    chevmi_bn_fp2_add(&right, &right, &B);
    return chevmi_bn_fp2_equal(&left, &right) || chevmi_bn_g2_is_infinity(r);
}

/* The curve sees (x w^2, y w^3), and w^(p - 1) is xi^((p - 1) / 6). */
void chevmi_bn_g2_frobenius(g2 *r, const g2 *a) {
    chevmi_bn_fp2_conjugate(&r->x, &a->x);
    chevmi_bn_fp2_conjugate(&r->y, &a->y);
    chevmi_bn_fp2_mul(&r->x, &r->x, &chevmi_bn_frobenius[1]);
    chevmi_bn_fp2_mul(&r->y, &r->y, &chevmi_bn_frobenius[2]);
}

void chevmi_bn_walker_start(walker *t, const g2 *q) {
    t->x = q->x;
    t->y = q->y;
    t->z = (fp2){0};
    chevmi_bn_fp_one(&t->z.a);
}

static void fp2_twice(fp2 *r, const fp2 *a) {
    chevmi_bn_fp2_add(r, a, a);
}

static void fp2_thrice(fp2 *r, const fp2 *a) {
    fp2 sum;
    chevmi_bn_fp2_add(&sum, a, a);
    chevmi_bn_fp2_add(r, &sum, a);
}

/* With b = y^2, c = z^2, e = 3 B c, f = 3 e, h = 2 y z:
 * x' = 2 x y (b - f), y' = (b + f)^2 - 12 e^2, z' = 4 b h; line: h, 3 x^2, b - e. */
void chevmi_bn_walker_twice(walker *t, chevmi_bn_line *line) {
    fp2 b, e, f, h, xy;
    chevmi_bn_fp2_sqr(&b, &t->y);
    chevmi_bn_fp2_sqr(&e, &t->z);
    chevmi_bn_fp2_add(&h, &t->y, &t->z);
    chevmi_bn_fp2_sqr(&h, &h);
    chevmi_bn_fp2_sub(&h, &h, &b);
    chevmi_bn_fp2_sub(&h, &h, &e);
    chevmi_bn_fp2_mul(&e, &e, &B3);
    fp2_thrice(&f, &e);
    chevmi_bn_fp2_mul(&xy, &t->x, &t->y);
    chevmi_bn_fp2_sqr(&line->c[1], &t->x);
    fp2_thrice(&line->c[1], &line->c[1]);
    chevmi_bn_fp2_sub(&line->c[2], &b, &e);
    line->c[0] = h;

    chevmi_bn_fp2_mul(&t->z, &b, &h);
    fp2_twice(&t->z, &t->z);
    fp2_twice(&t->z, &t->z);
    chevmi_bn_fp2_sub(&t->x, &b, &f);
    chevmi_bn_fp2_mul(&t->x, &t->x, &xy);
    fp2_twice(&t->x, &t->x);
    chevmi_bn_fp2_add(&t->y, &b, &f);
    chevmi_bn_fp2_sqr(&t->y, &t->y);
    chevmi_bn_fp2_sqr(&e, &e);
    fp2_thrice(&e, &e);
    fp2_twice(&e, &e);
    fp2_twice(&e, &e);
    chevmi_bn_fp2_sub(&t->y, &t->y, &e);
}

/* With dy = y - yq z, dx = x - xq z, c = z dy^2, d = dx^2, e = d dx, g = x d, k = e + c - 2 g:
 * x' = dx k, y' = dy (g - k) - e y, z' = z e; line: dx, dy, dy xq - dx yq. */
void chevmi_bn_walker_add(walker *t, const g2 *q, chevmi_bn_line *line) {
    fp2 dx, dy, c, e, g, k;
    chevmi_bn_fp2_mul(&dy, &q->y, &t->z);
    chevmi_bn_fp2_sub(&dy, &t->y, &dy);
    chevmi_bn_fp2_mul(&dx, &q->x, &t->z);
    chevmi_bn_fp2_sub(&dx, &t->x, &dx);
    line->c[0] = dx;
    line->c[1] = dy;
    chevmi_bn_fp2_mul(&line->c[2], &dy, &q->x);
    chevmi_bn_fp2_mul(&k, &dx, &q->y);
    chevmi_bn_fp2_sub(&line->c[2], &line->c[2], &k);

    chevmi_bn_fp2_sqr(&c, &dy);
    chevmi_bn_fp2_mul(&c, &c, &t->z);
    chevmi_bn_fp2_sqr(&g, &dx);
    chevmi_bn_fp2_mul(&e, &g, &dx);
    chevmi_bn_fp2_mul(&g, &g, &t->x);
    chevmi_bn_fp2_add(&k, &e, &c);
    chevmi_bn_fp2_sub(&k, &k, &g);
    chevmi_bn_fp2_sub(&k, &k, &g);
    chevmi_bn_fp2_mul(&t->x, &dx, &k);
    chevmi_bn_fp2_mul(&c, &e, &t->y);
    chevmi_bn_fp2_sub(&g, &g, &k);
    chevmi_bn_fp2_mul(&t->y, &dy, &g);
    chevmi_bn_fp2_sub(&t->y, &t->y, &c);
    chevmi_bn_fp2_mul(&t->z, &t->z, &e);
}

bool chevmi_bn_walker_is(const walker *t, const g2 *q) {
    fp2 x, y;
    chevmi_bn_fp2_mul(&x, &q->x, &t->z);
    chevmi_bn_fp2_mul(&y, &q->y, &t->z);
    return !chevmi_bn_fp2_is_zero(&t->z) && chevmi_bn_fp2_equal(&x, &t->x) &&
           chevmi_bn_fp2_equal(&y, &t->y);
}
