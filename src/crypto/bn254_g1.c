/* bn254_g1.c: addition by the chord, and multiplication of both halves of a scalar at once
 * (bn254_scalar.h) with a table of odd multiples.
 *
 * A jacobian point (x, y, z) stands for (x / z^2, y / z^3). The table is made without a division:
 * its entries are affine points of the curve seen through one common z, which multiplies z of the
 * result. The formulas for y^2 = x^3 + c do not contain c, so they hold there as well. */
#include "bn254_g1.h"

#include "bn254.h"
#include "bn254_scalar.h"

typedef chevmi_bn_fp fp;
typedef chevmi_bn_g1 g1;

typedef struct jacobian { /* z = 0: infinity */
    fp x, y, z;
} jacobian;

static const fp THREE = {
    {0x7a17caa950ad28d7u, 0x1f6ac17ae15521b9u, 0x334bea4e696bd284u, 0x2a1f6744ce179d8eu}};

/* (x, y) -> (beta x, y) is multiplication by lambda (bn254_scalar.h). */
static const fp BETA = {
    {0x71930c11d782e155u, 0xa6bb947cffbe3323u, 0xaa303344d4741444u, 0x2c3b3f0d26594943u}};

bool chevmi_bn254_add(uint8_t out[64], const uint8_t in[128]) {
    g1 a, b;
    if (!chevmi_bn_g1_load(&a, in) || !chevmi_bn_g1_load(&b, in + 64)) {
        return false;
    }
    chevmi_bn_g1_add(&a, &a, &b);
    chevmi_bn_g1_store(out, &a);
    return true;
}

bool chevmi_bn254_mul(uint8_t out[64], const uint8_t in[96]) {
    uint64_t k[4];
    g1 a;
    if (!chevmi_bn_g1_load(&a, in)) {
        return false;
    }
    chevmi_f256_load(k, in + 64);
    chevmi_bn_g1_mul(&a, &a, k);
    chevmi_bn_g1_store(out, &a);
    return true;
}

bool chevmi_bn_g1_is_infinity(const g1 *a) {
    return chevmi_bn_fp_is_zero(&a->x) && chevmi_bn_fp_is_zero(&a->y);
}

bool chevmi_bn_g1_load(g1 *r, const uint8_t bytes[64]) {
    if (!chevmi_bn_fp_load(&r->x, bytes) || !chevmi_bn_fp_load(&r->y, bytes + 32)) {
        return false;
    }
    fp left, right;
    chevmi_bn_fp_sqr(&left, &r->y);
    chevmi_bn_fp_sqr(&right, &r->x);
    chevmi_bn_fp_mul(&right, &right, &r->x);
    chevmi_bn_fp_add(&right, &right, &THREE);
    return chevmi_bn_fp_equal(&left, &right) || chevmi_bn_g1_is_infinity(r);
}

void chevmi_bn_g1_store(uint8_t bytes[64], const g1 *a) {
    chevmi_bn_fp_store(bytes, &a->x);
    chevmi_bn_fp_store(bytes + 32, &a->y);
}

/* slope = rise / run; false if the line through a and b is vertical. */
static bool slope_of(fp *slope, const g1 *a, const g1 *b) {
    fp rise, run;
    if (!chevmi_bn_fp_equal(&a->x, &b->x)) {
        chevmi_bn_fp_sub(&rise, &b->y, &a->y);
        chevmi_bn_fp_sub(&run, &b->x, &a->x);
    } else if (chevmi_bn_fp_equal(&a->y, &b->y)) { /* y is never 0: the order is odd */
        chevmi_bn_fp_sqr(&run, &a->x);
        chevmi_bn_fp_add(&rise, &run, &run);
        chevmi_bn_fp_add(&rise, &rise, &run);
        chevmi_bn_fp_add(&run, &a->y, &a->y);
    } else {
        return false;
    }
    chevmi_f256_inverse(run.limb, run.limb, &chevmi_modulus_bn254_p);
    chevmi_bn_fp_mul(slope, &rise, &run);
    return true;
}

