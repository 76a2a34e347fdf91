/* hash.h: equal content gives equal hashes wherever it lies, each bit of content and seed counts,
 * and places of a table are hit about equally. */
#include <coldheap/hash.h>

#include <string.h>

#include "harness.h"

TEST(hash_secrets_are_odd_and_differ) { /* M63 */
    uint64_t last = 0;
    for (uint64_t seed = 0; seed < 4096; seed++) {
        uint64_t secret = ch_hash_secret(seed);
        CHECK_EQUAL(secret & 1, 1);
        CHECK(secret != last);
        last = secret;
    }
}

TEST(hash_depends_on_content_not_on_its_place) { /* M63 */
    uint8_t here[100];
    uint8_t there[108];
    const uint64_t secret = ch_hash_secret(1);
    for (size_t i = 0; i < sizeof here; i++) {
        here[i] = (uint8_t)ch_test_random();
    }
    for (size_t size = 0; size <= sizeof here; size++) {
        for (size_t at = 0; at < 8; at++) {
            memcpy(there + at, here, size);
            CHECK_EQUAL(ch_hash_bytes(there + at, size, secret), ch_hash_bytes(here, size, secret));
        }
    }
}

TEST(hash_changes_with_every_bit_of_content_length_and_seed) { /* M63 */
    uint8_t bytes[40] = {0};
    const uint64_t secret = ch_hash_secret(2);
    for (size_t size = 1; size <= sizeof bytes; size++) {
        uint64_t usual = ch_hash_bytes(bytes, size, secret);
        CHECK(usual != ch_hash_bytes(bytes, size - 1, secret));
        CHECK(usual != ch_hash_bytes(bytes, size, ch_hash_secret(3)));
        for (size_t bit = 0; bit < 8 * size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            CHECK(usual != ch_hash_bytes(bytes, size, secret));
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        CHECK(ch_hash_u64(UINT64_C(1) << bit, secret) != ch_hash_u64(0, secret));
    }
}

/* Keys as programs have them, equally far apart: no place of 256 may get four times its share. */
static void check_spread(uint64_t step) {
    enum { PLACES = 256, SHARE = 64 };
    unsigned hits[2][PLACES] = {{0}};
    for (uint64_t i = 0; i < PLACES * SHARE; i++) {
        const uint64_t secret = ch_hash_secret(step);
        const uint64_t key = i * step;
        hits[0][ch_hash_u64(key, secret) >> 56]++;
        hits[1][ch_hash_bytes(&key, sizeof key, secret) >> 56]++;
    }
    for (size_t place = 0; place < PLACES; place++) {
        CHECK(hits[0][place] < 4 * SHARE && hits[1][place] < 4 * SHARE);
    }
}

TEST(hash_spreads_regular_keys) { /* M63 */
    static const uint64_t STEPS[] = {1, 2, 8, 24, 64, 4096, 65536, 1ull << 32, 0x100000001u};
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        check_spread(STEPS[i]);
    }
}
