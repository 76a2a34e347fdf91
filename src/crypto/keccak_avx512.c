/* keccak_avx512.c: Keccak with five lanes in each of five 512-bit registers.
 *
 * The one idea: a register always holds one lane of every column, at the index of its column x,
 * but its rows lie aslant: register r holds row y = a r + b x (mod 5). Then theta is a sum of
 * registers, and since pi sends (x, y) to (y, 2 x + 3 y), one permutation inside each register
 * brings the lanes of each new row to equal indices of different registers, where chi is one
 * ternary operation. A second permutation restores index = column, with a new slant:
 *
 *     (a, b) = (1, 3) -> (1, 2) -> (4, 4) -> (3, 1), where the scheme ends (b = 1 leaves a row
 *     inside one register); blends alone lead back to (1, 3): a change of slant moves no lane
 *     to another index.
 *
 * So 11 shuffles a round, where transposing needs 20. The tables follow from the slants:
 *     RHO[k][r][x]  = rotation of lane (x, a r + b x)
 *     pi            : index i takes index i - c for a c that depends on the register: a turn
 *     BACK[k][r][X] = index that holds column X after chi
 * Source: the Keccak reference; docs/design/032 derives the slants and has the figures. */
#include "keccak.h"

#include "num/cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

typedef __m512i plane;

#define LANES(a, b, c, d, e)                                                                       \
    { a, b, c, d, e, 5, 6, 7 }
#define PLANE_MASK 0x1fu /* lanes 5 to 7 hold nothing and may become anything */

static const uint64_t RHO[3][5][8] CH_ALIGNED(64) = {
    {LANES(0, 45, 6, 56, 39), LANES(36, 2, 43, 28, 8), LANES(3, 1, 15, 55, 14),
     LANES(41, 44, 61, 25, 27), LANES(18, 10, 62, 21, 20)},
    {LANES(0, 10, 61, 55, 8), LANES(36, 45, 62, 25, 14), LANES(3, 2, 6, 21, 27),
     LANES(41, 1, 43, 56, 20), LANES(18, 44, 15, 28, 39)},
    {LANES(0, 2, 15, 25, 20), LANES(18, 45, 43, 55, 27), LANES(41, 10, 6, 28, 14),
     LANES(3, 44, 62, 56, 8), LANES(36, 1, 61, 21, 39)},
};

static const uint64_t BACK[3][5][8] CH_ALIGNED(64) = {
    {LANES(0, 2, 4, 1, 3), LANES(1, 3, 0, 2, 4), LANES(2, 4, 1, 3, 0), LANES(3, 0, 2, 4, 1),
     LANES(4, 1, 3, 0, 2)},
    {LANES(0, 3, 1, 4, 2), LANES(3, 1, 4, 2, 0), LANES(1, 4, 2, 0, 3), LANES(4, 2, 0, 3, 1),
     LANES(2, 0, 3, 1, 4)},
    {LANES(0, 4, 3, 2, 1), LANES(2, 1, 0, 4, 3), LANES(4, 3, 2, 1, 0), LANES(1, 0, 4, 3, 2),
     LANES(3, 2, 1, 0, 4)},
};

#define XOR3(a, b, c)      _mm512_ternarylogic_epi64((a), (b), (c), 0x96)
#define CHI(a, b, c)       _mm512_ternarylogic_epi64((a), (b), (c), 0xd2) /* a ^ (~b & c) */
#define TURN(by, v)        _mm512_permutexvar_epi64((by), (v))
#define PARITY(s)          XOR3(XOR3((s)->p0, (s)->p1, (s)->p2), (s)->p3, (s)->p4)
#define SHIFT(k, r)        _mm512_load_si512(RHO[k][r])
#define TO_ROW(k, r)       _mm512_rolv_epi64(XOR3(s->p##r, left, right), SHIFT(k, r))
#define TO_COLUMN(k, r, v) _mm512_permutexvar_epi64(_mm512_load_si512(BACK[k][r]), (v))

/* The state in registers, the parity of its columns, and the index turns by 1 to 4. */
typedef struct slanted {
    plane p0, p1, p2, p3, p4, parity, turn1, turn2, turn3, turn4;
} slanted;

CH_INLINE plane iota(const uint64_t *constant) {
    return _mm512_maskz_loadu_epi64(1, constant);
}

/* Rounds whose new rows lie three registers apart (k = 0 and 2). The order of the lines is the
 * order in which their inputs become ready. */
