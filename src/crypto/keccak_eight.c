/* keccak_eight.c: eight hashes side by side: register i holds lane i of all eight states, so
 * nothing is ever shuffled, and a round is the definition's operations on 512 bits. Messages may
 * differ in length: each is read out after its own last block and then dragged along. Source: FIPS
 * 202, 3.2; lanes and offsets of a row in the order that pi brings them to. */
#include "keccak.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>
#include <string.h>

typedef __m512i lanes; /* one lane of each state */

#define WORDS (CHEVM_KECCAK_RATE / 8u)

#define XOR3(a, b, c)   _mm512_ternarylogic_epi64((a), (b), (c), 0x96)
#define CHI(a, b, c)    _mm512_ternarylogic_epi64((a), (b), (c), 0xd2) /* a ^ (~b & c) */
#define TURN(a, bits)   _mm512_rol_epi64((a), (bits))
#define COLUMN(in, x)   XOR3(XOR3((in)[x], (in)[x + 5], (in)[x + 10]), (in)[x + 15], (in)[x + 20])
#define MOVED(i, x, by) TURN(XOR3(in[i], left[x], right[x]), (by))

/* Row `at` of the result: its five lanes come from lanes i0..i4 (of columns x0..x4), turned. */
#define ROW(at, i0, x0, r0, i1, x1, r1, i2, x2, r2, i3, x3, r3, i4, x4, r4)                        \
    do {                                                                                           \
        const lanes b0 = MOVED(i0, x0, r0), b1 = MOVED(i1, x1, r1), b2 = MOVED(i2, x2, r2),        \
                    b3 = MOVED(i3, x3, r3), b4 = MOVED(i4, x4, r4);                                \
        out[at] = CHI(b0, b1, b2);                                                                 \
        out[at + 1] = CHI(b1, b2, b3);                                                             \
        out[at + 2] = CHI(b2, b3, b4);                                                             \
        out[at + 3] = CHI(b3, b4, b0);                                                             \
        out[at + 4] = CHI(b4, b0, b1);                                                             \
    } while (0)

/* theta takes column x - 1 from `left` and column x + 1, turned by one, from `right`. */
CH_INLINE void round_of(lanes out[25], const lanes in[25], uint64_t constant) {
    const lanes c0 = COLUMN(in, 0), c1 = COLUMN(in, 1), c2 = COLUMN(in, 2), c3 = COLUMN(in, 3),
                c4 = COLUMN(in, 4);
    const lanes left[5] = {c4, c0, c1, c2, c3};
    const lanes right[5] = {TURN(c1, 1), TURN(c2, 1), TURN(c3, 1), TURN(c4, 1), TURN(c0, 1)};
    ROW(0, 0, 0, 0, 6, 1, 44, 12, 2, 43, 18, 3, 21, 24, 4, 14);
    ROW(5, 3, 3, 28, 9, 4, 20, 10, 0, 3, 16, 1, 45, 22, 2, 61);
    ROW(10, 1, 1, 1, 7, 2, 6, 13, 3, 25, 19, 4, 8, 20, 0, 18);
    ROW(15, 4, 4, 27, 5, 0, 36, 11, 1, 10, 17, 2, 15, 23, 3, 56);
    ROW(20, 2, 2, 62, 8, 3, 55, 14, 4, 39, 15, 0, 41, 21, 1, 2);
    out[0] = _mm512_xor_si512(out[0], _mm512_set1_epi64((long long)constant));
}

static void permute(lanes state[25]) {
    lanes other[25];
    for (unsigned round = 0; round < CHEVMI_KECCAK_ROUNDS; round += 2) {
        round_of(other, state, chevmi_keccak_round_constants[round]);
        round_of(state, other, chevmi_keccak_round_constants[round + 1]);
    }
}

/* A message on its way: the block that comes next, and how many behind it. */
typedef struct reader {
    uint8_t last[CHEVM_KECCAK_RATE]; /* its last block, padded */
    const uint8_t *next;
    size_t left; /* blocks, the last one included */
} reader;

static void open_reader(reader *r, const chevm_keccak_job *job) {
    const size_t whole = job->size / CHEVM_KECCAK_RATE * CHEVM_KECCAK_RATE;
    const size_t rest = job->size - whole;
    memset(r->last, 0, sizeof r->last);
    if (rest != 0) {
        memcpy(r->last, job->data + whole, rest);
    }
    r->last[rest] = CHEVMI_KECCAK_DOMAIN;
    r->last[CHEVM_KECCAK_RATE - 1] |= 0x80;
    r->next = whole != 0 ? job->data : r->last;
    r->left = whole / CHEVM_KECCAK_RATE + 1;
}

static void step(reader *r) {
    r->left--;
    r->next = r->left > 1 ? r->next + CHEVM_KECCAK_RATE : r->last;
}

static void absorb(lanes state[25], const reader readers[CHEVMI_KECCAK_EIGHT]) {
    uint64_t places[CHEVMI_KECCAK_EIGHT];
    for (unsigned i = 0; i < CHEVMI_KECCAK_EIGHT; i++) {
        places[i] = (uint64_t)(uintptr_t)readers[i].next;
    }
    const lanes at = _mm512_loadu_si512(places);
    for (unsigned word = 0; word < WORDS; word++) {
        const lanes from = _mm512_add_epi64(at, _mm512_set1_epi64((long long)(8 * word)));
        state[word] = _mm512_xor_si512(state[word], _mm512_i64gather_epi64(from, NULL, 1));
    }
}

static void read_out(const lanes state[25], unsigned index, uint8_t out[32]) {
    for (unsigned word = 0; word < 4; word++) {
        uint64_t words[CHEVMI_KECCAK_EIGHT];
        _mm512_storeu_si512(words, state[word]);
        memcpy(out + 8 * word, &words[index], 8);
    }
}

void chevmi_keccak_eight(const chevm_keccak_job *jobs, size_t count) {
    reader readers[CHEVMI_KECCAK_EIGHT];
    lanes state[25];
    size_t running = count;
    CH_ASSERT(count != 0 && count <= CHEVMI_KECCAK_EIGHT);
    for (unsigned i = 0; i < 25; i++) {
        state[i] = _mm512_setzero_si512();
    }
    for (size_t i = 0; i < CHEVMI_KECCAK_EIGHT; i++) {
        open_reader(&readers[i], i < count ? &jobs[i] : &(chevm_keccak_job){.size = 0});
    }
    while (running != 0) {
        absorb(state, readers);
        permute(state);
        for (unsigned i = 0; i < count; i++) {
            if (readers[i].left != 0) {
                step(&readers[i]);
                if (readers[i].left == 0) {
                    read_out(state, i, jobs[i].out);
                    running--;
                }
            }
        }
    }
}

#endif
