/* ripemd160.c: RIPEMD-160 in portable C.
 *
 * The one idea: all 80 steps of both lines stand unrolled, a step of the left line beside one of
 * the right, so that the two dependency chains run at the same time.
 * Source: Dobbertin, Bosselaers, Preneel, "RIPEMD-160: a strengthened version of RIPEMD". */
#include <coldevm/hash.h>

#include <string.h>

#define BLOCK_SIZE 64u

/* X(registers in turn, message word and rotation of the left line, of the right line), 16 steps a
 * round; the names turn by one each step. */
// clang-format off
#define ROUND_1(X) \
    X(a, b, c, d, e,  0, 11,  5,  8) X(e, a, b, c, d,  1, 14, 14,  9) \
    X(d, e, a, b, c,  2, 15,  7,  9) X(c, d, e, a, b,  3, 12,  0, 11) \
    X(b, c, d, e, a,  4,  5,  9, 13) X(a, b, c, d, e,  5,  8,  2, 15) \
    X(e, a, b, c, d,  6,  7, 11, 15) X(d, e, a, b, c,  7,  9,  4,  5) \
    X(c, d, e, a, b,  8, 11, 13,  7) X(b, c, d, e, a,  9, 13,  6,  7) \
    X(a, b, c, d, e, 10, 14, 15,  8) X(e, a, b, c, d, 11, 15,  8, 11) \
    X(d, e, a, b, c, 12,  6,  1, 14) X(c, d, e, a, b, 13,  7, 10, 14) \
    X(b, c, d, e, a, 14,  9,  3, 12) X(a, b, c, d, e, 15,  8, 12,  6)
#define ROUND_2(X) \
    X(e, a, b, c, d,  7,  7,  6,  9) X(d, e, a, b, c,  4,  6, 11, 13) \
    X(c, d, e, a, b, 13,  8,  3, 15) X(b, c, d, e, a,  1, 13,  7,  7) \
    X(a, b, c, d, e, 10, 11,  0, 12) X(e, a, b, c, d,  6,  9, 13,  8) \
    X(d, e, a, b, c, 15,  7,  5,  9) X(c, d, e, a, b,  3, 15, 10, 11) \
    X(b, c, d, e, a, 12,  7, 14,  7) X(a, b, c, d, e,  0, 12, 15,  7) \
    X(e, a, b, c, d,  9, 15,  8, 12) X(d, e, a, b, c,  5,  9, 12,  7) \
    X(c, d, e, a, b,  2, 11,  4,  6) X(b, c, d, e, a, 14,  7,  9, 15) \
    X(a, b, c, d, e, 11, 13,  1, 13) X(e, a, b, c, d,  8, 12,  2, 11)
#define ROUND_3(X) \
    X(d, e, a, b, c,  3, 11, 15,  9) X(c, d, e, a, b, 10, 13,  5,  7) \
    X(b, c, d, e, a, 14,  6,  1, 15) X(a, b, c, d, e,  4,  7,  3, 11) \
    X(e, a, b, c, d,  9, 14,  7,  8) X(d, e, a, b, c, 15,  9, 14,  6) \
    X(c, d, e, a, b,  8, 13,  6,  6) X(b, c, d, e, a,  1, 15,  9, 14) \
    X(a, b, c, d, e,  2, 14, 11, 12) X(e, a, b, c, d,  7,  8,  8, 13) \
    X(d, e, a, b, c,  0, 13, 12,  5) X(c, d, e, a, b,  6,  6,  2, 14) \
    X(b, c, d, e, a, 13,  5, 10, 13) X(a, b, c, d, e, 11, 12,  0, 13) \
    X(e, a, b, c, d,  5,  7,  4,  7) X(d, e, a, b, c, 12,  5, 13,  5)
#define ROUND_4(X) \
    X(c, d, e, a, b,  1, 11,  8, 15) X(b, c, d, e, a,  9, 12,  6,  5) \
    X(a, b, c, d, e, 11, 14,  4,  8) X(e, a, b, c, d, 10, 15,  1, 11) \
    X(d, e, a, b, c,  0, 14,  3, 14) X(c, d, e, a, b,  8, 15, 11, 14) \
    X(b, c, d, e, a, 12,  9, 15,  6) X(a, b, c, d, e,  4,  8,  0, 14) \
    X(e, a, b, c, d, 13,  9,  5,  6) X(d, e, a, b, c,  3, 14, 12,  9) \
    X(c, d, e, a, b,  7,  5,  2, 12) X(b, c, d, e, a, 15,  6, 13,  9) \
    X(a, b, c, d, e, 14,  8,  9, 12) X(e, a, b, c, d,  5,  6,  7,  5) \
    X(d, e, a, b, c,  6,  5, 10, 15) X(c, d, e, a, b,  2, 12, 14,  8)
