/** bits.h: bit counting, rotation, wide products and byte order, on any compiler. Nothing here
 *  depends on the byte order of the machine: equal bytes give equal results everywhere. */
#ifndef CH_BITS_H
#define CH_BITS_H

#include <string.h>

#include <coldheap/base.h>

/** ch_bits_low returns the index of the lowest set bit. Requires: value != 0. */
CH_INLINE unsigned ch_bits_low(uint64_t value);

/** ch_bits_low32 is ch_bits_low for 32 bits. */
CH_INLINE unsigned ch_bits_low32(uint32_t value);

/** ch_bits_high returns the index of the highest set bit. Requires: value != 0. */
CH_INLINE unsigned ch_bits_high(uint64_t value);

/** ch_bits_count returns the number of set bits. */
CH_INLINE unsigned ch_bits_count(uint64_t value);

/** ch_bits_rotate_left rotates by `count` bits, 0 to 63. */
CH_INLINE uint64_t ch_bits_rotate_left(uint64_t value, unsigned count);

/** ch_bits_mul_wide returns the upper 64 bits of a * b and stores the lower ones. */
CH_INLINE uint64_t ch_bits_mul_wide(uint64_t *low, uint64_t a, uint64_t b);

/** ch_bits_mul_fold returns the two halves of a * b, exclusive-or'ed: the core of hash functions.
 */
CH_INLINE uint64_t ch_bits_mul_fold(uint64_t a, uint64_t b);

/** ch_bits_load_le64 reads 8 bytes, lowest first, from any address; load_le32 reads 4. */
CH_INLINE uint64_t ch_bits_load_le64(const void *bytes);
CH_INLINE uint32_t ch_bits_load_le32(const void *bytes);

/** ch_bytes_equal compares content. Cost: two loads per 8 bytes; with a constant size no loop. */
CH_INLINE bool ch_bytes_equal(const void *a, const void *b, size_t size_bytes);

/* ---- Implementation ---------------------------------------------------------------------- */

#if defined(__GNUC__) || defined(__clang__)

CH_INLINE unsigned ch_bits_low(uint64_t value) {
    return (unsigned)__builtin_ctzll(value);
}

CH_INLINE unsigned ch_bits_low32(uint32_t value) {
    return (unsigned)__builtin_ctz(value);
}

CH_INLINE unsigned ch_bits_high(uint64_t value) {
    return 63u - (unsigned)__builtin_clzll(value);
}

CH_INLINE unsigned ch_bits_count(uint64_t value) {
    return (unsigned)__builtin_popcountll(value);
}

#else

CH_INLINE unsigned ch_bits_low(uint64_t value) {
    unsigned index = 0;
    for (; (value & 1u) == 0; value >>= 1) {
        index++;
    }
    return index;
}

CH_INLINE unsigned ch_bits_low32(uint32_t value) {
    return ch_bits_low(value);
}

CH_INLINE unsigned ch_bits_high(uint64_t value) {
    unsigned index = 0;
    while ((value >>= 1) != 0) {
        index++;
    }
    return index;
}

CH_INLINE unsigned ch_bits_count(uint64_t value) {
    unsigned count = 0;
    for (; value != 0; value &= value - 1) {
        count++;
    }
    return count;
}

#endif

CH_INLINE uint64_t ch_bits_rotate_left(uint64_t value, unsigned count) {
    return value << count | value >> ((64u - count) & 63u);
}

#if defined(__SIZEOF_INT128__)

CH_INLINE uint64_t ch_bits_mul_fold(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

CH_INLINE uint64_t ch_bits_mul_wide(uint64_t *low, uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
}

#else

CH_INLINE uint64_t ch_bits_mul_wide(uint64_t *low, uint64_t a, uint64_t b) {
    uint64_t a0 = (uint32_t)a, a1 = a >> 32;
    uint64_t b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t p00 = a0 * b0;
    uint64_t p01 = a0 * b1 + (p00 >> 32);
    uint64_t p10 = a1 * b0 + (uint32_t)p01;
    *low = p10 << 32 | (uint32_t)p00;
    return a1 * b1 + (p01 >> 32) + (p10 >> 32);
}

CH_INLINE uint64_t ch_bits_mul_fold(uint64_t a, uint64_t b) {
    uint64_t low;
    uint64_t high = ch_bits_mul_wide(&low, a, b);
    return high ^ low;
}

#endif

CH_INLINE uint64_t ch_bits_load_le64(const void *bytes) {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
#else
    return ch_bits_load_le32(bytes) | (uint64_t)ch_bits_load_le32((const uint8_t *)bytes + 4) << 32;
#endif
}

CH_INLINE bool ch_bytes_equal(const void *a, const void *b, size_t size_bytes) {
    const uint8_t *left = (const uint8_t *)a;
    const uint8_t *right = (const uint8_t *)b;
    uint64_t difference = 0;
    size_t at = 0;
    for (; size_bytes - at >= 8; at += 8) {
        difference |= ch_bits_load_le64(left + at) ^ ch_bits_load_le64(right + at);
    }
    for (; size_bytes - at >= 4; at += 4) {
        difference |= ch_bits_load_le32(left + at) ^ ch_bits_load_le32(right + at);
    }
    for (; at < size_bytes; at++) {
        difference |= (uint64_t)(left[at] ^ right[at]);
    }
    return difference == 0;
}

CH_INLINE uint32_t ch_bits_load_le32(const void *bytes) {
    const uint8_t *byte = (const uint8_t *)bytes;
    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 |
           (uint32_t)byte[3] << 24;
}

#endif
