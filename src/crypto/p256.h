/** p256.h: ECDSA verification on P-256 (secp256r1): the precompile at 0x100.
 *
 *  The curve is our own, on the kernels of field256.h; docs/design/034-signatures.md. Nothing hides
 * timing: signatures and keys are public. Threads: pure functions. Stack: below 4 KB. Cost: bench
 * p256. Source: EIP-7951, FIPS 186-5. */
#ifndef CHEVMI_P256_H
#define CHEVMI_P256_H

#include <coldheap/base.h>

#define CHEVMI_P256_INPUT 160u /* hash, r, s, x, y; 32 bytes each */

/** chevmi_p256_verify tells whether (r, s) signs the hash under the key (x, y); all big-endian.
 *  False too if r or s is not in 1 .. n-1, x or y is not below p, or (x, y) is not on the curve;
 *  s may be in the upper half. */
bool chevmi_p256_verify(const uint8_t hash[32], const uint8_t r[32], const uint8_t s[32],
                        const uint8_t x[32], const uint8_t y[32]);

/** chevmi_p256_verify_call is the precompile. Returns the size of the output: 32, the number one,
 * if size is 160 and the signature is right; else 0 and nothing is written. out may lie inside
 * input; input may be NULL if size is 0. */
size_t chevmi_p256_verify_call(uint8_t out[32], const uint8_t *input, size_t size);

#endif
