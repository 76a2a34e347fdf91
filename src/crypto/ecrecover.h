/** ecrecover.h: who signed, on secp256k1: the precompile at 0x01 and the senders of transactions.
 *
 *  The curve is libsecp256k1's, through its static context: recovery works on public data and needs
 *  no randomised context, so there is nothing to create, and no heap call. Ranges are checked here
 *  first, so that the library never sees an argument it would report as a caller's mistake.
 *
 *  Threads: pure functions. Stack: below 8 KB, all but 0.3 of them libsecp256k1's. Cost: bench
 * ecrecover. */
#ifndef CHEVMI_ECRECOVER_H
#define CHEVMI_ECRECOVER_H

#include <coldheap/base.h>

#define CHEVMI_ECRECOVER_INPUT 128u /* hash, v, r, s; 32 bytes each */

/** chevmi_ecrecover_key recovers the public key, x then y, big-endian, from the hash that was
 * signed and the signature. recovery_id is the parity of the y of the signature's point. Returns:
 * false, key unchanged, if recovery_id is above 1, r or s is not in 1 .. n-1, no point has r as its
 * x, or the key would be the point at infinity. s may be in the upper half. */
bool chevmi_ecrecover_key(uint8_t key[64], const uint8_t hash[32], unsigned recovery_id,
                          const uint8_t r[32], const uint8_t s[32]);

/** chevmi_ecrecover is the same for the address: the last 20 bytes of the key's Keccak-256. */
bool chevmi_ecrecover(uint8_t address[20], const uint8_t hash[32], unsigned recovery_id,
                      const uint8_t r[32], const uint8_t s[32]);

/** chevmi_ecrecover_call is the precompile: input is cut or filled up with zeros to 128 bytes, v is
 *  27 or 28. Returns the size of the output: 32, the address after twelve zeros, or 0 (nothing
 *  written) if there is no signer. out may lie inside input; input may be NULL if size is 0. */
size_t chevmi_ecrecover_call(uint8_t out[32], const uint8_t *input, size_t size);

/** chevmi_secp256k1_address is the address of a secret key. Not for secrets of worth: time depends
 * on the key. Returns: false, address unchanged, if the key is not in 1 .. n-1. */
bool chevmi_secp256k1_address(uint8_t address[20], const uint8_t secret[32]);

/** chevmi_secp256k1_is_low_s: s is at most n/2, as transactions must have it since Homestead
 *  (EIP-2). Zero is low too; recovery refuses it. */
bool chevmi_secp256k1_is_low_s(const uint8_t s[32]);

#endif
