/* bn254_pairing.h: the two halves of a product of pairings; internal to the bn254 rooms. */
#ifndef CHEVMI_BN254_PAIRING_H
#define CHEVMI_BN254_PAIRING_H

#include "bn254_g1.h"
#include "bn254_g2.h"

#define CHEVMI_BN_CHUNK 16u /* pairs that walk together */

/* A pair on its walk. */
typedef struct chevmi_bn_pair {
    chevmi_bn_fp minus_x, y; /* of the point of G1 */
    chevmi_bn_g2 q;          /* not infinity */
    chevmi_bn_walker t;
    bool has_lines; /* false: the point of G1 is infinity; q walks only to show where it ends */
} chevmi_bn_pair;

/* chevmi_bn_pair_start prepares the walk of p (may be infinity) and q (not infinity). */
void chevmi_bn_pair_start(chevmi_bn_pair *pair, const chevmi_bn_g1 *p, const chevmi_bn_g2 *q);

/* chevmi_bn_miller sets f to the product of the Miller functions of at most CHEVMI_BN_CHUNK pairs.
 * Returns: false, f undefined, if a q is not in G2. */
bool chevmi_bn_miller(chevmi_bn_fp12 *f, chevmi_bn_pair *pairs, size_t count);

/* r = f^(s (p^12 - 1) / n), s = 2u (6u^2 + 3u + 1), prime to n; 0 for 0. r may be f. */
void chevmi_bn_final(chevmi_bn_fp12 *r, const chevmi_bn_fp12 *f);

#endif