CH_INLINE void round_apart3(slanted *s, const unsigned k, const uint64_t *constant) {
    const plane left = TURN(s->turn4, s->parity);
    const plane right = TURN(s->turn1, _mm512_rol_epi64(s->parity, 1));
    const plane b3 = TURN(s->turn1, TO_ROW(k, 3));
    const plane b1 = TURN(s->turn2, TO_ROW(k, 1));
    const plane b2 = TURN(s->turn4, TO_ROW(k, 2));
    const plane b4 = TURN(s->turn3, TO_ROW(k, 4));
    const plane b0 = TO_ROW(k, 0);
    s->p0 = TO_COLUMN(k, 0, CHI(_mm512_xor_si512(b0, iota(constant)), b3, b1));
    s->p2 = TO_COLUMN(k, 2, CHI(b2, b0, b3));
    s->p3 = TO_COLUMN(k, 3, CHI(b3, b1, b4));
    s->p1 = TO_COLUMN(k, 1, CHI(b1, b4, b2));
    s->p4 = TO_COLUMN(k, 4, CHI(b4, b2, b0));
    s->parity = XOR3(XOR3(s->p0, s->p2, s->p3), s->p1, s->p4);
}

/* The round whose new rows lie four registers apart (k = 1). */
CH_INLINE void round_apart4(slanted *s, const unsigned k, const uint64_t *constant) {
    const plane left = TURN(s->turn4, s->parity);
    const plane right = TURN(s->turn1, _mm512_rol_epi64(s->parity, 1));
    const plane b4 = TURN(s->turn1, TO_ROW(k, 4));
    const plane b3 = TURN(s->turn2, TO_ROW(k, 3));
    const plane b1 = TURN(s->turn4, TO_ROW(k, 1));
    const plane b2 = TURN(s->turn3, TO_ROW(k, 2));
    const plane b0 = TO_ROW(k, 0);
    s->p0 = TO_COLUMN(k, 0, CHI(_mm512_xor_si512(b0, iota(constant)), b4, b3));
    s->p1 = TO_COLUMN(k, 1, CHI(b1, b0, b4));
    s->p2 = TO_COLUMN(k, 2, CHI(b2, b1, b0));
    s->p3 = TO_COLUMN(k, 3, CHI(b3, b2, b1));
    s->p4 = TO_COLUMN(k, 4, CHI(b4, b3, b2));
    s->parity = PARITY(s);
}

/* A change of slant: lane x of register r comes from register r + shift(x), where bit i of
 * shift(x) is bit x of by1, by2, by4. */
CH_INLINE void shear(slanted *s, __mmask8 by1, __mmask8 by2, __mmask8 by4) {
#define BLEND(mask, a, b) _mm512_mask_blend_epi64((mask), (a), (b))
    const plane t0 = BLEND(by1, s->p0, s->p1), t1 = BLEND(by1, s->p1, s->p2);
    const plane t2 = BLEND(by1, s->p2, s->p3), t3 = BLEND(by1, s->p3, s->p4);
    const plane t4 = BLEND(by1, s->p4, s->p0);
    const plane u0 = BLEND(by2, t0, t2), u1 = BLEND(by2, t1, t3), u2 = BLEND(by2, t2, t4);
    const plane u3 = BLEND(by2, t3, t0), u4 = BLEND(by2, t4, t1);
    s->p0 = BLEND(by4, u0, u4), s->p1 = BLEND(by4, u1, u0), s->p2 = BLEND(by4, u2, u1);
    s->p3 = BLEND(by4, u3, u2), s->p4 = BLEND(by4, u4, u3);
#undef BLEND
}

/* Planes in (slant (1, 0)), planes out. */
CH_INLINE void permute_planes(slanted *s) {
    s->turn1 = _mm512_setr_epi64(1, 2, 3, 4, 0, 5, 6, 7);
    s->turn2 = _mm512_setr_epi64(2, 3, 4, 0, 1, 5, 6, 7);
    s->turn3 = _mm512_setr_epi64(3, 4, 0, 1, 2, 5, 6, 7);
    s->turn4 = _mm512_setr_epi64(4, 0, 1, 2, 3, 5, 6, 7);
    s->parity = PARITY(s);
    shear(s, 0x06, 0x12, 0x08); /* (1, 0) -> (1, 3): shifts 0 3 1 4 2 */
    for (unsigned i = 0; i < CHEVMI_KECCAK_ROUNDS; i += 3) {
        const uint64_t *const constants = chevmi_keccak_round_constants + i;
        round_apart3(s, 0, constants);
        round_apart4(s, 1, constants + 1);
        round_apart3(s, 2, constants + 2);
        shear(s, 0x14, 0x0c, 0x02); /* (3, 1) -> (1, 3): shifts 0 4 3 2 1, registers doubled */
        const plane p1 = s->p2, p2 = s->p4, p3 = s->p1, p4 = s->p3;
        s->p1 = p1, s->p2 = p2, s->p3 = p3, s->p4 = p4;
    }
    shear(s, 0x18, 0x12, 0x04); /* (1, 3) -> (1, 0): shifts 0 2 4 1 3 */
}

