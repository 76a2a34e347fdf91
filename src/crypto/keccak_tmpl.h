/** keccak_tmpl.h: Keccak in 64-bit C, compiled once for any machine and once with andn and rorx.
 *  Before including it define CHEVMI_KECCAK_BUILD (the chevmi_keccak_build to fill) and
 *  CHEVMI_KECCAK_NEEDS (its feature bits).
 *
 *  The one idea: two rounds a turn, from one array into another and back, and the column parities
 *  of the next round are added up while the rows of this one are written: their operands are in
 *  registers at that moment. */
#include "keccak.h"

#include "num/cpu.h"

#include <string.h>

#define RATE_WORDS (CHEVM_KECCAK_RATE / 8u)

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
CH_INLINE uint64_t load_word(const uint8_t *bytes) {
    uint64_t x;
    memcpy(&x, bytes, sizeof x);
    return x;
}

CH_INLINE void store_word(uint8_t *bytes, uint64_t x) {
    memcpy(bytes, &x, sizeof x);
}
#else
CH_INLINE uint64_t load_word(const uint8_t *bytes) {
    uint64_t x = 0;
    for (unsigned i = 8; i-- > 0;) {
        x = x << 8 | bytes[i];
    }
    return x;
}

CH_INLINE void store_word(uint8_t *bytes, uint64_t x) {
    for (unsigned i = 0; i < 8; i++, x >>= 8) {
        bytes[i] = (uint8_t)x;
    }
}
#endif

CH_INLINE uint64_t rotate(uint64_t x, unsigned bits) {
    return x << bits | x >> (64u - bits); /* bits is a constant from 1 to 63 */
}

/* chi on one row, which goes to out; its lanes are added to the column parities. */
CH_INLINE void chi(uint64_t out[5], uint64_t parity[5], uint64_t b0, uint64_t b1, uint64_t b2,
                   uint64_t b3, uint64_t b4, uint64_t iota) {
    const uint64_t e0 = b0 ^ (~b1 & b2) ^ iota;
    const uint64_t e1 = b1 ^ (~b2 & b3);
    const uint64_t e2 = b2 ^ (~b3 & b4);
    const uint64_t e3 = b3 ^ (~b4 & b0);
    const uint64_t e4 = b4 ^ (~b0 & b1);
    out[0] = e0, out[1] = e1, out[2] = e2, out[3] = e3, out[4] = e4;
    parity[0] ^= e0, parity[1] ^= e1, parity[2] ^= e2, parity[3] ^= e3, parity[4] ^= e4;
}

/* One round from a to e. parity: of a's columns on entry, of e's on exit. */
CH_INLINE void keccak_round(uint64_t *restrict e, const uint64_t *restrict a, uint64_t parity[5],
                            uint64_t iota) {
    const uint64_t d0 = parity[4] ^ rotate(parity[1], 1);
    const uint64_t d1 = parity[0] ^ rotate(parity[2], 1);
    const uint64_t d2 = parity[1] ^ rotate(parity[3], 1);
    const uint64_t d3 = parity[2] ^ rotate(parity[4], 1);
    const uint64_t d4 = parity[3] ^ rotate(parity[0], 1);
    parity[0] = parity[1] = parity[2] = parity[3] = parity[4] = 0;
    chi(e, parity, a[0] ^ d0, rotate(a[6] ^ d1, 44), rotate(a[12] ^ d2, 43), rotate(a[18] ^ d3, 21),
        rotate(a[24] ^ d4, 14), iota);
    chi(e + 5, parity, rotate(a[3] ^ d3, 28), rotate(a[9] ^ d4, 20), rotate(a[10] ^ d0, 3),
        rotate(a[16] ^ d1, 45), rotate(a[22] ^ d2, 61), 0);
    chi(e + 10, parity, rotate(a[1] ^ d1, 1), rotate(a[7] ^ d2, 6), rotate(a[13] ^ d3, 25),
        rotate(a[19] ^ d4, 8), rotate(a[20] ^ d0, 18), 0);
    chi(e + 15, parity, rotate(a[4] ^ d4, 27), rotate(a[5] ^ d0, 36), rotate(a[11] ^ d1, 10),
        rotate(a[17] ^ d2, 15), rotate(a[23] ^ d3, 56), 0);
    chi(e + 20, parity, rotate(a[2] ^ d2, 62), rotate(a[8] ^ d3, 55), rotate(a[14] ^ d4, 39),
        rotate(a[15] ^ d0, 41), rotate(a[21] ^ d1, 2), 0);
}

static void permute(uint64_t state[CHEVMI_KECCAK_LANES]) {
    uint64_t other[CHEVMI_KECCAK_LANES], parity[5];
    for (unsigned x = 0; x < 5; x++) {
        parity[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
    }
    for (unsigned i = 0; i < CHEVMI_KECCAK_ROUNDS; i += 2) {
        keccak_round(other, state, parity, chevmi_keccak_round_constants[i]);
        keccak_round(state, other, parity, chevmi_keccak_round_constants[i + 1]);
    }
}

static void hash(uint8_t out[32], const uint8_t *data, size_t size, uint8_t domain) {
    uint64_t state[CHEVMI_KECCAK_LANES] = {0};
    for (; size >= CHEVM_KECCAK_RATE; size -= CHEVM_KECCAK_RATE, data += CHEVM_KECCAK_RATE) {
        for (unsigned i = 0; i < RATE_WORDS; i++) {
            state[i] ^= load_word(data + 8 * i);
        }
        permute(state);
    }
    const size_t words = size / 8;
    uint64_t last = (uint64_t)domain << (8 * (size % 8));
    for (size_t i = 0; i < words; i++) {
        state[i] ^= load_word(data + 8 * i);
    }
    for (size_t i = 0; i < size % 8; i++) {
        last ^= (uint64_t)data[8 * words + i] << (8 * i);
    }
    state[words] ^= last;
    state[RATE_WORDS - 1] ^= (uint64_t)1 << 63;
    permute(state);
    for (unsigned i = 0; i < 4; i++) {
        store_word(out + 8 * i, state[i]);
    }
}

#define BUILD_TEXT(name) #name
#define BUILD_NAME(name) BUILD_TEXT(name)
const chevmi_keccak_build CHEVMI_KECCAK_BUILD = {
    .name = BUILD_NAME(CHEVMI_KECCAK_BUILD),
    .features = CHEVMI_KECCAK_NEEDS,
    .permute = permute,
    .hash = hash,
};