void chevmi_bn_g1_add(g1 *r, const g1 *a, const g1 *b) {
    fp slope, x, y;
    if (chevmi_bn_g1_is_infinity(a)) {
        *r = *b;
    } else if (chevmi_bn_g1_is_infinity(b)) {
        *r = *a;
    } else if (!slope_of(&slope, a, b)) {
        *r = (g1){0};
    } else {
        chevmi_bn_fp_sqr(&x, &slope);
        chevmi_bn_fp_sub(&x, &x, &a->x);
        chevmi_bn_fp_sub(&x, &x, &b->x);
        chevmi_bn_fp_sub(&y, &a->x, &x);
        chevmi_bn_fp_mul(&y, &y, &slope);
        chevmi_bn_fp_sub(&r->y, &y, &a->y);
        r->x = x;
    }
}

/* r = 2 a; infinity stays infinity. 3M + 4S. */
static void twice(jacobian *r, const jacobian *a) {
    fp slope, y2, s, y4;
    chevmi_bn_fp_sqr(&slope, &a->x);
    chevmi_bn_fp_add(&s, &slope, &slope);
    chevmi_bn_fp_add(&slope, &s, &slope); /* 3 x^2 */
    chevmi_bn_fp_add(&s, &a->y, &a->y);
    chevmi_bn_fp_mul(&r->z, &s, &a->z);
    chevmi_bn_fp_sqr(&y2, &s); /* 4 y^2 */
    chevmi_bn_fp_mul(&s, &y2, &a->x);
    chevmi_bn_fp_sqr(&y4, &y2); /* 16 y^4, of which 8 are needed: y is kept doubled */
    chevmi_bn_fp_sqr(&r->x, &slope);
    chevmi_bn_fp_sub(&r->x, &r->x, &s);
    chevmi_bn_fp_sub(&r->x, &r->x, &s);
    chevmi_bn_fp_sub(&s, &s, &r->x);
    chevmi_bn_fp_mul(&s, &s, &slope);
    chevmi_bn_fp_halve(&y4, &y4);
    chevmi_bn_fp_sub(&r->y, &s, &y4);
}

/* How far b is from a in x and in y, both times a power of a's z. */
static void distance(fp *dx, fp *dy, const jacobian *a, const g1 *b) {
    fp z2;
    chevmi_bn_fp_sqr(&z2, &a->z);
    chevmi_bn_fp_mul(dx, &b->x, &z2);
    chevmi_bn_fp_mul(&z2, &z2, &a->z);
    chevmi_bn_fp_mul(dy, &b->y, &z2);
    chevmi_bn_fp_sub(dx, dx, &a->x);
    chevmi_bn_fp_sub(dy, dy, &a->y);
}

/* a += b for the b that distance measured, dx not 0. */
static void chord(jacobian *a, const fp *dx, const fp *dy) {
    fp dx2, dx3, x;
    chevmi_bn_fp_sqr(&dx2, dx);
    chevmi_bn_fp_mul(&dx3, &dx2, dx);
    chevmi_bn_fp_mul(&dx2, &dx2, &a->x);
    chevmi_bn_fp_mul(&a->z, &a->z, dx);
    chevmi_bn_fp_sqr(&x, dy);
    chevmi_bn_fp_sub(&x, &x, &dx3);
    chevmi_bn_fp_sub(&x, &x, &dx2);
    chevmi_bn_fp_sub(&a->x, &x, &dx2);
    chevmi_bn_fp_mul(&dx3, &dx3, &a->y);
    chevmi_bn_fp_sub(&x, &dx2, &a->x);
    chevmi_bn_fp_mul(&x, &x, dy);
    chevmi_bn_fp_sub(&a->y, &x, &dx3);
}

/* a += b; b is not infinity. */
static void add(jacobian *a, const g1 *b) {
    fp dx, dy;
    if (chevmi_bn_fp_is_zero(&a->z)) {
        a->x = b->x;
        a->y = b->y;
        chevmi_bn_fp_one(&a->z);
        return;
    }
    distance(&dx, &dy, a, b);
    if (!chevmi_bn_fp_is_zero(&dx)) {
        chord(a, &dx, &dy);
    } else if (chevmi_bn_fp_is_zero(&dy)) {
        twice(a, a);
    } else {
        *a = (jacobian){0};
    }
}