static void permute(uint64_t state[CHEVMI_KECCAK_LANES]) {
    slanted s;
    s.p0 = _mm512_maskz_loadu_epi64(PLANE_MASK, state);
    s.p1 = _mm512_maskz_loadu_epi64(PLANE_MASK, state + 5);
    s.p2 = _mm512_maskz_loadu_epi64(PLANE_MASK, state + 10);
    s.p3 = _mm512_maskz_loadu_epi64(PLANE_MASK, state + 15);
    s.p4 = _mm512_maskz_loadu_epi64(PLANE_MASK, state + 20);
    permute_planes(&s);
    _mm512_mask_storeu_epi64(state, PLANE_MASK, s.p0);
    _mm512_mask_storeu_epi64(state + 5, PLANE_MASK, s.p1);
    _mm512_mask_storeu_epi64(state + 10, PLANE_MASK, s.p2);
    _mm512_mask_storeu_epi64(state + 15, PLANE_MASK, s.p3);
    _mm512_mask_storeu_epi64(state + 20, PLANE_MASK, s.p4);
}

#define PLANE_SIZE 40u /* bytes of input in one plane; the fourth takes 16 */

/* Bytes `first` to `first` + 39 of a last block of `size` < 136 bytes, zero beyond, with the first
 * padding byte where it belongs. Bytes outside the block are not read. */
CH_INLINE plane last_plane(const uint8_t *data, size_t size, size_t first, uint8_t domain) {
    const size_t count = size <= first ? 0 : size - first;
    const __mmask64 inside =
        count >= PLANE_SIZE ? ((uint64_t)1 << PLANE_SIZE) - 1 : ((uint64_t)1 << count) - 1;
    const __mmask64 padding =
        size >= first && count < PLANE_SIZE ? (uint64_t)1 << count : (uint64_t)0;
    const plane bytes = _mm512_maskz_loadu_epi8(inside, count != 0 ? data + first : data);
    return _mm512_or_si512(bytes, _mm512_maskz_set1_epi8(padding, (char)domain));
}

static void hash(uint8_t out[32], const uint8_t *data, size_t size, uint8_t domain) {
    slanted s;
    s.p0 = s.p1 = s.p2 = s.p3 = s.p4 = _mm512_setzero_si512();
    for (; size >= CHEVM_KECCAK_RATE; size -= CHEVM_KECCAK_RATE, data += CHEVM_KECCAK_RATE) {
        s.p0 = _mm512_xor_si512(s.p0, _mm512_maskz_loadu_epi64(PLANE_MASK, data));
        s.p1 = _mm512_xor_si512(s.p1, _mm512_maskz_loadu_epi64(PLANE_MASK, data + PLANE_SIZE));
        s.p2 = _mm512_xor_si512(s.p2, _mm512_maskz_loadu_epi64(PLANE_MASK, data + 2 * PLANE_SIZE));
        s.p3 = _mm512_xor_si512(s.p3, _mm512_maskz_loadu_epi64(3, data + 3 * PLANE_SIZE));
        permute_planes(&s);
    }
    s.p0 = _mm512_xor_si512(s.p0, last_plane(data, size, 0, domain));
    s.p1 = _mm512_xor_si512(s.p1, last_plane(data, size, PLANE_SIZE, domain));
    s.p2 = _mm512_xor_si512(s.p2, last_plane(data, size, 2 * PLANE_SIZE, domain));
    s.p3 = _mm512_xor_si512(s.p3, last_plane(data, size, 3 * PLANE_SIZE, domain));
    s.p3 = _mm512_xor_si512(s.p3, _mm512_maskz_set1_epi64(2, (long long)((uint64_t)1 << 63)));
    permute_planes(&s);
    _mm256_storeu_si256((__m256i *)out, _mm512_castsi512_si256(s.p0));
}

const chevmi_keccak_build chevmi_keccak_avx512 = {
    .name = "chevmi_keccak_avx512",
    .features = CHEVMI_CPU_AVX512,
    .permute = permute,
    .hash = hash,
    .eight = chevmi_keccak_eight,
};

#endif