#define ROUND_5(X) \
    X(b, c, d, e, a,  4,  9, 12,  8) X(a, b, c, d, e,  0, 15, 15,  5) \
    X(e, a, b, c, d,  5,  5, 10, 12) X(d, e, a, b, c,  9, 11,  4,  9) \
    X(c, d, e, a, b,  7,  6,  1, 12) X(b, c, d, e, a, 12,  8,  5,  5) \
    X(a, b, c, d, e,  2, 13,  8, 14) X(e, a, b, c, d, 10, 12,  7,  6) \
    X(d, e, a, b, c, 14,  5,  6,  8) X(c, d, e, a, b,  1, 12,  2, 13) \
    X(b, c, d, e, a,  3, 13, 13,  6) X(a, b, c, d, e,  8, 14, 14,  5) \
    X(e, a, b, c, d, 11, 11,  0, 15) X(d, e, a, b, c,  6,  8,  3, 13) \
    X(c, d, e, a, b, 15,  5,  9, 11) X(b, c, d, e, a, 13,  6, 11, 11)
// clang-format on

/* The five functions; the left line takes them 1 to 5, the right line 5 to 1. */
#define F1(x, y, z) ((x) ^ (y) ^ (z))
#define F2(x, y, z) ((((y) ^ (z)) & (x)) ^ (z))
#define F3(x, y, z) (((x) | ~(y)) ^ (z))
#define F4(x, y, z) (((x) & (z)) + ((y) & ~(z))) /* a sum: what is late waits for one step less */
#define F5(x, y, z) ((x) ^ ((y) | ~(z)))

CH_INLINE uint32_t rotate(uint32_t x, unsigned bits) {
    return x << bits | x >> (32u - bits);
}

#define LINE(s, f, k, a, b, c, d, e, word, bits)                                                   \
    s##a += f(s##b, s##c, s##d) + x[word] + (k);                                                   \
    s##a = rotate(s##a, bits) + s##e;                                                              \
    s##c = rotate(s##c, 10);

#define STEPS(f, k, g, h, a, b, c, d, e, left, left_bits, right, right_bits)                       \
    LINE(l, f, k, a, b, c, d, e, left, left_bits)                                                  \
    LINE(r, g, h, a, b, c, d, e, right, right_bits)

#define STEP_1(...) STEPS(F1, 0x00000000u, F5, 0x50a28be6u, __VA_ARGS__)
#define STEP_2(...) STEPS(F2, 0x5a827999u, F4, 0x5c4dd124u, __VA_ARGS__)
#define STEP_3(...) STEPS(F3, 0x6ed9eba1u, F3, 0x6d703ef3u, __VA_ARGS__)
#define STEP_4(...) STEPS(F4, 0x8f1bbcdcu, F2, 0x7a6d76e9u, __VA_ARGS__)
#define STEP_5(...) STEPS(F5, 0xa953fd4eu, F1, 0x00000000u, __VA_ARGS__)

static void compress(uint32_t h[5], const uint8_t block[BLOCK_SIZE]) {
    uint32_t x[16];
    for (unsigned i = 0; i < 16; i++) {
        x[i] = (uint32_t)block[4 * i] | (uint32_t)block[4 * i + 1] << 8 |
               (uint32_t)block[4 * i + 2] << 16 | (uint32_t)block[4 * i + 3] << 24;
    }
    uint32_t la = h[0], lb = h[1], lc = h[2], ld = h[3], le = h[4];
    uint32_t ra = h[0], rb = h[1], rc = h[2], rd = h[3], re = h[4];
    ROUND_1(STEP_1)
    ROUND_2(STEP_2)
    ROUND_3(STEP_3)
    ROUND_4(STEP_4)
    ROUND_5(STEP_5)
    const uint32_t first = h[1] + lc + rd;
    h[1] = h[2] + ld + re;
    h[2] = h[3] + le + ra;
    h[3] = h[4] + la + rb;
    h[4] = h[0] + lb + rc;
    h[0] = first;
}

void chevm_ripemd160(uint8_t out[20], const uint8_t *data, size_t size) {
    uint32_t h[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    const uint64_t bits = (uint64_t)size << 3;
    for (; size >= BLOCK_SIZE; size -= BLOCK_SIZE, data += BLOCK_SIZE) {
        compress(h, data);
    }
    uint8_t last[2 * BLOCK_SIZE] = {0};
    const size_t last_size = size < BLOCK_SIZE - 8 ? BLOCK_SIZE : 2 * BLOCK_SIZE;
    if (size > 0) {
        memcpy(last, data, size);
    }
    last[size] = 0x80;
    for (unsigned i = 0; i < 8; i++) {
        last[last_size - 8 + i] = (uint8_t)(bits >> (8 * i));
    }
    for (size_t at = 0; at < last_size; at += BLOCK_SIZE) {
        compress(h, last + at);
    }
    for (unsigned i = 0; i < 20; i++) {
        out[i] = (uint8_t)(h[i / 4] >> (8 * (i % 4)));
    }
}
