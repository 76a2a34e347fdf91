/** hash.h: the seeded content hash of the containers.
 *
 *  The one idea: fold the 128-bit product of two words, both masked with secrets made from the
 *  seed; blocks of 16 bytes are folded side by side and joined by rotate-and-add, so that equal
 *  blocks do not cancel. Good for tables of which an attacker does not know the seed; it is no
 *  cryptographic hash and no checksum format. Equal on every machine. */
#ifndef CH_HASH_H
#define CH_HASH_H

#include <coldheap/bits.h>

/** ch_hash_u64 hashes one word. Cost: one wide multiplication. */
CH_INLINE uint64_t ch_hash_u64(uint64_t value, uint64_t seed);

/** ch_hash_bytes hashes `size_bytes` bytes. Cost: one wide multiplication per 16 bytes begun; with
 *  a constant size the loop disappears. */
CH_INLINE uint64_t ch_hash_bytes(const void *bytes, size_t size_bytes, uint64_t seed);

/* ---- Implementation ---------------------------------------------------------------------- */

/* Odd constants: digits of pi, as in other hashes of this family. */
#define CHI_HASH_A 0x243f6a8885a308d3u
#define CHI_HASH_B 0x13198a2e03707345u
#define CHI_HASH_C 0xa4093822299f31d1u

CH_INLINE uint64_t chi_hash_fold(uint64_t a, uint64_t b) {
    uint64_t low;
    uint64_t high = ch_bits_mul_wide(&low, a, b);
    return high ^ low;
}

CH_INLINE uint64_t ch_hash_u64(uint64_t value, uint64_t seed) {
    return chi_hash_fold(value ^ seed, CHI_HASH_A);
}

/* The last 1 to 16 bytes as two words; short ones overlap. */
CH_INLINE uint64_t chi_hash_tail(const uint8_t *at, size_t rest, uint64_t seed) {
    uint64_t a;
    uint64_t b;
    if (rest >= 8) {
        a = ch_bits_load_le64(at);
        b = ch_bits_load_le64(at + rest - 8);
    } else if (rest >= 4) {
        a = ch_bits_load_le32(at);
        b = ch_bits_load_le32(at + rest - 4);
    } else {
        a = (uint64_t)at[0] << 16 | (uint64_t)at[rest / 2] << 8 | at[rest - 1];
        b = 0;
    }
    return chi_hash_fold(a ^ seed ^ CHI_HASH_A, b ^ ch_bits_rotate_left(seed, 32) ^ CHI_HASH_B);
}

CH_INLINE uint64_t ch_hash_bytes(const void *bytes, size_t size_bytes, uint64_t seed) {
    const uint8_t *at = (const uint8_t *)bytes;
    uint64_t hash = seed ^ (size_bytes * CHI_HASH_C);
    for (; size_bytes > 16; size_bytes -= 16, at += 16, seed += CHI_HASH_C) {
        hash = ch_bits_rotate_left(hash, 29) + chi_hash_tail(at, 16, seed);
    }
    if (size_bytes > 0) {
        hash = ch_bits_rotate_left(hash, 29) + chi_hash_tail(at, size_bytes, seed);
    }
    return hash;
}

#endif
