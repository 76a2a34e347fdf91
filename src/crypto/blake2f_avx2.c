/* blake2f_avx2.c: BLAKE2b's compression with the 4 x 4 state in four 256-bit registers: the four
 * mixings of a half round run side by side; between the halves three rows turn. The second row
 * stays, because it is finished last: the other turns then cost no time. */
#include "blake2f.h"

#include "num/cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

typedef __m256i row;

/* Four message words picked by four schedule entries, one apart by two, the `first` of them in the
 * lowest lane. */
CH_INLINE row pick(const uint64_t m[16], const uint8_t *s, unsigned first) {
    return _mm256_set_epi64x((long long)m[s[(first + 6) % 8]], (long long)m[s[(first + 4) % 8]],
                             (long long)m[s[(first + 2) % 8]], (long long)m[s[first]]);
}

CH_INLINE row rotate_24(row x) {
    const row bytes = _mm256_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10, 3, 4,
                                       5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10);
    return _mm256_shuffle_epi8(x, bytes);
}

CH_INLINE row rotate_16(row x) {
    const row bytes = _mm256_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9, 2, 3,
                                       4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9);
    return _mm256_shuffle_epi8(x, bytes);
}

/* Four mixings: x and y are the message words of their first and second halves. */
CH_INLINE void mix(row *a, row *b, row *c, row *d, row x, row y) {
    *a = _mm256_add_epi64(_mm256_add_epi64(*a, x), *b);
    *d = _mm256_shuffle_epi32(_mm256_xor_si256(*d, *a), _MM_SHUFFLE(2, 3, 0, 1));
    *c = _mm256_add_epi64(*c, *d);
    *b = rotate_24(_mm256_xor_si256(*b, *c));
    *a = _mm256_add_epi64(_mm256_add_epi64(*a, y), *b);
    *d = rotate_16(_mm256_xor_si256(*d, *a));
    *c = _mm256_add_epi64(*c, *d);
    *b = _mm256_xor_si256(*b, *c);
    *b = _mm256_or_si256(_mm256_srli_epi64(*b, 63), _mm256_add_epi64(*b, *b));
}

#define TURN(x, by) _mm256_permute4x64_epi64((x), (by))
#define LEFT_1      _MM_SHUFFLE(0, 3, 2, 1)
#define LEFT_2      _MM_SHUFFLE(1, 0, 3, 2)
#define LEFT_3      _MM_SHUFFLE(2, 1, 0, 3)

/* In halves: what the caller has just written in pieces of 16 bytes cannot be read as 32 at once
 * without waiting for the cache. */
CH_INLINE row load(const uint64_t words[4]) {
    const __m128i low = _mm_loadu_si128((const __m128i *)words);
    const __m128i high = _mm_loadu_si128((const __m128i *)(words + 2));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

static void compress(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool last,
                     uint32_t rounds) {
    const row h0 = load(h);
    const row h1 = load(h + 4);
    const row counter = _mm256_setr_epi64x((long long)t[0], (long long)t[1], last ? -1 : 0, 0);
    row a = h0, b = h1;
    row c = _mm256_loadu_si256((const __m256i *)chevmi_blake2b_initial);
    row d = _mm256_loadu_si256((const __m256i *)(chevmi_blake2b_initial + 4));
    d = _mm256_xor_si256(d, counter);
    unsigned turn = 0;
    for (uint32_t i = 0; i < rounds; i++) {
        const uint8_t *const s = chevmi_blake2b_schedule[turn];
        turn = turn == 9 ? 0 : turn + 1;
        mix(&a, &b, &c, &d, pick(m, s, 0), pick(m, s + 1, 0));
        a = TURN(a, LEFT_3), c = TURN(c, LEFT_1), d = TURN(d, LEFT_2);
        mix(&a, &b, &c, &d, pick(m, s + 8, 6), pick(m, s + 9, 6));
        a = TURN(a, LEFT_1), c = TURN(c, LEFT_3), d = TURN(d, LEFT_2);
    }
    a = _mm256_xor_si256(_mm256_xor_si256(a, c), h0);
    b = _mm256_xor_si256(_mm256_xor_si256(b, d), h1);
    _mm256_storeu_si256((__m256i *)h, a);
    _mm256_storeu_si256((__m256i *)(h + 4), b);
}

const chevmi_blake2f_build chevmi_blake2f_avx2 = {"chevmi_blake2f_avx2", CHEVMI_CPU_AVX2, compress};

#endif