/* r = (x z^2, y z^3) */
static void see_through(g1 *r, const fp *x, const fp *y, const fp *z) {
    fp z2;
    chevmi_bn_fp_sqr(&z2, z);
    chevmi_bn_fp_mul(&r->x, x, &z2);
    chevmi_bn_fp_mul(&z2, &z2, z);
    chevmi_bn_fp_mul(&r->y, y, &z2);
}

/* odds[i] = (2 i + 1) a, all seen through z. Each is the one before plus 2 a, on the curve where
 * 2 a has z = 1; at the end all are brought to the z of the last. The order is a prime far above
 * 15, so no two points of a chord have the same x. */
static void make_odds(g1 odds[CHEVMI_BN_DIGIT_ODDS], fp *z, const g1 *a) {
    fp dx[CHEVMI_BN_DIGIT_ODDS], dy, ratio;
    jacobian even = {.x = a->x, .y = a->y}, sum;
    chevmi_bn_fp_one(&even.z);
    twice(&even, &even);
    const g1 step = {even.x, even.y};
    see_through(&odds[0], &a->x, &a->y, &even.z);
    sum.x = odds[0].x;
    sum.y = odds[0].y;
    chevmi_bn_fp_one(&sum.z);
    for (unsigned i = 1; i < CHEVMI_BN_DIGIT_ODDS; i++) {
        distance(&dx[i], &dy, &sum, &step);
        chord(&sum, &dx[i], &dy);
        odds[i].x = sum.x;
        odds[i].y = sum.y;
    }
    chevmi_bn_fp_one(&ratio);
    for (unsigned i = CHEVMI_BN_DIGIT_ODDS - 1; i > 0; i--) {
        chevmi_bn_fp_mul(&ratio, &ratio, &dx[i]);
        see_through(&odds[i - 1], &odds[i - 1].x, &odds[i - 1].y, &ratio);
    }
    chevmi_bn_fp_mul(z, &sum.z, &even.z);
}

/* a += digit * (odds[0]'s point) */
static void add_digit(jacobian *a, const g1 odds[CHEVMI_BN_DIGIT_ODDS], int digit) {
    if (digit > 0) {
        add(a, &odds[digit / 2]);
    } else if (digit < 0) {
        g1 minus = odds[-digit / 2];
        chevmi_bn_fp_neg(&minus.y, &minus.y);
        add(a, &minus);
    }
}

static void to_affine(g1 *r, const jacobian *a) {
    fp inverse;
    chevmi_f256_inverse(inverse.limb, a->z.limb, &chevmi_modulus_bn254_p);
    see_through(r, &a->x, &a->y, &inverse); /* infinity: 0, 0 */
}

void chevmi_bn_g1_mul(g1 *r, const g1 *a, const uint64_t k[4]) {
    g1 odds[2][CHEVMI_BN_DIGIT_ODDS];
    int8_t digits[2][CHEVMI_BN_DIGITS_MAX];
    chevmi_bn_half half[2];
    jacobian sum = {0};
    fp z;
    if (chevmi_bn_g1_is_infinity(a)) {
        *r = *a;
        return;
    }
    chevmi_bn_split(half, k);
    const unsigned first_count = chevmi_bn_digits(digits[0], &half[0]);
    const unsigned second_count = chevmi_bn_digits(digits[1], &half[1]);
    make_odds(odds[0], &z, a);
    for (unsigned i = 0; i < CHEVMI_BN_DIGIT_ODDS; i++) {
        chevmi_bn_fp_mul(&odds[1][i].x, &odds[0][i].x, &BETA);
        odds[1][i].y = odds[0][i].y;
    }
    for (unsigned i = first_count > second_count ? first_count : second_count; i-- > 0;) {
        twice(&sum, &sum);
        add_digit(&sum, odds[0], digits[0][i]);
        add_digit(&sum, odds[1], digits[1][i]);
    }
    chevmi_bn_fp_mul(&sum.z, &sum.z, &z);
    to_affine(r, &sum);
}
