/* sha256.c: known hashes, every length around the block ends, long and unaligned data against
 * OpenSSL, and an output inside the input. */
#include <coldevm/hash.h>

#include "blst_rig.h"

#include "harness.h"

#include <stdio.h>
#include <string.h>

static void check_hex(const uint8_t got[32], const char *want) {
    char text[65];
    for (size_t i = 0; i < 32; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", got[i]);
    }
    CHECK_TEXT(text, want);
}

/* FIPS 180-4's examples and the empty message. */
TEST(sha256_known_hashes) {
    static const char *const known[][2] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    uint8_t got[32];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        chevm_sha256(got, (const uint8_t *)known[i][0], strlen(known[i][0]));
        check_hex(got, known[i][1]);
    }
    chevm_sha256(got, NULL, 0);
    check_hex(got, known[0][1]);
    static uint8_t million[1000000];
    memset(million, 'a', sizeof million);
    chevm_sha256(got, million, sizeof million);
    check_hex(got, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256_out_may_lie_inside_data) {
    uint8_t data[200], want[32];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)i;
    }
    chevm_sha256(want, data, sizeof data);
    for (size_t at = 0; at + 32 <= sizeof data; at += 7) {
        uint8_t copy[sizeof data];
        memcpy(copy, data, sizeof data);
        chevm_sha256(copy + at, copy, sizeof copy);
        CHECK_BYTES(copy + at, want, sizeof want);
    }
}

#if defined(CHEVM_TEST_OPENSSL)

#include <openssl/evp.h>

static bool check_openssl(const uint8_t *data, size_t size) {
    uint8_t got[32], want[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    chevm_sha256(got, data, size);
    return CHECK(EVP_Digest(data, size, want, &length, EVP_sha256(), NULL) == 1) &&
           CHECK_EQUAL(length, sizeof got) && CHECK_BYTES(got, want, sizeof got);
}

static void check_lengths(void) {
    static uint8_t data[70000];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)ch_test_random();
    }
    for (size_t size = 0; size <= 1100; size++) {
        if (!check_openssl(data, size)) {
            return;
        }
    }
    const uint64_t count = ch_test_cases(100000, 1000);
    for (uint64_t i = 0; i < count; i++) { /* one in 64 is long */
        const size_t start = ch_test_random_below(100);
        const size_t most = i % 64 == 0 ? sizeof data - start : 1000;
        if (!check_openssl(data + start, ch_test_random_below(most + 1))) {
            return;
        }
    }
}

TEST(sha256_against_openssl) {
    (void)blst_rig_forget(false);
    check_lengths();
}

TEST(sha256_against_openssl_without_sha_instructions) {
    if (!blst_rig_forget(true)) {
        ch_test_skip("this machine has none");
        return;
    }
    check_lengths();
    (void)blst_rig_forget(false);
}

#else

TEST(sha256_against_openssl) {
    ch_test_skip("OpenSSL is not installed (Debian: libssl-dev)");
}

#endif
