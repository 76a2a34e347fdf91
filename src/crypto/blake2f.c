/* blake2f.c: BLAKE2b's compression function with a free number of rounds (EIP-152), in portable C,
 * and the choice of its build. Source: RFC 7693. */
#include "blake2f.h"

#include "num/cpu.h"

#include <stdatomic.h>
#include <string.h>

const uint64_t chevmi_blake2b_initial[8] = {
    0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu, 0x3c6ef372fe94f82bu, 0xa54ff53a5f1d36f1u,
    0x510e527fade682d1u, 0x9b05688c2b3e6c1fu, 0x1f83d9abfb41bd6bu, 0x5be0cd19137e2179u,
};

// clang-format off
#define SCHEDULE_ROWS(X)                                              \
    X( 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15) \
    X(14, 10,  4,  8,  9, 15, 13,  6,  1, 12,  0,  2, 11,  7,  5,  3) \
    X(11,  8, 12,  0,  5,  2, 15, 13, 10, 14,  3,  6,  7,  1,  9,  4) \
    X( 7,  9,  3,  1, 13, 12, 11, 14,  2,  6,  5, 10,  4,  0, 15,  8) \
    X( 9,  0,  5,  7,  2,  4, 10, 15, 14,  1, 11, 12,  6,  8,  3, 13) \
    X( 2, 12,  6, 10,  0, 11,  8,  3,  4, 13,  7,  5, 15, 14,  1,  9) \
    X(12,  5,  1, 15, 14, 13,  4, 10,  0,  7,  6,  3,  9,  2,  8, 11) \
    X(13, 11,  7, 14, 12,  1,  3,  9,  5,  0, 15,  4,  8,  6,  2, 10) \
    X( 6, 15, 14,  9, 11,  3,  0,  8, 12,  2, 13,  7,  1,  4, 10,  5) \
    X(10,  2,  8,  4,  7,  6,  1,  5, 15, 11,  9, 14,  3, 12, 13,  0)
// clang-format on

const uint8_t chevmi_blake2b_schedule[10][16] = {
#define SCHEDULE_ARRAY(...) {__VA_ARGS__},
    SCHEDULE_ROWS(SCHEDULE_ARRAY)
#undef SCHEDULE_ARRAY
};

CH_INLINE uint64_t rotate(uint64_t x, unsigned bits) {
    return x >> bits | x << (64u - bits);
}

CH_INLINE void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y) {
    *a += *b + x;
    *d = rotate(*d ^ *a, 32);
    *c += *d;
    *b = rotate(*b ^ *c, 24);
    *a += *b + y;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 63);
}

CH_INLINE void mix_round(uint64_t v[16], const uint64_t m[16], const uint8_t s[16]) {
    mix(&v[0], &v[4], &v[8], &v[12], m[s[0]], m[s[1]]);
    mix(&v[1], &v[5], &v[9], &v[13], m[s[2]], m[s[3]]);
    mix(&v[2], &v[6], &v[10], &v[14], m[s[4]], m[s[5]]);
    mix(&v[3], &v[7], &v[11], &v[15], m[s[6]], m[s[7]]);
    mix(&v[0], &v[5], &v[10], &v[15], m[s[8]], m[s[9]]);
    mix(&v[1], &v[6], &v[11], &v[12], m[s[10]], m[s[11]]);
    mix(&v[2], &v[7], &v[8], &v[13], m[s[12]], m[s[13]]);
    mix(&v[3], &v[4], &v[9], &v[14], m[s[14]], m[s[15]]);
}

static void compress(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool last,
                     uint32_t rounds) {
    uint64_t v[16];
    memcpy(v, h, 8 * sizeof *v);
    memcpy(v + 8, chevmi_blake2b_initial, 8 * sizeof *v);
    v[12] ^= t[0];
    v[13] ^= t[1];
    v[14] ^= last ? ~(uint64_t)0 : 0;
    unsigned turn = 0;
    for (uint32_t i = 0; i < rounds; i++) {
        mix_round(v, m, chevmi_blake2b_schedule[turn]);
        turn = turn == 9 ? 0 : turn + 1;
    }
    for (unsigned i = 0; i < 8; i++) {
        h[i] ^= v[i] ^ v[i + 8];
    }
}

const chevmi_blake2f_build chevmi_blake2f_plain = {"chevmi_blake2f_plain", 0, compress};

static const chevmi_blake2f_build *const BUILDS[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_BLAKE2F_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};

static _Atomic(const chevmi_blake2f_build *) current_build = &chevmi_blake2f_plain;

const chevmi_blake2f_build *chevmi_blake2f_select(unsigned features) {
    const chevmi_blake2f_build *chosen = &chevmi_blake2f_plain;
    for (size_t i = sizeof BUILDS / sizeof BUILDS[0]; i-- > 0;) {
        if ((BUILDS[i]->features & ~features) == 0) {
            chosen = BUILDS[i];
        }
    }
    atomic_store_explicit(&current_build, chosen, memory_order_relaxed);
    return chosen;
}

void chevm_blake2f(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool last,
                   uint32_t rounds) {
    atomic_load_explicit(&current_build, memory_order_relaxed)->compress(h, m, t, last, rounds);
}
