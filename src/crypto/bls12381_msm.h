/** bls12381_msm.h: sums of products on decoded points; internal to src/crypto. */
#ifndef CHEVMI_BLS12381_MSM_H
#define CHEVMI_BLS12381_MSM_H

#include "bls12381_codec.h"

#include <coldevm/u256.h>

/** Terms worked on at once: they share the doublings, and their tables fill the scratch. */
#define CHEVMI_BLS_G1_CHUNK 64u
#define CHEVMI_BLS_G2_CHUNK 32u

/** Parts a scalar is cut into, and bits of a part. */
#define CHEVMI_BLS_G1_PARTS     2u
#define CHEVMI_BLS_G1_PART_BITS 128u
#define CHEVMI_BLS_G2_PARTS     4u
#define CHEVMI_BLS_G2_PART_BITS 64u

/** What one term takes of the scratch: multiples of its point, parts of its scalar, and digits in
 *  the same place as the projective multiples (which are larger). */
#define CHEVMI_BLS_G1_SCRATCH_PER_TERM                                                             \
    (4u * CHEVMI_BLS_G1_PARTS * sizeof(blst_p1_affine) + 4u * sizeof(uint64_t) +                   \
     3u * sizeof(blst_p1))
#define CHEVMI_BLS_G2_SCRATCH_PER_TERM                                                             \
    (4u * CHEVMI_BLS_G2_PARTS * sizeof(blst_p2_affine) + 4u * sizeof(uint64_t) +                   \
     3u * sizeof(blst_p2))

/** chevmi_bls_g1_sum sets out to the sum of scalars[i] * points[i].
 *  Requires: count <= CHEVMI_BLS_G1_CHUNK; the points lie in the subgroup; infinity and scalars of
 *            any size are allowed; scratch of count * CHEVMI_BLS_G1_SCRATCH_PER_TERM bytes. */
void chevmi_bls_g1_sum(blst_p1 *out, const blst_p1_affine *points, const chevm_u256 *scalars,
                       size_t count, void *scratch);

/** chevmi_bls_g1_endomorphism and g2_endomorphism set out to [z²]P and [|z|]P of a point in the
 * subgroup: what the parts of a scalar count. z = -0xd201000000010000 is the curve's parameter. */
void chevmi_bls_g1_endomorphism(blst_p1_affine *out, const blst_p1_affine *point);
void chevmi_bls_g2_endomorphism(blst_p2_affine *out, const blst_p2_affine *point);

#endif
