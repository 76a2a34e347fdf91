/* RIPEMD-160: the authors' values, every length against a reference driven by the tables of the
 * paper, and against OpenSSL where it has the algorithm. */
#include <coldevm/hash.h>

#include "harness.h"

#include <string.h>

#if defined(CHEVM_TEST_OPENSSL)
#include <openssl/evp.h>
#endif

/* ---- Reference: steps in order, left line first, all from tables -------------------------------
 */

// clang-format off
static const char WORDS[2][81] = {
        "0123456789abcdef"
        "74d1a6f3c0952eb8"
        "3ae49f812706db5c"
        "19ba08c4d37fe562"
        "40597c2ae138b6fd",
        "5e7092b4d6f81a3c"
        "6b370d5aef8c4912"
        "f5137e69b8c2a04d"
        "86413bf05c2d97ae"
        "cfa4158762de039b"};

static const char SHIFTS[2][81] = {
        "befc5879bdef6798"
        "768db97f7cf9b7dc"
        "bd67e9dfe8d65c75"
        "bcefef989e56865c"
        "9f5b68dc5cdeb856",
        "899bdff5778beec6"
        "9df7c89b77c76fdb"
        "97fb866ecd5edd75"
        "f58bee6e69c9c5f8"
        "85c9c5e68d65fdbb"};
// clang-format on

static const uint32_t CONSTANTS[2][5] = {
    {0x00000000u, 0x5a827999u, 0x6ed9eba1u, 0x8f1bbcdcu, 0xa953fd4eu},
    {0x50a28be6u, 0x5c4dd124u, 0x6d703ef3u, 0x7a6d76e9u, 0x00000000u}};

static unsigned hex_digit(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static uint32_t function(unsigned number, uint32_t x, uint32_t y, uint32_t z) {
    switch (number) {
    case 0:
        return x ^ y ^ z;
    case 1:
        return (x & y) | (~x & z);
    case 2:
        return (x | ~y) ^ z;
    case 3:
        return (x & z) | (y & ~z);
    default:
        return x ^ (y | ~z);
    }
}

static uint32_t rotate(uint32_t x, unsigned bits) {
    return x << bits | x >> (32 - bits);
}

static void reference_line(uint32_t v[5], const uint32_t x[16], unsigned line) {
    for (unsigned j = 0; j < 80; j++) {
        const unsigned number = line == 0 ? j / 16 : 4 - j / 16;
        const uint32_t t = rotate(v[0] + function(number, v[1], v[2], v[3]) +
                                      x[hex_digit(WORDS[line][j])] + CONSTANTS[line][j / 16],
                                  hex_digit(SHIFTS[line][j])) +
                           v[4];
        v[0] = v[4];
        v[4] = v[3];
        v[3] = rotate(v[2], 10);
        v[2] = v[1];
        v[1] = t;
    }
}

static void reference_hash(uint8_t out[20], const uint8_t *data, size_t size) {
    uint32_t h[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
    const size_t total = (size + 8) / 64 * 64 + 64;
    for (size_t start = 0; start < total; start += 64) {
        uint32_t x[16] = {0}, left[5], right[5];
        for (size_t i = start; i < start + 64; i++) {
            uint8_t byte = i < size ? data[i] : i == size ? 0x80 : 0;
            if (i >= total - 8) {
                byte = (uint8_t)((uint64_t)size * 8 >> (8 * (i - (total - 8))));
            }
            x[(i - start) / 4] |= (uint32_t)byte << (8 * (i % 4));
        }
        memcpy(left, h, sizeof left);
        memcpy(right, h, sizeof right);
        reference_line(left, x, 0);
        reference_line(right, x, 1);
        const uint32_t t = h[1] + left[2] + right[3];
        h[1] = h[2] + left[3] + right[4];
        h[2] = h[3] + left[4] + right[0];
        h[3] = h[4] + left[0] + right[1];
        h[4] = h[0] + left[1] + right[2];
        h[0] = t;
    }
    for (unsigned i = 0; i < 20; i++) {
        out[i] = (uint8_t)(h[i / 4] >> (8 * (i % 4)));
    }
}

static bool check_hex(const uint8_t *got, const char *want) {
    char text[41];
    for (unsigned i = 0; i < 20; i++) {
        text[2 * i] = "0123456789abcdef"[got[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[got[i] & 15];
    }
    text[40] = 0;
    return CHECK_TEXT(text, want);
}

TEST(ripemd160_values_of_its_authors) {
    static const char *const known[][2] = {
        {"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"},
        {"a", "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"},
        {"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
        {"message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36"},
        {"abcdefghijklmnopqrstuvwxyz", "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "b0e20b6e3116640286ed3a87a5713079b21f5189"},
    };
    uint8_t got[20];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        chevm_ripemd160(got, (const uint8_t *)known[i][0], strlen(known[i][0]));
        check_hex(got, known[i][1]);
    }
    chevm_ripemd160(got, NULL, 0);
    check_hex(got, known[0][1]);
    static uint8_t million[1000000];
    memset(million, 'a', sizeof million);
    chevm_ripemd160(got, million, sizeof million);
    check_hex(got, "52783243c1697bdbe16d37f97f68f08325dc1528");
}

TEST(ripemd160_every_length_against_the_reference) {
    uint8_t data[600], got[20], want[20];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)ch_test_random();
    }
    for (size_t size = 0; size <= sizeof data; size++) {
        reference_hash(want, data, size);
        chevm_ripemd160(got, data, size);
        if (!CHECK_BYTES(got, want, sizeof want)) {
            return;
        }
    }
    chevm_ripemd160(data + 100, data, sizeof data); /* out inside data */
    CHECK_BYTES(data + 100, want, sizeof want);
}

TEST(ripemd160_every_length_and_random_messages_against_openssl) {
#if defined(CHEVM_TEST_OPENSSL)
    uint8_t data[600], got[20], want[EVP_MAX_MD_SIZE];
    EVP_MD *const digest = EVP_MD_fetch(NULL, "RIPEMD-160", NULL);
    if (digest == NULL) {
        ch_test_skip("this OpenSSL has no RIPEMD-160 in its default provider");
        return;
    }
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)ch_test_random();
    }
    for (size_t size = 0; size <= sizeof data; size++) {
        unsigned length = 0;
        if (CHECK(EVP_Digest(data, size, want, &length, digest, NULL) == 1)) {
            chevm_ripemd160(got, data, size);
            CHECK_BYTES(got, want, sizeof got);
        }
    }
    const uint64_t count = ch_test_cases(100000, 1000);
    for (uint64_t i = 0; i < count; i++) {
        const size_t start = ch_test_random_below(200);
        const size_t size = ch_test_random_below(sizeof data - start + 1);
        data[ch_test_random_below(sizeof data)] = (uint8_t)ch_test_random();
        CHECK(EVP_Digest(data + start, size, want, NULL, digest, NULL) == 1);
        chevm_ripemd160(got, data + start, size);
        if (!CHECK_BYTES(got, want, sizeof got)) {
            break;
        }
    }
    EVP_MD_free(digest);
#else
    ch_test_skip("OpenSSL is not installed (Debian: libssl-dev); the reference covers it");
#endif
}
