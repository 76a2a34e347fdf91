/** keccak.h: internals of Keccak-256: the permutation's builds and the hash with any padding byte.
 */
#ifndef CHEVMI_KECCAK_H
#define CHEVMI_KECCAK_H

#include <coldheap/base.h>

#define CHEVMI_KECCAK_DOMAIN 0x01u /* Keccak; SHA3-256 has 0x06 */

/** Keccak-f[1600] in place; lane (x, y) is state[x + 5 y]. */
typedef void chevmi_keccak_permutation(uint64_t state[25]);

chevmi_keccak_permutation chevmi_keccak_permute_plain;

/** chevmi_keccak_hash is chevm_keccak256 with the first padding byte given. */
void chevmi_keccak_hash(uint8_t out[32], const uint8_t *data, size_t size, uint8_t domain);

#endif
