/* BLAKE2b's compression: EIP-152's values, every build against a reference with rows of the RFC,
 * and whole BLAKE2b-512 hashes built on it against OpenSSL. */
#include "blake2f.h"

#include "num/cpu.h"

#include "harness.h"

#include <string.h>

#if defined(CHEVM_TEST_OPENSSL)
#include <openssl/evp.h>
#endif

static const chevmi_blake2f_build *const ALL[] = {
#define BUILD_ADDRESS(name) &name,
    CHEVMI_BLAKE2F_ROWS(BUILD_ADDRESS)
#undef BUILD_ADDRESS
};
#define COUNT (sizeof ALL / sizeof ALL[0])

static bool runs_here(const chevmi_blake2f_build *build) {
    return (build->features & ~chevmi_cpu_features()) == 0;
}

/* BLAKE2b-512 of "abc" as far as its first and only compression. */
static void start_of_abc(uint64_t h[8], uint64_t m[16], uint64_t t[2]) {
    memcpy(h, chevmi_blake2b_initial, 8 * sizeof *h);
    h[0] ^= 0x01010040u;
    memset(m, 0, 16 * sizeof *m);
    m[0] = 0x636261;
    t[0] = 3;
    t[1] = 0;
}

TEST(blake2f_values_of_eip_152) {
    static const struct {
        uint32_t rounds;
        bool last;
        uint64_t start[2];
    } known[] = {
        {0, true, {0x6a09e667f3bcc908u, 0xbb67ae8584caa73bu}},
        {12, true, {0x0d4d1c983fa580bau, 0xe9f6129fb697276au}},
        {12, false, {0x2c560a19d369ab75u, 0x75271c8fd8f8ae51u}},
        {1, true, {0x527d89b20c383ab6u, 0x182cee3452a89419u}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (size_t b = 0; b < COUNT; b++) {
            uint64_t h[8], m[16], t[2];
            if (runs_here(ALL[b])) {
                start_of_abc(h, m, t);
                ALL[b]->compress(h, m, t, known[i].last, known[i].rounds);
                if (known[i].rounds != 0) {
                    CHECK_BYTES(h, known[i].start, sizeof known[i].start);
                }
            }
        }
    }
}

/* ---- Reference: RFC 7693 as written, with sigma as text ----------------------------------------
 */

static const char *const SIGMA[10] = {"0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194",
                                      "7931dcbe265a40f8", "905724afe1bc683d", "2c6a0b834d75fe19",
                                      "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5",
                                      "a2847615fb9e3cd0"};

static unsigned sigma(unsigned round, unsigned i) {
    const char c = SIGMA[round % 10][i];
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static uint64_t rotate_right(uint64_t x, unsigned bits) {
    return x >> bits | x << (64 - bits);
}

static void reference_mix(uint64_t v[16], unsigned a, unsigned b, unsigned c, unsigned d,
                          uint64_t x, uint64_t y) {
    v[a] = v[a] + v[b] + x;
    v[d] = rotate_right(v[d] ^ v[a], 32);
    v[c] = v[c] + v[d];
    v[b] = rotate_right(v[b] ^ v[c], 24);
    v[a] = v[a] + v[b] + y;
    v[d] = rotate_right(v[d] ^ v[a], 16);
    v[c] = v[c] + v[d];
    v[b] = rotate_right(v[b] ^ v[c], 63);
}

static void reference_compress(uint64_t h[8], const uint64_t m[16], const uint64_t t[2], bool last,
                               uint32_t rounds) {
    uint64_t v[16];
    for (unsigned i = 0; i < 8; i++) {
        v[i] = h[i];
        v[i + 8] = chevmi_blake2b_initial[i];
    }
    v[12] ^= t[0];
    v[13] ^= t[1];
    v[14] ^= last ? ~(uint64_t)0 : 0;
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned i = 0; i < 8; i++) {
            const unsigned turn = i / 4; /* columns, then diagonals */
            reference_mix(v, i % 4, 4 + (i + turn) % 4, 8 + (i + 2 * turn) % 4,
                          12 + (i + 3 * turn) % 4, m[sigma(r, 2 * i)], m[sigma(r, 2 * i + 1)]);
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        h[i] ^= v[i] ^ v[i + 8];
    }
}

TEST(blake2f_every_build_is_the_reference_for_any_number_of_rounds) {
    for (unsigned n = 0; n < 400; n++) {
        uint64_t h[8], m[16], t[2], want[8];
        for (unsigned i = 0; i < 16; i++) {
            m[i] = ch_test_random();
            h[i % 8] = ch_test_random();
            t[i % 2] = ch_test_random();
        }
        const uint32_t rounds = n < 40 ? n : (uint32_t)ch_test_random_below(200);
        memcpy(want, h, sizeof want);
        reference_compress(want, m, t, n % 2 != 0, rounds);
        for (size_t b = 0; b < COUNT; b++) {
            if (runs_here(ALL[b])) {
                uint64_t got[8];
                memcpy(got, h, sizeof got);
                CHECK(chevmi_blake2f_select(ALL[b]->features) == ALL[b]);
                chevm_blake2f(got, m, t, n % 2 != 0, rounds);
                CHECK_BYTES(got, want, sizeof want);
            }
        }
    }
    chevm_hash_init();
}

#if defined(CHEVM_TEST_OPENSSL)
static void blake2b_512(uint8_t out[64], const uint8_t *data, size_t size,
                        const chevmi_blake2f_build *build) {
    uint64_t h[8], m[16], t[2];
    start_of_abc(h, m, t);
    size_t at = 0;
    do {
        const size_t part = size - at < 128 ? size - at : 128;
        memset(m, 0, sizeof m);
        for (size_t i = 0; i < part; i++) {
            m[i / 8] |= (uint64_t)data[at + i] << (8 * (i % 8));
        }
        at += part;
        t[0] = at;
        build->compress(h, m, t, at == size, 12);
    } while (at < size);
    for (unsigned i = 0; i < 64; i++) {
        out[i] = (uint8_t)(h[i / 8] >> (8 * (i % 8)));
    }
}
#endif

TEST(blake2b_hashes_of_every_length_and_random_messages_against_openssl) {
#if defined(CHEVM_TEST_OPENSSL)
    uint8_t data[600], got[64], want[EVP_MAX_MD_SIZE];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)ch_test_random();
    }
    for (size_t size = 0; size <= sizeof data; size++) {
        unsigned length = 0;
        if (!CHECK(EVP_Digest(data, size, want, &length, EVP_blake2b512(), NULL) == 1)) {
            return;
        }
        for (size_t b = 0; b < COUNT; b++) {
            if (runs_here(ALL[b])) {
                blake2b_512(got, data, size, ALL[b]);
                CHECK_BYTES(got, want, sizeof got);
            }
        }
    }
    const uint64_t count = ch_test_cases(100000, 1000);
    for (uint64_t i = 0; i < count; i++) {
        const size_t size = ch_test_random_below(sizeof data + 1);
        const chevmi_blake2f_build *const build = ALL[i % COUNT];
        data[ch_test_random_below(sizeof data)] = (uint8_t)ch_test_random();
        CHECK(EVP_Digest(data, size, want, NULL, EVP_blake2b512(), NULL) == 1);
        if (runs_here(build)) {
            blake2b_512(got, data, size, build);
            if (!CHECK_BYTES(got, want, sizeof got)) {
                return;
            }
        }
    }
#else
    ch_test_skip("OpenSSL is not installed (Debian: libssl-dev); the reference covers it");
#endif
}
