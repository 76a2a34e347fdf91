/** hash.h: the seeded content hash of the containers.
 *
 *  The one idea: multiply by a secret odd number made from the seed; longer keys fold both halves
 *  of the product of two masked words per 16 bytes, joined by rotate-and-add so that equal blocks
 * do not cancel. The upper bits of a hash are the good ones for choosing a place and a tag. Meant
 * for tables of which an attacker does not know the seed; no cryptographic hash and no checksum
 *  format. Equal on every machine. */
#ifndef CH_HASH_H
#define CH_HASH_H

#include <coldheap/bits.h>

/** ch_hash_secret makes the secret of a table from its seed: odd, with bits everywhere. */
CH_INLINE uint64_t ch_hash_secret(uint64_t seed);

/** ch_hash_u64 hashes one word. Cost: one wide multiplication. */
CH_INLINE uint64_t ch_hash_u64(uint64_t value, uint64_t secret);

/** ch_hash_u64_high hashes one word into the upper bits; the lower ones are not to be used. For a
 * table of 2^n places two given words meet in the upper n bits for at most 2 of 2^n secrets. Cost:
 * one multiplication. Source: multiply-shift, Dietzfelbinger and others 1997. */
CH_INLINE uint64_t ch_hash_u64_high(uint64_t value, uint64_t secret);

/** ch_hash_bytes hashes `size_bytes` bytes. Cost: one wide multiplication per 16 bytes begun; with
 *  a constant size the loop disappears. */
CH_INLINE uint64_t ch_hash_bytes(const void *bytes, size_t size_bytes, uint64_t secret);

/* ---- Implementation ---------------------------------------------------------------------- */

/* Odd constants: digits of pi, as in other hashes of this family. */
#define CHI_HASH_A 0x243f6a8885a308d3u
#define CHI_HASH_B 0x13198a2e03707345u
#define CHI_HASH_C 0xa4093822299f31d1u

CH_INLINE uint64_t ch_hash_secret(uint64_t seed) {
    return ch_bits_mul_fold(seed ^ CHI_HASH_A, CHI_HASH_B) | 1u;
}

/* The place comes from the lower half's top bits (multiply-shift hashing), the tag from both
 * halves' lowest. */
CH_INLINE uint64_t ch_hash_u64(uint64_t value, uint64_t secret) {
    uint64_t low;
    uint64_t high = ch_bits_mul_wide(&low, value, secret);
    return low ^ (uint32_t)high;
}

CH_INLINE uint64_t ch_hash_u64_high(uint64_t value, uint64_t secret) {
    return value * secret;
}

/* The last 1 to 16 bytes as two words; short ones overlap. */
CH_INLINE uint64_t chi_hash_tail(const uint8_t *at, size_t rest, uint64_t secret) {
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
    return ch_bits_mul_fold(a ^ secret ^ CHI_HASH_A,
                            b ^ ch_bits_rotate_left(secret, 32) ^ CHI_HASH_B);
}

CH_INLINE uint64_t ch_hash_bytes(const void *bytes, size_t size_bytes, uint64_t secret) {
    const uint8_t *at = (const uint8_t *)bytes;
    uint64_t hash = secret ^ (size_bytes * CHI_HASH_C);
    for (; size_bytes > 16; size_bytes -= 16, at += 16, secret += CHI_HASH_C) {
        hash = ch_bits_rotate_left(hash, 29) + chi_hash_tail(at, 16, secret);
    }
    if (size_bytes > 0) {
        hash = ch_bits_rotate_left(hash, 29) + chi_hash_tail(at, size_bytes, secret);
    }
    return hash;
}

#endif
