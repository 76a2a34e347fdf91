/** bls12381_msm.h: sums of products on decoded points; internal to src/crypto. */
#ifndef CHEVMI_BLS12381_MSM_H
#define CHEVMI_BLS12381_MSM_H

#include "bls12381_codec.h"

#include <coldevm/u256.h>

/** Up to this many terms share doublings (Straus); more go into buckets (Pippenger). */
#define CHEVMI_BLS_G1_SMALL 20u
#define CHEVMI_BLS_G2_SMALL 12u

/** What a term of a small sum takes of the scratch: scalar, multiples affine and projective. */
#define CHEVMI_BLS_G1_SUM_SCRATCH(count)                                                           \
    ((count) * (32u + 8u * sizeof(blst_p1_affine) + 3u * sizeof(blst_p1)))

/** chevmi_bls_g1_sum sets out to the sum of scalars[i] * points[i].
 *  Requires: count <= CHEVMI_BLS_G1_SMALL; the points lie in the subgroup; infinity and scalars of
 *            any size are allowed; scratch of CHEVMI_BLS_G1_SUM_SCRATCH(count) bytes, aligned to 8.
 */
void chevmi_bls_g1_sum(blst_p1 *out, const blst_p1_affine *points, const chevm_u256 *scalars,
                       size_t count, void *scratch);

/** chevmi_bls_g1_endomorphism and g2_endomorphism set out to [z²]P and [|z|]P of a point in the
 * subgroup: what the parts of a scalar count. z = -0xd201000000010000 is the curve's parameter. */
void chevmi_bls_g1_endomorphism(blst_p1_affine *out, const blst_p1_affine *point);
void chevmi_bls_g2_endomorphism(blst_p2_affine *out, const blst_p2_affine *point);

#endif
