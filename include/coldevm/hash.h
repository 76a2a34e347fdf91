/** hash.h: the hashes of the EVM. Keccak-256 is the original Keccak with its padding byte 0x01, not
 *  the later SHA3-256.
 *
 *  Nothing is allocated; an incremental hash lives in the caller's chevm_keccak.
 *  Threads: pure functions; one chevm_keccak belongs to one thread at a time.
 *  Source: Keccak reference 3.0; FIPS 202 for the permutation. */
#ifndef CHEVM_HASH_H
#define CHEVM_HASH_H

#include <coldheap/base.h>

CH_API_BEGIN

#define CHEVM_KECCAK_RATE 136u /* bytes absorbed per permutation */

/** chevm_hash_init picks the fastest build of each hash and curve for this machine and calls
 * chevm_num_init. Until it is called the portable builds are used; results never differ. Threads:
 * may be called from any thread, any number of times. */
void chevm_hash_init(void);

/** chevm_keccak256 hashes `size` bytes in one call. out may lie inside data; data may be NULL if
 *  size is 0. Cost: one permutation per started 136 bytes (bench keccak). */
void chevm_keccak256(uint8_t out[32], const uint8_t *data, size_t size);

/** chevm_keccak256_32 and chevm_keccak256_64 are the same for 32 and 64 bytes (storage slots). */
void chevm_keccak256_32(uint8_t out[32], const uint8_t data[32]);
void chevm_keccak256_64(uint8_t out[32], const uint8_t data[64]);

/** One of many hashes: `size` bytes at data into the 32 bytes at out. */
typedef struct chevm_keccak_job {
    const uint8_t *data; /* may be NULL if size is 0 */
    size_t size;
    uint8_t *out;
} chevm_keccak_job;

/** chevm_keccak256_many hashes `count` messages, eight at one time where the machine can: eight
 *  short ones then cost about as much as three in a row (bench keccak_many).
 *  Requires: no out overlaps the data or out of another job. */
void chevm_keccak256_many(const chevm_keccak_job *jobs, size_t count);

/** chevm_keccak is a hash in the making: init, update any number of times, final once. */
typedef struct chevm_keccak {
    uint64_t state[25]; /* fields are private */
    uint32_t used_bytes;
} chevm_keccak;

void chevm_keccak_init(chevm_keccak *hash);

/** chevm_keccak_update appends `size` bytes; data may be NULL if size is 0. */
void chevm_keccak_update(chevm_keccak *hash, const uint8_t *data, size_t size);

/** chevm_keccak_final writes the hash of all bytes so far. The object must be initialised anew
 *  before its next use. */
void chevm_keccak_final(chevm_keccak *hash, uint8_t out[32]);

/** chevm_sha256 hashes `size` bytes in one call. out may lie inside data; data may be NULL if size
 * is 0. Cost: bench compress. Stack: below 1 KB. Source: FIPS 180-4. */
void chevm_sha256(uint8_t out[32], const uint8_t *data, size_t size);

/** chevm_ripemd160 hashes `size` bytes in one call. out may lie inside data; data may be NULL if
 *  size is 0. */
void chevm_ripemd160(uint8_t out[20], const uint8_t *data, size_t size);

/** chevm_blake2f is BLAKE2b's compression function F: h is updated by message m, byte counter t
 *  (low word first) and the last-block flag.
 *  Requires: h overlaps neither m nor t.
 *  Cost:     proportional to rounds, which may be anything up to 2^32 - 1: charge for it first.
 *  Source:   RFC 7693, 3.2; EIP-152. */
void chevm_blake2f(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool last,
                   uint32_t rounds);

CH_API_END

#endif
