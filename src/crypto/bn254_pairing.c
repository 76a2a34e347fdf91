/* bn254_pairing.c: products of optimal ate pairings. Source: Vercauteren, "Optimal pairings"
 * (2010).
 *
 * The one idea beside the shared squarings: the walk of Miller's loop proves membership in G2. It
 * ends in t = (6u + 2) q + psi(q) - psi^2(q), and for q in G2 that is -psi^3(q). Conversely, the
 * points of the twist with 6u + 2 + psi - psi^2 + psi^3 = 0 are a group whose order divides the
 * norm of that expression (psi^2 - (6u^2 + 1) psi + p = 0) and the order of the twist, n (2p - n),
 * and the greatest common divisor of the two is n. A walk from outside G2 may meet a point where
 * the formulas fail; it is lost then, and never ends right. docs/design/037-bn254.md. */
#include "bn254_pairing.h"

#include "bn254.h"

#define LOOP_DIGITS 66u

/* 6u + 2 in non-adjacent form, highest digit first. */
static const int8_t LOOP[LOOP_DIGITS] = {
    1, 0, -1, 0, 1,  0, 0, 0, -1, 0, -1, 0,  0, 0,  -1, 0, 1, 0, -1, 0, 0, -1,
    0, 0, 0,  0, 0,  1, 0, 0, -1, 0, 1,  0,  0, -1, 0,  0, 0, 0, -1, 0, 1, 0,
    0, 0, -1, 0, -1, 0, 0, 1, 0,  0, 0,  -1, 0, 0,  -1, 0, 1, 0, 1,  0, 0, 0,
};

void chevmi_bn_pair_start(chevmi_bn_pair *pair, const chevmi_bn_g1 *p, const chevmi_bn_g2 *q) {
    chevmi_bn_fp_neg(&pair->minus_x, &p->x);
    pair->y = p->y;
    pair->q = *q;
    chevmi_bn_walker_start(&pair->t, q);
    pair->has_lines = !chevmi_bn_g1_is_infinity(p);
}

/* f *= the line's value at the pair's point of G1. */
static void take_line(chevmi_bn_fp12 *f, chevmi_bn_line *line, const chevmi_bn_pair *pair) {
    if (pair->has_lines) {
        chevmi_bn_fp2_scale(&line->c[0], &line->c[0], &pair->y);
        chevmi_bn_fp2_scale(&line->c[1], &line->c[1], &pair->minus_x);
        chevmi_bn_fp12_mul_line(f, line);
    }
}

static void step(chevmi_bn_fp12 *f, chevmi_bn_pair *pair, int digit) {
    chevmi_bn_line line;
    chevmi_bn_walker_twice(&pair->t, &line);
    take_line(f, &line, pair);
    if (digit != 0) {
        chevmi_bn_g2 q = pair->q;
        if (digit < 0) {
            chevmi_bn_fp2_neg(&q.y, &q.y);
        }
        chevmi_bn_walker_add(&pair->t, &q, &line);
        take_line(f, &line, pair);
    }
}

/* The last two chords; true if the walk ended where only points of G2 do. */
static bool last_steps(chevmi_bn_fp12 *f, chevmi_bn_pair *pair) {
    chevmi_bn_line line;
    chevmi_bn_g2 q;
    chevmi_bn_g2_frobenius(&q, &pair->q);
    chevmi_bn_walker_add(&pair->t, &q, &line);
    take_line(f, &line, pair);
    chevmi_bn_g2_frobenius(&q, &q);
    chevmi_bn_fp2_neg(&q.y, &q.y);
    chevmi_bn_walker_add(&pair->t, &q, &line);
    take_line(f, &line, pair);
    chevmi_bn_g2_frobenius(&q, &q);
    return chevmi_bn_walker_is(&pair->t, &q);
}

bool chevmi_bn_miller(chevmi_bn_fp12 *f, chevmi_bn_pair *pairs, size_t count) {
    CH_REQUIRE(count <= CHEVMI_BN_CHUNK);
    bool good = true;
    chevmi_bn_fp12_one(f);
    for (unsigned i = 1; i < LOOP_DIGITS; i++) {
        if (i > 1) {
            chevmi_bn_fp12_sqr(f, f);
        }
        for (size_t k = 0; k < count; k++) {
            step(f, &pairs[k], LOOP[i]);
        }
    }
    for (size_t k = 0; k < count; k++) {
        good &= last_steps(f, &pairs[k]);
    }
    return good;
}

/* Reads pairs from *in on until the chunk is full or none is left; pairs with infinity in G2 count
 * for nothing. Returns false if a point is not on its curve. */
static bool load_chunk(chevmi_bn_pair pairs[CHEVMI_BN_CHUNK], size_t *count, const uint8_t **in,
                       size_t *left) {
    for (*count = 0; *count<CHEVMI_BN_CHUNK && * left> 0; --*left, *in += 192) {
        chevmi_bn_g1 p;
        chevmi_bn_g2 q;
        if (!chevmi_bn_g1_load(&p, *in) || !chevmi_bn_g2_load(&q, *in + 64)) {
            return false;
        }
        if (!chevmi_bn_g2_is_infinity(&q)) {
            chevmi_bn_pair_start(&pairs[(*count)++], &p, &q);
        }
    }
    return true;
}

bool chevmi_bn254_pairing(bool *one, const uint8_t *in, size_t pair_count) {
    chevmi_bn_pair pairs[CHEVMI_BN_CHUNK];
    chevmi_bn_fp12 product, part;
    size_t count, left = pair_count;
    chevmi_bn_fp12_one(&product);
    while (left > 0) {
        if (!load_chunk(pairs, &count, &in, &left) || !chevmi_bn_miller(&part, pairs, count)) {
            return false;
        }
        chevmi_bn_fp12_mul(&product, &product, &part);
    }
    chevmi_bn_final(&product, &product);
    *one = chevmi_bn_fp12_is_one(&product);
    return true;
}
