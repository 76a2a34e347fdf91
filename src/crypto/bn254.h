/** bn254.h: the curve BN254 (alt_bn128) as the precompiles of EIP-196 and EIP-197 see it: bytes in,
 *  bytes out; internal to the library.
 *
 *  Numbers are 32 bytes, big-endian. A point of G1 is x, y; one of G2 is x.i, x, y.i, y (the factor
 *  of i first). All zeros is the point at infinity. A point is valid if its coordinates are below
 *  p and it satisfies the curve's equation, and for G2 if it lies in the subgroup of order n.
 *
 *  Allocates nothing. Threads: pure functions. Hides no timing. Source: EIP-196, EIP-197. */
#ifndef CHEVMI_BN254_H
#define CHEVMI_BN254_H

#include <coldheap/base.h>

/** Upper bound of the stack that one call below needs, whatever its input (bn254_test measures). */
#define CHEVMI_BN254_STACK_BYTES 32768u

/** chevmi_bn254_init picks the fastest build of the arithmetic for this machine; without it the
 *  portable one works. Called by chevm_hash_init, after chevmi_field256_init. */
void chevmi_bn254_init(void);

/** chevmi_bn254_add: out = a + b for in = a, b. out may be in.
 *  Returns: false, out unchanged, if a point is invalid.
 *  Cost: about 2 us (bench bn254_add). */
bool chevmi_bn254_add(uint8_t out[64], const uint8_t in[128]);

/** chevmi_bn254_mul: out = k a for in = a, k; k is any number of 256 bits. out may be in.
 *  Returns: false, out unchanged, if the point is invalid.
 *  Cost: at most 45 us (bench bn254_mul). */
bool chevmi_bn254_mul(uint8_t out[64], const uint8_t in[96]);

/** chevmi_bn254_pairing sets *one to whether the product of e(a, b) over all pairs is one; in holds
 *  pair_count times a point a of G1 and a point b of G2, 192 bytes together. The empty product is
 *  one.
 *  Returns: false, *one unchanged, if a point is invalid.
 *  Cost: bench bn254_pairing_*. */
bool chevmi_bn254_pairing(bool *one, const uint8_t *in, size_t pair_count);

#endif
