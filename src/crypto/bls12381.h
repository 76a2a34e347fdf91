/** bls12381.h: the precompiles of EIP-2537 as functions of bytes; internal to libcoldevm.
 *
 *  Every function reads `in`, judges it (encoding, field range, curve, and where the EIP asks for
 * it the subgroup), and writes `out` only if it returns true. Sizes and gas are the caller's
 * matter. out may lie inside in. No heap, no state; scratch is the caller's.
 *
 *  Stack: below CHEVMI_BLS_STACK_BYTES each, whatever the input (x86-64, gcc and clang, -O2; a test
 *  measures it).
 *  Threads: pure functions.
 *  Source: EIP-2537. */
#ifndef CHEVMI_BLS12381_H
#define CHEVMI_BLS12381_H

#include <coldheap/base.h>

#define CHEVMI_BLS_G1_BYTES                                                                        \
    128u /* x, y: 64 bytes each, the first 16 zero; infinity is all zero                           \
          */
#define CHEVMI_BLS_G2_BYTES      256u /* x, y of two such elements each, the real part first */
#define CHEVMI_BLS_SCALAR_BYTES  32u
#define CHEVMI_BLS_G1_TERM_BYTES (CHEVMI_BLS_G1_BYTES + CHEVMI_BLS_SCALAR_BYTES)
#define CHEVMI_BLS_G2_TERM_BYTES (CHEVMI_BLS_G2_BYTES + CHEVMI_BLS_SCALAR_BYTES)
#define CHEVMI_BLS_PAIR_BYTES    (CHEVMI_BLS_G1_BYTES + CHEVMI_BLS_G2_BYTES)
#define CHEVMI_BLS_STACK_BYTES   (24u << 10)

/** chevmi_bls_g1_add and g2_add add two points of the curve; any subgroup.
 *  Cost: about 3 and 5 µs (bench bls_g1_add, bls_g2_add). */
bool chevmi_bls_g1_add(uint8_t out[CHEVMI_BLS_G1_BYTES], const uint8_t in[2 * CHEVMI_BLS_G1_BYTES]);
bool chevmi_bls_g2_add(uint8_t out[CHEVMI_BLS_G2_BYTES], const uint8_t in[2 * CHEVMI_BLS_G2_BYTES]);

/** chevmi_bls_g1_msm_scratch and g2_msm_scratch say what the multiplications need, aligned to 8.
 *  Returns: bytes, rising with the number of terms to the limit below. */
size_t chevmi_bls_g1_msm_scratch(size_t term_count);
size_t chevmi_bls_g2_msm_scratch(size_t term_count);

/** Scratch enough for any number of terms of either group. */
#define CHEVMI_BLS_MSM_SCRATCH_BYTES (248u << 10)

/** chevmi_bls_g1_msm and g2_msm add up scalar * point over `term_count` terms, each a point and 32
 *  bytes of scalar, big-endian, any value.
 *  Requires: scratch of chevmi_bls_g1_msm_scratch(term_count) bytes or more, aligned to 8,
 *            overlapping neither in nor out.
 *  Returns:  false if there is no term, or a point is malformed, off the curve or outside the
 *            subgroup of order r.
 *  Cost:     proportional to the terms; half of it is the subgroup check (bench bls_g1_msm_*). */
bool chevmi_bls_g1_msm(uint8_t out[CHEVMI_BLS_G1_BYTES], const uint8_t *in, size_t term_count,
                       void *scratch, size_t scratch_size);
bool chevmi_bls_g2_msm(uint8_t out[CHEVMI_BLS_G2_BYTES], const uint8_t *in, size_t term_count,
                       void *scratch, size_t scratch_size);

/** chevmi_bls_pairing_check writes 1 (32 bytes, big-endian) if the product of the pairings of all
 *  pairs, a point of G1 and one of G2 each, is one, else 0.
 *  Returns: as the multiplications.
 *  Cost:    bench bls_pairing_*. */
bool chevmi_bls_pairing_check(uint8_t out[32], const uint8_t *in, size_t pair_count);

/** chevmi_bls_map_fp_to_g1 and map_fp2_to_g2 map a field element into the subgroup: simplified SWU,
 *  isogeny, cofactor cleared.
 *  Source: RFC 9380, 6.6.3, 8.8. */
bool chevmi_bls_map_fp_to_g1(uint8_t out[CHEVMI_BLS_G1_BYTES], const uint8_t in[64]);
bool chevmi_bls_map_fp2_to_g2(uint8_t out[CHEVMI_BLS_G2_BYTES], const uint8_t in[128]);

#endif
